/* SPDX-License-Identifier: Apache-2.0 */
/* How long a call of the system's may wait, and what it is told of others. */
#ifndef XIPCOS_PATIENCE_H
#define XIPCOS_PATIENCE_H

#include <stdatomic.h>

#include <xipc/base.h>

/*
 * How long a call may wait: until `deadline` (XIPC_E_TIMEOUT; XIPC_NOW:
 * XIPC_E_AGAIN), or until *is_interrupted is not 0 (XIPC_E_CANCELED), which is
 * looked at before it sleeps, and after each wake. XIPC_NOW does not look at
 * it. NULL: nobody interrupts.
 */
typedef struct xipcos_patience {
    xipc_deadline deadline;
    const atomic_int *is_interrupted;
} xipcos_patience;

#endif
