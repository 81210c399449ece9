/* SPDX-License-Identifier: Apache-2.0 */
/* What this backend's poller needs of its bell. */
#ifndef XIPC_WIN32_BELL_H
#define XIPC_WIN32_BELL_H

#include "os/os_bell.h"
#include "win32/win32_system.h"

/* Signalled while the bell was rung and nothing was taken, while it is held,
 * and now and then for no reason until xipcos_bell_take(). */
HANDLE win32_bell_event(const xipcos_bell *bell);

/* Whether there are tokens to take. */
int win32_bell_has_tokens(const xipcos_bell *bell);

/* Keeps the event signalled for a reason of the poller's, or does no longer:
 * then the next xipcos_bell_take() resets it. */
void win32_bell_hold(xipcos_bell *bell, int is_held);

#endif
