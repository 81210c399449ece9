/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handles that were made for plain ReadFile() and WriteFile(), as a program's
 * standard streams are: on them the system does one thing at a time, and each
 * call waits.
 *
 *     read   looks every few milliseconds whether there is something, and reads
 *            only then
 *     write  waits inside the system, and a timer of the thread pool looks
 *            whether it has to end, and has the system cancel what this thread
 *            waits for
 */
#include "win32/win32_pipe.h"

#include <stdlib.h>

#include "win32/win32_status.h"

#define SLEEP_MS       5
#define WATCH_MS       10
#define TICKS_PER_MS   10000LL
#define IS_RUNNING(it) (atomic_load(&(it)->is_running))

/* What the timer watches over. */
typedef struct watch {
    HANDLE thread;
    const xipcos_patience *patience;
    const win32_pipe_turn *turn;
    atomic_int is_running;
    xipc_status reason;
} watch;

static xipc_status gone(DWORD error)
{
    return win32_fault_as(
        XIPC_E_CLOSED, error, "the other side has ended, and all was read");
}

/* ERROR_SUCCESS, and how many bytes there are. */
static DWORD look(const xipcos_pipe *pipe, DWORD *size_out)
{
    return PeekNamedPipe(pipe->reading.file, NULL, 0, NULL, size_out, NULL)
               ? ERROR_SUCCESS
               : GetLastError();
}

static void sleep_a_little(win32_pipe_turn *turn, xipc_deadline deadline)
{
    DWORD left = win32_pipe_left_ms(deadline);

    AcquireSRWLockExclusive(&turn->lock);
    SleepConditionVariableSRW(
        &turn->given, &turn->lock, left < SLEEP_MS ? left : SLEEP_MS, 0);
    ReleaseSRWLockExclusive(&turn->lock);
}

xipc_status win32_pipe_plain_read(
    xipcos_pipe *pipe,
    void *buffer,
    size_t capacity,
    const xipcos_patience *patience,
    size_t *size_out)
{
    xipc_status status = XIPC_OK;
    DWORD size = 0;
    DWORD error = look(pipe, &size);

    while (error == ERROR_SUCCESS && size == 0 && status == XIPC_OK) {
        status = win32_pipe_patience(patience, &pipe->reading);
        if (status == XIPC_OK) {
            sleep_a_little(&pipe->reading, patience->deadline);
            error = look(pipe, &size);
        }
    }
    if (status != XIPC_OK) {
        return status;
    }
    if (error == ERROR_SUCCESS) {
        size = capacity > WIN32_PIPE_PIECE ? WIN32_PIPE_PIECE : (DWORD)capacity;
        error = ReadFile(pipe->reading.file, buffer, size, &size, NULL)
                    ? ERROR_SUCCESS
                    : GetLastError();
    }
    if (win32_pipe_is_broken(error)) {
        return gone(error);
    }
    if (error != ERROR_SUCCESS && error != ERROR_MORE_DATA) {
        return win32_fault(error, "cannot read the pipe");
    }
    *size_out = size;
    return XIPC_OK;
}

static void CALLBACK
on_time(PTP_CALLBACK_INSTANCE instance, void *context, PTP_TIMER timer)
{
    watch *self = context;

    (void)instance;
    (void)timer;
    self->reason = win32_pipe_patience(self->patience, self->turn);
    if (self->reason != XIPC_OK && IS_RUNNING(self)) {
        CancelSynchronousIo(self->thread);
    }
}

/* The thread's own handle is none. */
static DWORD watched_write(
    xipcos_pipe *pipe,
    const void *data,
    DWORD size,
    PTP_TIMER timer,
    watch *self)
{
    ULARGE_INTEGER first = {.QuadPart = (ULONGLONG)(-WATCH_MS * TICKS_PER_MS)};
    FILETIME due = {first.LowPart, first.HighPart};
    DWORD written;
    DWORD error;

    SetThreadpoolTimer(timer, &due, WATCH_MS, 0);
    error = WriteFile(pipe->writing.file, data, size, &written, NULL)
                ? ERROR_SUCCESS
                : GetLastError();
    atomic_store(&self->is_running, 0);
    SetThreadpoolTimer(timer, NULL, 0, 0);
    WaitForThreadpoolTimerCallbacks(timer, TRUE);
    return error;
}

xipc_status win32_pipe_plain_write(
    xipcos_pipe *pipe,
    const void *data,
    DWORD size,
    const xipcos_patience *patience)
{
    watch self = {NULL, patience, &pipe->writing, 1, XIPC_OK};
    PTP_TIMER timer = CreateThreadpoolTimer(on_time, &self, NULL);
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;

    self.thread = OpenThread(THREAD_TERMINATE, FALSE, GetCurrentThreadId());
    if (timer && self.thread) {
        error = watched_write(pipe, data, size, timer, &self);
    }
    if (timer) {
        CloseThreadpoolTimer(timer);
    }
    if (self.thread) {
        CloseHandle(self.thread);
    }
    if (error == ERROR_OPERATION_ABORTED && self.reason != XIPC_OK) {
        pipe->is_full = 1;
        return self.reason;
    }
    if (win32_pipe_is_broken(error)) {
        return win32_fault_as(XIPC_E_CLOSED, error, "nobody reads any more");
    }
    return error == ERROR_SUCCESS
               ? XIPC_OK
               : win32_fault(error, "cannot write to the pipe");
}

uint32_t win32_pipe_plain_ready(xipcos_pipe *pipe)
{
    DWORD size = 0;
    DWORD error = look(pipe, &size);

    if (error != ERROR_SUCCESS) {
        return XIPC_READABLE | XIPC_HUNG_UP;
    }
    return size > 0 ? XIPC_READABLE : 0;
}
