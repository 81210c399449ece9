/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A poller's question is a read of 0 bytes, which ends when there is something:
 * with ERROR_MORE_DATA if that has bytes, which stay. A message without any it
 * has taken. Each thread learns by itself how what it began has ended, so of
 * two reads at a time nobody could tell which was first: who reads takes the
 * question back before.
 *
 * So it is where the read had to wait. Where something is there already, Wine's
 * does the same, but Windows' may end with success and leave all as it is;
 * begin_read() makes one of the two.
 */
#include "win32/win32_pipe_message.h"

#include <stdlib.h>

#include "win32/win32_status.h"

static const xipcos_patience never = {XIPC_NOW, NULL};

int win32_pipe_is_broken(DWORD error)
{
    return error == ERROR_BROKEN_PIPE || error == ERROR_PIPE_NOT_CONNECTED ||
           error == ERROR_NO_DATA;
}

/* ---- what was read and not asked for ---- */

win32_pipe_letter *win32_pipe_new_letter(size_t capacity)
{
    win32_pipe_letter *letter = malloc(sizeof *letter + capacity);

    if (letter) {
        letter->next = NULL;
        letter->at = 0;
        letter->size = 0;
    }
    return letter;
}

static void keep(xipcos_pipe *pipe, win32_pipe_letter *letter)
{
    *pipe->last = letter;
    pipe->last = &letter->next;
}

/* A message of 0 bytes; returns 0 if there is no memory. */
static int keep_empty(xipcos_pipe *pipe)
{
    win32_pipe_letter *letter = win32_pipe_new_letter(0);

    if (letter) {
        keep(pipe, letter);
    }
    return letter != NULL;
}

void win32_pipe_drop_first(xipcos_pipe *pipe)
{
    win32_pipe_letter *letter = pipe->first;

    pipe->first = letter->next;
    if (!pipe->first) {
        pipe->last = &pipe->first;
    }
    if (letter != pipe->spare) {
        free(letter);
    }
}

void win32_pipe_drop_letters(xipcos_pipe *pipe)
{
    while (pipe->first) {
        win32_pipe_drop_first(pipe);
    }
    free(pipe->spare);
}

/* ---- what a message of the system's means ---- */

win32_pipe_meaning win32_pipe_spoil(xipcos_pipe *pipe)
{
    pipe->end = XIPC_E_CORRUPT;
    return WIN32_PIPE_IS_END;
}

static win32_pipe_meaning
meaning_of_word(xipcos_pipe *pipe, const char *word, DWORD size)
{
    pipe->is_escaped = 0;
    if (size == 0) {
        pipe->end = XIPC_E_CLOSED;
        return WIN32_PIPE_IS_END;
    }
    if (*word == WIN32_PIPE_NOTHING) {
        return WIN32_PIPE_IS_NOTHING;
    }
    if (size == 1 && *word == WIN32_PIPE_EMPTY && pipe->message_max > 0) {
        return WIN32_PIPE_IS_EMPTY;
    }
    return win32_pipe_spoil(pipe);
}

/* Of one that came whole, with `bytes`. */
static win32_pipe_meaning
meaning_of(xipcos_pipe *pipe, const void *bytes, DWORD size)
{
    if (pipe->kind != WIN32_PIPE_CONNECTION) {
        return size > 0                ? WIN32_PIPE_IS_DATA
               : pipe->message_max > 0 ? WIN32_PIPE_IS_EMPTY
                                       : WIN32_PIPE_IS_NOTHING;
    }
    if (pipe->is_escaped) {
        return meaning_of_word(pipe, bytes, size);
    }
    pipe->is_escaped = size == 0;
    return size > 0 ? WIN32_PIPE_IS_DATA : WIN32_PIPE_IS_NOTHING;
}

/* The other side is gone, and all was read. */
static win32_pipe_meaning meaning_of_break(xipcos_pipe *pipe)
{
    if (pipe->end == XIPC_OK) {
        pipe->end = pipe->kind == WIN32_PIPE_CONNECTION ? XIPC_E_PEER_DIED
                                                        : XIPC_E_CLOSED;
    }
    return WIN32_PIPE_IS_END;
}

/* ---- the poller's question ---- */

/* The answer to it. Of an odd error a read tells. */
static void answer(xipcos_pipe *pipe, DWORD error)
{
    pipe->data.state = WIN32_PIPE_IDLE;
    if (win32_pipe_is_broken(error)) {
        meaning_of_break(pipe);
    } else if (error == ERROR_SUCCESS && pipe->is_message_read) {
        if (meaning_of(pipe, "", 0) == WIN32_PIPE_IS_EMPTY &&
            !keep_empty(pipe)) {
            win32_pipe_spoil(pipe); /* it is lost */
        }
    } else if (error != ERROR_OPERATION_ABORTED) {
        pipe->data.state = WIN32_PIPE_IS_SO;
    }
}

static void settle(xipcos_pipe *pipe)
{
    win32_pipe_question *data = &pipe->data;
    DWORD size;

    if (data->state == WIN32_PIPE_PENDING &&
        win32_pipe_has_ended(&data->operation)) {
        answer(
            pipe, GetOverlappedResult(
                      pipe->reading.file, &data->operation, &size, FALSE)
                      ? ERROR_SUCCESS
                      : GetLastError());
    }
}

void win32_pipe_withdraw_question(xipcos_pipe *pipe)
{
    if (pipe->data.state == WIN32_PIPE_PENDING) {
        win32_pipe_take_back(pipe->reading.file, &pipe->data.operation);
        settle(pipe);
    }
}

/* ---- reading what the system has ---- */

/* There is a message. Only one without bytes is taken. */
static DWORD take_if_empty(HANDLE file, OVERLAPPED *operation, DWORD *size_out)
{
    DWORD left = 0;
    DWORD error;
    char byte;

    if (PeekNamedPipe(file, NULL, 0, NULL, NULL, &left) && left > 0) {
        return ERROR_MORE_DATA;
    }
    error = win32_pipe_outcome(
        file, ReadFile(file, &byte, 1, NULL, operation), operation, size_out);
    if (error == ERROR_IO_PENDING) {
        /* It was a write that was given up meanwhile. */
        win32_pipe_take_back(file, operation);
        error = ERROR_OPERATION_ABORTED;
    }
    return error;
}

/* As win32_pipe_outcome(). */
static DWORD begin_read(
    const xipcos_pipe *pipe,
    void *buffer,
    DWORD capacity,
    OVERLAPPED *operation,
    DWORD *size_out)
{
    HANDLE file = pipe->reading.file;
    DWORD error = win32_pipe_outcome(
        file, ReadFile(file, buffer, capacity, NULL, operation), operation,
        size_out);

    return error == ERROR_SUCCESS && capacity == 0 && pipe->is_message_read &&
                   !win32_pipe_empty_read_takes()
               ? take_if_empty(file, operation, size_out)
               : error;
}

/* One whole message; ERROR_MORE_DATA: it was longer. */
xipc_status win32_pipe_read_message(
    xipcos_pipe *pipe,
    void *buffer,
    DWORD capacity,
    const xipcos_patience *patience,
    DWORD *error_out,
    DWORD *size_out)
{
    win32_pipe_turn *turn = &pipe->reading;
    xipc_status status = XIPC_OK;

    do {
        *error_out =
            begin_read(pipe, buffer, capacity, &turn->operation, size_out);
        if (*error_out == ERROR_IO_PENDING) {
            status = win32_pipe_await(turn, patience, error_out, size_out);
        }
    } while (status == XIPC_OK && *error_out == ERROR_OPERATION_ABORTED);
    if (pipe->data.state == WIN32_PIPE_IS_SO) {
        pipe->data.state = WIN32_PIPE_IDLE; /* it may be gone now */
    }
    return status;
}

static xipc_status odd_error(DWORD error)
{
    return win32_fault(error, "cannot read the pipe");
}

xipc_status win32_pipe_read_raw(
    xipcos_pipe *pipe,
    void *buffer,
    DWORD capacity,
    const xipcos_patience *patience,
    DWORD *size_out)
{
    DWORD error = ERROR_SUCCESS;
    xipc_status status = win32_pipe_read_message(
        pipe, buffer, capacity, patience, &error, size_out);

    if (status != XIPC_OK) {
        return status;
    }
    if (win32_pipe_is_broken(error)) {
        return win32_fault_as(XIPC_E_CLOSED, error, "the other side is gone");
    }
    return error == ERROR_SUCCESS ? XIPC_OK : odd_error(error);
}

/* What is to be made of what win32_pipe_read_message() brought. */
xipc_status win32_pipe_understand(
    xipcos_pipe *pipe,
    DWORD error,
    const void *bytes,
    DWORD size,
    win32_pipe_meaning *meaning_out)
{
    if (win32_pipe_is_broken(error)) {
        *meaning_out = meaning_of_break(pipe);
        return XIPC_OK;
    }
    if (error != ERROR_SUCCESS && error != ERROR_MORE_DATA) {
        return odd_error(error);
    }
    if (pipe->message_max > 0 &&
        (error == ERROR_MORE_DATA || size > pipe->message_max)) {
        *meaning_out = win32_pipe_spoil(pipe);
        return XIPC_OK;
    }
    *meaning_out = meaning_of(pipe, bytes, size);
    return XIPC_OK;
}

static xipc_status keep_if_empty(xipcos_pipe *pipe, win32_pipe_meaning meant)
{
    if (meant == WIN32_PIPE_IS_EMPTY && !keep_empty(pipe)) {
        win32_pipe_spoil(pipe); /* it is lost */
        return xipcos_fault(XIPC_E_NO_MEMORY, 0, "no memory for a message");
    }
    return XIPC_OK;
}

/* The word behind an escape, into `word`. */
static xipc_status
read_word_into(xipcos_pipe *pipe, char *word, const xipcos_patience *patience)
{
    DWORD error = ERROR_SUCCESS;
    DWORD size = 0;
    win32_pipe_meaning meant = WIN32_PIPE_IS_NOTHING;
    xipc_status status = win32_pipe_read_message(
        pipe, word, WIN32_PIPE_PIECE, patience, &error, &size);

    if (status == XIPC_OK && win32_pipe_is_broken(error)) {
        meaning_of_break(pipe);
    } else if (status == XIPC_OK && error != ERROR_SUCCESS) {
        win32_pipe_spoil(pipe);
    } else if (status == XIPC_OK) {
        meant = meaning_of(pipe, word, size);
    }
    return status == XIPC_OK ? keep_if_empty(pipe, meant) : status;
}

xipc_status
win32_pipe_read_word(xipcos_pipe *pipe, const xipcos_patience *patience)
{
    char *word = malloc(WIN32_PIPE_PIECE);
    xipc_status status;

    if (!word) {
        return xipcos_fault(XIPC_E_NO_MEMORY, 0, "no memory for a word");
    }
    status = read_word_into(pipe, word, patience);
    free(word);
    return status;
}

/* Into `letter`, which has room for `capacity`, and is kept if it is data. */
xipc_status win32_pipe_read_letter(
    xipcos_pipe *pipe,
    win32_pipe_letter *letter,
    DWORD capacity,
    const xipcos_patience *patience)
{
    DWORD error = ERROR_SUCCESS;
    DWORD size = 0;
    win32_pipe_meaning meant = WIN32_PIPE_IS_NOTHING;
    xipc_status status = win32_pipe_read_message(
        pipe, letter->bytes, capacity, patience, &error, &size);

    if (status == XIPC_OK) {
        status =
            win32_pipe_understand(pipe, error, letter->bytes, size, &meant);
    }
    if (meant == WIN32_PIPE_IS_DATA) {
        letter->next = NULL;
        letter->at = 0;
        letter->size = size;
        keep(pipe, letter);
        return status;
    }
    if (letter != pipe->spare) {
        free(letter);
    }
    return status == XIPC_OK ? keep_if_empty(pipe, meant) : status;
}

/* The size of the next one, when it has come; 0: it was something else. */
xipc_status win32_pipe_await_size(
    xipcos_pipe *pipe, const xipcos_patience *patience, DWORD *size_out)
{
    DWORD error = ERROR_SUCCESS;
    DWORD size = 0;
    win32_pipe_meaning meant = WIN32_PIPE_IS_NOTHING;
    xipc_status status =
        win32_pipe_read_message(pipe, NULL, 0, patience, &error, &size);

    *size_out = 0;
    if (status != XIPC_OK) {
        return status;
    }
    if (error != ERROR_MORE_DATA) {
        status = win32_pipe_understand(pipe, error, "", 0, &meant);
        return status == XIPC_OK ? keep_if_empty(pipe, meant) : status;
    }
    if (!PeekNamedPipe(pipe->reading.file, NULL, 0, NULL, NULL, size_out)) {
        return odd_error(GetLastError());
    }
    return XIPC_OK;
}

/* ---- looking ---- */

static void ask(xipcos_pipe *pipe)
{
    win32_pipe_question *data = &pipe->data;
    DWORD size;
    DWORD error;

    (void)win32_pipe_event(&pipe->reading, data);
    error = begin_read(pipe, NULL, 0, &data->operation, &size);
    if (error == ERROR_IO_PENDING) {
        data->state = WIN32_PIPE_PENDING;
        settle(pipe);
    } else {
        answer(pipe, error);
    }
}

/* Whether a read would find something. */
static int has_something(const xipcos_pipe *pipe)
{
    return pipe->first || pipe->end != XIPC_OK ||
           (pipe->data.state == WIN32_PIPE_IS_SO && !pipe->is_escaped);
}

void win32_pipe_look(xipcos_pipe *pipe)
{
    xipc_status status = XIPC_OK;

    settle(pipe);
    while (status == XIPC_OK && !has_something(pipe) &&
           pipe->data.state != WIN32_PIPE_PENDING) {
        if (pipe->data.state == WIN32_PIPE_IS_SO) {
            status = win32_pipe_read_word(pipe, &never);
            status = status == XIPC_E_AGAIN ? XIPC_OK : status;
        } else {
            ask(pipe);
        }
    }
    if (has_something(pipe) && pipe->data.operation.hEvent &&
        pipe->data.state != WIN32_PIPE_PENDING) {
        SetEvent(pipe->data.operation.hEvent);
    }
}

/* ---- the end ---- */

/* One more of what came before it. */
static xipc_status drain_one(xipcos_pipe *pipe)
{
    DWORD capacity =
        pipe->message_max > 0 ? pipe->message_max : WIN32_PIPE_PIECE;
    win32_pipe_letter *letter;

    if (pipe->is_escaped) {
        return win32_pipe_read_word(pipe, &never);
    }
    if (pipe->message_max > 0) {
        xipc_status status = win32_pipe_await_size(pipe, &never, &capacity);

        if (status != XIPC_OK || capacity == 0 || pipe->is_escaped) {
            return status;
        }
    }
    letter = win32_pipe_new_letter(capacity);
    if (!letter) {
        return xipcos_fault(XIPC_E_NO_MEMORY, 0, "no memory for what came");
    }
    return win32_pipe_read_letter(pipe, letter, capacity, &never);
}

/* Whether there is one more message of 0 bytes behind the end. */
static void look_for_farewell(xipcos_pipe *pipe)
{
    char nothing;
    DWORD error = ERROR_SUCCESS;
    DWORD size = 0;

    if (!pipe->has_farewell && pipe->end == XIPC_E_CLOSED &&
        win32_pipe_read_message(pipe, &nothing, 1, &never, &error, &size) ==
            XIPC_OK) {
        pipe->has_farewell = error == ERROR_SUCCESS && size == 0;
    }
}

void win32_pipe_learn_end(xipcos_pipe *pipe)
{
    xipc_status status = XIPC_OK;

    win32_pipe_withdraw_question(pipe);
    while (status == XIPC_OK && pipe->end == XIPC_OK) {
        status = drain_one(pipe);
    }
    look_for_farewell(pipe);
}
