/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sections that the names of this library do not lead to: anonymous ones, and
 * those under the system's own names.
 */
#include "win32/win32_section.h"

#include <assert.h>
#include <stdlib.h>

#include "win32/win32_handle.h"
#include "win32/win32_nt.h"
#include "win32/win32_pages.h"
#include "win32/win32_security.h"
#include "win32/win32_status.h"

static xipc_status
build_anonymous(const xipcos_section_plan *plan, xipcos_section *section)
{
    win32_security security;
    xipc_status status = win32_security_make(NULL, &security);

    if (status != XIPC_OK) {
        return status;
    }
    status =
        win32_pages_create(plan, &security.attributes, NULL, &section->mapping);
    win32_security_drop(&security);
    if (status == XIPC_OK && plan->max_size > plan->size) {
        status = win32_pages_commit(
            section->mapping, 0, WIN32_DATA_OFFSET + plan->size);
    }
    if (status == XIPC_OK) {
        status = win32_section_write(section, plan, WIN32_KIND_ANONYMOUS);
    }
    if (status == XIPC_OK) {
        win32_layout_publish(section->prefix);
    }
    return status;
}

xipc_status xipcos_section_create_anonymous(
    const xipcos_section_plan *plan, xipcos_section **section_out)
{
    xipcos_section *section = win32_section_new();
    xipc_status status;

    assert(plan->size > 0 && plan->size % WIN32_PAGE_SIZE == 0);
    if (!section) {
        return XIPC_E_NO_MEMORY;
    }
    status = build_anonymous(plan, section);
    if (status != XIPC_OK) {
        xipcos_section_close(section);
        return status;
    }
    *section_out = section;
    return XIPC_OK;
}

/*
 * What the handle is, before anything is done with it: XIPC_E_INVALID if it is
 * none, XIPC_E_CORRUPT if it is not a section on the page file.
 */
static xipc_status check_native(HANDLE native, int *is_read_only_out)
{
    win32_handle_facts handle;
    win32_section_facts section;

    if (!win32_is_handle(native) ||
        win32_nt_handle(native, &handle) != XIPC_OK) {
        return xipcos_fault(
            XIPC_E_INVALID, ERROR_INVALID_HANDLE, "it is not an open handle");
    }
    if (win32_nt_section(native, &section) != XIPC_OK) {
        return xipcos_fault(
            XIPC_E_CORRUPT, xipcos_fault_native_error(),
            "the handle is not one of a section");
    }
    if (!(handle.granted_access & FILE_MAP_READ)) {
        return xipcos_fault(
            XIPC_E_ACCESS, 0, "the handle does not allow reading");
    }
    *is_read_only_out = !(handle.granted_access & FILE_MAP_WRITE);
    return XIPC_OK;
}

static HANDLE to_handle(intptr_t native)
{
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): a handle is a number. */
    return (HANDLE)native;
}

xipc_status xipcos_section_adopt(intptr_t native, xipcos_section **section_out)
{
    xipcos_section *section;
    xipc_status status;
    int is_read_only = 1;

    status = check_native(to_handle(native), &is_read_only);
    if (status != XIPC_OK) {
        return status;
    }
    section = win32_section_new();
    if (!section) {
        return XIPC_E_NO_MEMORY;
    }
    /* A copy that no child inherits, with the same rights. */
    if (!DuplicateHandle(
            GetCurrentProcess(), to_handle(native), GetCurrentProcess(),
            &section->mapping, 0, FALSE, DUPLICATE_SAME_ACCESS)) {
        status = win32_fault(GetLastError(), "cannot copy the handle");
    } else {
        status =
            win32_section_read(section, WIN32_KIND_ANONYMOUS, is_read_only);
    }
    if (status != XIPC_OK) {
        xipcos_section_close(section);
        return status;
    }
    *section_out = section;
    return XIPC_OK;
}

intptr_t xipcos_section_native_handle(const xipcos_section *section)
{
    return (intptr_t)section->mapping;
}

/* Takes `mapping` over, on failure too. */
static xipc_status
wrap_native(HANDLE mapping, int is_read_only, xipcos_section **section_out)
{
    xipcos_section *section = win32_section_new();
    win32_section_facts facts;
    xipc_status status;

    if (!section) {
        CloseHandle(mapping);
        return XIPC_E_NO_MEMORY;
    }
    section->mapping = mapping;
    section->is_read_only = is_read_only;
    section->data_offset = 0;
    section->kernel_scope = XIPC_SCOPE_MACHINE;
    if (win32_nt_name_number(mapping, &section->instance) != XIPC_OK) {
        section->instance = 0; /* only that nothing can belong to it */
    }
    status = win32_nt_section(mapping, &facts);
    if (status != XIPC_OK) {
        xipcos_section_close(section);
        return status;
    }
    /* A view has whole pages, also where a foreign file ends earlier. */
    section->max_size =
        (facts.size + WIN32_PAGE_SIZE - 1) / WIN32_PAGE_SIZE * WIN32_PAGE_SIZE;
    atomic_store_explicit(
        &section->size, section->max_size, memory_order_relaxed);
    *section_out = section;
    return XIPC_OK;
}

xipc_status xipcos_section_create_native(
    const char *native_name, uint64_t size, xipcos_section **section_out)
{
    win32_security security;
    xipc_status status = win32_security_make(NULL, &security);
    HANDLE mapping;
    DWORD error;

    if (status != XIPC_OK) {
        return status;
    }
    SetLastError(ERROR_SUCCESS); /* success does not clear it everywhere */
    mapping = CreateFileMappingA(
        INVALID_HANDLE_VALUE, &security.attributes, PAGE_READWRITE | SEC_COMMIT,
        (DWORD)(size >> 32), (DWORD)(size & 0xffffffffU), native_name);
    error = GetLastError();
    win32_security_drop(&security);
    if (mapping && error == ERROR_ALREADY_EXISTS) {
        CloseHandle(mapping);
        return win32_fault(error, "the name is taken");
    }
    if (!mapping && error == ERROR_INVALID_HANDLE) {
        return win32_fault_as(
            XIPC_E_EXISTS, error, "something else has the name");
    }
    if (!mapping) {
        return win32_space_fault(error, size);
    }
    return wrap_native(mapping, 0, section_out);
}

xipc_status xipcos_section_open_native(
    const char *native_name, int is_read_only, xipcos_section **section_out)
{
    DWORD access = WIN32_SECTION_QUERY | FILE_MAP_READ;
    HANDLE mapping = OpenFileMappingA(
        is_read_only ? access : access | FILE_MAP_WRITE, FALSE, native_name);
    DWORD error;

    if (!mapping) {
        error = GetLastError();
        return win32_fault_as(
            error == ERROR_INVALID_HANDLE ? XIPC_E_CORRUPT
                                          : xipcos_status(error),
            error, "cannot open it");
    }
    return wrap_native(mapping, is_read_only, section_out);
}

xipc_status xipcos_section_remove_native(const char *native_name)
{
    (void)native_name;
    return xipcos_fault(
        XIPC_E_NOT_SUPPORTED, 0,
        "the system itself removes it with its last holder");
}
