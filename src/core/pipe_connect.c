/* SPDX-License-Identifier: Apache-2.0 */
/* Connecting to whoever listens under a name. */
#include <stdlib.h>

#include "core/failure.h"
#include "core/name.h"
#include "core/park.h"
#include "core/pipe.h"
#include "os/os_clock.h"

typedef struct connect_call {
    xipc_pipe *pipe;
    const char *name;
    const xipc_pipe_options *options;
    xipc_deadline deadline;
} connect_call;

/* A "native:" name takes one mode, and no scope or access; others no flags. */
xipc_status
xipci_pipe_check_name(const char *name, const xipc_pipe_options *options)
{
    const char *why = NULL;

    if (!xipci_name_native(name)) {
        why = options->flags != 0 ? "flags are for a \"native:\" name" : NULL;
    } else if (options->mode != XIPC_PIPE_BYTES) {
        why = "a native name carries bytes, no messages";
    } else if (
        options->naming.scope != XIPC_SCOPE_USER ||
        options->naming.access != XIPC_ACCESS_PRIVATE) {
        why = "a native name takes no scope or access";
    }
    return why ? xipci_fail(XIPC_E_INVALID, XIPC_KIND_PIPE, name, "%s", why)
               : xipci_naming_check(XIPC_KIND_PIPE, name, &options->naming);
}

static xipc_status check_call(
    const char *name, const xipc_pipe_options **options, xipc_pipe **pipe_out)
{
    xipc_status status = xipci_name_check(XIPC_KIND_PIPE, name);

    if (!pipe_out) {
        return xipci_invalid("pipe_out is NULL");
    }
    if (status == XIPC_OK) {
        status = xipci_pipe_check_options(name, options);
    }
    return status == XIPC_OK ? xipci_pipe_check_name(name, *options) : status;
}

static xipc_status try_native(const connect_call *call)
{
    const xipcos_patience patience = {call->deadline, NULL};
    xipcos_pipe *native;
    xipc_status status = xipcos_pipe_open_native(
        xipci_name_native(call->name), xipci_pipe_directions(call->options),
        &patience, &native);

    if (status == XIPC_OK) {
        xipci_pipe_begin(call->pipe, native);
    }
    return status;
}

static xipc_status try_name(const connect_call *call)
{
    const xipcos_patience patience = {call->deadline, NULL};
    xipcos_pipe_plan plan = xipci_pipe_plan(call->options);
    xipci_pipe_found found;
    xipcos_pipe *native;
    xipc_status status = xipci_pipe_look_up(
        &call->pipe->object, call->name, &call->options->naming, call->deadline,
        &found);

    if (status != XIPC_OK) {
        return status;
    }
    plan.message_max = found.message_max;
    status = xipcos_pipe_connect(
        (xipcos_pipe_place){
            found.stand.native, found.spot, call->options->naming.scope},
        &plan, &patience, &native);
    xipci_stand_leave(&found.stand);
    if (status == XIPC_OK) {
        xipci_pipe_begin(call->pipe, native);
    }
    return status;
}

/* Somebody may come to listen, or a successor of one who went away while he was
 * asked. With XIPC_NOW it is told that nobody does. */
static xipc_status try_until(const connect_call *call)
{
    int is_native = xipci_name_native(call->name) != NULL;
    xipc_status status = is_native ? try_native(call) : try_name(call);

    for (unsigned round = 0;
         status == XIPC_E_NOT_FOUND && call->deadline != XIPC_NOW; round++) {
        status = xipcos_clock_pause(round, call->deadline);
        if (status == XIPC_OK) {
            status = is_native ? try_native(call) : try_name(call);
        }
    }
    return status;
}

static xipc_status connect_result(const connect_call *call, xipc_status status)
{
    switch (status) {
    case XIPC_E_AGAIN:
    case XIPC_E_TIMEOUT:
        return xipci_park_result(
            &call->pipe->object, status,
            "nobody listened there and took this client in");
    case XIPC_E_NOT_FOUND:
        return xipci_object_fail(
            &call->pipe->object, status, "nobody listens under that name");
    default: return xipci_object_relay(&call->pipe->object, status);
    }
}

static xipc_status connect_to(
    const char *name,
    const xipc_pipe_options *options,
    xipc_deadline deadline,
    xipc_pipe **pipe_out)
{
    connect_call call = {.name = name, .deadline = deadline};
    xipc_status status = check_call(name, &options, pipe_out);

    if (status != XIPC_OK) {
        return status;
    }
    call.options = options;
    call.pipe = xipci_pipe_new(name, options->naming.scope);
    if (!call.pipe) {
        return XIPC_E_NO_MEMORY;
    }
    status = try_until(&call);
    if (status != XIPC_OK) {
        status = connect_result(&call, status);
        free(call.pipe);
        return status;
    }
    *pipe_out = call.pipe;
    return XIPC_OK;
}

xipc_status xipc_pipe_connect(
    const char *name,
    const xipc_pipe_options *options,
    xipc_deadline deadline,
    xipc_pipe **pipe_out)
{
    return xipci_answer(connect_to(name, options, deadline, pipe_out));
}
