/* SPDX-License-Identifier: Apache-2.0 */
#include "core/shared.h"

#include <string.h>

#include "core/failure.h"
#include "core/layout.h"
#include "core/name.h"
#include "os/os_clock.h"

#define QUICK_ROUNDS 16
#define ROUNDS_MAX   1000

xipc_status xipci_shared_create(
    xipc_kind kind,
    const char *name,
    const xipc_naming *naming,
    xipcos_section_plan *plan,
    xipc_deadline deadline,
    xipcos_section **native_out)
{
    char native_name[XIPC_NATIVE_NAME_SIZE];
    xipcos_place place = {.scope = naming->scope, .native_name = native_name};
    xipci_head head;

    place.user = xipci_name_hash(kind, name, naming->scope, native_name);
    xipci_head_fill(&head, kind, name, naming->scope);
    plan->access = naming->access;
    plan->lifetime = naming->lifetime;
    plan->head = &head;
    return xipci_relay(
        xipcos_section_create(place, plan, deadline, native_out), kind, name);
}

xipc_status xipci_shared_take_back(
    xipc_status status,
    xipc_kind kind,
    const char *name,
    const xipc_naming *naming)
{
    int64_t native_error = xipcos_fault_native_error();
    char native_name[XIPC_NATIVE_NAME_SIZE];
    xipcos_place place = {.scope = naming->scope, .native_name = native_name};
    char text[XIPCOS_FAULT_TEXT_SIZE];

    memcpy(text, xipcos_fault_text(), sizeof text);
    place.user = xipci_name_hash(kind, name, naming->scope, native_name);
    /* If somebody else is removing it, so much the better. */
    (void)xipcos_section_remove(place, XIPC_NOW);
    return xipcos_fault(status, native_error, "%s", text);
}

xipc_status xipci_shared_open(
    xipc_kind kind,
    const char *name,
    const xipc_naming *naming,
    int is_read_only,
    xipc_deadline deadline,
    xipcos_section **native_out)
{
    char native_name[XIPC_NATIVE_NAME_SIZE];
    xipcos_place place = {.scope = naming->scope, .native_name = native_name};
    xipcos_section *native;
    xipc_status status;

    place.user = xipci_name_hash(kind, name, place.scope, native_name);
    status = xipcos_section_open(
        place, naming->trust, is_read_only, deadline, &native);
    if (status != XIPC_OK) {
        return xipci_relay(status, kind, name);
    }
    status =
        xipci_head_match(xipcos_section_head(native), kind, name, place.scope);
    if (status != XIPC_OK) {
        xipcos_section_close(native);
        return xipci_relay(status, kind, name);
    }
    *native_out = native;
    return XIPC_OK;
}

/* XIPC_OK to look again, at once at first. */
static xipc_status
pause_between(const xipci_shared_either *either, unsigned round)
{
    if (round < QUICK_ROUNDS) {
        return XIPC_OK;
    }
    if (round == ROUNDS_MAX) {
        return xipci_fail(
            XIPC_E_ACCESS, either->kind, either->name,
            "the name is taken, and not by an object that can be opened");
    }
    return xipci_relay(
        xipcos_clock_pause(round - QUICK_ROUNDS, either->deadline),
        either->kind, either->name);
}

xipc_status
xipci_shared_open_or_create(const xipci_shared_either *either, int *created_out)
{
    xipc_status status = XIPC_OK;
    int is_created = 0;

    for (unsigned round = 0; status == XIPC_OK; round++) {
        is_created = 1;
        status = either->create(either->call);
        if (status != XIPC_E_EXISTS) {
            break;
        }
        is_created = 0;
        status = either->open(either->call);
        if (status != XIPC_E_NOT_FOUND) {
            break;
        }
        status = pause_between(either, round);
    }
    if (status == XIPC_OK && created_out) {
        *created_out = is_created;
    }
    return status;
}

uint64_t xipci_shared_round_up(uint64_t size)
{
    uint64_t page_size = xipcos_page_size();

    return (size + page_size - 1) / page_size * page_size;
}
