/* SPDX-License-Identifier: Apache-2.0 */
#ifndef XIPC_POSIX_USER_H
#define XIPC_POSIX_USER_H

#include <sys/types.h>

/* Room for any user's number as text, its terminating zero included. */
#define POSIX_USER_SIZE 24

/*
 * The number in decimal; returns its digits' count. Every open writes it, into
 * the name's hash and into the directory's path, and snprintf() is a good part
 * of what an open costs.
 */
size_t posix_user_write(uid_t user, char text[POSIX_USER_SIZE]);

#endif
