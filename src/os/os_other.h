/* SPDX-License-Identifier: Apache-2.0 */
/* Who is at the other end of a connection. */
#ifndef XIPCOS_OTHER_H
#define XIPCOS_OTHER_H

#include <stdint.h>

/* The user as xipcos_user_id() counts, `process` 0 if it is unknown. */
typedef struct xipcos_other {
    uint64_t user;
    uint32_t process;
    int is_process_vouched; /* by the kernel */
} xipcos_other;

#endif
