/* SPDX-License-Identifier: Apache-2.0 */
/* futex(2), not FUTEX_PRIVATE: the word is looked up by what stands behind it,
 * so processes meet wherever each has mapped it. */
#include "posix/posix_park.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NS_PER_S 1000000000

/* With 64-bit seconds also where the C library's time_t has 32 (Linux 5.1). */
#if defined(SYS_futex_time64)
#define FUTEX_CALL SYS_futex_time64
#else
#define FUTEX_CALL SYS_futex
#endif

typedef struct kernel_time {
    int64_t seconds;
    int64_t nanoseconds;
} kernel_time;

/* A relative time runs on the monotonic clock. */
int posix_word_sleep(_Atomic uint32_t *word, uint32_t expected, int64_t ns)
{
    kernel_time time = {ns / NS_PER_S, ns % NS_PER_S};

    return syscall(FUTEX_CALL, word, FUTEX_WAIT, expected, &time, NULL, 0) ==
               0 ||
           errno != ETIMEDOUT;
}

int posix_word_wake(_Atomic uint32_t *word, uint32_t count)
{
    int most = count < INT_MAX ? (int)count : INT_MAX;

    return (int)syscall(FUTEX_CALL, word, FUTEX_WAKE, most, NULL, NULL, 0);
}
