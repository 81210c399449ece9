/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and writing. */
#include "core/failure.h"
#include "core/park.h"
#include "core/pipe.h"
#include "core/waitable.h"
#include "os/os_process.h"

static xipc_status explain(const xipc_pipe *pipe)
{
    return pipe ? xipci_object_check(&pipe->object)
                : xipci_invalid("the pipe is NULL");
}

/* XIPC_E_INVALID, XIPC_E_FORKED. */
static inline xipc_status check(const xipc_pipe *pipe)
{
    return pipe && pipe->object.fork_epoch == xipcos_fork_epoch()
               ? XIPC_OK
               : explain(pipe);
}

static xipc_status no_direction(const xipc_pipe *pipe, const char *why)
{
    return xipci_object_fail(&pipe->object, XIPC_E_ACCESS, why);
}

/* What the system said, or how the wait ended. */
static xipc_status
result(const xipc_pipe *pipe, xipc_status status, const char *what)
{
    switch (status) {
    case XIPC_E_AGAIN:
    case XIPC_E_TIMEOUT:
    case XIPC_E_CANCELED: return xipci_park_result(&pipe->object, status, what);
    default: return xipci_object_relay(&pipe->object, status);
    }
}

/* ---- writing ---- */

static xipc_status
check_write(const xipc_pipe *pipe, const void *data, size_t size)
{
    xipc_status status = check(pipe);

    if (status != XIPC_OK) {
        return status;
    }
    if (!data && size > 0) {
        return xipci_object_fail(
            &pipe->object, XIPC_E_INVALID, "the data is NULL");
    }
    return (pipe->directions & XIPC_WRITABLE) != 0
               ? XIPC_OK
               : no_direction(pipe, "this end only reads");
}

static xipc_status write_checked(
    const xipc_pipe *pipe,
    const void *data,
    size_t size,
    const xipcos_patience *patience,
    size_t *written_out)
{
    xipc_status status;

    if (pipe->message_max != 0 && size > pipe->message_max) {
        return xipci_fail(
            XIPC_E_TOO_BIG, XIPC_KIND_PIPE, pipe->object.name,
            "%zu bytes; its messages have %u at most", size,
            (unsigned)pipe->message_max);
    }
    status = xipcos_pipe_write(pipe->native, data, size, patience, written_out);
    return status == XIPC_OK
               ? XIPC_OK
               : result(pipe, status, "there was no room for all of it");
}

xipc_status xipc_pipe_write(
    xipc_pipe *pipe,
    const void *data,
    size_t size,
    xipc_deadline deadline,
    size_t *written_out)
{
    size_t written = 0;
    xipc_status status = check_write(pipe, data, size);

    if (status == XIPC_OK) {
        const xipcos_patience patience = {
            deadline, &pipe->object.is_interrupted};

        status = write_checked(pipe, data, size, &patience, &written);
        if (written_out) {
            *written_out = status == XIPC_OK ? size : written;
        }
    }
    return xipci_answer(status);
}

static xipc_status shutdown_write(xipc_pipe *pipe)
{
    xipc_status status = check(pipe);

    if (status == XIPC_OK && (pipe->directions & XIPC_WRITABLE) == 0) {
        status = no_direction(pipe, "this end only reads");
    }
    if (status == XIPC_OK) {
        xipci_poller_let_go(&pipe->object);
        status = xipci_object_relay(
            &pipe->object, xipcos_pipe_shutdown_write(pipe->native));
        xipci_poller_take_up(&pipe->object);
    }
    if (status == XIPC_OK) {
        atomic_store_explicit(&pipe->has_ended, 1, memory_order_relaxed);
    }
    return status;
}

xipc_status xipc_pipe_shutdown_write(xipc_pipe *pipe)
{
    return xipci_answer(shutdown_write(pipe));
}

/* ---- reading ---- */

static xipc_status check_read(
    const xipc_pipe *pipe,
    const void *buffer,
    size_t capacity,
    const size_t *size_out)
{
    xipc_status status = check(pipe);

    if (status != XIPC_OK) {
        return status;
    }
    if (!size_out || (!buffer && capacity > 0)) {
        return xipci_object_fail(
            &pipe->object, XIPC_E_INVALID, "the buffer or size_out is NULL");
    }
    if (capacity == 0 && pipe->message_max == 0) {
        return xipci_object_fail(
            &pipe->object, XIPC_E_INVALID, "there is no room for a byte");
    }
    return (pipe->directions & XIPC_READABLE) != 0
               ? XIPC_OK
               : no_direction(pipe, "this end only writes");
}

static xipc_status read_result(
    const xipc_pipe *pipe,
    xipc_status status,
    size_t capacity,
    const size_t *size_out)
{
    switch (status) {
    case XIPC_OK: return XIPC_OK;
    case XIPC_E_TOO_SMALL:
        return xipci_fail(
            status, XIPC_KIND_PIPE, pipe->object.name,
            "the message has %zu bytes, the buffer %zu", *size_out, capacity);
    default: return result(pipe, status, "nothing was there to read");
    }
}

xipc_status xipc_pipe_read(
    xipc_pipe *pipe,
    void *buffer,
    size_t capacity,
    xipc_deadline deadline,
    size_t *size_out)
{
    xipc_status status = check_read(pipe, buffer, capacity, size_out);

    if (status == XIPC_OK) {
        const xipcos_patience patience = {
            deadline, &pipe->object.is_interrupted};

        status = read_result(
            pipe,
            xipcos_pipe_read(
                pipe->native, buffer, capacity, &patience, size_out),
            capacity, size_out);
    }
    return xipci_answer(status);
}
