/* SPDX-License-Identifier: Apache-2.0 */
/* OS contract: who this process is. */
#ifndef XIPCOS_PROCESS_H
#define XIPCOS_PROCESS_H

#include <stddef.h>
#include <stdint.h>

/*
 * A number that stays the same for the life of a process and is another one in
 * every child made by fork(). A load from memory, no system call.
 */
uint64_t xipcos_fork_epoch(void);

/* The user's identity as text (uid, or SID), at most `capacity` - 1 bytes and
 * a zero; 192 bytes are always enough. Returns the bytes before the zero. */
size_t xipcos_user(char *buffer, size_t capacity);

#endif
