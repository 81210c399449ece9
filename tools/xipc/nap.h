/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NAP_H
#define NAP_H

#include <xipc/xipc.h>

/* Waits until then, or until somebody asks to stop: then -1. */
int nap_until(xipc_deadline deadline);

/* Waits for `ms`, or until `deadline` if that is sooner. 1 if there is time
 * left after it, 0 if not, -1 if somebody asked to stop. */
int nap_before(xipc_deadline deadline, int64_t ms);

#endif
