/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing. What there is no room for the system begins and keeps waiting, and
 * what was begun and is given up is canceled, which takes all of it back.
 *
 * A connection's word for nothing (win32_pipe.h) is left waiting instead: while
 * it does there is no room, and what is written meanwhile stands behind it. An
 * end in good order can always be said behind that, whether or not it was
 * taken: an escape that nothing follows, and then that of the end.
 */
#include "win32/win32_pipe.h"

#include "win32/win32_crash.h"
#include "win32/win32_status.h"

static const xipcos_patience never = {XIPC_NOW, NULL};

/* Bytes that are worth another try. */
#define ROOM_FOR_BYTES 4096

/* How long it takes to look again where the system does not tell of room. */
#define ROOM_MS 10

/* ---- one message of the system's ---- */

static xipc_status gone(xipcos_pipe *pipe, DWORD error)
{
    const xipcos_patience forever = {XIPC_FOREVER, NULL};
    int is_farewell;

    if (pipe->kind != WIN32_PIPE_CONNECTION) {
        return win32_fault_as(XIPC_E_CLOSED, error, "nobody reads any more");
    }
    /* Nobody keeps this turn: there is nothing left to wait for. */
    if (win32_pipe_take(&pipe->reading, &forever) == XIPC_OK) {
        win32_pipe_learn_end(pipe);
        is_farewell = pipe->has_farewell;
        win32_pipe_leave_to_look(&pipe->reading, &pipe->data);
    } else {
        is_farewell = 1;
    }
    return is_farewell
               ? win32_fault_as(XIPC_E_CLOSED, error, "the other side closed")
               : win32_fault_as(
                     XIPC_E_PEER_DIED, error,
                     "the other side ended without a word");
}

/* How much room to wait for: of a message's bytes all, as far as that goes. */
static DWORD room_for(const xipcos_pipe *pipe, DWORD size)
{
    DWORD most = pipe->message_max > 0 ? WIN32_PIPE_PIECE : ROOM_FOR_BYTES;

    return size > most ? most : size + (size == 0);
}

/* All of it or, on any other status, nothing. *error_out: what the system said
 * of it; XIPC_OK also if that is an error. */
static xipc_status try_to_put(
    xipcos_pipe *pipe,
    const void *data,
    DWORD size,
    const xipcos_patience *patience,
    DWORD *error_out)
{
    win32_pipe_turn *turn = &pipe->writing;
    xipc_status status = XIPC_OK;
    DWORD written;

    do {
        *error_out = win32_pipe_outcome(
            turn->file,
            WriteFile(turn->file, data, size, NULL, &turn->operation),
            &turn->operation, &written);
        if (*error_out == ERROR_IO_PENDING) {
            status = win32_pipe_await(turn, patience, error_out, &written);
        }
    } while (status == XIPC_OK && *error_out == ERROR_OPERATION_ABORTED);
    if (status != XIPC_OK) {
        pipe->is_full = 1;
        pipe->wanted = room_for(pipe, size);
    }
    return status;
}

static xipc_status refused(xipcos_pipe *pipe, DWORD error)
{
    return win32_pipe_is_broken(error)
               ? gone(pipe, error)
               : win32_fault(error, "cannot write to the pipe");
}

static xipc_status
put(xipcos_pipe *pipe,
    const void *data,
    DWORD size,
    const xipcos_patience *patience)
{
    DWORD error = ERROR_SUCCESS;
    xipc_status status = try_to_put(pipe, data, size, patience, &error);

    if (status != XIPC_OK || error == ERROR_SUCCESS) {
        return status;
    }
    return refused(pipe, error);
}

/* ---- words ---- */

/* A message of 0 bytes, which never waits; the error. */
static DWORD put_nothing(xipcos_pipe *pipe)
{
    DWORD error = ERROR_SUCCESS;

    return try_to_put(pipe, "", 0, &never, &error) == XIPC_OK
               ? error
               : ERROR_IO_PENDING;
}

static DWORD escape(xipcos_pipe *pipe)
{
    DWORD error = pipe->has_escaped ? ERROR_SUCCESS : put_nothing(pipe);

    if (error == ERROR_SUCCESS) {
        pipe->has_escaped = 1;
    }
    return error;
}

/* What must come before the next thing that is no word. */
static xipc_status
unescape(xipcos_pipe *pipe, char word, const xipcos_patience *patience)
{
    xipc_status status = put(pipe, &word, 1, patience);

    if (status == XIPC_OK) {
        pipe->has_escaped = 0;
    }
    return status;
}

/* The answer to the question for room. */
static void settle(xipcos_pipe *pipe)
{
    win32_pipe_question *room = &pipe->room;
    DWORD size;

    if (room->state != WIN32_PIPE_PENDING ||
        !win32_pipe_has_ended(&room->operation)) {
        return;
    }
    room->state = WIN32_PIPE_IDLE;
    pipe->is_full = 0; /* or a write would say what else is the case */
    if (!GetOverlappedResult(
            pipe->writing.file, &room->operation, &size, FALSE) &&
        GetLastError() == ERROR_OPERATION_ABORTED) {
        pipe->has_escaped = 1;
        pipe->is_full = 1;
    }
}

/* Takes the word for nothing back if it was not taken. */
static void withdraw(xipcos_pipe *pipe)
{
    if (pipe->room.state == WIN32_PIPE_PENDING && pipe->writing.file) {
        win32_pipe_take_back(pipe->writing.file, &pipe->room.operation);
    }
    settle(pipe);
}

void win32_pipe_say_end(xipcos_pipe *pipe, int is_farewell)
{
    withdraw(pipe);
    if (!pipe->has_ended) {
        pipe->has_ended = 1;
        if (escape(pipe) == ERROR_SUCCESS) {
            (void)put_nothing(pipe);
        }
        WIN32_CRASH_POINT();
    }
    if (is_farewell) {
        (void)put_nothing(pipe);
    }
}

/* ---- one write ---- */

static xipc_status put_empty(xipcos_pipe *pipe, const xipcos_patience *patience)
{
    DWORD error = escape(pipe);

    return error == ERROR_SUCCESS ? unescape(pipe, WIN32_PIPE_EMPTY, patience)
                                  : refused(pipe, error);
}

static xipc_status put_message(
    xipcos_pipe *pipe,
    const void *data,
    DWORD size,
    const xipcos_patience *patience)
{
    xipc_status status;

    if (pipe->kind != WIN32_PIPE_CONNECTION) {
        return put(pipe, size > 0 ? data : "", size, patience);
    }
    if (size == 0) {
        return put_empty(pipe, patience);
    }
    status = pipe->has_escaped ? unescape(pipe, WIN32_PIPE_NOTHING, patience)
                               : XIPC_OK;
    return status == XIPC_OK ? put(pipe, data, size, patience) : status;
}

/* As many bytes as there is room for, but only some of those; returns how many.
 */
static DWORD put_less(xipcos_pipe *pipe, const void *data, DWORD size)
{
    xipc_status status = XIPC_E_AGAIN;

    while (size > 1 && status == XIPC_E_AGAIN) {
        size /= 4;
        size += size == 0;
        status = put_message(pipe, data, size, &never);
    }
    return status == XIPC_OK ? size : 0;
}

static xipc_status put_bytes(
    xipcos_pipe *pipe,
    const unsigned char *data,
    size_t size,
    const xipcos_patience *patience,
    size_t *written_out)
{
    xipc_status status = XIPC_OK;
    size_t written = 0;

    while (written < size && status == XIPC_OK) {
        size_t left = size - written;
        DWORD piece = left > WIN32_PIPE_PIECE ? WIN32_PIPE_PIECE : (DWORD)left;

        status =
            pipe->is_synchronous
                ? win32_pipe_plain_write(pipe, data + written, piece, patience)
                : put_message(pipe, data + written, piece, patience);
        if (status == XIPC_OK) {
            written += piece;
        } else if (status == XIPC_E_AGAIN && !pipe->is_synchronous) {
            written += put_less(pipe, data + written, piece);
            pipe->wanted = room_for(pipe, piece);
        }
    }
    *written_out = written;
    return status;
}

static xipc_status put_whole(
    xipcos_pipe *pipe,
    const void *data,
    size_t size,
    const xipcos_patience *patience,
    size_t *written_out)
{
    xipc_status status = put_message(pipe, data, (DWORD)size, patience);

    *written_out = status == XIPC_OK ? size : 0;
    return status;
}

static xipc_status over(void)
{
    return xipcos_fault(XIPC_E_CLOSED, 0, "this end has ended to write");
}

xipc_status xipcos_pipe_write(
    xipcos_pipe *pipe,
    const void *data,
    size_t size,
    const xipcos_patience *patience,
    size_t *written_out)
{
    xipc_status status = win32_pipe_take(&pipe->writing, patience);

    if (status != XIPC_OK) {
        *written_out = 0;
        return status == XIPC_E_CLOSED ? over() : status;
    }
    atomic_store_explicit(&pipe->is_used, 1, memory_order_relaxed);
    WIN32_CRASH_POINT();
    /* It would go with the thread that asked, and what is written behind it
     * would be taken for the word. */
    withdraw(pipe);
    pipe->is_full = 0;
    status = pipe->message_max > 0
                 ? put_whole(pipe, data, size, patience, written_out)
                 : put_bytes(pipe, data, size, patience, written_out);
    if (pipe->is_full && pipe->room.operation.hEvent) {
        win32_pipe_look_for_room(pipe);
    }
    win32_pipe_leave_to_look(&pipe->writing, &pipe->room);
    WIN32_CRASH_POINT();
    return status == XIPC_E_CLOSED && atomic_load(&pipe->writing.is_over)
               ? over()
               : status;
}

/* ---- room ---- */

/* The thread pool's call: nobody knows whether there is any, so it is time to
 * try. */
static void CALLBACK
on_time(PTP_CALLBACK_INSTANCE instance, void *context, PTP_TIMER timer)
{
    xipcos_pipe *pipe = context;

    (void)instance;
    (void)timer;
    SetEvent(pipe->room.operation.hEvent);
}

static void ask_later(xipcos_pipe *pipe)
{
    ULARGE_INTEGER first = {.QuadPart = (ULONGLONG)(-ROOM_MS * 10000LL)};
    FILETIME due = {first.LowPart, first.HighPart};

    if (!pipe->timer) {
        pipe->timer = CreateThreadpoolTimer(on_time, pipe, NULL);
    }
    ResetEvent(pipe->room.operation.hEvent);
    if (pipe->timer) {
        SetThreadpoolTimer(pipe->timer, &due, 0, 0);
    } else {
        SetEvent(pipe->room.operation.hEvent);
    }
}

/* It was later. Where nobody knows it is worth a try. */
static void answer_later(xipcos_pipe *pipe)
{
    if (win32_pipe_pair_is_full(pipe)) {
        ask_later(pipe);
    } else {
        pipe->room.state = WIN32_PIPE_IDLE;
        pipe->is_full = 0;
    }
}

static void ask_now(xipcos_pipe *pipe)
{
    static const char nothing[WIN32_PIPE_PIECE] = {WIN32_PIPE_NOTHING};
    win32_pipe_question *room = &pipe->room;
    DWORD size;
    DWORD error;

    if (escape(pipe) != ERROR_SUCCESS) {
        pipe->is_full = 0; /* a write would say why */
        return;
    }
    pipe->has_escaped = 0;
    room->state = WIN32_PIPE_PENDING;
    error = win32_pipe_outcome(
        pipe->writing.file,
        WriteFile(
            pipe->writing.file, nothing, pipe->wanted, NULL, &room->operation),
        &room->operation, &size);
    if (error != ERROR_SUCCESS && error != ERROR_IO_PENDING) {
        room->state = WIN32_PIPE_IDLE;
        pipe->is_full = 0;
    }
    settle(pipe);
}

void win32_pipe_look_for_room(xipcos_pipe *pipe)
{
    win32_pipe_question *room = &pipe->room;

    (void)win32_pipe_event(&pipe->writing, room);
    settle(pipe);
    if (pipe->is_full && pipe->kind != WIN32_PIPE_CONNECTION) {
        if (room->state == WIN32_PIPE_IDLE) {
            room->state = WIN32_PIPE_IS_SO; /* it was asked */
            ask_later(pipe);
        } else if (WaitForSingleObject(room->operation.hEvent, 0) == 0) {
            answer_later(pipe);
        }
    } else if (pipe->is_full && room->state == WIN32_PIPE_IDLE) {
        ask_now(pipe);
    }
    if (!pipe->is_full && room->state != WIN32_PIPE_PENDING) {
        room->state = WIN32_PIPE_IDLE;
        SetEvent(room->operation.hEvent);
    }
}

/* ---- its end ---- */

/* A pipe that is no connection has an end of its own for this direction, which
 * is closed. */
xipc_status xipcos_pipe_shutdown_write(xipcos_pipe *pipe)
{
    win32_pipe_turn *turn = &pipe->writing;

    if (pipe->kind == WIN32_PIPE_FOREIGN && pipe->reading.file == turn->file) {
        return xipcos_fault(
            XIPC_E_NOT_SUPPORTED, 0,
            "a foreign pipe that goes both ways ends in both");
    }
    if (!win32_pipe_end_turns(turn)) {
        return XIPC_OK;
    }
    WIN32_CRASH_POINT();
    if (pipe->kind == WIN32_PIPE_CONNECTION) {
        win32_pipe_say_end(pipe, 0);
    } else {
        win32_pipe_part_pair(pipe, 1);
        AcquireSRWLockExclusive(&turn->lock);
        CloseHandle(turn->file);
        turn->file = NULL;
        ReleaseSRWLockExclusive(&turn->lock);
    }
    pipe->is_full = 0;
    win32_pipe_leave_to_look(&pipe->writing, &pipe->room);
    return XIPC_OK;
}
