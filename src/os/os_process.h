/* SPDX-License-Identifier: Apache-2.0 */
/* OS contract: who this process is. */
#ifndef XIPCOS_PROCESS_H
#define XIPCOS_PROCESS_H

#include <stdint.h>

/*
 * A number that stays the same for the life of a process and is another one in
 * every child made by fork(). A load from memory, no system call.
 */
uint64_t xipcos_fork_epoch(void);

/* A number for this user, whoever that is now: the same one is the same user.
 * Never 0. */
uint64_t xipcos_user(void);

#endif
