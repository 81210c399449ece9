/* SPDX-License-Identifier: Apache-2.0 */
#include "win32/win32_queue_reader.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "os/os_random.h"
#include "win32/win32_status.h"

#define NS_PER_MS 1000000

/* The longest single sleep; the caller looks again. */
#define SLEEP_MAX_MS 10000

/* How long a message waits for memory before it is tried again; and the marker
 * for its turn, where it was not written or does not come. */
#define MEMORY_MS 20
#define MARKER_MS 20
#define TURNS_MAX 50

typedef struct message {
    struct message *next;
    size_t size;
    unsigned char bytes[];
} message;

/* What the reader writes to its own slot. `token` is drawn by chance, so that
 * no other message is one. */
typedef struct marker {
    uint64_t token[2];
    uint64_t number;
} marker;

_Static_assert(sizeof(marker) == WIN32_QUEUE_MARKER_SIZE, "with no gaps");

/*
 * The lock guards everything down to `error`; `slot`, `path`, the limits and
 * `buffer` are the thread's alone until it has ended. `wakes` is changed with
 * the lock and read by anybody.
 */
struct win32_queue_reader {
    SRWLOCK lock;
    CONDITION_VARIABLE filled;  /* receivers wait here, */
    CONDITION_VARIABLE drained; /* and the thread */
    message *first;
    message **end;
    uint64_t count;
    HANDLE event; /* NULL until somebody asks for it */
    int is_stopping;
    /* Numbers of markers: the last one asked for, the last one met. */
    uint64_t marked;
    uint64_t met;
    DWORD error; /* with which the thread has given up; 0: it has not */
    _Atomic uint32_t wakes;
    HANDLE slot;
    HANDLE thread;
    const char *path;
    uint32_t capacity;
    uint32_t message_max;
    size_t buffer_size; /* a byte more than the longest that may come */
    unsigned char *buffer;
    uint64_t token[2];
};

/* Milliseconds, rounded up. */
static DWORD sleep_ms(int64_t ns)
{
    if (ns >= (int64_t)SLEEP_MAX_MS * NS_PER_MS) {
        return SLEEP_MAX_MS;
    }
    return (DWORD)((ns + NS_PER_MS - 1) / NS_PER_MS);
}

/* ---- the thread ---- */

static message *copy_of(const void *bytes, size_t size)
{
    message *copy = malloc(sizeof *copy + size);

    if (copy) {
        copy->next = NULL;
        copy->size = size;
        memcpy(copy->bytes, bytes, size);
    }
    return copy;
}

/* With the lock. Waits until the queue has room for one more; returns 0 when
 * the reader is stopped. */
static int wait_for_room(win32_queue_reader *reader)
{
    while (!reader->is_stopping && reader->count >= reader->capacity) {
        SleepConditionVariableSRW(&reader->drained, &reader->lock, INFINITE, 0);
    }
    return !reader->is_stopping;
}

/* With the lock: adds what is in the buffer. Whoever sent it was told that it
 * is sent, so for memory it waits. */
static void add(win32_queue_reader *reader, size_t size)
{
    message *added = copy_of(reader->buffer, size);

    while (!added && !reader->is_stopping) {
        SleepConditionVariableSRW(
            &reader->drained, &reader->lock, MEMORY_MS, 0);
        added = copy_of(reader->buffer, size);
    }
    if (!added) {
        return;
    }
    *reader->end = added;
    reader->end = &added->next;
    reader->count++;
    if (reader->event && reader->count == 1) {
        SetEvent(reader->event);
    }
    WakeAllConditionVariable(&reader->filled); /* one may have given up */
}

/*
 * 0, or the error of a slot that cannot be read any more. Not errors are
 * that nothing has come in time, and an empty message, of which Wine before 10
 * says that a pipe has ended: a slot has no end.
 */
static DWORD read_one(win32_queue_reader *reader, DWORD *size_out, int *is_in)
{
    DWORD error = ERROR_SUCCESS;

    *size_out = 0;
    *is_in = 1;
    if (!ReadFile(
            reader->slot, reader->buffer, (DWORD)reader->buffer_size, size_out,
            NULL)) {
        error = GetLastError();
    }
    if (error == ERROR_BROKEN_PIPE) {
        *size_out = 0;
        return ERROR_SUCCESS;
    }
    *is_in = error == ERROR_SUCCESS;
    return error == ERROR_SEM_TIMEOUT ? ERROR_SUCCESS : error;
}

/* The number of the marker in the buffer; 0: it is none. */
static uint64_t marker_number(const win32_queue_reader *reader, size_t size)
{
    marker met;

    if (size != sizeof met) {
        return 0;
    }
    memcpy(&met, reader->buffer, sizeof met);
    return memcmp(met.token, reader->token, sizeof met.token) == 0 ? met.number
                                                                   : 0;
}

/* With the lock. */
static void sort_in(win32_queue_reader *reader, size_t size)
{
    uint64_t number = marker_number(reader, size);

    if (number == 0) {
        add(reader, size);
        return;
    }
    if (number > reader->met) {
        reader->met = number;
    }
    WakeAllConditionVariable(&reader->filled);
}

static DWORD WINAPI run(void *parameter)
{
    win32_queue_reader *reader = parameter;
    DWORD error = ERROR_SUCCESS;
    DWORD size;
    int is_in;

    AcquireSRWLockExclusive(&reader->lock);
    while (error == ERROR_SUCCESS && wait_for_room(reader)) {
        ReleaseSRWLockExclusive(&reader->lock);
        error = read_one(reader, &size, &is_in);
        AcquireSRWLockExclusive(&reader->lock);
        if (is_in && !reader->is_stopping) {
            sort_in(reader, size);
        }
    }
    reader->error = error;
    if (error != ERROR_SUCCESS) {
        if (reader->event) {
            SetEvent(reader->event);
        }
        WakeAllConditionVariable(&reader->filled);
    }
    ReleaseSRWLockExclusive(&reader->lock);
    return 0;
}

/* ---- its life ---- */

/* Puts a marker behind all that is in the slot; returns 0 if that is full, or
 * somebody has it for writing alone. */
static int write_marker(const win32_queue_reader *reader, uint64_t number)
{
    marker mark = {{reader->token[0], reader->token[1]}, number};
    OVERLAPPED overlapped = {0};
    DWORD size;
    BOOL is_written;
    HANDLE writer = CreateFileA(
        reader->path, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
        OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);

    if (writer == INVALID_HANDLE_VALUE) {
        return 0;
    }
    is_written = WriteFile(writer, &mark, sizeof mark, NULL, &overlapped);
    if (!is_written && GetLastError() == ERROR_IO_PENDING) {
        CancelIoEx(writer, &overlapped);
        is_written = GetOverlappedResult(writer, &overlapped, &size, TRUE);
    }
    CloseHandle(writer);
    return is_written != 0;
}

/* Where a slot is full no read is waiting. Where it cannot be written to a
 * cancel may end the read, or else the time. */
static void stop_thread(win32_queue_reader *reader)
{
    if (!reader->thread) {
        return;
    }
    AcquireSRWLockExclusive(&reader->lock);
    reader->is_stopping = 1;
    ReleaseSRWLockExclusive(&reader->lock);
    WakeAllConditionVariable(&reader->drained);
    if (!write_marker(reader, 0)) {
        CancelIoEx(reader->slot, NULL);
    }
    WaitForSingleObject(reader->thread, INFINITE);
    CloseHandle(reader->thread);
}

void win32_queue_reader_stop(win32_queue_reader *reader)
{
    message *next;

    if (!reader) {
        return;
    }
    stop_thread(reader);
    CloseHandle(reader->slot);
    if (reader->event) {
        CloseHandle(reader->event);
    }
    for (message *old = reader->first; old; old = next) {
        next = old->next;
        free(old);
    }
    free(reader->buffer);
    free(reader);
}

xipc_status win32_queue_reader_start(
    HANDLE slot,
    const char *path,
    uint32_t capacity,
    uint32_t message_max,
    win32_queue_reader **reader_out)
{
    win32_queue_reader *reader = calloc(1, sizeof *reader);
    xipc_status status;

    if (!reader) {
        CloseHandle(slot);
        return xipcos_fault(XIPC_E_NO_MEMORY, 0, "no memory for its reader");
    }
    reader->slot = slot;
    reader->path = path;
    reader->capacity = capacity;
    reader->message_max = message_max;
    reader->end = &reader->first;
    InitializeSRWLock(&reader->lock);
    InitializeConditionVariable(&reader->filled);
    InitializeConditionVariable(&reader->drained);
    reader->token[0] = xipcos_random();
    reader->token[1] = xipcos_random();
    reader->buffer_size = win32_queue_longest(message_max) + 1;
    reader->buffer = malloc(reader->buffer_size);
    if (!reader->buffer) {
        status = xipcos_fault(
            XIPC_E_NO_MEMORY, 0, "no memory for a message of %u bytes",
            (unsigned)message_max);
        goto stop;
    }
    reader->thread = CreateThread(NULL, 0, run, reader, 0, NULL);
    if (!reader->thread) {
        status = win32_fault(GetLastError(), "cannot start a thread to read");
        goto stop;
    }
    *reader_out = reader;
    return XIPC_OK;

stop:
    win32_queue_reader_stop(reader);
    return status;
}

/* ---- its queue ---- */

/* With the lock; the caller's from now on. */
static message *take_first(win32_queue_reader *reader)
{
    message *taken = reader->first;

    if (!taken) {
        return NULL;
    }
    reader->first = taken->next;
    if (!reader->first) {
        reader->end = &reader->first;
        if (reader->event && reader->error == ERROR_SUCCESS) {
            ResetEvent(reader->event);
        }
    }
    if (reader->count-- == reader->capacity) {
        WakeConditionVariable(&reader->drained);
    }
    return taken;
}

xipc_status win32_queue_reader_take(
    win32_queue_reader *reader, void *buffer, size_t *size_out)
{
    xipc_status status = XIPC_OK;
    message *taken;
    DWORD error;

    AcquireSRWLockExclusive(&reader->lock);
    taken = take_first(reader);
    error = reader->error;
    ReleaseSRWLockExclusive(&reader->lock);
    if (!taken) {
        return error == ERROR_SUCCESS
                   ? XIPC_E_AGAIN
                   : win32_fault_as(
                         XIPC_E_OS, error, "the mailslot cannot be read");
    }
    if (taken->size > reader->message_max) {
        status = xipcos_fault(
            XIPC_E_CORRUPT, 0,
            "a message was longer than message_max, %u bytes, and is lost",
            (unsigned)reader->message_max);
    } else {
        memcpy(buffer, taken->bytes, taken->size);
        *size_out = taken->size;
    }
    free(taken);
    return status;
}

uint64_t win32_queue_reader_count(win32_queue_reader *reader)
{
    uint64_t count;

    AcquireSRWLockShared(&reader->lock);
    count = reader->count;
    ReleaseSRWLockShared(&reader->lock);
    return count;
}

/* With the lock. */
static int is_ready(const win32_queue_reader *reader)
{
    return reader->first || reader->error != ERROR_SUCCESS;
}

int win32_queue_reader_is_ready(win32_queue_reader *reader)
{
    int answer;

    AcquireSRWLockShared(&reader->lock);
    answer = is_ready(reader);
    ReleaseSRWLockShared(&reader->lock);
    return answer;
}

/* With the lock. */
static int is_settled(const win32_queue_reader *reader, uint64_t number)
{
    return is_ready(reader) || reader->met >= number;
}

static int has_more(const win32_queue_reader *reader)
{
    DWORD next;

    return GetMailslotInfo(reader->slot, NULL, &next, NULL, NULL) &&
           next != MAILSLOT_NO_MESSAGE;
}

/* How often it pays to wait for the thread; 1 only in case. */
static int turns_for(const win32_queue_reader *reader, uint64_t number)
{
    return write_marker(reader, number) || has_more(reader) ? TURNS_MAX : 1;
}

void win32_queue_reader_settle(win32_queue_reader *reader)
{
    uint64_t number;
    int turns = 0;

    AcquireSRWLockExclusive(&reader->lock);
    number = ++reader->marked;
    if (!is_ready(reader)) {
        ReleaseSRWLockExclusive(&reader->lock);
        turns = turns_for(reader, number);
        AcquireSRWLockExclusive(&reader->lock);
    }
    for (; turns > 0 && !is_settled(reader, number); turns--) {
        SleepConditionVariableSRW(&reader->filled, &reader->lock, MARKER_MS, 0);
    }
    ReleaseSRWLockExclusive(&reader->lock);
}

uint32_t win32_queue_reader_ticket(const win32_queue_reader *reader)
{
    return atomic_load_explicit(&reader->wakes, memory_order_seq_cst);
}

void win32_queue_reader_wait(
    win32_queue_reader *reader, uint32_t ticket, int64_t ns)
{
    assert(ns >= 0);
    AcquireSRWLockExclusive(&reader->lock);
    if (!is_ready(reader) && win32_queue_reader_ticket(reader) == ticket) {
        SleepConditionVariableSRW(
            &reader->filled, &reader->lock, sleep_ms(ns), 0);
    }
    ReleaseSRWLockExclusive(&reader->lock);
}

void win32_queue_reader_wake(win32_queue_reader *reader)
{
    AcquireSRWLockExclusive(&reader->lock);
    atomic_fetch_add_explicit(&reader->wakes, 1, memory_order_seq_cst);
    ReleaseSRWLockExclusive(&reader->lock);
    WakeAllConditionVariable(&reader->filled);
}

xipc_status
win32_queue_reader_event(win32_queue_reader *reader, HANDLE *event_out)
{
    xipc_status status = XIPC_OK;

    AcquireSRWLockExclusive(&reader->lock);
    if (!reader->event) {
        reader->event = CreateEventW(NULL, TRUE, is_ready(reader), NULL);
    }
    if (reader->event) {
        *event_out = reader->event;
    } else {
        status = win32_fault(GetLastError(), "cannot make an event");
    }
    ReleaseSRWLockExclusive(&reader->lock);
    return status;
}
