/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of processes, as events: the process that has a number keeps an event
 * open whose name is made from it, and the kernel takes the name away with the
 * last handle. So whoever can make the name sees who lives. The event is never
 * signalled.
 *
 * The next number stands in the prefix. It is used up before anybody has it,
 * and only the holder of the claim reads or writes it: a gate of the section's
 * own, which the kernel frees when its holder dies.
 *
 * A process has one number, however often it opened the object: the number
 * belongs to its lease, which a section without a name takes for this.
 */
#include "os/os_member.h"

#include <inttypes.h>
#include <stdio.h>

#include "win32/win32_crash.h"
#include "win32/win32_gate.h"
#include "win32/win32_section.h"
#include "win32/win32_security.h"
#include "win32/win32_status.h"

#define CLAIM_TAIL "-c"

#define TAIL_SIZE 16

/* So many events in a row may be there for numbers that were never drawn. */
#define DRAW_MAX 64

xipc_status xipcos_member_claim(xipcos_section *section)
{
    wchar_t name[WIN32_KERNEL_NAME_COUNT];
    HANDLE claim = NULL;
    xipc_status status = win32_section_kernel_name(section, CLAIM_TAIL, name);

    if (status == XIPC_OK) {
        status = win32_gate_enter_at(
            name, win32_section_others(section, WIN32_OTHERS_WAIT), XIPC_NOW,
            &claim);
    }
    if (status == XIPC_OK) {
        /* Under the claim itself: other threads may have the same section. */
        section->claim = claim;
    }
    return status;
}

void xipcos_member_unclaim(xipcos_section *section)
{
    HANDLE claim = section->claim;

    section->claim = NULL;
    win32_gate_leave(claim);
}

static xipc_status member_name(
    const xipcos_section *section, uint32_t number, wchar_t *kernel_name)
{
    char tail[TAIL_SIZE];

    snprintf(tail, sizeof tail, "-m%" PRIx32, number);
    return win32_section_kernel_name(section, tail, kernel_name);
}

static HANDLE make_event(SECURITY_ATTRIBUTES *attributes, const wchar_t *name)
{
    return CreateEventExW(
        attributes, name, CREATE_EVENT_MANUAL_RESET, SYNCHRONIZE);
}

/*
 * XIPC_E_EXISTS: that number is somebody's already, as it is where the prefix
 * was scribbled on, or another user has the name.
 */
static xipc_status
take(const xipcos_section *section, uint32_t number, HANDLE *event_out)
{
    wchar_t name[WIN32_KERNEL_NAME_COUNT];
    int is_new = 0;
    HANDLE event = NULL;
    xipc_status status = member_name(section, number, name);

    if (status == XIPC_OK) {
        /* Nobody else has to open it: that it is there says enough. */
        status = win32_kernel_make(make_event, name, NULL, &event, &is_new);
    }
    if (status == XIPC_OK && !is_new) {
        CloseHandle(event);
    }
    if (status == XIPC_E_ACCESS || (status == XIPC_OK && !is_new)) {
        return xipcos_fault(
            XIPC_E_EXISTS, ERROR_ALREADY_EXISTS, "'%ls' is there already",
            name);
    }
    *event_out = event;
    return status;
}

/* With the claim. */
static xipc_status draw(xipcos_section *section, win32_member *member)
{
    /* Relaxed: see the field. Read once, whatever others make of it. */
    uint32_t number = atomic_load_explicit(
        &section->prefix->last_member, memory_order_relaxed);
    xipc_status status = XIPC_E_EXISTS;

    for (int turn = 0; status == XIPC_E_EXISTS && turn < DRAW_MAX; turn++) {
        if (number >= XIPCOS_MEMBER_MAX) {
            return xipcos_fault(
                XIPC_E_LIMIT, 0,
                "%" PRIu32 " processes have used it, which is the limit",
                (uint32_t)XIPCOS_MEMBER_MAX);
        }
        number++;
        atomic_store_explicit(
            &section->prefix->last_member, number, memory_order_relaxed);
        WIN32_CRASH_POINT();
        status = take(section, number, &member->event);
    }
    if (status == XIPC_E_EXISTS) {
        return xipcos_fault(
            XIPC_E_CORRUPT, 0, "its processes' numbers make no sense");
    }
    if (status == XIPC_OK) {
        member->number = number;
    }
    WIN32_CRASH_POINT();
    return status;
}

xipc_status xipcos_member_join(xipcos_section *section, uint32_t *member_out)
{
    win32_member *member;
    xipc_status status = XIPC_OK;

    if (!section->prefix) {
        return xipcos_fault(
            XIPC_E_NOT_SUPPORTED, 0,
            "who holds something in a foreign program's section cannot be "
            "known");
    }
    if (!section->lease) {
        status = win32_lease_take(
            section->kernel_scope, section->instance, &section->lease);
        if (status != XIPC_OK) {
            return status;
        }
    }
    member = win32_lease_member(section->lease);
    if (member->number == 0) {
        status = draw(section, member);
    }
    if (status == XIPC_OK) {
        *member_out = member->number;
    }
    return status;
}

int xipcos_member_lives(xipcos_section *section, uint32_t member)
{
    wchar_t name[WIN32_KERNEL_NAME_COUNT];
    HANDLE event;

    if (member == 0) {
        return 0;
    }
    if (member_name(section, member, name) != XIPC_OK) {
        return 1;
    }
    event = OpenEventW(SYNCHRONIZE, FALSE, name);
    if (!event) {
        /* Whatever else is wrong, another user's process for one: there is
         * something. */
        return GetLastError() != ERROR_FILE_NOT_FOUND;
    }
    /* Whoever looks at the same moment takes this for life, and knows better
     * the next time. */
    CloseHandle(event);
    return 1;
}
