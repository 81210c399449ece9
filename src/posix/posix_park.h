/* SPDX-License-Identifier: Apache-2.0 */
/*
 * To sleep on a word of shared memory. Where POSIX systems differ there is one
 * file each: posix_park_linux.c, posix_park_darwin.c, posix_park_portable.c.
 */
#ifndef XIPC_POSIX_PARK_H
#define XIPC_POSIX_PARK_H

#include <stdatomic.h>
#include <stdint.h>

/*
 * Sleeps unless the word is something else than `expected`, for `ns` >= 0
 * nanoseconds at most. 0: the time is up. 1: woken, or for any other reason.
 */
int posix_word_sleep(_Atomic uint32_t *word, uint32_t expected, int64_t ns);

/*
 * Wakes up to `count` of those who sleep on the word, in whatever process and
 * at whatever address. How many they were; -1 if this system cannot tell.
 */
int posix_word_wake(_Atomic uint32_t *word, uint32_t count);

#endif
