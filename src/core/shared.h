/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a legal name to the memory behind it, for objects of every kind.
 * Whatever the kind, what is found carries a head (core/layout.h) that says
 * which kind and which full name it is.
 *
 * Each call names the object in front of the fault it leaves.
 */
#ifndef XIPC_CORE_SHARED_H
#define XIPC_CORE_SHARED_H

#include <xipc/name.h>

#include "os/os_section.h"

/*
 * Makes the memory that `plan` describes. The caller has filled in sizes, flags
 * and data; naming and head are filled in here. As xipcos_section_create().
 */
xipc_status xipci_shared_create(
    xipc_kind kind,
    const char *name,
    const xipc_naming *naming,
    xipcos_section_plan *plan,
    xipc_deadline deadline,
    xipcos_section **native_out);

/* Removes the persistent object that was made a moment ago. Returns `status`,
 * which is the reason, with its fault. */
xipc_status xipci_shared_take_back(
    xipc_status status,
    xipc_kind kind,
    const char *name,
    const xipc_naming *naming);

/*
 * As xipcos_section_open(), and the head is that of the object asked for; else
 * XIPC_E_CORRUPT, XIPC_E_INCOMPATIBLE or XIPC_E_NOT_FOUND.
 */
xipc_status xipci_shared_open(
    xipc_kind kind,
    const char *name,
    const xipc_naming *naming,
    int is_read_only,
    xipc_deadline deadline,
    xipcos_section **native_out);

/* An open_or_create: its halves, which are given `call`. */
typedef xipc_status xipci_shared_half(const void *call);

typedef struct xipci_shared_either {
    xipc_kind kind;
    const char *name;
    xipc_deadline deadline;
    xipci_shared_half *create;
    xipci_shared_half *open;
    const void *call;
} xipci_shared_either;

/*
 * Creates, or else opens, and again as often as the name changes hands between
 * the two. `*created_out` (may be NULL) says which it was.
 *
 * What the halves return, XIPC_E_EXISTS and XIPC_E_NOT_FOUND excepted; or
 * XIPC_E_AGAIN, XIPC_E_TIMEOUT, or XIPC_E_ACCESS when it goes on for ever.
 */
xipc_status xipci_shared_open_or_create(
    const xipci_shared_either *either, int *created_out);

/* `size` in whole pages. */
uint64_t xipci_shared_round_up(uint64_t size);

#endif
