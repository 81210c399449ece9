/* SPDX-License-Identifier: Apache-2.0 */
#include "win32/win32_pages.h"

#include "win32/win32_crash.h"
#include "win32/win32_layout.h"
#include "win32/win32_status.h"

/*
 * What stands behind the data of a section that grows, never committed, and
 * behind each part in the view it is committed through: Wine 8 forgets a commit
 * that reaches the end of the view.
 */
#define SPARE_SIZE WIN32_PAGE_SIZE

/* Bytes looked at in one view, so that a 32-bit process has room for it. */
#define CHUNK_SIZE ((uint64_t)64 << 20)

static int grows(const xipcos_section_plan *plan)
{
    return plan->max_size > plan->size;
}

/* What stands in the way of the name, when the kernel would not even open it.
 */
static xipc_status name_fault(DWORD error, const wchar_t *kernel_name)
{
    HANDLE section;

    if (error == ERROR_INVALID_HANDLE) {
        return win32_fault_as(
            XIPC_E_EXISTS, error, "something else has the name '%ls'",
            kernel_name);
    }
    section = OpenFileMappingW(READ_CONTROL, FALSE, kernel_name);
    if (section) {
        CloseHandle(section);
    } else if (GetLastError() != ERROR_ACCESS_DENIED) {
        return win32_fault(
            error,
            "this process may not make '%ls', which takes the privilege "
            "SeCreateGlobalPrivilege",
            kernel_name);
    }
    return win32_fault_as(
        XIPC_E_EXISTS, error, "another user has the name '%ls'", kernel_name);
}

xipc_status win32_pages_create(
    const xipcos_section_plan *plan,
    SECURITY_ATTRIBUTES *attributes,
    const wchar_t *kernel_name,
    HANDLE *section_out)
{
    uint64_t size =
        WIN32_DATA_OFFSET + plan->max_size + (grows(plan) ? SPARE_SIZE : 0);
    DWORD commit = grows(plan) ? SEC_RESERVE : SEC_COMMIT;
    DWORD error;

    SetLastError(ERROR_SUCCESS); /* success does not clear it everywhere */
    *section_out = CreateFileMappingW(
        INVALID_HANDLE_VALUE, attributes, PAGE_READWRITE | commit,
        (DWORD)(size >> 32), (DWORD)(size & 0xffffffffU), kernel_name);
    error = GetLastError();
    if (*section_out && error == ERROR_ALREADY_EXISTS) {
        return win32_fault(error, "the name is taken");
    }
    if (!*section_out && kernel_name &&
        (error == ERROR_INVALID_HANDLE || error == ERROR_ACCESS_DENIED)) {
        return name_fault(error, kernel_name);
    }
    if (!*section_out) {
        return win32_space_fault(error, size);
    }
    return XIPC_OK;
}

/*
 * Does `work` for each part of the range, in a view of that part. `work` gets
 * the part's first byte and size and returns an xipc_status.
 */
static xipc_status for_each_chunk(
    HANDLE section,
    uint64_t from,
    uint64_t to,
    DWORD access,
    xipc_status (*work)(unsigned char *address, size_t size))
{
    uint64_t spare = access == FILE_MAP_WRITE ? SPARE_SIZE : 0;
    xipc_status status = XIPC_OK;
    uint64_t next;
    uint64_t view_from;
    unsigned char *view;

    for (; from < to && status == XIPC_OK; from = next) {
        next = from / CHUNK_SIZE * CHUNK_SIZE + CHUNK_SIZE;
        next = next < to ? next : to;
        view_from = from / WIN32_DATA_OFFSET * WIN32_DATA_OFFSET;
        view = MapViewOfFile(
            section, access, (DWORD)(view_from >> 32),
            (DWORD)(view_from & 0xffffffffU),
            (SIZE_T)(next - view_from + spare));
        if (!view) {
            return win32_fault(GetLastError(), "cannot map it");
        }
        status = work(view + (from - view_from), (size_t)(next - from));
        UnmapViewOfFile(view);
    }
    return status;
}

static xipc_status commit_chunk(unsigned char *address, size_t size)
{
    if (!VirtualAlloc(address, size, MEM_COMMIT, PAGE_READWRITE)) {
        return win32_space_fault(GetLastError(), size);
    }
    WIN32_CRASH_POINT();
    return XIPC_OK;
}

static xipc_status check_chunk(unsigned char *address, size_t size)
{
    MEMORY_BASIC_INFORMATION region;
    size_t left;

    while (size > 0) {
        if (!VirtualQuery(address, &region, sizeof region)) {
            return win32_fault(GetLastError(), "cannot look at its pages");
        }
        if (region.State != MEM_COMMIT) {
            return xipcos_fault(
                XIPC_E_CORRUPT, 0, "it claims pages that it does not have");
        }
        left = region.RegionSize -
               (size_t)(address - (unsigned char *)region.BaseAddress);
        if (left >= size) {
            break;
        }
        address += left;
        size -= left;
    }
    return XIPC_OK;
}

xipc_status win32_pages_commit(HANDLE section, uint64_t from, uint64_t to)
{
    xipc_status status =
        for_each_chunk(section, from, to, FILE_MAP_WRITE, commit_chunk);

    if (status == XIPC_E_NO_SPACE) {
        /* The same fault, told of the whole and not of the part. */
        return win32_space_fault(
            (unsigned long)xipcos_fault_native_error(), to - from);
    }
    return status;
}

xipc_status win32_pages_check(HANDLE section, uint64_t from, uint64_t to)
{
    return for_each_chunk(section, from, to, FILE_MAP_READ, check_chunk);
}
