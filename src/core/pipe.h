/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pipes: what the kernel does (os/os_pipe.h), under names of ours.
 *
 * A listener's name is a small transient section, which says who has it and the
 * spot where that one listens. The spot is new each time somebody takes the
 * name, so whoever connects meets him, or nobody.
 */
#ifndef XIPC_CORE_PIPE_H
#define XIPC_CORE_PIPE_H

#include <stdalign.h>

#include <xipc/pipe.h>

#include "core/object.h"
#include "core/stand.h"
#include "os/os_pipe.h"

/* Who has the name has left it. */
#define XIPCI_PIPE_LEFT (UINT32_C(1) << 31)

/*
 * Shared. `holder` is a member number of the section, with XIPCI_PIPE_LEFT, or
 * 0: nobody. The rest is written with the claim while the holder is 0, and
 * believed by whoever sees the same living holder before and after it.
 */
typedef struct xipci_pipe_head {
    _Atomic uint32_t mark;
    _Atomic uint32_t holder;
    alignas(8) _Atomic uint64_t spot[2]; /* 40 random bits each */
    _Atomic uint32_t message_max;        /* 0: bytes */
    uint32_t unused;
} xipci_pipe_head;

_Static_assert(sizeof(xipci_pipe_head) == 32, "part of the layout");

extern const xipci_marks xipci_pipe_marks;

struct xipc_pipe {
    xipc_object object;
    xipcos_pipe *native;
    uint32_t directions;  /* XIPC_READABLE, XIPC_WRITABLE */
    uint32_t message_max; /* 0: bytes */
    atomic_int has_ended; /* xipc_pipe_shutdown_write() */
};

/* The name of one who listens for connections, of whatever kind that object is.
 * All zeros: none. */
typedef struct xipci_pipe_name {
    xipci_stand claim;
    xipci_pipe_head *head;
    uint32_t member;
    int has_name;
} xipci_pipe_name;

struct xipc_pipe_listener {
    xipc_object object;
    xipcos_listener *native;
    xipci_pipe_name taken; /* a "native:" one has none of it */
};

/* ---- pipe.c ---- */

/* A handle, in which `native` is then put. NULL: no memory, with a fault. */
xipc_pipe *xipci_pipe_new(const char *name, xipc_scope scope);
void xipci_pipe_begin(xipc_pipe *pipe, xipcos_pipe *native);

/* `*options` may become the default. XIPC_E_INVALID. */
xipc_status
xipci_pipe_check_options(const char *name, const xipc_pipe_options **options);

/* Whether that name and these options go together. XIPC_E_INVALID. */
xipc_status
xipci_pipe_check_name(const char *name, const xipc_pipe_options *options);

xipcos_pipe_plan xipci_pipe_plan(const xipc_pipe_options *options);

/* Of a call that gives the direction(s) of a "native:" name; 0: both. */
uint32_t xipci_pipe_directions(const xipc_pipe_options *options);

/* An end over copies of these, as xipcos_pipe_adopt(). */
xipc_status xipci_pipe_adopt(
    const intptr_t *natives,
    unsigned count,
    const xipcos_pipe_plan *plan,
    xipc_pipe **pipe_out);

/* ---- pipe_heritage.c: how an end goes to a child ---- */

extern const xipci_heritage xipci_pipe_heritage;

/* ---- pipe_name.c ---- */

/* `object`: who listens; it says which kind. */
xipc_status xipci_pipe_take_name(
    xipci_pipe_name *taken,
    const xipc_object *object,
    const char *name,
    const xipc_naming *naming,
    xipc_deadline deadline);

/* Lets whoever looks the name up find the one who has it: after he listens. */
void xipci_pipe_publish(
    xipci_pipe_name *taken, const uint64_t spot[2], uint32_t message_max);

/* Accepts one that has none. */
void xipci_pipe_free_name(xipci_pipe_name *taken);

/* Who has a name, as long as it is not left. */
typedef struct xipci_pipe_found {
    xipci_stand stand;
    char spot[XIPCOS_SPOT_SIZE];
    uint32_t message_max;
} xipci_pipe_found;

/* XIPC_E_NOT_FOUND: nobody living has the name. As xipci_shared_open(). The
 * object says which kind. */
xipc_status xipci_pipe_look_up(
    const xipc_object *object,
    const char *name,
    const xipc_naming *naming,
    xipc_deadline deadline,
    xipci_pipe_found *found_out);

/* The spot as text. */
void xipci_pipe_write_spot(
    xipc_kind kind,
    const char *name,
    xipc_scope scope,
    const uint64_t spot[2],
    char text[XIPCOS_SPOT_SIZE]);

#endif
