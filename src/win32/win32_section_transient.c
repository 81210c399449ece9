/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transient objects: named sections on the page file. The kernel takes the
 * name away with the last handle, however its holder ends, so there is nothing
 * to clean and nothing is ever stale.
 *
 * The name appears before the contents do. What makes creation one step for
 * everybody else is the word `ready` in the prefix, and the gate: a section
 * that is not ready while its creator's gate is free has a dead creator, and
 * exists only as long as somebody looks at it.
 */
#include "win32/win32_section.h"

#include "win32/win32_crash.h"
#include "win32/win32_gate.h"
#include "win32/win32_nt.h"
#include "win32/win32_pages.h"
#include "win32/win32_security.h"
#include "win32/win32_status.h"

static xipc_status
make_section(xipcos_place place, const xipcos_section_plan *plan, HANDLE *out)
{
    wchar_t name[WIN32_KERNEL_NAME_COUNT];
    const char *others;
    win32_security security;
    xipc_status status = win32_security_others(plan->access, &others);

    if (status == XIPC_OK) {
        status = win32_security_make(others, &security);
    }
    if (status != XIPC_OK) {
        return status;
    }
    win32_kernel_name(place.scope, place.native_name, "", name);
    status = win32_pages_create(plan, &security.attributes, name, out);
    win32_security_drop(&security);
    WIN32_CRASH_POINT();
    return status;
}

/* A listing has sections open for a moment that nobody holds. */
static int is_held(const xipcos_section *section)
{
    return win32_lease_count(section->scope, section->instance) > 0;
}

/* Why the name is taken, now that a section of that name was met. */
static xipc_status judge(xipcos_section *section)
{
    xipc_status status = win32_security_check_owner(
        section->mapping, SE_KERNEL_OBJECT, XIPC_TRUST_SELF);

    if (status != XIPC_OK) {
        return xipcos_fault(
            XIPC_E_EXISTS, ERROR_ALREADY_EXISTS,
            "the name is taken by another user's object");
    }
    status = win32_section_read(section, WIN32_KIND_TRANSIENT, 1);
    if (status == XIPC_E_AGAIN) {
        return status; /* a dead creator's, see above */
    }
    if (status == XIPC_OK && !is_held(section)) {
        return XIPC_E_AGAIN; /* only looked at: gone in a moment */
    }
    return xipcos_fault(
        XIPC_E_EXISTS, ERROR_ALREADY_EXISTS, "the name is taken");
}

xipc_status win32_transient_create(
    xipcos_place place,
    const xipcos_section_plan *plan,
    xipcos_section *section)
{
    xipc_status status = make_section(place, plan, &section->mapping);

    section->scope = place.scope;
    if (status == XIPC_E_EXISTS && section->mapping) {
        return judge(section);
    }
    if (status != XIPC_OK) {
        return status;
    }
    if (plan->max_size > plan->size) {
        status = win32_pages_commit(
            section->mapping, 0, WIN32_DATA_OFFSET + plan->size);
        if (status != XIPC_OK) {
            return status;
        }
    }
    status = win32_section_write(section, plan, WIN32_KIND_TRANSIENT);
    if (status == XIPC_OK) {
        status =
            win32_lease_take(place.scope, section->instance, &section->lease);
    }
    if (status != XIPC_OK) {
        return status;
    }
    WIN32_CRASH_POINT();
    win32_layout_publish(section->prefix);
    WIN32_CRASH_POINT();
    return XIPC_OK;
}

xipc_status win32_transient_attach(
    xipcos_place place,
    xipc_trust trust,
    int is_read_only,
    xipcos_section *section)
{
    DWORD access = WIN32_SECTION_QUERY | READ_CONTROL | FILE_MAP_READ;
    wchar_t name[WIN32_KERNEL_NAME_COUNT];
    xipc_status status;
    DWORD error;

    win32_kernel_name(place.scope, place.native_name, "", name);
    section->mapping = OpenFileMappingW(
        is_read_only ? access : access | FILE_MAP_WRITE, FALSE, name);
    if (!section->mapping) {
        error = GetLastError();
        return win32_fault_as(
            error == ERROR_INVALID_HANDLE ? XIPC_E_CORRUPT
                                          : xipcos_status(error),
            error, "cannot open '%ls'", name);
    }
    WIN32_CRASH_POINT();
    status =
        win32_security_check_owner(section->mapping, SE_KERNEL_OBJECT, trust);
    if (status != XIPC_OK) {
        return status;
    }
    return win32_section_read(section, WIN32_KIND_TRANSIENT, is_read_only);
}

int win32_transient_exists(xipcos_place place)
{
    xipcos_section probe = {.scope = place.scope};
    xipc_status status =
        win32_transient_attach(place, XIPC_TRUST_EVERYONE, 1, &probe);
    int exists = status == XIPC_OK
                     ? is_held(&probe)
                     : status != XIPC_E_NOT_FOUND && status != XIPC_E_AGAIN;

    win32_section_release(&probe);
    return exists;
}
