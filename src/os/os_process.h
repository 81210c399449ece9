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

/* For people: the system's number of this process; its user's id, or the last
 * number of the user's SID. */
uint32_t xipcos_process_id(void);
uint64_t xipcos_user_id(void);

#endif
