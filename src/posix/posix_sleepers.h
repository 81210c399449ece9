/* SPDX-License-Identifier: Apache-2.0 */
/*
 * To sleep on a descriptor, and to be woken for another reason. Who never has
 * to sleep has no descriptor for that.
 */
#ifndef XIPC_POSIX_SLEEPERS_H
#define XIPC_POSIX_SLEEPERS_H

#include <pthread.h>

#include "os/os_patience.h"

/*
 * `wakes`: read by anybody, written with the lock; all else with the lock. What
 * is at `ends` can be read from a wake on until the last of those who slept
 * then has left; `to_leave`: so many of them are still to leave.
 */
typedef struct posix_sleepers {
    pthread_mutex_t lock;
    int ends[2]; /* what is read, and what is written; -1, or the same */
    unsigned count;
    unsigned to_leave;
    _Atomic uint32_t wakes;
} posix_sleepers;

void posix_sleepers_begin(posix_sleepers *sleepers);
void posix_sleepers_end(posix_sleepers *sleepers);
/* In a forked child: closes what the parent has too. */
void posix_sleepers_forget(posix_sleepers *sleepers);

/* Ends the sleep of all. */
void posix_sleepers_wake(posix_sleepers *sleepers);

/* To be taken before looking whether there is a need to sleep. */
static inline uint32_t posix_sleepers_ticket(const posix_sleepers *sleepers)
{
    return atomic_load_explicit(
        &((posix_sleepers *)sleepers)->wakes, memory_order_seq_cst);
}

int posix_is_interrupted(const xipcos_patience *patience);

/* How long patience lasts, XIPC_FOREVER for ever; or why it is over. */
xipc_status
posix_patience_left(const xipcos_patience *patience, int64_t *left_out);

/*
 * Sleeps until `fd` (-1: none) is ready for `events`, or was woken since the
 * ticket, or for no reason. XIPC_OK: look again. XIPC_E_AGAIN, XIPC_E_TIMEOUT,
 * XIPC_E_CANCELED: patience is over, without a fault. XIPC_E_NO_MEMORY.
 */
xipc_status posix_sleepers_wait(
    posix_sleepers *sleepers,
    uint32_t ticket,
    int fd,
    short events,
    const xipcos_patience *patience);

/* Nanoseconds as poll() takes them: rounded up, so that no wait is too short;
 * -1 for ever. */
int posix_poll_ms(int64_t ns);

#endif
