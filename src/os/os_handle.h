/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OS contract: to get handles from one process into another, over a local
 * connection.
 *
 * One way or the other, by system:
 *
 *     sent    beside bytes, over the connection itself: the kernel keeps them
 *             until they are received
 *     copied  by one of the two processes, which can open the other one, in
 *             either direction; the number that a handle has over there then
 *             goes over as bytes
 *
 * Each backend defines every function here; those of the way that the system
 * does not have return XIPC_E_NOT_SUPPORTED. Core has already checked the
 * arguments, but not natives: they are the caller's, or another process's. Any
 * thread. A call that fails has left a fault (os_fault.h), but for
 * XIPC_E_AGAIN, XIPC_E_TIMEOUT and XIPC_E_CANCELED, and its outputs alone.
 */
#ifndef XIPCOS_HANDLE_H
#define XIPCOS_HANDLE_H

#include <stddef.h>
#include <stdint.h>

#include "os/os_socket.h"

typedef enum xipcos_handle_way {
    XIPCOS_HANDLES_SENT,
    XIPCOS_HANDLES_COPIED
} xipcos_handle_way;

xipcos_handle_way xipcos_handles_go(void);

/* Most that go at once. What a system calls a socket may be more than a handle:
 * where handles are copied sockets are not promised to be any at the other
 * side. */
#define XIPCOS_HANDLE_MAX 16

/* A handle more for what `native` is one of, not inheritable; the caller's.
 * XIPC_E_INVALID: it is not open; XIPC_E_NO_MEMORY, XIPC_E_OS. */
xipc_status xipcos_handle_copy(intptr_t native, intptr_t *copy_out);

void xipcos_handle_close(intptr_t native);

/* The same of one that another process sent, and nobody took: it does not wait,
 * whatever was asked of it there. */
void xipcos_handle_drop(intptr_t native);

/* ---- sent ---- */

/* Bytes, and the handles beside the first of them. */
typedef struct xipcos_parcel {
    void *data;
    size_t size; /* of what is sent, or of the room; > 0 */
    intptr_t natives[XIPCOS_HANDLE_MAX];
    size_t count;
    int has_lost; /* received: there were more, and this process had no room */
} xipcos_parcel;

/* All of it or nothing. XIPC_E_INVALID: a native is not open; XIPC_E_CLOSED,
 * XIPC_E_PEER_DIED, XIPC_E_AGAIN, XIPC_E_TIMEOUT, XIPC_E_CANCELED,
 * XIPC_E_NO_MEMORY, XIPC_E_OS. */
xipc_status xipcos_socket_send_parcel(
    xipcos_socket *socket,
    const xipcos_parcel *parcel,
    const xipcos_patience *patience);

/*
 * At least one byte, at most `size`, which it then says, and what handles came
 * with them: the caller's, also if they are more than he expected. Never bytes
 * from behind those of the next parcel's first.
 *
 * As xipcos_socket_read().
 */
xipc_status xipcos_socket_receive_parcel(
    xipcos_socket *socket,
    xipcos_parcel *parcel,
    const xipcos_patience *patience);

/* ---- copied ---- */

/* Another process, to which and from which handles are copied. */
typedef struct xipcos_fellow xipcos_fellow;

/* XIPC_E_ACCESS: this process may not; XIPC_E_NOT_FOUND: there is no such
 * process; XIPC_E_NO_MEMORY, XIPC_E_OS. */
xipc_status xipcos_fellow_open(uint32_t process, xipcos_fellow **fellow_out);

/* Accepts NULL. */
void xipcos_fellow_close(xipcos_fellow *fellow);

/* A handle over there for what `native` is one of, and its number there.
 * XIPC_E_INVALID: not open; XIPC_E_PEER_DIED, XIPC_E_NO_MEMORY, XIPC_E_OS. */
xipc_status xipcos_fellow_give(
    const xipcos_fellow *fellow, intptr_t native, int64_t *theirs_out);

/* A handle here for what has that number there. Any number. XIPC_E_INVALID: it
 * has none. */
xipc_status xipcos_fellow_take(
    const xipcos_fellow *fellow, int64_t theirs, intptr_t *native_out);

/* What was given, before the other one was told of it. */
void xipcos_fellow_take_back(const xipcos_fellow *fellow, int64_t theirs);

#endif
