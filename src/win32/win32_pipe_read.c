/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading. Messages of the system's are taken whole, in one of three ways:
 *
 *     into the caller's buffer, where every message fits (most calls)
 *     into a spare one, of bytes, and what does not fit is kept
 *     of messages that may not fit, after the system was asked for the size;
 *     one that is too large stays where it is
 */
#include <string.h>

#include "win32/win32_crash.h"
#include "win32/win32_pipe_message.h"
#include "win32/win32_status.h"

/* What a read asks for, and has got. */
typedef struct request {
    void *buffer;
    size_t capacity;
    const xipcos_patience *patience;
    int is_done;
    size_t size;
} request;

static xipc_status end_status(const xipcos_pipe *pipe)
{
    switch (pipe->end) {
    case XIPC_E_PEER_DIED:
        return xipcos_fault(
            XIPC_E_PEER_DIED, ERROR_BROKEN_PIPE,
            "the other side ended without a word");
    case XIPC_E_CORRUPT:
        return xipcos_fault(
            XIPC_E_CORRUPT, 0, "what came is nothing that this library sends");
    default:
        return xipcos_fault(
            XIPC_E_CLOSED, 0, "the other side has ended, and all was read");
    }
}

/* ---- one step of a read: it is done, or something is known that was not ----
 */

static xipc_status give_first(xipcos_pipe *pipe, request *asked)
{
    win32_pipe_letter *letter = pipe->first;
    size_t size = letter->size - letter->at;

    if (size > asked->capacity && pipe->message_max > 0) {
        asked->size = size;
        return xipcos_fault(
            XIPC_E_TOO_SMALL, 0, "the message has %zu bytes", size);
    }
    if (size > asked->capacity) {
        size = asked->capacity;
    }
    if (size > 0) {
        memcpy(asked->buffer, letter->bytes + letter->at, size);
    }
    letter->at += size;
    if (letter->at == letter->size) {
        win32_pipe_drop_first(pipe);
    }
    asked->size = size;
    asked->is_done = 1;
    return XIPC_OK;
}

/* Every message fits, or what does not is for the next read. */
static xipc_status read_straight(xipcos_pipe *pipe, request *asked)
{
    DWORD capacity =
        asked->capacity > UINT32_MAX ? UINT32_MAX : (DWORD)asked->capacity;
    DWORD error = ERROR_SUCCESS;
    DWORD size = 0;
    win32_pipe_meaning meant = WIN32_PIPE_IS_NOTHING;
    xipc_status status = win32_pipe_read_message(
        pipe, asked->buffer, capacity, asked->patience, &error, &size);

    if (status == XIPC_OK) {
        status =
            win32_pipe_understand(pipe, error, asked->buffer, size, &meant);
    }
    if (meant == WIN32_PIPE_IS_DATA || meant == WIN32_PIPE_IS_EMPTY) {
        asked->size = size;
        asked->is_done = 1;
    }
    return status;
}

/* A message may be larger than the caller's buffer. */
static xipc_status read_measured(xipcos_pipe *pipe, request *asked)
{
    DWORD size = 0;
    xipc_status status = win32_pipe_await_size(pipe, asked->patience, &size);

    if (status != XIPC_OK || size == 0 || pipe->is_escaped) {
        return status;
    }
    if (size > pipe->message_max) {
        win32_pipe_spoil(pipe);
        return XIPC_OK;
    }
    if (size > asked->capacity) {
        asked->size = size;
        return xipcos_fault(
            XIPC_E_TOO_SMALL, 0, "the message has %u bytes", (unsigned)size);
    }
    return read_straight(pipe, asked);
}

/* Bytes, of which less may be wanted than come at once. */
static xipc_status read_spare(xipcos_pipe *pipe, const request *asked)
{
    if (!pipe->spare) {
        pipe->spare = win32_pipe_new_letter(WIN32_PIPE_PIECE);
    }
    if (!pipe->spare) {
        return xipcos_fault(XIPC_E_NO_MEMORY, 0, "no memory for bytes to come");
    }
    return win32_pipe_read_letter(
        pipe, pipe->spare, WIN32_PIPE_PIECE, asked->patience);
}

static xipc_status read_step(xipcos_pipe *pipe, request *asked)
{
    size_t longest = pipe->is_message_read ? WIN32_PIPE_PIECE : 1;

    if (pipe->message_max > 0) {
        longest = pipe->message_max;
    }
    if (pipe->first) {
        return give_first(pipe, asked);
    }
    if (pipe->end != XIPC_OK) {
        return end_status(pipe);
    }
    if (pipe->is_escaped) {
        return win32_pipe_read_word(pipe, asked->patience);
    }
    if (asked->capacity >= longest) {
        return read_straight(pipe, asked);
    }
    return pipe->message_max > 0 ? read_measured(pipe, asked)
                                 : read_spare(pipe, asked);
}

xipc_status xipcos_pipe_read(
    xipcos_pipe *pipe,
    void *buffer,
    size_t capacity,
    const xipcos_patience *patience,
    size_t *size_out)
{
    request asked = {buffer, capacity, patience, 0, 0};
    xipc_status status = win32_pipe_take(&pipe->reading, patience);

    if (status != XIPC_OK) {
        return status;
    }
    atomic_store_explicit(&pipe->is_used, 1, memory_order_relaxed);
    WIN32_CRASH_POINT();
    if (pipe->is_synchronous) {
        status = win32_pipe_plain_read(
            pipe, buffer, capacity, patience, &asked.size);
    } else {
        win32_pipe_withdraw_question(pipe);
        while (status == XIPC_OK && !asked.is_done) {
            status = read_step(pipe, &asked);
        }
    }
    win32_pipe_leave_to_look(&pipe->reading, &pipe->data);
    WIN32_CRASH_POINT();
    if (status == XIPC_OK || status == XIPC_E_TOO_SMALL) {
        *size_out = asked.size;
    }
    return status;
}
