/* SPDX-License-Identifier: Apache-2.0 */
#include "posix/posix_layout.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "os/os_checksum.h"
#include "posix/posix_status.h"

#define MAGIC_OF_OTHER_BYTE_ORDER UINT64_C(0x584950434d454d31)

/* Far beyond any memory, and far below where sums overflow. */
#define SIZE_LIMIT ((uint64_t)INT64_MAX - ((uint64_t)1 << 30))

static uint64_t prefix_checksum(const posix_prefix *prefix)
{
    return xipcos_checksum(0, prefix, offsetof(posix_prefix, checksum));
}

void posix_front_fill(posix_front *front, const xipcos_section_plan *plan)
{
    memset(front, 0, sizeof *front);
    front->prefix.magic = POSIX_PREFIX_MAGIC;
    front->prefix.version = POSIX_PREFIX_VERSION;
    front->prefix.lifetime = (uint32_t)plan->lifetime;
    front->prefix.flags = (plan->is_lazy ? POSIX_PREFIX_LAZY : 0) |
                          (plan->is_huge ? POSIX_PREFIX_HUGE : 0);
    front->prefix.first_size = plan->size;
    front->prefix.max_size = plan->max_size;
    front->prefix.checksum = prefix_checksum(&front->prefix);
    memcpy(front->head, plan->head, XIPCOS_HEAD_SIZE);
}

int posix_front_write(int fd, const posix_front *front)
{
    ssize_t size;

    do {
        size = pwrite(fd, front, sizeof *front, 0);
    } while (size < 0 && errno == EINTR);
    if (size < 0) {
        return errno;
    }
    return (size_t)size == sizeof *front ? 0 : ENOSPC;
}

static xipc_status corrupt(const char *what)
{
    return xipcos_fault(XIPC_E_CORRUPT, 0, "what stands there %s", what);
}

static xipc_status prefix_check(const posix_prefix *prefix, uint64_t file_size)
{
    uint64_t data_size = file_size - POSIX_DATA_OFFSET;
    uint64_t page_mask = xipcos_page_size() - 1;

    if (prefix->magic == MAGIC_OF_OTHER_BYTE_ORDER) {
        return xipcos_fault(
            XIPC_E_INCOMPATIBLE, 0, "made by a machine of other byte order");
    }
    if (prefix->magic != POSIX_PREFIX_MAGIC) {
        return corrupt("is not an xipc object");
    }
    if (prefix->version != POSIX_PREFIX_VERSION) {
        return xipcos_fault(
            XIPC_E_INCOMPATIBLE, 0,
            "made with layout version %lu, this library has version %d",
            (unsigned long)prefix->version, POSIX_PREFIX_VERSION);
    }
    if (prefix->checksum != prefix_checksum(prefix)) {
        return corrupt("was scribbled on");
    }
    if ((prefix->lifetime != XIPC_TRANSIENT &&
         prefix->lifetime != XIPC_PERSISTENT) ||
        prefix->first_size == 0 || prefix->max_size < prefix->first_size ||
        prefix->max_size > SIZE_LIMIT ||
        (prefix->first_size & page_mask) != 0 ||
        (prefix->max_size & page_mask) != 0) {
        return corrupt("describes itself with nonsense");
    }
    if (data_size < prefix->first_size) {
        return corrupt("was cut short");
    }
    if (data_size > prefix->max_size) {
        return corrupt("is longer than its limit");
    }
    return XIPC_OK;
}

xipc_status posix_front_read(int fd, uint64_t file_size, posix_front *front)
{
    ssize_t size;

    do {
        size = pread(fd, front, sizeof *front, 0);
    } while (size < 0 && errno == EINTR);
    if (size < 0) {
        memset(front, 0, sizeof *front);
        return posix_fault(errno, "reading its head");
    }
    memset((char *)front + size, 0, sizeof *front - (size_t)size);
    if ((size_t)size < sizeof *front || file_size <= POSIX_DATA_OFFSET) {
        return corrupt("was cut short");
    }
    return prefix_check(&front->prefix, file_size);
}
