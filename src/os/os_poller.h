/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OS contract: waiting for many native handles and one bell.
 *
 * Each backend defines every function here. Core has already checked the
 * arguments. Any thread may add and remove while others wait.
 */
#ifndef XIPCOS_POLLER_H
#define XIPCOS_POLLER_H

#include <xipc/poller.h>

#include "os/os_bell.h"

typedef struct xipcos_poller xipcos_poller;

/* One handle that is ready. */
typedef struct xipcos_polled {
    uint32_t token;
    uint32_t events; /* XIPC_READABLE and the like */
} xipcos_polled;

/*
 * Takes the bell over, also when it fails. That it was rung is token 0, until
 * what it was rung with is taken (xipcos_bell_take()). XIPC_E_NO_MEMORY,
 * XIPC_E_OS.
 */
xipc_status xipcos_poller_create(xipcos_bell *bell, xipcos_poller **poller_out);

/* Accepts NULL. In a forked child it touches nothing that the parent has. */
void xipcos_poller_close(xipcos_poller *poller);

/* Among the events of a handle: it is an object's of ours, and is ready for any
 * of them in its own way. */
#define XIPCOS_POLLED_OURS (UINT32_C(1) << 31)

/*
 * `token` comes back with what is ready. Two handles may have one token.
 * XIPC_E_EXISTS, XIPC_E_NOT_SUPPORTED, XIPC_E_INVALID (no handle at all),
 * XIPC_E_NO_MEMORY, XIPC_E_OS.
 */
xipc_status xipcos_poller_add(
    xipcos_poller *poller, intptr_t native, uint32_t events, uint32_t token);

/* `native` and `token` (not 0) as they were added. The token may still come
 * once. */
void xipcos_poller_remove(
    xipcos_poller *poller, intptr_t native, uint32_t token);

/*
 * Waits up to `ns` nanoseconds (0: only looks; XIPC_FOREVER) until a handle is
 * ready or the bell was rung, or for no reason at all. Returns how many of
 * `ready` are filled in. What did not fit, and what is still ready, comes with
 * the next calls, so that nothing is left out for good.
 */
size_t xipcos_poller_wait(
    xipcos_poller *poller, xipcos_polled *ready, size_t capacity, int64_t ns);

/* From now on, token XIPCOS_TOKEN_MAX is ready every `ns` nanoseconds. Once for
 * each poller. XIPC_E_NO_MEMORY, XIPC_E_NOT_SUPPORTED, XIPC_E_OS. */
xipc_status xipcos_poller_beat(xipcos_poller *poller, int64_t ns);

/*
 * A handle for another loop: readable or signalled while a handle is ready or
 * the bell was rung and nothing was taken from it. XIPC_E_NOT_SUPPORTED.
 */
xipc_status
xipcos_poller_native_handle(xipcos_poller *poller, intptr_t *native_out);

#endif
