/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OS contract: to sleep until another process wakes us.
 *
 * A spot is a place to sleep at, in memory that processes share. Core tells in
 * core/park.h how it is used; a backend keeps the account of who sleeps, in
 * words of the spot that are its own. The account may be wrong in one way: a
 * process that is killed leaves itself in it. That may cost a later call a
 * system call or a sleeper a look for nothing; it must not cost anybody a
 * wake-up, and it must not last.
 *
 *     waiter                       waker
 *     enter                        (changes what it waits for)
 *     (looks: must I wait?)        wake
 *     sleep, perhaps
 *     leave
 *
 * enter and wake are sequentially consistent operations, and so are core's look
 * and change. Of a wake that comes after an enter, the sleep that follows that
 * enter does not begin, or ends; with `count` fewer than the sleepers, that of
 * as many. A backend may wake anybody at any time: whoever slept looks again.
 *
 * Each backend defines every function here. Core has already checked the
 * arguments. Any thread; of each thread, one enter at a time for each park.
 */
#ifndef XIPCOS_PARK_H
#define XIPCOS_PARK_H

#include <stdalign.h>
#include <stdatomic.h>

#include "os/os_section.h"

/* Every waiter and waker of any process writes both words; what they mean is
 * the backend's business. A spot that is all zeros has nobody at it. */
typedef struct xipcos_spot {
    alignas(8) _Atomic uint64_t account;
    _Atomic uint32_t sequence;
    uint32_t unused;
} xipcos_spot;

_Static_assert(sizeof(xipcos_spot) == 16, "part of the layout");

/* This process's end of a spot. All zeros is one that closes cleanly. */
typedef struct xipcos_park {
    xipcos_spot *spot;
    intptr_t native;
} xipcos_park;

/*
 * `spot` stands `offset` bytes into the data of `section`, which is mapped
 * there and outlives the park. XIPC_E_NO_MEMORY, XIPC_E_ACCESS, XIPC_E_OS.
 */
xipc_status xipcos_park_open(
    const xipcos_section *section,
    uint64_t offset,
    xipcos_spot *spot,
    xipcos_park *park_out);
void xipcos_park_close(xipcos_park *park);

/* Returns the ticket for the sleep and the leave that follow. */
uint64_t xipcos_park_enter(xipcos_park *park);

/* Sleeps until woken, for `ns` (>= 0) nanoseconds, or for no reason at all.
 * Returns 0 if the time is up and no wake-up was met. */
int xipcos_park_sleep(xipcos_park *park, uint64_t ticket, int64_t ns);

/* `was_woken`: what the sleep returned; 0 if there was none. */
void xipcos_park_leave(xipcos_park *park, uint64_t ticket, int was_woken);

/* Wakes up to `count` (> 0) of those who sleep. No system call, nor any other
 * cost worth speaking of, when nobody does. */
void xipcos_park_wake(xipcos_park *park, uint32_t count);

/* Tells the processor that this thread waits for another one. */
void xipcos_park_relax(void);

/* Tells it that this thread will read there soon. Advice. */
#if defined(__GNUC__)
#define XIPCOS_FETCH(address) __builtin_prefetch(address, 0, 3)
#else
#define XIPCOS_FETCH(address) ((void)(address))
#endif

/* And that it will write there. GCC leaves that hint out for a processor in
 * general, though every one of 64 bits has the instruction, or skips it. */
#if defined(__GNUC__) && defined(__x86_64__)
#define XIPCOS_FETCH_OWN(address) \
    __asm__ volatile("prefetchw %0" : : "m"(*(const char *)(address)))
#elif defined(__GNUC__)
#define XIPCOS_FETCH_OWN(address) __builtin_prefetch(address, 1, 3)
#else
#define XIPCOS_FETCH_OWN(address) ((void)(address))
#endif

#endif
