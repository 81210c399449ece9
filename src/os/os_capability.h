/* SPDX-License-Identifier: Apache-2.0 */
/* OS contract: what this system can do. */
#ifndef XIPCOS_CAPABILITY_H
#define XIPCOS_CAPABILITY_H

#include <xipc/capability.h>

/*
 * Fills support, has_limit, limit and text; core fills the rest. `text` is
 * static. Asks the running system where an answer can differ between two
 * machines.
 */
void xipcos_capability(xipc_feature feature, xipc_capability_info *info);

#endif
