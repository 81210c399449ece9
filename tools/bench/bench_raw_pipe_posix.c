/* SPDX-License-Identifier: Apache-2.0 */
/* A pipe without a library, on POSIX: as it is, and in the two ways there are
 * to write without SIGPIPE. */
#include <signal.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bench.h"

static int ends[2];

void bench_raw_pipe_begin(void)
{
    bench_require(pipe(ends) == 0, "pipe");
}

void bench_raw_pipe_end(void)
{
    close(ends[0]);
    close(ends[1]);
}

static void write_plainly(const char *bytes)
{
    bench_require(
        write(ends[1], bytes, BENCH_PIPE_SIZE) == BENCH_PIPE_SIZE, "write");
}

static void write_masked(const char *bytes)
{
    sigset_t only_pipe;
    sigset_t before;

    sigemptyset(&only_pipe);
    sigaddset(&only_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &only_pipe, &before);
    write_plainly(bytes);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

#if defined(__linux__)
#include <sys/syscall.h>

#define NO_SIGNAL 0x00000100 /* from Linux 6.18 on; headers may be older */

static void write_without_signal(const char *bytes)
{
    struct iovec part = {(char *)bytes, BENCH_PIPE_SIZE};

    if (syscall(SYS_pwritev2, ends[1], &part, 1, -1L, -1L, NO_SIGNAL) !=
        BENCH_PIPE_SIZE) {
        write_masked(bytes); /* an older kernel */
    }
}
#else
static void write_without_signal(const char *bytes)
{
    write_masked(bytes);
}
#endif

static void turn(unsigned count, void (*write_all)(const char *bytes))
{
    char bytes[BENCH_PIPE_SIZE] = {0};

    while (count-- > 0) {
        write_all(bytes);
        bench_require(
            read(ends[0], bytes, sizeof bytes) == BENCH_PIPE_SIZE, "read");
    }
}

static void raw(unsigned count)
{
    turn(count, write_plainly);
}

static void raw_without_signal(unsigned count)
{
    turn(count, write_without_signal);
}

static void raw_masked(unsigned count)
{
    turn(count, write_masked);
}

const bench_row bench_pipe_rows[] = {
    {"pipe: write, read", "write, read", bench_pipe, raw, bench_pipe_begin,
     bench_pipe_end},
    {"pipe: write, read", "RWF_NOSIGNAL if there is, read", bench_pipe,
     raw_without_signal, bench_pipe_begin, bench_pipe_end},
    {"pipe: write, read", "SIGPIPE blocked around, read", bench_pipe,
     raw_masked, bench_pipe_begin, bench_pipe_end},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};
