/* SPDX-License-Identifier: Apache-2.0 */
/* A poller's bell, where it hangs. See posix_bell.h. */
#ifndef BELL_KIT_H
#define BELL_KIT_H

#include "posix/attack_kit.h"
#include "support/native_kit.h"

/* The FIFO that others ring it with. */
void bell_path(const xipc_poller *poller, char *path);

/* The one that this number would have, and the one it would be made under. */
void bell_path_of(uint32_t number, char *path);
void bell_path_in_the_making(uint32_t number, char *path);

/* What an attacker is told, and that it is at it. */
typedef struct assault {
    char path[ATTACK_PATH_SIZE]; /* of the poller's bell */
    atomic_int is_on;
} assault;

/* `poller` may be NULL. */
assault *assault_on(const xipc_poller *poller);
void assault_over(assault *plan);

/* Starts an attacker of this user, and waits until it says that it is on. */
pid_t assault_begins(assault *plan, attack_role *role);

/* The directory that all bells are in. */
void bell_directory(char *path);

#endif
