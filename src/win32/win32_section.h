/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an open section is inside this backend, and how its halves work
 * together: win32_section.c has the seam's calls, win32_section_transient.c
 * and win32_section_persistent.c the two ways to stand under a name,
 * win32_section_unnamed.c what has no name of ours, and
 * win32_section_survey.c the listing.
 */
#ifndef XIPC_WIN32_SECTION_H
#define XIPC_WIN32_SECTION_H

#include <stdalign.h>
#include <stdatomic.h>

#include "os/os_section.h"
#include "win32/win32_gate.h"
#include "win32/win32_layout.h"
#include "win32/win32_lease.h"
#include "win32/win32_system.h"

struct xipcos_section {
    HANDLE mapping; /* NULL while half-built */
    HANDLE file;    /* NULL unless persistent. Open as long as the section:
                       that is what keeps its file from being junk */
    win32_prefix *prefix; /* view of the first page; NULL for a native one */
    win32_lease *lease;   /* without a name: NULL until one is needed */
    xipc_scope scope;
    xipc_scope kernel_scope; /* where what belongs to it in the kernel has its
                                names */
    HANDLE claim; /* of the thread that has the claim, NULL otherwise */
    int is_read_only;
    int is_reserved; /* its pages are committed one by one */
    uint64_t data_offset;
    uint64_t max_size;
    uint64_t instance; /* a native one's is made of its name; 0: nothing can
                          belong to it */
    /* Bytes of data at the last look, of any thread of this process; only
     * raised. Relaxed: the pages were there before the number was. */
    _Atomic uint64_t size;
    uint8_t head[XIPCOS_HEAD_SIZE];
    alignas(8) uint8_t room[XIPCOS_ROOM_SIZE];
};

/* An empty one, which xipcos_section_close() takes; NULL with a fault. */
xipcos_section *win32_section_new(void);

/* Drops what `section` has but not itself, and leaves it empty. */
void win32_section_release(xipcos_section *section);

/*
 * Creator's side, with `mapping` and the pages in place: maps the first page,
 * writes all of it but `ready`, and what the data begins with.
 */
xipc_status win32_section_write(
    xipcos_section *section, const xipcos_section_plan *plan, win32_kind kind);

/*
 * Opener's side, with `mapping` in place: maps the first page, checks it
 * against what is really there, and takes the copies. XIPC_E_AGAIN if the
 * creator is not done.
 */
xipc_status
win32_section_read(xipcos_section *section, win32_kind kind, int is_read_only);

/* Where what belongs to an object of that kind, its lease for one, has its
 * name: files are shared by all sessions of a user, and a handle without a name
 * may be given to any. */
xipc_scope win32_section_lease_scope(xipc_scope scope, win32_kind kind);

/*
 * The name of one of the kernel objects that belong to the section; `tail`
 * tells which. XIPC_E_NOT_SUPPORTED if nothing can.
 */
xipc_status win32_section_kernel_name(
    const xipcos_section *section,
    const char *tail,
    wchar_t kernel_name[WIN32_KERNEL_NAME_COUNT]);

/* What other users may do with such an object: `others`, if the section is not
 * this user's alone. */
const char *
win32_section_others(const xipcos_section *section, const char *others);

/*
 * The calls below are for one lifetime each. create and exists are called with
 * the gate held. attach is open without the lease.
 */

/* XIPC_E_AGAIN: somebody keeps a half-made one, whose creator is dead, open
 * for a moment. */
xipc_status win32_transient_create(
    xipcos_place place,
    const xipcos_section_plan *plan,
    xipcos_section *section);

/* XIPC_E_AGAIN: it is half-made; if the gate is held, its creator is dead. */
xipc_status win32_transient_attach(
    xipcos_place place,
    xipc_trust trust,
    int is_read_only,
    xipcos_section *section);

/* 1 if anything but a half-made section has the kernel's name. */
int win32_transient_exists(xipcos_place place);

xipc_status win32_persistent_create(
    xipcos_place place,
    const xipcos_section_plan *plan,
    xipcos_section *section);

/* XIPC_E_AGAIN: a program of the system has the file for itself. */
xipc_status win32_persistent_attach(
    xipcos_place place,
    xipc_trust trust,
    int is_read_only,
    xipcos_section *section);

/* XIPC_OK if a file has the name, XIPC_E_NOT_FOUND if not. */
xipc_status win32_persistent_exists(xipcos_place place);

/* XIPC_E_AGAIN: as for attach. */
xipc_status win32_persistent_remove(xipcos_place place);

/* Whether the open file has lost its name. Wine does not tell a file's new
 * name, and so 0 if the old one is another file's by now. */
int win32_persistent_is_removed(HANDLE file);

#endif
