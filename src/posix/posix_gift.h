/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a child learns what it was given: from a variable in its environment,
 * where each gift is "words|descriptor|device|inode;". So a process that has
 * the variable, but not the descriptors, does not take others for them: the
 * child of a child, or one whose parent closed them.
 */
#ifndef XIPC_POSIX_GIFT_H
#define XIPC_POSIX_GIFT_H

#include "os/os_spawn.h"

#define POSIX_GIFT_VARIABLE "XIPC_INHERITED="

/*
 * The variable, with its value, of gifts that are descriptors `first` and so on
 * in the child; the caller frees it. XIPC_E_INVALID if one is not open,
 * XIPC_E_NO_MEMORY.
 */
xipc_status
posix_gift_write(const xipcos_spawn_plan *plan, int first, char **variable_out);

#endif
