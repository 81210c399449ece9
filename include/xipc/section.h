/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A section is a block of memory that processes share.
 *
 * It is zero-filled when created and has the size that was asked for, rounded
 * up to the page; every opener sees the same size. A section is seen through
 * maps. What is written through one map is visible through every other; the
 * order in which others see it is the caller's business (use atomics or the
 * library's own synchronisation).
 *
 *     process 1                            process 2
 *     xipc_section_create("a", 1 MiB)      xipc_section_open("a")
 *     xipc_section_map(whole, writable)    xipc_section_map(whole)
 *     write ............................... read
 *
 * Every call is safe from any thread, except that closing a handle must be
 * its last use. The calls that take a deadline wait only for another process
 * that is in the middle of making, removing or growing the same section.
 */
#ifndef XIPC_SECTION_H
#define XIPC_SECTION_H

#include <xipc/base.h>
#include <xipc/name.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct xipc_section xipc_section;
typedef struct xipc_map xipc_map;

enum {
    /* Create: do not reserve the memory. Touching a page may then fault when
       the system has none left. */
    XIPC_SECTION_LAZY = 1 << 0,
    /* Open: for reading only; such a section cannot be mapped writable. */
    XIPC_SECTION_READ_ONLY = 1 << 1,
    /* Create: large pages if the system will; advice, never an error. */
    XIPC_SECTION_HUGE = 1 << 2
};

typedef struct xipc_section_options {
    size_t options_size; /* set by XIPC_SECTION_OPTIONS_INIT */
    xipc_naming naming;
    uint32_t flags;    /* XIPC_SECTION_* */
    uint64_t max_size; /* create: bytes it may grow to; 0: does not grow */
} xipc_section_options;

#define XIPC_SECTION_OPTIONS_INIT                                  \
    {                                                              \
        sizeof(xipc_section_options),                              \
            {XIPC_SCOPE_USER, XIPC_ACCESS_PRIVATE, XIPC_TRANSIENT, \
             XIPC_TRUST_SELF},                                     \
            0, 0                                                   \
    }

/*
 * Creates a section of `size` bytes under a name that nothing has.
 *
 * `options` may be NULL for the defaults: this user, private, transient.
 * The memory is reserved, so that touching a mapped page never faults.
 * A "native:" section has no reserved bounds of ours, lives as long as the
 * operating system lets it, and takes no max_size, scope or access.
 *
 * XIPC_OK               `*section_out` is yours; xipc_section_close() ends it
 * XIPC_E_EXISTS         the name is taken
 * XIPC_E_NAME           not a legal name
 * XIPC_E_NO_SPACE       too little room; the detail tells asked and free bytes
 * XIPC_E_NO_MEMORY      no memory or handles left for this process
 * XIPC_E_ACCESS         the system refuses the scope, or the directory that
 *                       holds the names is not safe to use
 * XIPC_E_NOT_SUPPORTED  an option this system lacks; see xipc_capability()
 * XIPC_E_TIMEOUT        another process was in the middle of making or
 *                       removing that name until `deadline` (XIPC_NOW:
 *                       XIPC_E_AGAIN)
 * XIPC_E_INVALID        NULL, `size` 0 or too large to address, max_size below
 *                       `size`, unknown flags, unknown options_size, or access
 *                       for others with XIPC_SCOPE_USER
 *
 * On any other status than XIPC_OK nothing was created.
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_section_create(
    const char *name,
    uint64_t size,
    const xipc_section_options *options,
    xipc_deadline deadline,
    xipc_section **section_out);

/*
 * Opens the section that has `name`. Never sees a half-made one.
 *
 * Of `options` (may be NULL) scope, trust and XIPC_SECTION_READ_ONLY count.
 *
 * XIPC_OK              `*section_out` is yours; xipc_section_close() ends it
 * XIPC_E_NOT_FOUND     nothing has that name, or only what a dead process left
 * XIPC_E_ACCESS        it belongs to a user you do not trust, or is not yours
 *                      to open this way
 * XIPC_E_INCOMPATIBLE  made by another layout version, byte order or kind
 * XIPC_E_CORRUPT       what stands under that name makes no sense
 * XIPC_E_TIMEOUT       its creator or remover was not done by `deadline`
 *                      (XIPC_NOW: XIPC_E_AGAIN)
 * XIPC_E_NAME, XIPC_E_INVALID, XIPC_E_NO_MEMORY
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_section_open(
    const char *name,
    const xipc_section_options *options,
    xipc_deadline deadline,
    xipc_section **section_out);

/*
 * Opens the section that has `name`, or creates it, in one step; of many
 * callers exactly one creates. An existing section keeps its own size.
 *
 * XIPC_OK  `*created_out` is 1 if this call created it, else 0; may be NULL
 *
 * Other statuses as for create and open, XIPC_E_EXISTS and XIPC_E_NOT_FOUND
 * excepted.
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_section_open_or_create(
    const char *name,
    uint64_t size,
    const xipc_section_options *options,
    xipc_deadline deadline,
    xipc_section **section_out,
    int *created_out);

/*
 * Creates a section without a name. It reaches another process by its native
 * handle: inherited, or sent, and adopted there. Of `options` (may be NULL)
 * the flags and max_size count; naming must be all defaults.
 *
 * Statuses as for xipc_section_create().
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_section_create_anonymous(
    uint64_t size,
    const xipc_section_options *options,
    xipc_section **section_out);

/* A file descriptor, or a HANDLE. */
typedef intptr_t xipc_native_handle;

/*
 * The anonymous section's native handle. It stays the section's: do not close
 * it. Not inherited by children until the caller makes a copy that is.
 *
 * XIPC_E_NOT_SUPPORTED  the section has a name; open it by that
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_section_native_handle(
    const xipc_section *section, xipc_native_handle *native_out);

/*
 * Makes a section of a native handle that came from an anonymous section of
 * another process. Nothing about it is believed before it is checked. The
 * section has a copy of the handle; `native` stays the caller's, to close.
 *
 * XIPC_OK              `*section_out` is yours; xipc_section_close() ends it
 * XIPC_E_CORRUPT       not a section, or one that somebody could shrink
 * XIPC_E_INCOMPATIBLE  made by another layout version or byte order
 * XIPC_E_ACCESS        the handle does not even allow reading
 * XIPC_E_NO_MEMORY     no memory or handles left for this process
 * XIPC_E_INVALID       NULL, or not an open handle
 */
XIPC_API XIPC_MUST_USE xipc_status
xipc_section_adopt(xipc_native_handle native, xipc_section **section_out);

/*
 * Drops this handle. Its maps stay, and the section lives while any map of it
 * does. Accepts NULL. In a forked child it frees the child's copy only.
 */
XIPC_API void xipc_section_close(xipc_section *section);

/* The handle as what all handles are; the same pointer's other face. */
XIPC_API xipc_object *xipc_section_object(xipc_section *section);

/* Bytes, as this handle last saw them: at open, grow or refresh. 0 for NULL.
 */
XIPC_API uint64_t xipc_section_size(const xipc_section *section);

/* Bytes it may grow to; its size if it does not grow. 0 for NULL. */
XIPC_API uint64_t xipc_section_max_size(const xipc_section *section);

/*
 * Grows the section to at least `size` bytes, rounded up to the page. Maps
 * keep their addresses. Growing to what it already has is fine.
 *
 * XIPC_OK          every byte up to `size` is there; other holders see it after
 *                  xipc_section_refresh()
 * XIPC_E_LIMIT     `size` is above max_size
 * XIPC_E_NO_SPACE  too little room; the size is unchanged
 * XIPC_E_ACCESS    opened read-only
 * XIPC_E_CORRUPT   the section was shrunk or scribbled on from outside
 * XIPC_E_TIMEOUT   another process was growing it and was not done by
 *                  `deadline` (XIPC_NOW: XIPC_E_AGAIN)
 * XIPC_E_CANCELED  xipc_interrupt()
 * XIPC_E_INVALID   NULL or 0
 * XIPC_E_FORKED    the handle was inherited through fork()
 */
XIPC_API XIPC_MUST_USE xipc_status
xipc_section_grow(xipc_section *section, uint64_t size, xipc_deadline deadline);

/*
 * Looks how large the section is now. From then on xipc_section_size() and
 * xipc_map_size() of this handle's whole maps tell it.
 *
 * XIPC_OK         `*size_out` is the size in bytes; it may be NULL
 * XIPC_E_CORRUPT  it is smaller than it was: shrunk from outside
 * XIPC_E_INVALID  `section` is NULL
 * XIPC_E_FORKED   the handle was inherited through fork()
 */
XIPC_API XIPC_MUST_USE xipc_status
xipc_section_refresh(xipc_section *section, uint64_t *size_out);

enum {
    XIPC_MAP_WRITE = 1 << 0 /* for reading and writing; else reading only */
};

/* Map offsets are multiples of this many bytes. Constant in one process. */
XIPC_API size_t xipc_map_granularity(void);

/*
 * Makes part of the section, or all of it, visible at an address, as often as
 * wanted. `size` 0 means to the end: such a map with `offset` 0 is a whole
 * map, and follows the section as it grows, at the same address.
 *
 * XIPC_OK           `*map_out` is yours; xipc_map_close() ends it
 * XIPC_E_INVALID    NULL, unknown flags, `offset` not on the granularity, or
 *                   a range that is not inside the section
 * XIPC_E_ACCESS     XIPC_MAP_WRITE on a section opened read-only
 * XIPC_E_NO_MEMORY  no room in this process's address space
 * XIPC_E_CORRUPT    the section was shrunk from outside
 * XIPC_E_FORKED     the handle was inherited through fork()
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_section_map(
    xipc_section *section,
    uint64_t offset,
    size_t size,
    uint32_t flags,
    xipc_map **map_out);

/* The first byte; page-aligned. NULL for NULL. */
XIPC_API void *xipc_map_address(const xipc_map *map);

/* Bytes that may be touched; see xipc_section_refresh(). 0 for NULL. */
XIPC_API size_t xipc_map_size(const xipc_map *map);

/* Ends the map; its addresses must not be touched again. Accepts NULL. */
XIPC_API void xipc_map_close(xipc_map *map);

#ifdef __cplusplus
}
#endif

#endif
