/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the system itself can wait for, for the specs of pollers: a pipe, or on
 * Windows a manual event. It does not know the library. Every function here
 * fails the case if it cannot do what it says.
 */
#ifndef NATIVE_KIT_H
#define NATIVE_KIT_H

#include "support/poller_kit.h"

typedef struct native_thing {
    xipc_native_handle handle; /* what is waited for */
    intptr_t other;            /* the pipe's other end, or the same */
} native_thing;

/* Not ready. */
native_thing native_made(void);
void native_closed(native_thing *self);

void native_set(const native_thing *self);
/* As often as it was set. */
void native_reset(const native_thing *self);

/* In a process that was given a copy of `other`: it sets, and lets go. */
void native_set_from_afar(intptr_t other);
void native_let_go(intptr_t other);

enum { NATIVE_MAX = 16, NATIVE_NONE = NATIVE_MAX };

/*
 * How another loop waits, which knows these handles and not the library: until
 * one is readable or signalled, or `ms` passed (-1: for ever). Which one, the
 * first in the list of those; or NATIVE_NONE.
 */
size_t native_wait(const xipc_native_handle *handles, size_t count, int ms);

#endif
