/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OS contract: from the name of a host to its addresses.
 *
 * Each backend defines every function here. Core has already checked the
 * arguments. A call that fails has left a fault (os_fault.h), but for
 * XIPC_E_AGAIN, XIPC_E_TIMEOUT and XIPC_E_CANCELED.
 */
#ifndef XIPCOS_RESOLVE_H
#define XIPCOS_RESOLVE_H

#include <stddef.h>

#include <xipc/socket.h>

#include "os/os_patience.h"

/*
 * Asks the system, which may take long: a thread does it, which nobody waits
 * for past his patience, and which ends by itself. At most `capacity`, in the
 * order in which they should be tried.
 *
 * XIPC_E_NOT_FOUND  no such host
 * XIPC_E_LIMIT      too many such threads are still waiting for an answer
 * XIPC_E_AGAIN, XIPC_E_TIMEOUT, XIPC_E_CANCELED, XIPC_E_NO_MEMORY, XIPC_E_OS
 */
xipc_status xipcos_resolve(
    const char *host,
    uint16_t port,
    const xipcos_patience *patience,
    xipc_address *addresses,
    size_t capacity,
    size_t *count_out);

#endif
