/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file behind a shared object:
 *
 *     0        prefix   64 bytes, this backend's own
 *     64       head     XIPCOS_HEAD_SIZE bytes, core's
 *     65536    data     the file's size says how much
 *
 * Prefix and head are complete before the file has a name and never change
 * again. They are never mapped: reading them with pread() cannot fault when
 * somebody cuts the file short.
 *
 * The data begins at 64 KiB because that is a multiple of every page size in
 * use, and Windows maps nothing finer. The gap is a hole and costs no memory.
 *
 * Bytes far behind the end of any file stand for locks; see posix_lease.h.
 */
#ifndef XIPC_POSIX_LAYOUT_H
#define XIPC_POSIX_LAYOUT_H

#include "os/os_section.h"

#define POSIX_DATA_OFFSET 65536

#define POSIX_PREFIX_MAGIC   UINT64_C(0x314d454d43504958) /* "XIPCMEM1" */
#define POSIX_PREFIX_VERSION 1

#define POSIX_PREFIX_LAZY 1u
#define POSIX_PREFIX_HUGE 2u

typedef struct posix_prefix {
    uint64_t magic; /* in the writer's byte order, which it thereby tells */
    uint32_t version;
    uint32_t lifetime; /* xipc_lifetime */
    uint32_t flags;    /* POSIX_PREFIX_* */
    uint32_t unused;
    uint64_t first_size; /* bytes of data when it was made */
    uint64_t max_size;   /* bytes of data it may grow to */
    uint64_t unused_too[2];
    uint64_t checksum; /* of the bytes before it */
} posix_prefix;

typedef struct posix_front {
    posix_prefix prefix;
    unsigned char head[XIPCOS_HEAD_SIZE];
} posix_front;

_Static_assert(sizeof(posix_prefix) == 64, "the prefix is part of the layout");
_Static_assert(sizeof(posix_front) == 512, "so is the front");

void posix_front_fill(posix_front *front, const xipcos_section_plan *plan);

/* 0, or errno. */
int posix_front_write(int fd, const posix_front *front);

/*
 * Reads the front of `fd` and believes nothing of it: on XIPC_OK the prefix is
 * consistent with itself and with `file_size`. `front` is a private copy,
 * written on every status.
 *
 * XIPC_E_CORRUPT, XIPC_E_INCOMPATIBLE, XIPC_E_OS
 */
xipc_status posix_front_read(int fd, uint64_t file_size, posix_front *front);

#endif
