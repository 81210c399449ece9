/* SPDX-License-Identifier: Apache-2.0 */
#ifndef XIPC_POSIX_SECTION_H
#define XIPC_POSIX_SECTION_H

#include <stdalign.h>
#include <stdatomic.h>

#include "posix/posix_layout.h"

typedef struct posix_lease posix_lease;
typedef struct posix_own posix_own;

struct xipcos_section {
    posix_lease *lease; /* NULL: anonymous or native */
    int fd;             /* the lease's, or our own */
    int is_read_only;
    posix_own *own; /* without a lease, once it is needed: posix_member.c */
    uint64_t max_size;
    /* The largest size seen: written by refresh and grow of any thread, read
       by any. Relaxed, because the kernel's own view of the file, not this
       number, makes bytes touchable. */
    _Atomic uint64_t size;
    /* The lease's, or the copy behind this struct; NULL: native, all of the
       file is data. */
    const posix_front *front;
    alignas(8) unsigned char room[XIPCOS_ROOM_SIZE];
};

/*
 * A section without a lease over `fd`, which it closes, for writing. `front` is
 * copied; NULL for a native one. NULL: no memory.
 */
xipcos_section *
posix_section_new(int fd, const posix_front *front, uint64_t file_size);

/*
 * A section over the lease's descriptor; takes over one use of the lease, also
 * when it fails. Called under the leases' lock.
 */
xipc_status posix_section_on(
    posix_lease *lease,
    int is_read_only,
    uint64_t file_size,
    xipcos_section **section_out);

#endif
