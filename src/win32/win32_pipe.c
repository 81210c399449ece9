/* SPDX-License-Identifier: Apache-2.0 */
/* What all ends have in common: their life, and what a poller sees of them. */
#include "win32/win32_pipe.h"

#include <stdlib.h>

#include "win32/win32_crash.h"
#include "win32/win32_nt.h"
#include "win32/win32_status.h"

static void close_file(HANDLE file)
{
    if (file) {
        CloseHandle(file);
    }
}

static int start_turn(win32_pipe_turn *turn, HANDLE file)
{
    InitializeSRWLock(&turn->lock);
    InitializeConditionVariable(&turn->given);
    turn->file = file;
    if (file) {
        turn->operation.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    }
    return !file || turn->operation.hEvent;
}

xipcos_pipe *win32_pipe_new(
    win32_pipe_kind kind, uint32_t message_max, HANDLE in, HANDLE out)
{
    xipcos_pipe *pipe = calloc(1, sizeof *pipe);
    int has_turns;

    if (!pipe) {
        close_file(in);
        close_file(out == in ? NULL : out);
        xipcos_fault(XIPC_E_NO_MEMORY, 0, "no memory for a pipe");
        return NULL;
    }
    pipe->kind = kind;
    pipe->message_max = message_max;
    pipe->directions = (in ? XIPC_READABLE : 0U) | (out ? XIPC_WRITABLE : 0U);
    pipe->is_message_read = 1;
    pipe->last = &pipe->first;
    has_turns = start_turn(&pipe->reading, in);
    has_turns &= start_turn(&pipe->writing, out);
    if (!has_turns) {
        win32_fault(GetLastError(), "cannot make an event");
        pipe->has_ended = 1; /* nothing to say */
        pipe->kind = WIN32_PIPE_FOREIGN;
        xipcos_pipe_close(pipe);
        return NULL;
    }
    return pipe;
}

/* The memory of what is under way is the system's until that has ended. */
static void end_question(HANDLE file, win32_pipe_question *question)
{
    if (question->state == WIN32_PIPE_PENDING && file) {
        win32_pipe_take_back(file, &question->operation);
    }
    close_file(question->operation.hEvent);
}

static void end_timer(xipcos_pipe *pipe)
{
    if (pipe->timer) {
        SetThreadpoolTimer(pipe->timer, NULL, 0, 0);
        WaitForThreadpoolTimerCallbacks(pipe->timer, TRUE);
        CloseThreadpoolTimer(pipe->timer);
    }
}

void xipcos_pipe_close(xipcos_pipe *pipe)
{
    HANDLE in;
    HANDLE out;

    if (!pipe) {
        return;
    }
    in = pipe->reading.file;
    out = pipe->writing.file;
    win32_pipe_leave_pair(pipe, 0);
    win32_pipe_leave_pair(pipe, 1);
    if (pipe->kind == WIN32_PIPE_CONNECTION && out) {
        win32_pipe_say_end(pipe, 1);
    }
    WIN32_CRASH_POINT();
    end_timer(pipe);
    end_question(in, &pipe->data);
    end_question(pipe->kind == WIN32_PIPE_CONNECTION ? out : NULL, &pipe->room);
    close_file(in);
    close_file(out == in ? NULL : out);
    close_file(pipe->reading.operation.hEvent);
    close_file(pipe->writing.operation.hEvent);
    win32_pipe_drop_letters(pipe);
    free(pipe);
}

void xipcos_pipe_wake(xipcos_pipe *pipe)
{
    win32_pipe_stir(&pipe->reading);
    win32_pipe_stir(&pipe->writing);
}

uint32_t xipcos_pipe_directions(const xipcos_pipe *pipe)
{
    return pipe->directions;
}

uint32_t xipcos_pipe_message_max(const xipcos_pipe *pipe)
{
    return pipe->message_max;
}

intptr_t xipcos_pipe_native_handle(const xipcos_pipe *pipe, uint32_t direction)
{
    xipcos_pipe *used = (xipcos_pipe *)pipe;

    atomic_store_explicit(&used->is_used, 1, memory_order_relaxed);
    return (intptr_t)(direction == XIPC_READABLE ? pipe->reading.file
                                                 : pipe->writing.file);
}

/* ---- for a poller ---- */

static uint32_t reading_events(xipcos_pipe *pipe)
{
    uint32_t events = 0;

    if (!win32_pipe_try_to_look(&pipe->reading, &pipe->data)) {
        return 0;
    }
    if (pipe->is_synchronous) {
        events = win32_pipe_plain_ready(pipe);
    } else {
        win32_pipe_look(pipe);
        if (pipe->first || pipe->end != XIPC_OK ||
            pipe->data.state == WIN32_PIPE_IS_SO) {
            events |= XIPC_READABLE;
        }
        if (pipe->end != XIPC_OK) {
            events |= XIPC_HUNG_UP;
        }
    }
    win32_pipe_leave_to_look(&pipe->reading, &pipe->data);
    return events;
}

static uint32_t writing_events(xipcos_pipe *pipe)
{
    uint32_t events = 0;
    int is_closing = 0;

    if (atomic_load(&pipe->writing.is_over)) {
        return XIPC_WRITABLE;
    }
    if (!win32_pipe_try_to_look(&pipe->writing, &pipe->room)) {
        return 0;
    }
    if (atomic_load(&pipe->writing.is_over)) {
        pipe->is_full = 0; /* nothing may come behind the end */
    }
    if (pipe->is_full && !pipe->is_synchronous) {
        win32_pipe_look_for_room(pipe);
    }
    if (!pipe->reading.file && pipe->writing.file &&
        win32_nt_pipe_closing(pipe->writing.file, &is_closing) == XIPC_OK &&
        is_closing) {
        pipe->is_full = 0;
        events |= XIPC_HUNG_UP;
    }
    if (!pipe->is_full) {
        events |= XIPC_WRITABLE;
    }
    win32_pipe_leave_to_look(&pipe->writing, &pipe->room);
    return events;
}

uint32_t xipcos_pipe_ready(xipcos_pipe *pipe)
{
    uint32_t events = 0;

    atomic_store_explicit(&pipe->is_used, 1, memory_order_relaxed);
    if (pipe->reading.file) {
        events |= reading_events(pipe);
    }
    if ((pipe->directions & XIPC_WRITABLE) != 0) {
        events |= writing_events(pipe);
    }
    return events;
}

/* Signalled until the question is asked: then whoever waits looks, and asks. */
HANDLE win32_pipe_event(win32_pipe_turn *turn, win32_pipe_question *question)
{
    HANDLE event;

    AcquireSRWLockExclusive(&turn->lock);
    if (!question->operation.hEvent) {
        question->operation.hEvent = CreateEventW(NULL, TRUE, TRUE, NULL);
    }
    event = question->operation.hEvent;
    ReleaseSRWLockExclusive(&turn->lock);
    return event;
}

/* The event is quiet while somebody else has the turn, who then sets it. */
int win32_pipe_try_to_look(win32_pipe_turn *turn, win32_pipe_question *question)
{
    if (win32_pipe_try(turn)) {
        return 1;
    }
    ResetEvent(win32_pipe_event(turn, question));
    atomic_store(&question->is_wanted, 1);
    return win32_pipe_try(turn);
}

void win32_pipe_leave_to_look(
    win32_pipe_turn *turn, win32_pipe_question *question)
{
    win32_pipe_leave(turn);
    if (atomic_exchange(&question->is_wanted, 0)) {
        SetEvent(win32_pipe_event(turn, question));
    }
}

uint32_t
xipcos_pipe_waitable(xipcos_pipe *pipe, uint32_t events, intptr_t *native_out)
{
    HANDLE event = NULL;
    uint32_t told = 0;

    atomic_store_explicit(&pipe->is_used, 1, memory_order_relaxed);
    if (pipe->is_synchronous) {
        return 0;
    }
    if ((events & XIPC_READABLE) != 0 && pipe->reading.file) {
        event = win32_pipe_event(&pipe->reading, &pipe->data);
        told = XIPC_READABLE;
    } else if ((events & XIPC_WRITABLE) != 0 && pipe->writing.file) {
        event = win32_pipe_event(&pipe->writing, &pipe->room);
        told = XIPC_WRITABLE;
    }
    if (!event) {
        return 0;
    }
    *native_out = (intptr_t)event;
    return told;
}
