/* SPDX-License-Identifier: Apache-2.0 */
#ifndef XIPC_POSIX_SURVEY_H
#define XIPC_POSIX_SURVEY_H

#include <xipc/name.h>

/* Removes what is stale and ours to remove. A directory that is not there is
 * clean. */
xipc_status posix_sweep(xipc_scope scope);

#endif
