/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands at the start of every object, for processes of either width and
 * of every compiler:
 *
 *     offset      0  the backend's prefix, 64 bytes
 *     offset     64  the head, XIPCOS_HEAD_SIZE bytes
 *     offset  65536  the data (views start on multiples of this)
 *
 * The creator fills prefix and head before anybody can use them, and then
 * stores `ready` with release order. Whoever opens the object loads `ready`
 * with acquire order first. After that only `size` changes, and only grows,
 * and `last_member`.
 * All of it can be scribbled on by any process that may write to the object,
 * so it is read once, checked, and only then used.
 */
#ifndef XIPC_WIN32_LAYOUT_H
#define XIPC_WIN32_LAYOUT_H

#include <stdatomic.h>

#include <xipc/base.h>

#include "os/os_section.h"

#define WIN32_DATA_OFFSET 65536U
#define WIN32_PAGE_SIZE   4096U
#define WIN32_FIRST_SIZE  512U /* prefix and head */

#define WIN32_MAGIC          0x57637078U /* "xpcW" in memory order */
#define WIN32_LAYOUT_VERSION 1U
#define WIN32_READY          1U

typedef enum win32_kind {
    WIN32_KIND_TRANSIENT = 1, /* a named section on the page file */
    WIN32_KIND_PERSISTENT,    /* a file */
    WIN32_KIND_ANONYMOUS      /* a section without a name */
} win32_kind;

typedef struct win32_prefix {
    uint32_t magic;
    uint32_t version;
    /* Stored once by the creator, release; loaded by openers, acquire. */
    _Atomic uint32_t ready;
    uint32_t kind;
    /* Bytes of data. Raised by whoever grows the object, after the pages are
     * there: release; loaded by all holders: acquire. Never lowered. */
    _Atomic uint64_t size;
    uint64_t max_size;
    uint64_t instance; /* random; names what belongs to it in the kernel */
    /* The number last given to a process. Read and raised by whoever draws one
     * (win32_member.c), with the claim, which also orders it: relaxed. */
    _Atomic uint32_t last_member;
    uint8_t reserved[20];
    uint8_t head[XIPCOS_HEAD_SIZE];
} win32_prefix;

/* What a prefix says, read once. */
typedef struct win32_claim {
    uint32_t magic;
    uint32_t version;
    uint32_t ready;
    uint32_t kind;
    uint64_t size;
    uint64_t max_size;
    uint64_t instance;
} win32_claim;

/* Fills in all but `ready`. The memory is zero. */
void win32_layout_write(
    win32_prefix *prefix,
    const xipcos_section_plan *plan,
    win32_kind kind,
    uint64_t instance);

void win32_layout_publish(win32_prefix *prefix);

void win32_layout_read(win32_prefix *prefix, win32_claim *claim_out);

/*
 * Whether the claim can be true of an object of that kind that really has
 * `section_size` bytes.
 *
 * XIPC_E_AGAIN         not finished yet
 * XIPC_E_CORRUPT       nonsense
 * XIPC_E_INCOMPATIBLE  another version
 */
xipc_status win32_layout_check(
    const win32_claim *claim, win32_kind kind, uint64_t section_size);

#endif
