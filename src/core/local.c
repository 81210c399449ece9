/* SPDX-License-Identifier: Apache-2.0 */
#include "core/local.h"

#include "core/failure.h"
#include "core/name.h"
#include "core/shared.h"
#include "os/os_clock.h"
#include "os/os_process.h"

/* Room for a section's smallest data, which nobody looks at. */
xipc_status xipci_local_take_name(
    xipc_kind kind,
    const char *name,
    const xipc_naming *naming,
    xipc_deadline deadline,
    xipcos_section **companion_out)
{
    xipcos_section_plan plan = {.has_queue = 1};
    xipc_status status;

    plan.size = xipci_shared_round_up(1);
    plan.max_size = plan.size;
    status =
        xipci_shared_create(kind, name, naming, &plan, deadline, companion_out);
    return status == XIPC_E_EXISTS
               ? xipci_fail(
                     status, kind, name,
                     "somebody living listens under that name")
               : status;
}

xipc_status xipci_local_place(
    xipc_kind kind,
    const char *name,
    xipc_scope scope,
    int make,
    xipc_address *address_out)
{
    char native_name[XIPC_NATIVE_NAME_SIZE];
    xipcos_place place = {.scope = scope, .native_name = native_name};

    place.user = xipci_name_hash(kind, name, scope, native_name);
    return xipci_relay(
        xipcos_address_of_place(place, make, address_out), kind, name);
}

xipc_status xipci_local_listen(
    xipc_kind kind,
    const char *text,
    const xipcos_socket_plan *plan,
    const xipc_address *address,
    xipc_deadline deadline,
    xipcos_socket **native_out)
{
    xipc_status status = xipcos_socket_listen(plan, address, native_out);

    for (unsigned round = 0; status == XIPC_E_AGAIN; round++) {
        status = xipcos_clock_pause(round, deadline);
        if (status != XIPC_OK) {
            return xipci_refuse(
                status, kind, text, "another process is taking that address",
                "");
        }
        status = xipcos_socket_listen(plan, address, native_out);
    }
    return xipci_relay(status, kind, text);
}

/* ---- connecting ---- */

/* Some systems are not done with it at once. */
static xipc_status
await_connected(xipcos_socket *native, xipc_deadline deadline)
{
    const xipcos_patience patience = {deadline, NULL};
    size_t index;

    return xipcos_socket_wait_connected(&native, 1, &patience, &index);
}

static xipc_status start(
    const xipcos_socket_plan *plan,
    const xipc_address *address,
    xipc_deadline deadline,
    xipcos_socket **native_out)
{
    xipcos_socket *native;
    int is_connected;
    xipc_status status =
        xipcos_socket_start_connect(plan, address, &native, &is_connected);

    if (status == XIPC_OK && !is_connected) {
        status = await_connected(native, deadline);
        if (status != XIPC_OK) {
            xipcos_socket_close(native, 1);
        }
    }
    if (status == XIPC_OK) {
        *native_out = native;
    }
    return status;
}

xipc_status xipci_local_connect(
    xipc_kind kind,
    const char *text,
    const xipcos_socket_plan *plan,
    const xipc_address *address,
    xipc_deadline deadline,
    xipcos_socket **native_out)
{
    xipc_status status = start(plan, address, deadline, native_out);
    int is_full = 0;

    for (unsigned round = 0; status == XIPC_E_AGAIN && !is_full; round++) {
        status = xipcos_clock_pause(round, deadline);
        is_full = status != XIPC_OK;
        if (!is_full) {
            status = start(plan, address, deadline, native_out);
        }
    }
    if (is_full || status == XIPC_E_TIMEOUT) {
        return xipci_refuse(
            status, kind, text, "the listener had no room for one more",
            status == XIPC_E_TIMEOUT ? " until the deadline" : "");
    }
    return xipci_relay(status, kind, text);
}

xipc_status xipci_local_check_trust(
    xipc_kind kind,
    const char *text,
    const xipcos_socket *native,
    const xipc_naming *naming)
{
    xipcos_other other;
    xipc_status status = XIPC_OK;

    if (naming->trust == XIPC_TRUST_EVERYONE) {
        return XIPC_OK;
    }
    status = xipcos_socket_other(native, &other);
    if (status == XIPC_E_NOT_SUPPORTED && naming->scope == XIPC_SCOPE_USER) {
        return XIPC_OK; /* only this user can make one there */
    }
    if (status != XIPC_OK) {
        return xipci_relay(status, kind, text);
    }
    if (other.user != 0 && other.user != xipcos_user_id()) {
        return xipci_fail(
            XIPC_E_ACCESS, kind, text,
            "user %llu listens there, who is not trusted",
            (unsigned long long)other.user);
    }
    return XIPC_OK;
}
