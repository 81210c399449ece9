/* SPDX-License-Identifier: Apache-2.0 */
/* OS contract: numbers nobody can guess. */
#ifndef XIPCOS_RANDOM_H
#define XIPCOS_RANDOM_H

#include <stdint.h>

/* Never 0. Cannot fail: every supported system has such a source. */
uint64_t xipcos_random(void);

#endif
