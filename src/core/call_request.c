/* SPDX-License-Identifier: Apache-2.0 */
/* A request, for who answers it. */
#include "core/call.h"
#include "core/failure.h"

uint32_t xipc_request_method(const xipc_request *request)
{
    return request ? request->method : 0;
}

const void *xipc_request_data(const xipc_request *request, size_t *size_out)
{
    size_t size = request ? request->cargo.total : 0;

    if (size_out) {
        *size_out = size;
    }
    return size > 0 ? (const void *)request->cargo.room.bytes : "";
}

size_t xipc_request_handle_count(const xipc_request *request)
{
    return request ? request->cargo.handle_count : 0;
}

static xipc_status
take_handle(xipc_request *request, size_t index, xipc_native_handle *native_out)
{
    xipci_cargo *cargo;

    if (!request || !native_out) {
        return xipci_invalid("request or native_out is NULL");
    }
    cargo = &request->cargo;
    if (index >= cargo->handle_count ||
        cargo->natives[index] == XIPCI_NO_NATIVE) {
        return xipci_fail(
            XIPC_E_NOT_FOUND, XIPC_KIND_CALL, request->link->object.name,
            "the request brought %u handles; number %zu is not there, or was "
            "taken",
            cargo->handle_count, index);
    }
    *native_out = cargo->natives[index];
    cargo->natives[index] = XIPCI_NO_NATIVE;
    return XIPC_OK;
}

xipc_status xipc_request_take_handle(
    xipc_request *request, size_t index, xipc_native_handle *native_out)
{
    return xipci_answer(take_handle(request, index, native_out));
}

static int was_canceled(const xipc_request *request)
{
    return atomic_load_explicit(&request->is_canceled, memory_order_relaxed);
}

int xipc_request_is_canceled(xipc_request *request)
{
    if (!request || !xipci_object_is_own(&request->link->object)) {
        return 0;
    }
    if (!was_canceled(request)) {
        (void)xipci_call_link_pump(request->link, 0, XIPCI_PUMP_MAX);
    }
    return was_canceled(request);
}

int xipc_request_is_one_way(const xipc_request *request)
{
    return request ? request->is_one_way : 0;
}

xipc_link *xipc_request_link(const xipc_request *request)
{
    return request ? request->link : NULL;
}

xipc_status xipc_request_credentials(
    const xipc_request *request, xipc_credentials *credentials)
{
    return xipc_peer_credentials(
        request ? &request->link->object : NULL, credentials);
}

/* Who runs the handler has nothing more to do with it. */
static void settle(xipc_request *request)
{
    if (request->is_settled_out) {
        *request->is_settled_out = 1;
        request->is_settled_out = NULL;
    }
}

void xipc_request_keep(xipc_request *request)
{
    if (request) {
        settle(request);
    }
}

/* ---- to answer ---- */

static xipc_status check(const xipc_request *request)
{
    if (!request) {
        return xipci_invalid("the request is NULL");
    }
    return xipci_object_check(&request->link->object);
}

static xipc_status refuse(xipc_request *request, xipc_status status)
{
    request->sending =
        (xipci_sending){.frame.method = (uint32_t)(int32_t)status};
    return xipci_send_answer(request);
}

static int takes_handles(xipc_link *link)
{
    int takes;

    xipci_call_link_latch(link);
    takes = !link->line || link->line->kind->takes_handles(link->line);
    xipci_call_link_unlatch(link);
    return takes;
}

static xipc_status
check_reply(const xipc_request *request, const xipc_call_data *reply)
{
    const xipc_link *link = request->link;

    if ((!reply->data && reply->size > 0) ||
        (!reply->handles && reply->handle_count > 0) ||
        reply->handle_count > XIPC_CALL_HANDLE_MAX) {
        return xipci_invalid("data or handles is NULL, or too many handles");
    }
    if (reply->handle_count > 0 && !takes_handles(request->link)) {
        return xipci_object_fail(
            &link->object, XIPC_E_NOT_SUPPORTED,
            "no handles go over this link (call.handles)");
    }
    if (reply->size > link->their_payload_max) {
        return xipci_fail(
            XIPC_E_TOO_BIG, XIPC_KIND_CALL, link->object.name,
            "the reply has %zu bytes; the caller takes %u (payload_max)",
            reply->size, link->their_payload_max);
    }
    return XIPC_OK;
}

/* What answers of any sort return. `was` is of the request, which is gone. */
static xipc_status answered(xipc_status status, int was)
{
    return was && status == XIPC_OK ? xipci_fail(
                                          XIPC_E_CANCELED, XIPC_KIND_CALL, "",
                                          "nobody waits for the reply any more")
                                    : status;
}

static xipc_status reply_checked(
    xipc_request *request, int32_t result, const xipc_call_data *reply)
{
    static const xipc_call_data nothing = {NULL, 0, NULL, 0};
    xipc_status status;
    int was;

    status = check(request);
    if (status != XIPC_OK) {
        return status;
    }
    settle(request);
    was = was_canceled(request);
    reply = reply ? reply : &nothing;
    status = check_reply(request, reply);
    if (status != XIPC_OK) {
        (void)refuse(request, status);
        return status;
    }
    request->sending = (xipci_sending){
        .frame.result = (uint32_t)result,
        .frame.handle_count = (uint32_t)reply->handle_count,
        .bytes = reply->data,
        .size = was ? 0 : reply->size,
        .natives = reply->handles};
    if (was) {
        request->sending.frame.handle_count = 0;
    }
    return answered(xipci_send_answer(request), was);
}

xipc_status xipc_request_reply(
    xipc_request *request, int32_t result, const xipc_call_data *reply)
{
    return xipci_answer(reply_checked(request, result, reply));
}

static xipc_status fail_checked(xipc_request *request, xipc_status status)
{
    xipc_status checked = check(request);
    int was;

    if (checked != XIPC_OK) {
        return checked;
    }
    settle(request);
    if (status == XIPC_OK || !xipci_status_is_answer(status)) {
        (void)refuse(request, XIPC_E_OS);
        return xipci_invalid(
            "%s is no status to answer with", xipc_status_name(status));
    }
    was = was_canceled(request);
    return answered(refuse(request, status), was);
}

xipc_status xipc_request_fail(xipc_request *request, xipc_status status)
{
    return xipci_answer(fail_checked(request, status));
}
