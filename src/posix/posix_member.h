/* SPDX-License-Identifier: Apache-2.0 */
#ifndef XIPC_POSIX_MEMBER_H
#define XIPC_POSIX_MEMBER_H

#include "os/os_member.h"

/* In a forked child: the parent's numbers are not ours. */
void posix_member_forget(void);

/* The section is about to be closed. Under the leases' lock. */
void posix_member_leave(xipcos_section *section);

#endif
