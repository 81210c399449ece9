/* SPDX-License-Identifier: Apache-2.0 */
/* Who this process is, and its user as text. */
#ifndef XIPC_POSIX_USER_H
#define XIPC_POSIX_USER_H

#include <stdint.h>
#include <sys/types.h>

/* Room for any user's number as text, its terminating zero included. */
#define POSIX_USER_SIZE 24

/* The user's id in decimal; returns its digits' count. */
size_t posix_user_write(uid_t user, char text[POSIX_USER_SIZE]);

/* As xipcos_user() counts users, for whom 0 is none; and back. */
static inline uint64_t posix_user_number(uid_t user)
{
    return (uint64_t)user + 1;
}

static inline uid_t posix_user_of(uint64_t number)
{
    return (uid_t)(number - 1);
}

/* As getpid(), asked once in each process. */
pid_t posix_process_id(void);

#endif
