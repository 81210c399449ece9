/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that stands under a name, while it is looked at and before it is
 * trusted. Every function is called under the leases' lock.
 */
#ifndef XIPC_POSIX_CANDIDATE_H
#define XIPC_POSIX_CANDIDATE_H

#include "posix/posix_lease.h"

typedef struct posix_candidate {
    const char *path;
    int fd;
    struct stat file;
    posix_front *front; /* where its front is read to */
} posix_candidate;

/* The three ways in which an attempt ends early; each records the fault. */
xipc_status posix_try_again(void);
xipc_status posix_not_found(void);
xipc_status posix_no_memory(void);

/*
 * Makes attempts, each under the leases' lock, until one ends otherwise than
 * with XIPC_E_AGAIN; pauses between them, not under the lock, until `deadline`.
 */
typedef xipc_status posix_attempt(void *context);

xipc_status
posix_repeat(posix_attempt *attempt, void *context, xipc_deadline deadline);

/* XIPC_E_ACCESS if neither `user` nor the administrator owns it. `user` is a
 * place's. */
xipc_status
posix_check_owner(const struct stat *file, xipc_trust trust, uint64_t user);

/* A symbolic link is XIPC_E_ACCESS, what is no file XIPC_E_CORRUPT. */
xipc_status posix_check_type(const struct stat *file);

/*
 * Opens the path; the file may by now be another one than looked at before, so
 * `file` is asked of the descriptor. Close it with posix_candidate_close().
 */
xipc_status posix_candidate_open(posix_candidate *found, int is_read_only);
void posix_candidate_close(posix_candidate *found);

/* Reads its front, as posix_front_read(). */
xipc_status posix_candidate_read(posix_candidate *found);

/*
 * XIPC_OK: it is persistent, or somebody holds it or did so just now. Else it
 * is stale: XIPC_E_NOT_FOUND if its name is gone now or not ours to take away,
 * XIPC_E_AGAIN if somebody else is taking it away.
 */
xipc_status
posix_candidate_is_live(const posix_candidate *found, int is_read_only);

#endif
