/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mailslots. Whoever makes one reads it (win32_queue_reader.h), all others only
 * write, and it ends with its maker.
 *
 * Under Wine (8 and 10) it does not: while anybody has it open for writing it
 * stays under its name, so that nobody can make it anew, and takes messages
 * that nobody will read. So a companion's slot has the companion's instance
 * number in its name, which no other one will ever have, and core knows whether
 * its maker lives. Of that slot a sender keeps a handle. Any other one it opens
 * for each message, which costs more, and finds out that way whether it is
 * there.
 *
 * That number is also why nobody has to ask who made a companion's slot: who
 * cannot read the companion does not know the name.
 *
 * No write waits. A slot takes whatever there is memory for. Under Wine before
 * 10 it may be full for a moment; then the write, which is begun by then, is
 * taken back.
 */
#include "os/os_queue.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xipc/poller.h>

#include "win32/win32_crash.h"
#include "win32/win32_queue_reader.h"
#include "win32/win32_section.h"
#include "win32/win32_security.h"
#include "win32/win32_status.h"

#define PATH_START "\\\\.\\mailslot\\"
#define PATH_SIZE  MAX_PATH

/* What the reader may have in memory, if it must. */
#define CAPACITY_MAX (UINT32_C(1) << 20)

/* What a slot takes on every host: the system keeps to 64 KiB somewhere, and
 * Wine to what its host's sockets do, which is 208 KiB as a rule. */
#define MESSAGE_MAX (UINT32_C(63) << 10)

/* A message is put together on the stack up to this. */
#define JOIN_SIZE 8192

/* What everybody else may do with a slot that they may write to. */
#define OTHERS_SEND "GW"

struct xipcos_queue {
    char path[PATH_SIZE];
    int is_companions;
    uint32_t capacity; /* 0: not known */
    uint32_t message_max;
    SRWLOCK lock;               /* of the one write that may be going on */
    HANDLE writer;              /* kept, with the lock; NULL: not open */
    win32_queue_reader *reader; /* the maker's; NULL: it only sends */
};

int xipcos_queue_limits(xipcos_queue_bounds *bounds_out)
{
    *bounds_out = (xipcos_queue_bounds){
        .capacity_max = CAPACITY_MAX,
        .message_max = MESSAGE_MAX,
        .priority_count = 1,
        .text = "CreateMailslot()",
    };
    return 1;
}

/* ---- names ---- */

static int is_name_error(DWORD error)
{
    return error == ERROR_INVALID_NAME || error == ERROR_BAD_PATHNAME ||
           error == ERROR_FILENAME_EXCED_RANGE;
}

static xipc_status slot_fault(DWORD error, const char *what, const char *path)
{
    return win32_fault_as(
        is_name_error(error) ? XIPC_E_NAME : xipcos_status(error), error,
        "%s '%s'", what, path);
}

static xipc_status write_path(xipcos_queue_place place, char path[PATH_SIZE])
{
    int length =
        place.companion
            ? snprintf(
                  path, PATH_SIZE, PATH_START "xipc\\%s-%016" PRIx64,
                  place.native_name, place.companion->instance)
            : snprintf(path, PATH_SIZE, PATH_START "%s", place.native_name);

    if (length < 0 || length >= PATH_SIZE) {
        return xipcos_fault(
            XIPC_E_NAME, 0, "a mailslot's name has at most %d bytes",
            PATH_SIZE - (int)sizeof PATH_START);
    }
    return XIPC_OK;
}

/* ---- its life ---- */

/* NULL with a fault. */
static xipcos_queue *new_queue(xipcos_queue_place place)
{
    xipcos_queue *queue = calloc(1, sizeof *queue);

    if (!queue) {
        xipcos_fault(XIPC_E_NO_MEMORY, 0, "no memory for a mailslot");
        return NULL;
    }
    InitializeSRWLock(&queue->lock);
    queue->is_companions = place.companion != NULL;
    return queue;
}

static xipc_status check_plan(const xipcos_queue_plan *plan)
{
    if (plan->capacity > CAPACITY_MAX) {
        return xipcos_fault(
            XIPC_E_LIMIT, 0,
            "a capacity of %" PRIu32 " asked for, and a mailslot's reader "
            "keeps %" PRIu32 " messages",
            plan->capacity, (uint32_t)CAPACITY_MAX);
    }
    if (plan->message_max > MESSAGE_MAX) {
        return xipcos_fault(
            XIPC_E_LIMIT, 0,
            "messages of %" PRIu32 " bytes asked for, and a mailslot takes "
            "%" PRIu32,
            plan->message_max, (uint32_t)MESSAGE_MAX);
    }
    return XIPC_OK;
}

/* Others can only ever send. */
static xipc_status make_security(xipc_access access, win32_security *security)
{
    const char *others;
    xipc_status status = win32_security_others(access, &others);

    return status == XIPC_OK
               ? win32_security_make(
                     access == XIPC_ACCESS_EVERYONE_WRITE ? OTHERS_SEND : NULL,
                     security)
               : status;
}

static xipc_status
make_slot(const char *path, const xipcos_queue_plan *plan, HANDLE *slot_out)
{
    win32_security security;
    xipc_status status = make_security(plan->access, &security);
    HANDLE slot;
    DWORD error;

    if (status != XIPC_OK) {
        return status;
    }
    slot = CreateMailslotA(
        path, win32_queue_longest(plan->message_max), WIN32_QUEUE_READ_MS,
        &security.attributes);
    error = GetLastError();
    win32_security_drop(&security);
    if (slot == INVALID_HANDLE_VALUE) {
        return slot_fault(error, "cannot make", path);
    }
    *slot_out = slot;
    return XIPC_OK;
}

static xipc_status make_all(xipcos_queue *queue, const xipcos_queue_plan *plan)
{
    HANDLE slot = NULL;
    xipc_status status = make_slot(queue->path, plan, &slot);

    if (status != XIPC_OK) {
        return status;
    }
    WIN32_CRASH_POINT();
    queue->capacity = plan->capacity;
    queue->message_max = plan->message_max;
    return win32_queue_reader_start(
        slot, queue->path, plan->capacity, plan->message_max, &queue->reader);
}

xipc_status xipcos_queue_create(
    xipcos_queue_place place,
    const xipcos_queue_plan *plan,
    xipcos_queue **queue_out)
{
    xipcos_queue *queue = new_queue(place);
    xipc_status status;

    if (!queue) {
        return XIPC_E_NO_MEMORY;
    }
    status = check_plan(plan);
    if (status == XIPC_OK) {
        status = write_path(place, queue->path);
    }
    if (status == XIPC_OK) {
        status = make_all(queue, plan);
    }
    if (status != XIPC_OK) {
        xipcos_queue_close(queue);
        return status;
    }
    *queue_out = queue;
    return XIPC_OK;
}

/* The error, or ERROR_SUCCESS. */
static DWORD open_writer(const xipcos_queue *queue, HANDLE *writer_out)
{
    HANDLE writer = CreateFileA(
        queue->path, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
        OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);

    if (writer == INVALID_HANDLE_VALUE) {
        return GetLastError();
    }
    *writer_out = writer;
    return ERROR_SUCCESS;
}

/* Of a companion's slot the handle is kept. */
static xipc_status meet_slot(xipcos_queue *queue)
{
    HANDLE writer = NULL;
    DWORD error = open_writer(queue, &writer);

    if (error == ERROR_SHARING_VIOLATION) {
        return XIPC_OK; /* it is there, and somebody writes to it alone */
    }
    if (error != ERROR_SUCCESS) {
        return slot_fault(error, "cannot open", queue->path);
    }
    if (queue->is_companions) {
        queue->writer = writer;
    } else {
        CloseHandle(writer);
    }
    return XIPC_OK;
}

xipc_status
xipcos_queue_open(xipcos_queue_place place, xipcos_queue **queue_out)
{
    xipcos_queue *queue = new_queue(place);
    xipc_status status;

    if (!queue) {
        return XIPC_E_NO_MEMORY;
    }
    status = write_path(place, queue->path);
    if (status == XIPC_OK) {
        status = meet_slot(queue);
    }
    if (status != XIPC_OK) {
        xipcos_queue_close(queue);
        return status;
    }
    *queue_out = queue;
    return XIPC_OK;
}

xipc_status xipcos_queue_remove(const char *native_name)
{
    (void)native_name;
    return xipcos_fault(
        XIPC_E_NOT_SUPPORTED, 0,
        "a mailslot ends with the process that made it");
}

void xipcos_queue_close(xipcos_queue *queue)
{
    if (!queue) {
        return;
    }
    if (queue->writer) {
        CloseHandle(queue->writer);
    }
    win32_queue_reader_stop(queue->reader);
    free(queue);
}

void xipcos_queue_geometry(
    const xipcos_queue *queue, uint32_t *capacity_out, uint32_t *message_out)
{
    *capacity_out = queue->capacity;
    *message_out = queue->message_max;
}

/* ---- sending ---- */

/* ERROR_IO_PENDING: the slot is full, and nothing was written. */
static DWORD write_bytes(HANDLE writer, const void *bytes, size_t size)
{
    OVERLAPPED overlapped = {0};
    DWORD written;
    DWORD error;

    if (WriteFile(writer, bytes, (DWORD)size, NULL, &overlapped)) {
        return ERROR_SUCCESS;
    }
    error = GetLastError();
    if (error != ERROR_IO_PENDING) {
        return error;
    }
    CancelIoEx(writer, &overlapped);
    if (GetOverlappedResult(writer, &overlapped, &written, TRUE)) {
        return ERROR_SUCCESS;
    }
    error = GetLastError();
    return error == ERROR_OPERATION_ABORTED ? ERROR_IO_PENDING : error;
}

/*
 * With the lock. What systems say of a slot whose maker is gone differs, and is
 * not told apart from other errors; whether it can be opened again says it.
 */
static DWORD write_kept(xipcos_queue *queue, const void *bytes, size_t size)
{
    DWORD error = ERROR_SUCCESS;
    HANDLE again = NULL;

    if (!queue->writer) {
        error = open_writer(queue, &queue->writer);
    }
    if (error == ERROR_SUCCESS) {
        error = write_bytes(queue->writer, bytes, size);
    }
    if (error != ERROR_SUCCESS && error != ERROR_IO_PENDING) {
        DWORD opened = open_writer(queue, &again);

        if (opened == ERROR_SUCCESS) {
            CloseHandle(again);
        } else {
            error = opened;
        }
    }
    return error;
}

/* Likewise. */
static DWORD
write_once(const xipcos_queue *queue, const void *bytes, size_t size)
{
    HANDLE writer = NULL;
    DWORD error = open_writer(queue, &writer);

    if (error == ERROR_SUCCESS) {
        error = write_bytes(writer, bytes, size);
        CloseHandle(writer);
    }
    return error;
}

static xipc_status result_of(DWORD error, size_t size)
{
    switch (error) {
    case ERROR_SUCCESS: return XIPC_OK;
    case ERROR_IO_PENDING:
    case ERROR_SHARING_VIOLATION: return XIPC_E_AGAIN;
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
        return win32_fault_as(
            XIPC_E_CLOSED, error, "the mailslot's owner is gone");
    case ERROR_GEN_FAILURE: /* Wine's word for it */
    case ERROR_INVALID_PARAMETER:
        return win32_fault_as(
            XIPC_E_TOO_BIG, error, "the mailslot takes no message of %zu bytes",
            size);
    default: return win32_fault(error, "cannot write to the mailslot");
    }
}

static xipc_status
send_bytes(xipcos_queue *queue, const void *bytes, size_t size)
{
    DWORD error;

    WIN32_CRASH_POINT();
    if (queue->is_companions) {
        AcquireSRWLockExclusive(&queue->lock);
        error = write_kept(queue, bytes, size);
        ReleaseSRWLockExclusive(&queue->lock);
    } else {
        error = write_once(queue, bytes, size);
    }
    WIN32_CRASH_POINT();
    return result_of(error, size);
}

static void join(const xipcos_letter *letter, unsigned char *joined)
{
    memcpy(joined, letter->head, letter->head_size);
    if (letter->size > 0) {
        memcpy(joined + letter->head_size, letter->data, letter->size);
    }
}

static xipc_status
send_joined(xipcos_queue *queue, const xipcos_letter *letter, size_t size)
{
    unsigned char room[JOIN_SIZE];
    unsigned char *joined = size <= sizeof room ? room : malloc(size);
    xipc_status status;

    if (!joined) {
        return xipcos_fault(
            XIPC_E_NO_MEMORY, 0, "no memory for a message of %zu bytes", size);
    }
    join(letter, joined);
    status = send_bytes(queue, joined, size);
    if (joined != room) {
        free(joined);
    }
    return status;
}

xipc_status xipcos_queue_send(
    xipcos_queue *queue, const xipcos_letter *letter, xipc_deadline deadline)
{
    (void)deadline; /* it does not wait */
    assert(letter->priority == 0);
    if (letter->size > UINT32_MAX - letter->head_size) {
        return result_of(ERROR_INVALID_PARAMETER, letter->size);
    }
    if (letter->head_size == 0) {
        return send_bytes(
            queue, letter->size > 0 ? letter->data : "", letter->size);
    }
    return send_joined(queue, letter, letter->head_size + letter->size);
}

/* ---- receiving ---- */

static xipc_status refuse(void)
{
    return xipcos_fault(
        XIPC_E_NOT_SUPPORTED, 0,
        "a mailslot is read with the handle that made it, and no other one");
}

xipc_status xipcos_queue_receive(
    xipcos_queue *queue,
    void *buffer,
    size_t capacity,
    size_t *size_out,
    uint32_t *priority_out)
{
    xipc_status status;

    (void)capacity;
    if (!queue->reader) {
        return refuse();
    }
    assert(capacity >= queue->message_max);
    status = win32_queue_reader_take(queue->reader, buffer, size_out);
    if (status == XIPC_OK) {
        *priority_out = 0;
    }
    return status;
}

int xipcos_queue_settle(xipcos_queue *queue)
{
    if (!queue->reader) {
        return 0;
    }
    win32_queue_reader_settle(queue->reader);
    return 1;
}

uint64_t xipcos_queue_depth(xipcos_queue *queue)
{
    return queue->reader ? win32_queue_reader_count(queue->reader) : 0;
}

uint32_t xipcos_queue_ticket(const xipcos_queue *queue)
{
    return queue->reader ? win32_queue_reader_ticket(queue->reader) : 0;
}

void xipcos_queue_wait(
    xipcos_queue *queue, uint32_t events, uint32_t ticket, int64_t ns)
{
    (void)events; /* it is never full for long: senders pause */
    assert(queue->reader);
    win32_queue_reader_wait(queue->reader, ticket, ns);
}

uint32_t xipcos_queue_ready(xipcos_queue *queue)
{
    return queue->reader && win32_queue_reader_is_ready(queue->reader)
               ? XIPC_READABLE
               : 0;
}

void xipcos_queue_wake(xipcos_queue *queue)
{
    if (queue->reader) {
        win32_queue_reader_wake(queue->reader);
    }
}

xipc_status
xipcos_queue_native_handle(xipcos_queue *queue, intptr_t *native_out)
{
    HANDLE event = NULL;
    xipc_status status = queue->reader
                             ? win32_queue_reader_event(queue->reader, &event)
                             : refuse();

    if (status == XIPC_OK) {
        *native_out = (intptr_t)event;
    }
    return status;
}
