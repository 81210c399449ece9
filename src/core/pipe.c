/* SPDX-License-Identifier: Apache-2.0 */
/* Ends of pipes: how they come to be, and what they are. */
#include "core/pipe.h"

#include <stdlib.h>

#include "core/failure.h"
#include "core/heritage.h"
#include "core/name.h"
#include "core/waitable.h"

#define ALL_FLAGS      (XIPC_PIPE_READ_ONLY | XIPC_PIPE_WRITE_ONLY)
#define ALL_DIRECTIONS (XIPC_READABLE | XIPC_WRITABLE)

static const xipc_pipe_options default_options = XIPC_PIPE_OPTIONS_INIT;

/* ---- what is asked for ---- */

static const char *why_not(const xipc_pipe_options *options)
{
    if (options->options_size != sizeof *options) {
        return "options_size is unknown; use XIPC_PIPE_OPTIONS_INIT";
    }
    if (options->naming.lifetime != XIPC_TRANSIENT) {
        return "a pipe is not persistent";
    }
    if ((unsigned)options->mode > XIPC_PIPE_MESSAGES) {
        return "an unknown mode";
    }
    if ((options->flags & ~(uint32_t)ALL_FLAGS) != 0) {
        return "options has an unknown flag";
    }
    if (options->message_max == 0 ||
        options->message_max > XIPC_PIPE_MESSAGE_MAX_LIMIT) {
        return "message_max is 0, or above XIPC_PIPE_MESSAGE_MAX_LIMIT";
    }
    return NULL;
}

xipc_status
xipci_pipe_check_options(const char *name, const xipc_pipe_options **options)
{
    const char *why;

    if (!*options) {
        *options = &default_options;
    }
    why = why_not(*options);
    return why ? xipci_fail(XIPC_E_INVALID, XIPC_KIND_PIPE, name, "%s", why)
               : XIPC_OK;
}

xipcos_pipe_plan xipci_pipe_plan(const xipc_pipe_options *options)
{
    return (xipcos_pipe_plan){
        .message_max =
            options->mode == XIPC_PIPE_MESSAGES ? options->message_max : 0,
        .buffer_size = options->buffer_size,
        .access = options->naming.access,
    };
}

uint32_t xipci_pipe_directions(const xipc_pipe_options *options)
{
    switch (options->flags) {
    case XIPC_PIPE_READ_ONLY: return XIPC_READABLE;
    case XIPC_PIPE_WRITE_ONLY: return XIPC_WRITABLE;
    default: return ALL_DIRECTIONS;
    }
}

/* Of what has no name. */
static xipc_status check_nameless(const xipc_pipe_options **options)
{
    xipc_status status = xipci_pipe_check_options(NULL, options);

    if (status == XIPC_OK && (*options)->flags != 0) {
        status = xipci_fail(
            XIPC_E_INVALID, XIPC_KIND_PIPE, NULL,
            "flags are for a \"native:\" name");
    }
    return status == XIPC_OK
               ? xipci_naming_check_none(XIPC_KIND_PIPE, &(*options)->naming)
               : status;
}

/* ---- what a poller asks ---- */

static uint32_t look(xipc_object *object)
{
    return xipcos_pipe_ready(((xipc_pipe *)object)->native);
}

static xipci_watch *no_watch(xipc_object *object)
{
    (void)object;
    return NULL;
}

static uint32_t
native_of(xipc_object *object, uint32_t events, intptr_t *native_out)
{
    return xipcos_pipe_waitable(
        ((xipc_pipe *)object)->native, events, native_out);
}

static const xipci_waitable waitables[] = {
    [XIPC_READABLE] = {XIPC_READABLE, look, no_watch, NULL, native_of},
    [XIPC_WRITABLE] = {XIPC_WRITABLE, look, no_watch, NULL, native_of},
    [ALL_DIRECTIONS] = {ALL_DIRECTIONS, look, no_watch, NULL, native_of},
};

/* ---- the handle ---- */

static void wake(xipc_object *object)
{
    xipcos_pipe_wake(((xipc_pipe *)object)->native);
}

static xipc_status get_other(const xipc_object *object, xipcos_other *other_out)
{
    return xipcos_pipe_other(((const xipc_pipe *)object)->native, other_out);
}

xipc_pipe *xipci_pipe_new(const char *name, xipc_scope scope)
{
    xipc_pipe *pipe = calloc(1, sizeof *pipe);

    if (!pipe) {
        xipci_fail(
            XIPC_E_NO_MEMORY, XIPC_KIND_PIPE, name, "no memory for a handle");
        return NULL;
    }
    xipci_object_init(&pipe->object, XIPC_KIND_PIPE, name);
    pipe->object.scope = scope;
    pipe->object.wake = wake;
    pipe->object.other = get_other;
    return pipe;
}

void xipci_pipe_begin(xipc_pipe *pipe, xipcos_pipe *native)
{
    pipe->native = native;
    pipe->directions = xipcos_pipe_directions(native);
    pipe->message_max = xipcos_pipe_message_max(native);
    pipe->object.waitable = &waitables[pipe->directions];
    pipe->object.heritage = &xipci_pipe_heritage;
}

void xipc_pipe_close(xipc_pipe *pipe)
{
    if (!pipe) {
        return;
    }
    xipci_poller_forget(&pipe->object);
    xipcos_pipe_close(pipe->native);
    free(pipe);
}

/* ---- two ends at once ---- */

static xipc_status make_ends(
    const xipc_pipe_options *options,
    int is_duplex,
    xipc_pipe *first,
    xipc_pipe *second)
{
    const xipcos_pipe_plan plan = xipci_pipe_plan(options);
    xipcos_pipe *natives[2];
    xipc_status status =
        xipcos_pipe_create(&plan, is_duplex, &natives[0], &natives[1]);

    if (status != XIPC_OK) {
        return xipci_object_relay(&first->object, status);
    }
    xipci_pipe_begin(first, natives[0]);
    xipci_pipe_begin(second, natives[1]);
    return XIPC_OK;
}

static xipc_status create(
    const xipc_pipe_options *options,
    int is_duplex,
    xipc_pipe **first_out,
    xipc_pipe **second_out)
{
    xipc_pipe *first;
    xipc_pipe *second;
    xipc_status status = check_nameless(&options);

    if (!first_out || !second_out) {
        return xipci_invalid("where an end is to go is NULL");
    }
    if (status != XIPC_OK) {
        return status;
    }
    first = xipci_pipe_new("", XIPC_SCOPE_USER);
    second = first ? xipci_pipe_new("", XIPC_SCOPE_USER) : NULL;
    status = second ? make_ends(options, is_duplex, first, second)
                    : XIPC_E_NO_MEMORY;
    if (status != XIPC_OK) {
        free(first);
        free(second);
        return status;
    }
    *first_out = first;
    *second_out = second;
    return XIPC_OK;
}

xipc_status xipc_pipe_create(
    const xipc_pipe_options *options,
    xipc_pipe **reader_out,
    xipc_pipe **writer_out)
{
    return xipci_answer(create(options, 0, reader_out, writer_out));
}

xipc_status xipc_pipe_create_duplex(
    const xipc_pipe_options *options,
    xipc_pipe **first_out,
    xipc_pipe **second_out)
{
    return xipci_answer(create(options, 1, first_out, second_out));
}

/* ---- native handles ---- */

xipc_status xipci_pipe_adopt(
    const intptr_t *natives,
    unsigned count,
    const xipcos_pipe_plan *plan,
    xipc_pipe **pipe_out)
{
    xipc_pipe *pipe = xipci_pipe_new("", XIPC_SCOPE_USER);
    xipcos_pipe *adopted;
    xipc_status status;

    if (!pipe) {
        return XIPC_E_NO_MEMORY;
    }
    status = xipcos_pipe_adopt(natives, count, plan, &adopted);
    if (status != XIPC_OK) {
        free(pipe);
        return xipci_relay(status, XIPC_KIND_PIPE, "");
    }
    xipci_pipe_begin(pipe, adopted);
    *pipe_out = pipe;
    return XIPC_OK;
}

static xipc_status adopt(
    xipc_native_handle native,
    const xipc_pipe_options *options,
    xipc_pipe **pipe_out)
{
    xipcos_pipe_plan plan;
    xipc_status status;

    if (!pipe_out) {
        return xipci_invalid("pipe_out is NULL");
    }
    status = check_nameless(&options);
    if (status != XIPC_OK) {
        return status;
    }
    plan = xipci_pipe_plan(options);
    return xipci_pipe_adopt(&native, 1, &plan, pipe_out);
}

xipc_status xipc_pipe_adopt(
    xipc_native_handle native,
    const xipc_pipe_options *options,
    xipc_pipe **pipe_out)
{
    return xipci_answer(adopt(native, options, pipe_out));
}

/* XIPC_E_FORKED, XIPC_E_ACCESS. */
static xipc_status check_direction(const xipc_pipe *pipe, uint32_t direction)
{
    xipc_status status = xipci_object_check(&pipe->object);

    if (status == XIPC_OK && (pipe->directions & direction) == 0) {
        status = xipci_object_fail(
            &pipe->object, XIPC_E_ACCESS, "this end has no such direction");
    }
    return status;
}

static xipc_status get_native_handle(
    const xipc_pipe *pipe, uint32_t direction, xipc_native_handle *native_out)
{
    xipc_status status;

    if (!pipe || !native_out) {
        return xipci_invalid("the pipe or native_out is NULL");
    }
    if (direction != XIPC_READABLE && direction != XIPC_WRITABLE) {
        return xipci_invalid("the direction is not one of the two");
    }
    status = check_direction(pipe, direction);
    if (status == XIPC_OK) {
        *native_out = xipcos_pipe_native_handle(pipe->native, direction);
    }
    return status;
}

xipc_status xipc_pipe_native_handle(
    xipc_pipe *pipe, uint32_t direction, xipc_native_handle *native_out)
{
    return xipci_answer(get_native_handle(pipe, direction, native_out));
}

/* ---- what it is ---- */

uint32_t xipc_pipe_message_max(const xipc_pipe *pipe)
{
    return pipe ? pipe->message_max : 0;
}

xipc_object *xipc_pipe_object(xipc_pipe *pipe)
{
    return pipe ? &pipe->object : NULL;
}
