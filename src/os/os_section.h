/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OS contract: a block of memory that processes share, found by a name or
 * handed over as a native handle, and the kernel's word on who holds it.
 *
 * Every shared object of the library stands on one of these. It is a head of
 * XIPCOS_HEAD_SIZE bytes, written once by the creator and never again, and
 * `size` bytes of zero-filled data. Head and data do not share a page.
 *
 * Each backend defines every function here. Core has already checked the
 * arguments: pointers are not NULL unless a comment allows it, enums are in
 * range, sizes are greater than 0 and whole pages, and no sum of sizes
 * overflows. Backends assert that and do not return it. Whatever another
 * process can write is checked here, not asserted.
 *
 * A call that does not return XIPC_OK has left a fault (os_fault.h), its
 * outputs alone, and nothing behind.
 *
 * All functions are safe from any thread, except that closing a section is its
 * last use.
 */
#ifndef XIPCOS_SECTION_H
#define XIPCOS_SECTION_H

#include <xipc/base.h>
#include <xipc/name.h>

/* The creator's description of the object; core knows what is in it. */
#define XIPCOS_HEAD_SIZE 448

/* What a section has for core's own use; see xipcos_section_room(). */
#define XIPCOS_ROOM_SIZE 384

typedef struct xipcos_section xipcos_section;

/*
 * Which name. `native_name` was made by core and is a legal file name. `user`
 * is whose it is in scope USER, as xipcos_user() just said, so that
 * nobody need ask again; 0: unknown, or the scope has none.
 */
typedef struct xipcos_place {
    xipc_scope scope;
    const char *native_name;
    uint64_t user;
} xipcos_place;

typedef struct xipcos_section_plan {
    uint64_t size;     /* bytes of data at first, whole pages */
    uint64_t max_size; /* bytes of data it may grow to, whole pages; >= size */
    xipc_access access;
    xipc_lifetime lifetime;
    int is_lazy;      /* do not reserve the memory */
    int is_huge;      /* advise large pages */
    int has_queue;    /* it is the companion of a queue (os_queue.h) */
    const void *head; /* XIPCOS_HEAD_SIZE bytes */
    const void *data; /* what the data begins with; NULL: zeros */
    size_t data_size; /* bytes of that, at most `size` */
} xipcos_section_plan;

/* Data sizes and offsets of maps are multiples of these. Powers of two. */
size_t xipcos_page_size(void);
size_t xipcos_map_granularity(void);

/*
 * Makes the whole object and then its name, in one step for everybody else:
 * nobody ever opens a half-made one, and a creator that dies half-way has
 * created nothing. A stale object of that name is removed first.
 *
 * XIPC_E_EXISTS    the name is taken by a live or persistent object, or by
 *                  something that is not ours to judge
 * XIPC_E_NO_SPACE  the fault's text tells asked and free bytes
 * XIPC_E_ACCESS    the place cannot be trusted or written
 * XIPC_E_AGAIN, XIPC_E_TIMEOUT  another process was in the middle of making or
 *                  removing that name until `deadline`
 * XIPC_E_NO_MEMORY, XIPC_E_NOT_SUPPORTED, XIPC_E_OS
 */
xipc_status xipcos_section_create(
    xipcos_place place,
    const xipcos_section_plan *plan,
    xipc_deadline deadline,
    xipcos_section **section_out);

/*
 * Joins what has that name. From XIPC_OK on the object lives at least until
 * this process closes it or dies.
 *
 * XIPC_E_NOT_FOUND     nothing has the name, or only what dead processes left
 * XIPC_E_ACCESS        its owner is not trusted, or the system refuses
 * XIPC_E_CORRUPT       not what a create of this library leaves there
 * XIPC_E_INCOMPATIBLE  another version of the backend's own layout
 * XIPC_E_AGAIN, XIPC_E_TIMEOUT, XIPC_E_NO_MEMORY, XIPC_E_OS
 */
xipc_status xipcos_section_open(
    xipcos_place place,
    xipc_trust trust,
    int is_read_only,
    xipc_deadline deadline,
    xipcos_section **section_out);

/* No name. Nobody, not even a hostile program, can shrink it where the system
 * has a way (XIPC_FEATURE_SECTION_SEAL). Ignores access and lifetime. */
xipc_status xipcos_section_create_anonymous(
    const xipcos_section_plan *plan, xipcos_section **section_out);

/* See xipc_section_adopt(): the section gets a copy of `native`. Core checks
 * the head. XIPC_E_INVALID, XIPC_E_CORRUPT, XIPC_E_INCOMPATIBLE. */
xipc_status xipcos_section_adopt(intptr_t native, xipcos_section **section_out);

/* The anonymous section's handle; still the section's. */
intptr_t xipcos_section_native_handle(const xipcos_section *section);

/*
 * The operating system's own name, byte for byte, for foreign programs: no
 * head, no lease, no owner check but the system's. create: XIPC_E_EXISTS if
 * taken. `native_name` is what followed "native:", not empty.
 */
xipc_status xipcos_section_create_native(
    const char *native_name, uint64_t size, xipcos_section **section_out);
xipc_status xipcos_section_open_native(
    const char *native_name, int is_read_only, xipcos_section **section_out);
xipc_status xipcos_section_remove_native(const char *native_name);

/*
 * Ends this process's hold. The last holder of a transient object takes its
 * name away. Accepts NULL. In a forked child it touches nothing that the
 * parent has.
 */
void xipcos_section_close(xipcos_section *section);

/* This process's private copy of the head; NULL for a native section. */
const void *xipcos_section_head(const xipcos_section *section);

/*
 * XIPCOS_ROOM_SIZE bytes on a multiple of 8, which nobody else touches from the
 * moment the section is there until it is closed: so a handle is one piece of
 * memory, and there before anything is made under a name.
 */
void *xipcos_section_room(xipcos_section *section);

/* Whether it can only be mapped for reading. */
int xipcos_section_is_read_only(const xipcos_section *section);

/* Bytes of data at the last look; the limit it was created with. */
uint64_t xipcos_section_size(const xipcos_section *section);
uint64_t xipcos_section_max_size(const xipcos_section *section);

/*
 * Looks again how large it is. XIPC_E_CORRUPT if it is smaller than it was,
 * or larger than its limit.
 */
xipc_status xipcos_section_refresh(xipcos_section *section);

/*
 * Grows to `size` at least (<= max_size), without waiting. Of two processes
 * that grow at once neither undoes the other. XIPC_E_NO_SPACE leaves the size
 * as it was; XIPC_E_AGAIN: another one is growing it, nothing has changed.
 */
xipc_status xipcos_section_grow(xipcos_section *section, uint64_t size);

/*
 * Gives the memory of part of the data, whole pages of it, back to the system
 * as far as that takes it. It stays readable and writable, with any contents,
 * but touching it may fail until it is reserved again, which no more than grow
 * is done by two at once. XIPC_E_NO_SPACE.
 */
void xipcos_section_give_back(
    xipcos_section *section, uint64_t offset, uint64_t size);
xipc_status
xipcos_section_reserve(xipcos_section *section, uint64_t offset, uint64_t size);

/*
 * Maps [offset, offset + span) of the data. `offset` is on the granularity.
 * `span` may reach past the size, up to max_size: what a later growth brings
 * is then visible there without another call.
 *
 * XIPC_E_NO_MEMORY  no room in the address space
 */
xipc_status xipcos_section_map(
    xipcos_section *section,
    uint64_t offset,
    size_t span,
    int is_writable,
    void **address_out);
void xipcos_section_unmap(void *address, size_t span);

/*
 * Takes a persistent object's name away at once, whoever holds it.
 *
 * XIPC_E_NOT_FOUND, XIPC_E_ACCESS, XIPC_E_AGAIN, XIPC_E_TIMEOUT
 * XIPC_E_NOT_SUPPORTED  transient, and somebody holds it; a stale one is
 *                       removed and is XIPC_E_NOT_FOUND
 *
 * What makes no sense (XIPC_E_CORRUPT for an opener) is removed if it is this
 * user's.
 */
xipc_status xipcos_section_remove(xipcos_place place, xipc_deadline deadline);

/* What a look at one name found. Lives until the callback returns. */
typedef struct xipcos_section_finding {
    const char *native_name;
    const void *head; /* XIPCOS_HEAD_SIZE bytes; NULL if it makes no sense */
    xipc_lifetime lifetime;
    uint64_t size;         /* bytes of data */
    uint64_t holder_count; /* processes, this one included */
    int is_stale;
} xipcos_section_finding;

/* Returns 0 to go on. May call any function here. */
typedef int
xipcos_section_visit(const xipcos_section_finding *finding, void *context);

/*
 * Removes what is stale in `scope` and this user's to remove, counts it, and
 * then shows everything that was found, stale objects included. `visit` may be
 * NULL. What killed processes left without a name is removed and counted too,
 * but not shown.
 */
xipc_status xipcos_section_survey(
    xipc_scope scope,
    xipcos_section_visit *visit,
    void *context,
    size_t *removed_count_out);

#endif
