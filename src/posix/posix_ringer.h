/* SPDX-License-Identifier: Apache-2.0 */
#ifndef XIPC_POSIX_RINGER_H
#define XIPC_POSIX_RINGER_H

/* Closes what is kept open for ringing. Under the leases' lock; also in a
 * forked child, for which it is its parent's. */
void posix_ringer_rest(void);

#endif
