/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose turn it is in one direction of an end, and how long it waits.
 *
 *     who waits    1  begins its read or write     2  looks whether to go on
 *                  3  sleeps
 *     who stirs    1  says so (is_interrupted, is_over)
 *                  2  cancels what has begun
 *
 * So either the cancel meets it, or the look sees it.
 */
#include "win32/win32_pipe.h"

#include "os/os_clock.h"

#define NS_PER_MS 1000000

/* How long to wait for what was canceled, before another look. */
#define TAKEN_BACK_MS 1

/* The longest single sleep; who sleeps looks again. */
#define SLEEP_MAX_MS 0x7ffffffe

DWORD win32_pipe_left_ms(xipc_deadline deadline)
{
    int64_t left;

    if (deadline == XIPC_FOREVER) {
        return INFINITE;
    }
    left = deadline == XIPC_NOW ? 0 : deadline - xipcos_clock_ns();
    if (left <= 0) {
        return 0;
    }
    return left >= (int64_t)SLEEP_MAX_MS * NS_PER_MS
               ? SLEEP_MAX_MS
               : (DWORD)((left + NS_PER_MS - 1) / NS_PER_MS);
}

xipc_status win32_pipe_patience(
    const xipcos_patience *patience, const win32_pipe_turn *turn)
{
    if (atomic_load(&turn->is_over)) {
        return XIPC_E_CLOSED;
    }
    if (patience->deadline == XIPC_NOW) {
        return XIPC_E_AGAIN;
    }
    if (patience->is_interrupted && atomic_load(patience->is_interrupted)) {
        return XIPC_E_CANCELED;
    }
    return win32_pipe_left_ms(patience->deadline) == 0 ? XIPC_E_TIMEOUT
                                                       : XIPC_OK;
}

xipc_status
win32_pipe_take(win32_pipe_turn *turn, const xipcos_patience *patience)
{
    xipc_status status = XIPC_OK;

    AcquireSRWLockExclusive(&turn->lock);
    while (turn->is_taken && status == XIPC_OK) {
        status = win32_pipe_patience(patience, turn);
        if (status == XIPC_OK) {
            SleepConditionVariableSRW(
                &turn->given, &turn->lock,
                win32_pipe_left_ms(patience->deadline), 0);
        }
    }
    if (status == XIPC_OK && atomic_load(&turn->is_over)) {
        status = XIPC_E_CLOSED;
    }
    if (status == XIPC_OK) {
        turn->is_taken = 1;
    }
    ReleaseSRWLockExclusive(&turn->lock);
    return status;
}

int win32_pipe_try(win32_pipe_turn *turn)
{
    int is_mine;

    AcquireSRWLockExclusive(&turn->lock);
    is_mine = !turn->is_taken;
    turn->is_taken = 1;
    ReleaseSRWLockExclusive(&turn->lock);
    return is_mine;
}

void win32_pipe_leave(win32_pipe_turn *turn)
{
    AcquireSRWLockExclusive(&turn->lock);
    turn->is_taken = 0;
    ReleaseSRWLockExclusive(&turn->lock);
    WakeAllConditionVariable(&turn->given);
}

void win32_pipe_stir(win32_pipe_turn *turn)
{
    AcquireSRWLockExclusive(&turn->lock);
    if (turn->file) {
        CancelIoEx(turn->file, &turn->operation);
    }
    ReleaseSRWLockExclusive(&turn->lock);
    WakeAllConditionVariable(&turn->given);
}

int win32_pipe_end_turns(win32_pipe_turn *turn)
{
    int is_first;

    AcquireSRWLockExclusive(&turn->lock);
    is_first = !atomic_exchange(&turn->is_over, 1);
    if (is_first && turn->file) {
        CancelIoEx(turn->file, &turn->operation);
    }
    WakeAllConditionVariable(&turn->given);
    while (is_first && turn->is_taken) {
        SleepConditionVariableSRW(&turn->given, &turn->lock, INFINITE, 0);
    }
    turn->is_taken |= is_first;
    ReleaseSRWLockExclusive(&turn->lock);
    return is_first;
}

int win32_pipe_has_ended(const OVERLAPPED *operation)
{
    const volatile OVERLAPPED *seen = operation;
    int has_ended = HasOverlappedIoCompleted(seen);

    /* The system wrote all else before that. */
    atomic_thread_fence(memory_order_acquire);
    return has_ended;
}

DWORD win32_pipe_outcome(
    HANDLE file, BOOL is_done, OVERLAPPED *operation, DWORD *size_out)
{
    DWORD error = is_done ? ERROR_SUCCESS : GetLastError();

    if (error == ERROR_SUCCESS || error == ERROR_MORE_DATA) {
        /* It is over: this reads what stands there. */
        GetOverlappedResult(file, operation, size_out, FALSE);
    } else {
        *size_out = 0;
    }
    return error;
}

void win32_pipe_take_back(HANDLE file, OVERLAPPED *operation)
{
    CancelIoEx(file, operation);
    while (!win32_pipe_has_ended(operation)) {
        if (WaitForSingleObject(operation->hEvent, TAKEN_BACK_MS) !=
                WAIT_TIMEOUT &&
            !win32_pipe_has_ended(operation)) {
            Sleep(TAKEN_BACK_MS);
        }
    }
}

/* Takes it back. XIPC_OK: too late, it was done. */
static xipc_status give_up(win32_pipe_turn *turn, xipc_status reason)
{
    DWORD size;

    win32_pipe_take_back(turn->file, &turn->operation);
    if (!GetOverlappedResult(turn->file, &turn->operation, &size, FALSE) &&
        GetLastError() == ERROR_OPERATION_ABORTED) {
        return reason;
    }
    return XIPC_OK;
}

xipc_status win32_pipe_await(
    win32_pipe_turn *turn,
    const xipcos_patience *patience,
    DWORD *error_out,
    DWORD *size_out)
{
    xipc_status status = XIPC_OK;

    while (!win32_pipe_has_ended(&turn->operation)) {
        status = win32_pipe_patience(patience, turn);
        if (status != XIPC_OK) {
            status = give_up(turn, status);
            break;
        }
        WaitForSingleObject(
            turn->operation.hEvent, win32_pipe_left_ms(patience->deadline));
    }
    if (status != XIPC_OK) {
        return status;
    }
    *error_out =
        GetOverlappedResult(turn->file, &turn->operation, size_out, FALSE)
            ? ERROR_SUCCESS
            : GetLastError();
    return XIPC_OK;
}
