/* SPDX-License-Identifier: Apache-2.0 */
/* Sections without a name of ours: anonymous ones, and the system's own. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <unistd.h>

#include "posix/posix_candidate.h"
#include "posix/posix_memory.h"
#include "posix/posix_section.h"
#include "posix/posix_status.h"

#define OWNER_ONLY 0600

/*
 * Memory without a file system has no limit but the machine's: asked for more
 * than it has, the kernel would find room by killing.
 */
static xipc_status check_machine(uint64_t size, int is_lazy)
{
    uint64_t machine =
        (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);

    if (is_lazy || size <= machine) {
        return XIPC_OK;
    }
    return xipcos_fault(
        XIPC_E_NO_SPACE, 0, "%llu bytes asked for, this machine has %llu",
        (unsigned long long)size, (unsigned long long)machine);
}

xipc_status xipcos_section_create_anonymous(
    const xipcos_section_plan *plan, xipcos_section **section_out)
{
    xipc_status status = check_machine(plan->size, plan->is_lazy);
    posix_front front;
    int os_error;
    int fd;

    if (status != XIPC_OK) {
        return status;
    }
    os_error = posix_memory_anonymous(&fd);
    if (os_error != 0) {
        return posix_fault(os_error, "making anonymous memory");
    }
    posix_front_fill(&front, plan);
    os_error = posix_memory_fill(fd, plan, &front);
    if (os_error != 0) {
        status = posix_extend_fault(os_error, fd, NULL, plan->size);
    }
    if (status == XIPC_OK) {
        os_error = posix_memory_seal(fd, plan->max_size > plan->size);
        status = os_error == 0 ? XIPC_OK : posix_fault(os_error, "sealing it");
    }
    if (status == XIPC_OK) {
        *section_out =
            posix_section_new(fd, &front, POSIX_DATA_OFFSET + plan->size);
        status = *section_out ? XIPC_OK : posix_no_memory();
    }
    if (status != XIPC_OK) {
        posix_lease_close_any(fd);
    }
    return status;
}

static xipc_status adopt_copy(int fd, xipcos_section **section_out)
{
    posix_front front;
    struct stat file;
    xipcos_section *section;
    xipc_status status;

    if (fstat(fd, &file) < 0 || !S_ISREG(file.st_mode) ||
        !posix_memory_is_sealed(fd)) {
        return xipcos_fault(
            XIPC_E_CORRUPT, 0, "not a section that nobody can shrink");
    }
    status = posix_front_read(fd, (uint64_t)file.st_size, &front);
    if (status != XIPC_OK) {
        return status;
    }
    section = posix_section_new(fd, &front, (uint64_t)file.st_size);
    if (!section) {
        return posix_no_memory();
    }
    section->is_read_only = (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY;
    *section_out = section;
    return XIPC_OK;
}

xipc_status xipcos_section_adopt(intptr_t native, xipcos_section **section_out)
{
    int fd = -1;
    xipc_status status;

    if (native >= 0 && native <= INT_MAX) {
        fd = fcntl((int)native, F_DUPFD_CLOEXEC, 0);
    }
    if (fd < 0) {
        return posix_fault(
            native >= 0 && native <= INT_MAX ? errno : EBADF,
            "copying descriptor %lld", (long long)native);
    }
    status = adopt_copy(fd, section_out);
    if (status != XIPC_OK) {
        posix_lease_close_any(fd);
    }
    return status;
}

static xipc_status section_of_native(
    int fd,
    const char *native_name,
    int is_read_only,
    xipcos_section **section_out)
{
    struct stat file;
    xipcos_section *section;

    if (fstat(fd, &file) < 0) {
        return posix_fault(errno, "looking at %s", native_name);
    }
    if (file.st_size == 0) {
        return xipcos_fault(XIPC_E_CORRUPT, 0, "it has no bytes (yet)");
    }
    section = posix_section_new(fd, NULL, (uint64_t)file.st_size);
    if (!section) {
        return posix_no_memory();
    }
    section->is_read_only = is_read_only;
    *section_out = section;
    return XIPC_OK;
}

xipc_status xipcos_section_create_native(
    const char *native_name, uint64_t size, xipcos_section **section_out)
{
    int fd = shm_open(native_name, O_RDWR | O_CREAT | O_EXCL, OWNER_ONLY);
    xipc_status status;
    int os_error;

    if (fd < 0) {
        return posix_fault(errno, "shm_open(\"%s\")", native_name);
    }
    os_error = posix_memory_extend(fd, 0, size, 0);
    status = os_error == 0 ? section_of_native(fd, native_name, 0, section_out)
                           : posix_extend_fault(os_error, fd, NULL, size);
    if (status != XIPC_OK) {
        shm_unlink(native_name);
        posix_lease_close_any(fd);
    }
    return status;
}

xipc_status xipcos_section_open_native(
    const char *native_name, int is_read_only, xipcos_section **section_out)
{
    int fd = shm_open(native_name, is_read_only ? O_RDONLY : O_RDWR, 0);
    xipc_status status;

    if (fd < 0) {
        return posix_fault(errno, "shm_open(\"%s\")", native_name);
    }
    status = section_of_native(fd, native_name, is_read_only, section_out);
    if (status != XIPC_OK) {
        posix_lease_close_any(fd);
    }
    return status;
}

xipc_status xipcos_section_remove_native(const char *native_name)
{
    return shm_unlink(native_name) < 0
               ? posix_fault(errno, "shm_unlink(\"%s\")", native_name)
               : XIPC_OK;
}
