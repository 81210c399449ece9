/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How an end of a pipe goes to a child: under a label, as it is, for one who
 * uses this library; or as a standard stream of any program. A connection stays
 * where it is: how it ends is a promise that its process has given.
 */
#include "core/failure.h"
#include "core/heritage.h"
#include "core/pipe.h"
#include "os/os_spawn.h"

static xipc_status refuse_connection(const xipc_pipe *pipe)
{
    xipcos_other unused;

    return xipcos_pipe_other(pipe->native, &unused) == XIPC_OK
               ? xipci_object_fail(
                     &pipe->object, XIPC_E_NOT_SUPPORTED,
                     "a connection cannot be inherited")
               : XIPC_OK;
}

/* A child would write for ever to what nobody reads. */
static xipc_status refuse_ended(const xipc_pipe *pipe, uint32_t directions)
{
    return (directions & XIPC_WRITABLE) != 0 &&
                   atomic_load_explicit(&pipe->has_ended, memory_order_relaxed)
               ? xipci_object_fail(
                     &pipe->object, XIPC_E_NOT_SUPPORTED,
                     "an end that has ended to write cannot be inherited")
               : XIPC_OK;
}

static xipc_status lend(xipc_object *object, xipci_legacy *legacy_out)
{
    const xipc_pipe *pipe = (const xipc_pipe *)object;
    xipci_legacy legacy = {
        .kind = XIPCI_LEGACY_PIPE, .facts = pipe->message_max};
    xipc_status status = refuse_connection(pipe);

    if (status == XIPC_OK) {
        status = refuse_ended(pipe, pipe->directions);
    }
    if (status != XIPC_OK) {
        return status;
    }
    if ((pipe->directions & XIPC_READABLE) != 0) {
        legacy.natives[legacy.native_count++] =
            xipcos_pipe_native_handle(pipe->native, XIPC_READABLE);
    }
    if ((pipe->directions & XIPC_WRITABLE) != 0) {
        legacy.natives[legacy.native_count++] =
            xipcos_pipe_native_handle(pipe->native, XIPC_WRITABLE);
    }
    *legacy_out = legacy;
    return XIPC_OK;
}

static xipc_status
lend_stream(xipc_object *object, int is_input, intptr_t *native_out)
{
    const xipc_pipe *pipe = (const xipc_pipe *)object;
    uint32_t direction = is_input ? XIPC_READABLE : XIPC_WRITABLE;
    xipc_status status = refuse_connection(pipe);

    if (status == XIPC_OK && (pipe->directions & direction) == 0) {
        status = xipci_object_fail(
            object, XIPC_E_ACCESS, "this end has no such direction");
    }
    if (status == XIPC_OK) {
        status = refuse_ended(pipe, direction);
    }
    if (status == XIPC_OK) {
        status = xipci_object_relay(
            object, xipcos_pipe_give(pipe->native, direction, native_out));
    }
    return status;
}

/* What a stream was lent is a copy; what a label was is the end's own. */
static void give_back(xipc_object *object, intptr_t native)
{
    const xipc_pipe *pipe = (const xipc_pipe *)object;

    for (uint32_t direction = XIPC_READABLE; direction <= XIPC_WRITABLE;
         direction *= 2) {
        if ((pipe->directions & direction) != 0 &&
            xipcos_pipe_native_handle(pipe->native, direction) == native) {
            return;
        }
    }
    xipcos_gift_close(native);
}

const xipci_heritage xipci_pipe_heritage = {lend, lend_stream, give_back};

/* ---- in the child ---- */

static xipc_status inherit(const char *label, xipc_pipe **pipe_out)
{
    xipcos_pipe_plan plan = {0};
    xipci_legacy legacy;
    xipc_status status;

    if (!pipe_out) {
        return xipci_invalid("pipe_out is NULL");
    }
    status = xipci_inherit_claim(label, XIPCI_LEGACY_PIPE, &legacy);
    if (status != XIPC_OK) {
        return status;
    }
    /* It comes from the environment, which anybody may have written. */
    plan.message_max = legacy.facts <= XIPC_PIPE_MESSAGE_MAX_LIMIT
                           ? (uint32_t)legacy.facts
                           : XIPC_PIPE_MESSAGE_MAX_LIMIT;
    status =
        xipci_pipe_adopt(legacy.natives, legacy.native_count, &plan, pipe_out);
    if (status != XIPC_OK) {
        xipci_inherit_put_back(label, &legacy);
        return status;
    }
    for (unsigned at = 0; at < legacy.native_count; at++) {
        xipcos_gift_close(legacy.natives[at]);
    }
    return XIPC_OK;
}

xipc_status xipc_inherited_pipe(const char *label, xipc_pipe **pipe_out)
{
    return xipci_answer(inherit(label, pipe_out));
}
