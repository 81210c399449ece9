/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The head every shared object starts with, whatever its kind. Written once by
 * the creator, before the object has a name; others read a private copy.
 */
#ifndef XIPC_CORE_LAYOUT_H
#define XIPC_CORE_LAYOUT_H

#include <stdalign.h>

#include <xipc/name.h>

#include "os/os_section.h"

#define XIPCI_HEAD_DETAIL_COUNT 22

typedef struct xipci_head {
    alignas(8) uint64_t magic; /* in the creator's byte order */
    uint32_t version;
    uint32_t kind;       /* xipc_kind */
    uint32_t scope;      /* xipc_scope */
    uint32_t name_size;  /* bytes of `name`, without a terminating zero */
    uint64_t generation; /* of all objects ever made, only this one has it */
    uint64_t name_space; /* xipci_name_space() */
    char name[216];      /* the full name, then zeros */
    int64_t made_at;     /* as xipc_listing says it; 0: nobody knows */
    uint64_t details[XIPCI_HEAD_DETAIL_COUNT]; /* the kind's own, or zeros */
    uint64_t checksum;                         /* of the bytes before it */
} xipci_head;

_Static_assert(sizeof(xipci_head) == XIPCOS_HEAD_SIZE, "part of the layout");
_Static_assert(XIPC_NAME_MAX < 216, "the name must fit");

/* Fills a head with a new generation. `name` is legal; "" if anonymous. */
void xipci_head_fill(
    xipci_head *head, xipc_kind kind, const char *name, xipc_scope scope);

/*
 * Whether the private copy `head` is one that xipci_head_fill() made.
 *
 * XIPC_E_CORRUPT       torn, scribbled on, or nonsense
 * XIPC_E_INCOMPATIBLE  another byte order or layout version
 */
xipc_status xipci_head_check(const xipci_head *head);

/*
 * Whether the private copy `head` passes xipci_head_check() and is that of the
 * object asked for. `name` is legal.
 *
 * XIPC_E_NOT_FOUND     another name that happens to have the same hash
 * XIPC_E_INCOMPATIBLE  another kind, byte order or layout version
 * XIPC_E_CORRUPT
 */
xipc_status xipci_head_match(
    const xipci_head *head, xipc_kind kind, const char *name, xipc_scope scope);

/*
 * Whether a checked head is that of an object without a name, whatever the name
 * space of the process that made it.
 *
 * XIPC_E_CORRUPT       it has a name
 * XIPC_E_INCOMPATIBLE  another kind
 */
xipc_status xipci_head_match_anonymous(const xipci_head *head, xipc_kind kind);

#endif
