/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OS contract: a bell that any process can ring, and that this process waits
 * at together with other things (os_poller.h).
 *
 * Whoever rings gives a token, a small number that means something to the
 * bell's owner alone. Tokens are hostile input: anybody may ring with any. A
 * bell goes with its process, and its number is then free for another one; so
 * a ring may reach a bell it was not meant for, and its owner looks in vain.
 *
 * Each backend defines every function here. Core has already checked the
 * arguments.
 */
#ifndef XIPCOS_BELL_H
#define XIPCOS_BELL_H

#include <xipc/base.h>

/* Tokens are 0 to this. The first and the last mean nothing in particular: the
 * first wakes the owner, and at the last it looks at everything. */
#define XIPCOS_TOKEN_MAX 0xfffffU

typedef struct xipcos_bell xipcos_bell;

/*
 * A bell of this user's processes, with a number (not 0) that no other living
 * bell has. XIPC_E_NO_MEMORY, XIPC_E_ACCESS, XIPC_E_NO_SPACE, XIPC_E_OS.
 */
xipc_status xipcos_bell_create(xipcos_bell **bell_out);

/* Accepts NULL. In a forked child it touches nothing that the parent has. */
void xipcos_bell_close(xipcos_bell *bell);

uint32_t xipcos_bell_number(const xipcos_bell *bell);

/* Lets all users' processes ring from now on. */
xipc_status xipcos_bell_open_to_all(xipcos_bell *bell);

/* Rings our own, with token 0. Whatever became of its name. */
void xipcos_bell_wake(xipcos_bell *bell);

/*
 * Rings the bell of that number, whoever's it is. 0: there is none, or this
 * process may not. 1: its owner will wake. Never waits, raises no signal.
 */
int xipcos_bell_ring(uint32_t number, uint32_t token);

/* Whether there is a bell of that number; 1 also if that is unknown. */
int xipcos_bell_lives(uint32_t number);

/*
 * Takes tokens that were rung with, up to `capacity`, and how many they are.
 * *has_lost_out is 1 if some may have been lost (too many at once): then the
 * owner looks at everything. A caller that got `capacity` calls again.
 */
size_t xipcos_bell_take(
    xipcos_bell *bell, uint32_t *tokens, size_t capacity, int *has_lost_out);

#endif
