/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A listener is a few spare instances of a pipe. Each goes through
 *
 *     free       there is none yet
 *     listening  a client may come, and greets
 *     greeting   until it is there; then ours is the answer
 *     welcomed   until the client has said that it was still there then
 *     taken      for the next accept
 *
 * and a new one takes its place before it is given away. All of them set one
 * event. A look resets that first, then asks each, and sets it again if one is
 * taken. Whatever a look begins resets it too, so it asks each again after
 * that: what comes after the last round is not missed.
 *
 * A pipe's name lives as long as one of its instances does, also one that was
 * accepted long ago; so the name is a new one for each listener, and nobody
 * but this user can make an instance of it: clients have no right to, and who
 * made the name is checked by them.
 *
 * A client that comes and says nothing is thrown out after a second.
 */
#include "win32/win32_pipe_listen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/os_clock.h"
#include "win32/win32_crash.h"
#include "win32/win32_security.h"
#include "win32/win32_status.h"

#define SPARES      4
#define NS_PER_S    INT64_C(1000000000)
#define NS_PER_TICK 100
#define PATH_START  "\\\\.\\pipe\\"

/* The longest sleep of an accept: another thread's look may undo a wake. */
#define SLEEP_MAX_MS 100

typedef enum spare_state {
    FREE,
    LISTENING,
    GREETING,
    WELCOMED,
    TAKEN
} spare_state;

typedef struct spare {
    HANDLE pipe;
    spare_state state;
    OVERLAPPED operation;
    win32_pipe_greeting greeting;
    int64_t since; /* when its client came */
} spare;

struct xipcos_listener {
    char path[MAX_PATH];
    win32_pipe_server server;
    uint32_t message_max;
    uint32_t directions;
    int is_native; /* of foreign clients, who do not greet */
    HANDLE event;
    int has_begun;   /* something, in this round of a look; with the lock */
    PTP_TIMER timer; /* sets the event; NULL: it was not needed yet */
    SRWLOCK lock;    /* guards the spares; nobody waits with it */
    spare spares[SPARES];
};

/* ---- names and greetings ---- */

void win32_pipe_place_path(
    xipcos_pipe_place place, char path[WIN32_PIPE_PATH_SIZE])
{
    snprintf(
        path, WIN32_PIPE_PATH_SIZE, PATH_START "xipc-%c-%s",
        place.scope == XIPC_SCOPE_MACHINE ? 'm' : 'u', place.spot);
}

xipc_status win32_pipe_native_path(const char *name, char path[MAX_PATH])
{
    size_t start = strlen(PATH_START);
    const char *rest =
        _strnicmp(name, PATH_START, start) == 0 ? name + start : name;

    if (*rest == '\0' || *rest == '\\' || strlen(rest) > MAX_PATH - 1 - start) {
        return xipcos_fault(
            XIPC_E_NAME, 0,
            "a pipe's name is \"\\\\.\\pipe\\\" and up to %d bytes, or only "
            "those",
            (int)(MAX_PATH - 1 - start));
    }
    snprintf(path, MAX_PATH, PATH_START "%s", rest);
    return XIPC_OK;
}

win32_pipe_greeting win32_pipe_greet(uint32_t message_max)
{
    return (win32_pipe_greeting){
        WIN32_PIPE_MAGIC, WIN32_PIPE_VERSION, message_max, 0};
}

int win32_pipe_is_greeting(const win32_pipe_greeting *greeting, DWORD size)
{
    return size == sizeof *greeting && greeting->magic == WIN32_PIPE_MAGIC &&
           greeting->version == WIN32_PIPE_VERSION;
}

/* ---- one spare; with the lock ---- */

static int is_under_way(const spare *self)
{
    return self->state == LISTENING || self->state == GREETING ||
           self->state == WELCOMED;
}

static void throw_out(spare *self)
{
    HANDLE event = self->operation.hEvent;

    if (!self->pipe) {
        return;
    }
    if (is_under_way(self)) {
        win32_pipe_take_back(self->pipe, &self->operation);
    }
    CloseHandle(self->pipe);
    memset(self, 0, sizeof *self);
    self->operation.hEvent = event;
}

static void hear(xipcos_listener *listener, spare *self);

/* `state` says what for. */
static void
begin_to_hear(xipcos_listener *listener, spare *self, spare_state state)
{
    DWORD size;
    DWORD error;

    listener->has_begun = 1;
    error = win32_pipe_outcome(
        self->pipe,
        ReadFile(
            self->pipe, &self->greeting, (DWORD)sizeof self->greeting, NULL,
            &self->operation),
        &self->operation, &size);
    if (error == ERROR_SUCCESS || error == ERROR_IO_PENDING) {
        self->state = state;
        hear(listener, self);
    } else {
        self->state = FREE; /* nothing is under way */
        throw_out(self);
    }
}

static void welcome(xipcos_listener *listener, spare *self)
{
    win32_pipe_greeting ours = win32_pipe_greet(listener->message_max);
    DWORD size;
    DWORD error;

    WIN32_CRASH_POINT();
    listener->has_begun = 1;
    error = win32_pipe_outcome(
        self->pipe,
        WriteFile(
            self->pipe, &ours, (DWORD)sizeof ours, NULL, &self->operation),
        &self->operation, &size);
    WIN32_CRASH_POINT();
    if (error == ERROR_SUCCESS) {
        begin_to_hear(listener, self, WELCOMED);
    } else {
        /* The pipe is empty, so it does not wait; but if it did. */
        self->state = error == ERROR_IO_PENDING ? WELCOMED : FREE;
        throw_out(self);
    }
}

static void hear(xipcos_listener *listener, spare *self)
{
    DWORD size = 0;

    if (!win32_pipe_has_ended(&self->operation)) {
        if (xipcos_clock_ns() - self->since > NS_PER_S) {
            throw_out(self);
        }
        return;
    }
    if (!GetOverlappedResult(self->pipe, &self->operation, &size, FALSE) &&
        GetLastError() == ERROR_OPERATION_ABORTED) {
        /* The thread that began it has ended. */
        begin_to_hear(listener, self, self->state);
    } else if (!win32_pipe_is_greeting(&self->greeting, size)) {
        throw_out(self);
    } else if (self->state == GREETING) {
        welcome(listener, self);
    } else {
        self->state = TAKEN;
    }
}

static void meet(xipcos_listener *listener, spare *self)
{
    self->since = xipcos_clock_ns();
    if (listener->is_native) {
        self->state = TAKEN;
    } else {
        begin_to_hear(listener, self, GREETING);
    }
}

static void begin_to_listen(xipcos_listener *listener, spare *self)
{
    DWORD size;
    DWORD error;

    listener->has_begun = 1;
    self->state = LISTENING;
    error = win32_pipe_outcome(
        self->pipe, ConnectNamedPipe(self->pipe, &self->operation),
        &self->operation, &size);
    if (error == ERROR_PIPE_CONNECTED) {
        meet(listener, self);
    } else if (error != ERROR_IO_PENDING && error != ERROR_SUCCESS) {
        self->state = FREE;
        throw_out(self); /* its client is gone again */
    }
}

static void hear_client(xipcos_listener *listener, spare *self)
{
    DWORD size;

    if (!win32_pipe_has_ended(&self->operation)) {
        return;
    }
    if (GetOverlappedResult(self->pipe, &self->operation, &size, FALSE)) {
        meet(listener, self);
    } else if (GetLastError() == ERROR_OPERATION_ABORTED) {
        /* As in hear(). A client may have come since. */
        begin_to_listen(listener, self);
    } else {
        throw_out(self);
    }
}

static xipc_status open_spare(xipcos_listener *listener, spare *self)
{
    xipc_status status = win32_pipe_serve(&listener->server, &self->pipe);

    if (status == XIPC_OK) {
        WIN32_CRASH_POINT();
        begin_to_listen(listener, self);
    }
    return status;
}

/* ---- all of them; with the lock ---- */

static spare *taken(xipcos_listener *listener)
{
    spare *first = NULL;

    for (int at = 0; at < SPARES; at++) {
        spare *self = &listener->spares[at];

        if (self->state == TAKEN && (!first || self->since < first->since)) {
            first = self;
        }
    }
    return first;
}

/* The thread pool's call. */
static void CALLBACK
on_time(PTP_CALLBACK_INSTANCE instance, void *context, PTP_TIMER timer)
{
    const xipcos_listener *listener = context;

    (void)instance;
    (void)timer;
    SetEvent(listener->event);
}

/* A client that does not greet is looked at again when its time is over. */
static void look_later(xipcos_listener *listener)
{
    ULARGE_INTEGER first = {
        .QuadPart = (ULONGLONG)(-(NS_PER_S / NS_PER_TICK) - 1)};
    FILETIME due = {first.LowPart, first.HighPart};

    if (!listener->timer) {
        listener->timer = CreateThreadpoolTimer(on_time, listener, NULL);
    }
    if (listener->timer) {
        SetThreadpoolTimer(listener->timer, &due, 0, 0);
    }
}

/* The first failure. */
static xipc_status look_at_each(xipcos_listener *listener)
{
    xipc_status status = XIPC_OK;

    listener->has_begun = 0;
    for (int at = 0; at < SPARES; at++) {
        spare *self = &listener->spares[at];

        if (self->state == LISTENING) {
            hear_client(listener, self);
        } else if (self->state == GREETING || self->state == WELCOMED) {
            hear(listener, self);
        }
        if (self->state == FREE) {
            xipc_status opened = open_spare(listener, self);

            status = status == XIPC_OK ? opened : status;
        }
    }
    return status;
}

static int count_of(const xipcos_listener *listener, spare_state state)
{
    int count = 0;

    for (int at = 0; at < SPARES; at++) {
        count += listener->spares[at].state == state;
    }
    return count;
}

/* Fails only if no spare is left at all. */
static xipc_status look(xipcos_listener *listener)
{
    xipc_status status;

    ResetEvent(listener->event);
    do {
        status = look_at_each(listener);
    } while (status == XIPC_OK && listener->has_begun);
    if (count_of(listener, GREETING) + count_of(listener, WELCOMED) > 0) {
        look_later(listener);
    }
    if (count_of(listener, TAKEN) > 0) {
        SetEvent(listener->event);
    }
    return count_of(listener, FREE) < SPARES ? XIPC_OK : status;
}

/* ---- its life ---- */

static xipc_status start(xipcos_listener *listener)
{
    xipc_status status;

    listener->event = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!listener->event) {
        return win32_fault(GetLastError(), "cannot make an event");
    }
    for (int at = 0; at < SPARES; at++) {
        listener->spares[at].operation.hEvent = listener->event;
    }
    listener->server.path = listener->path;
    listener->server.open_mode |= FILE_FLAG_FIRST_PIPE_INSTANCE;
    status = open_spare(listener, &listener->spares[0]);
    listener->server.open_mode &= ~(DWORD)FILE_FLAG_FIRST_PIPE_INSTANCE;
    return status == XIPC_OK ? look(listener) : status;
}

static xipcos_listener *new_listener(const xipcos_pipe_plan *plan)
{
    xipcos_listener *listener = calloc(1, sizeof *listener);

    if (!listener) {
        xipcos_fault(XIPC_E_NO_MEMORY, 0, "no memory for a listener");
        return NULL;
    }
    InitializeSRWLock(&listener->lock);
    listener->message_max = plan->message_max;
    listener->server.buffer_size = win32_pipe_buffer_size(plan);
    return listener;
}

static xipc_status
finish(xipcos_listener *listener, xipc_status status, xipcos_listener **out)
{
    if (status == XIPC_OK) {
        status = start(listener);
    }
    if (status != XIPC_OK) {
        xipcos_listener_close(listener);
        return status;
    }
    *out = listener;
    return XIPC_OK;
}

xipc_status xipcos_listener_create(
    xipcos_pipe_place place,
    const xipcos_pipe_plan *plan,
    xipcos_listener **listener_out)
{
    xipcos_listener *listener = new_listener(plan);
    const char *others = NULL;
    xipc_status status;

    if (!listener) {
        return XIPC_E_NO_MEMORY;
    }
    status = win32_security_others(plan->access, &others);
    listener->server.others = plan->access == XIPC_ACCESS_EVERYONE_WRITE
                                  ? WIN32_PIPE_OTHERS_CONNECT
                                  : NULL;
    listener->server.open_mode = PIPE_ACCESS_DUPLEX;
    listener->directions = XIPC_READABLE | XIPC_WRITABLE;
    win32_pipe_place_path(place, listener->path);
    return finish(listener, status, listener_out);
}

static DWORD open_mode_of(uint32_t directions)
{
    switch (directions) {
    case XIPC_READABLE: return PIPE_ACCESS_INBOUND;
    case XIPC_WRITABLE: return PIPE_ACCESS_OUTBOUND;
    default: return PIPE_ACCESS_DUPLEX;
    }
}

xipc_status xipcos_listener_create_native(
    const char *native_name,
    uint32_t directions,
    const xipcos_pipe_plan *plan,
    xipcos_listener **listener_out)
{
    xipcos_listener *listener = new_listener(plan);
    xipc_status status;

    if (!listener) {
        return XIPC_E_NO_MEMORY;
    }
    listener->is_native = 1;
    listener->server.open_mode = open_mode_of(directions);
    listener->directions = directions;
    status = win32_pipe_native_path(native_name, listener->path);
    /* Wine does not look at FILE_FLAG_FIRST_PIPE_INSTANCE. */
    if (status == XIPC_OK && (WaitNamedPipeA(listener->path, 1) ||
                              GetLastError() == ERROR_SEM_TIMEOUT)) {
        status = xipcos_fault(
            XIPC_E_EXISTS, 0, "somebody serves '%s'", listener->path);
    }
    return finish(listener, status, listener_out);
}

/* ---- accepting ---- */

static xipcos_pipe *pipe_of(const xipcos_listener *listener, HANDLE handle)
{
    uint32_t ways = listener->directions;
    xipcos_pipe *pipe = win32_pipe_new(
        listener->is_native ? WIN32_PIPE_FOREIGN : WIN32_PIPE_CONNECTION,
        listener->message_max, (ways & XIPC_READABLE) ? handle : NULL,
        (ways & XIPC_WRITABLE) ? handle : NULL);

    if (pipe) {
        pipe->is_server = 1;
    }
    return pipe;
}

/* Who was welcomed may know it, and is told of the end. */
static void dismiss(const xipcos_listener *listener, spare *self)
{
    if (self->state == WELCOMED) {
        win32_pipe_take_back(self->pipe, &self->operation);
        self->state = TAKEN;
    }
    if (self->state == TAKEN && !listener->is_native) {
        xipcos_pipe_close(pipe_of(listener, self->pipe));
    } else {
        throw_out(self);
    }
}

void xipcos_listener_close(xipcos_listener *listener)
{
    if (!listener) {
        return;
    }
    for (int at = 0; at < SPARES; at++) {
        dismiss(listener, &listener->spares[at]);
    }
    if (listener->timer) {
        SetThreadpoolTimer(listener->timer, NULL, 0, 0);
        WaitForThreadpoolTimerCallbacks(listener->timer, TRUE);
        CloseThreadpoolTimer(listener->timer);
    }
    if (listener->event) {
        CloseHandle(listener->event);
    }
    free(listener);
}

/* Who was taken in, and another spare in his place; XIPC_E_AGAIN: nobody. */
static xipc_status accept_one(xipcos_listener *listener, HANDLE *pipe_out)
{
    xipc_status status;
    spare *self;

    AcquireSRWLockExclusive(&listener->lock);
    status = look(listener);
    self = taken(listener);
    if (self) {
        *pipe_out = self->pipe;
        self->pipe = NULL;
        self->state = FREE;
        (void)look(listener); /* so there is another one, or soon */
    }
    ReleaseSRWLockExclusive(&listener->lock);
    if (self) {
        return XIPC_OK;
    }
    return status == XIPC_OK ? XIPC_E_AGAIN : status;
}

static xipc_status
waited(const xipcos_listener *listener, const xipcos_patience *patience)
{
    DWORD left;

    if (patience->deadline == XIPC_NOW) {
        return XIPC_E_AGAIN;
    }
    if (patience->is_interrupted && atomic_load(patience->is_interrupted)) {
        return XIPC_E_CANCELED;
    }
    left = win32_pipe_left_ms(patience->deadline);
    if (left == 0) {
        return XIPC_E_TIMEOUT;
    }
    WaitForSingleObject(
        listener->event, left < SLEEP_MAX_MS ? left : SLEEP_MAX_MS);
    return XIPC_OK;
}

xipc_status xipcos_listener_accept(
    xipcos_listener *listener,
    const xipcos_patience *patience,
    xipcos_pipe **pipe_out)
{
    HANDLE handle = NULL;
    xipcos_pipe *pipe;
    xipc_status status = accept_one(listener, &handle);

    while (status == XIPC_E_AGAIN) {
        status = waited(listener, patience);
        if (status != XIPC_OK) {
            return status;
        }
        status = accept_one(listener, &handle);
    }
    if (status != XIPC_OK) {
        return status;
    }
    WIN32_CRASH_POINT();
    pipe = pipe_of(listener, handle);
    if (!pipe) {
        return XIPC_E_NO_MEMORY;
    }
    if (!listener->is_native) {
        win32_pipe_learn_client(pipe);
    }
    *pipe_out = pipe;
    return XIPC_OK;
}

void xipcos_listener_wake(xipcos_listener *listener)
{
    SetEvent(listener->event);
}

uint32_t xipcos_listener_ready(xipcos_listener *listener)
{
    uint32_t events;

    AcquireSRWLockExclusive(&listener->lock);
    (void)look(listener);
    events = taken(listener) ? XIPC_READABLE : 0;
    ReleaseSRWLockExclusive(&listener->lock);
    return events;
}

uint32_t
xipcos_listener_waitable(xipcos_listener *listener, intptr_t *native_out)
{
    *native_out = (intptr_t)listener->event;
    return XIPC_READABLE;
}
