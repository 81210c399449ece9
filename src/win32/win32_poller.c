/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handles are hot or cold. A hot one may be signalled: each wait looks at it,
 * and tells of it if it is. If it is not, the system's thread pool waits for
 * it, and it is cold until the pool calls. So a wait costs as much as there is
 * hot, however many handles there are.
 *
 * Waiting takes what an automatic event or a semaphore gives. Where the pool
 * has taken it, the handle is told of without another look. A manual event is
 * looked at, for it may have been reset since.
 *
 * The pool calls a moment late. A wait that only looks, and sees nothing hot,
 * therefore looks at cold ones as well, at as many as one call of the system
 * can, and at the next ones the next time. What the pool has just taken, and
 * has not called for yet, nobody can see: it comes a moment later.
 *
 * All threads sleep at the bell's event, which is held (win32_bell.h) while
 * something is hot. Nothing resets it but xipcos_bell_take(): whoever is woken
 * and finds nothing says that the bell was rung.
 */
#include "os/os_poller.h"

#include <stdlib.h>
#include <string.h>

#include "win32/win32_bell.h"
#include "win32/win32_handle.h"
#include "win32/win32_status.h"

#define NS_PER_MS   1000000
#define NS_PER_TICK 100
#define WAIT_MAX_MS 0x7fffffff

#define CAPACITY_FIRST 16

typedef struct guest guest;

/* In the order in which they are looked at. */
typedef struct queue {
    guest *first;
    guest **end;
    size_t count;
} queue;

struct guest {
    xipcos_poller *poller;
    HANDLE handle;
    PTP_WAIT wait; /* the thread pool's */
    uint32_t token;
    int is_constant;
    unsigned taken_count; /* how often the pool took it and nobody was told */
    queue *queue;         /* NULL: it is being removed */
    guest *next;
    guest **link;
    guest *twin; /* with the same token; core's lock guards it */
};

struct xipcos_poller {
    xipcos_bell *bell;
    PTP_TIMER timer; /* NULL: there is no beat */
    SRWLOCK lock;    /* guards the queues and all in them. The pool's calls take
                        it, so nobody waits for one of these with it. */
    queue hot;
    queue cold;
    int is_held;
    int is_bell_last;
    /* By token; core's lock guards these two. */
    guest **guests;
    uint32_t capacity;
};

/* What a wait has found. */
typedef struct answer {
    xipcos_polled *ready;
    size_t capacity;
    size_t count;
} answer;

/* ---- queues, with the lock ---- */

static void leave(guest *self)
{
    *self->link = self->next;
    if (self->next) {
        self->next->link = self->link;
    } else {
        self->queue->end = self->link;
    }
    self->queue->count--;
    self->queue = NULL;
}

static void enter(guest *self, queue *to)
{
    self->next = NULL;
    self->link = to->end;
    *to->end = self;
    to->end = &self->next;
    to->count++;
    self->queue = to;
}

static void move(guest *self, queue *to)
{
    leave(self);
    enter(self, to);
}

static void lock(xipcos_poller *poller)
{
    AcquireSRWLockExclusive(&poller->lock);
}

/* The event follows what is hot. */
static void unlock(xipcos_poller *poller)
{
    int is_held = poller->hot.count > 0;

    if (is_held != poller->is_held) {
        poller->is_held = is_held;
        win32_bell_hold(poller->bell, is_held);
    }
    ReleaseSRWLockExclusive(&poller->lock);
}

/* The pool's call. */
static void CALLBACK on_signal(
    PTP_CALLBACK_INSTANCE instance,
    void *context,
    PTP_WAIT wait,
    TP_WAIT_RESULT result)
{
    guest *self = context;

    (void)instance;
    (void)wait;
    (void)result;
    lock(self->poller);
    if (self->queue) {
        self->taken_count += !self->is_constant;
        move(self, &self->poller->hot);
    }
    unlock(self->poller);
}

/* ---- a poller's life ---- */

xipc_status xipcos_poller_create(xipcos_bell *bell, xipcos_poller **poller_out)
{
    xipcos_poller *poller = calloc(1, sizeof *poller);

    if (!poller) {
        xipcos_bell_close(bell);
        return xipcos_fault(XIPC_E_NO_MEMORY, 0, "no memory for a handle");
    }
    poller->bell = bell;
    InitializeSRWLock(&poller->lock);
    poller->hot.end = &poller->hot.first;
    poller->cold.end = &poller->cold.first;
    *poller_out = poller;
    return XIPC_OK;
}

static void drop(guest *self)
{
    xipcos_poller *poller = self->poller;

    lock(poller);
    leave(self);
    unlock(poller);
    SetThreadpoolWait(self->wait, NULL, NULL);
    WaitForThreadpoolWaitCallbacks(self->wait, TRUE);
    CloseThreadpoolWait(self->wait);
    free(self);
}

void xipcos_poller_close(xipcos_poller *poller)
{
    if (!poller) {
        return;
    }
    for (uint32_t token = 0; token < poller->capacity; token++) {
        while (poller->guests[token]) {
            guest *first = poller->guests[token];

            poller->guests[token] = first->twin;
            drop(first);
        }
    }
    if (poller->timer) {
        SetThreadpoolTimer(poller->timer, NULL, 0, 0);
        WaitForThreadpoolTimerCallbacks(poller->timer, TRUE);
        CloseThreadpoolTimer(poller->timer);
    }
    xipcos_bell_close(poller->bell);
    free(poller->guests);
    free(poller);
}

/* Room for that token. Returns 0 if there is no memory. */
static int make_room(xipcos_poller *poller, uint32_t token)
{
    uint32_t capacity = poller->capacity ? poller->capacity : CAPACITY_FIRST;
    guest **guests;

    while (capacity <= token) {
        capacity *= 2;
    }
    if (capacity == poller->capacity) {
        return 1;
    }
    guests = realloc(poller->guests, capacity * sizeof(guest *));
    if (!guests) {
        return 0;
    }
    memset(
        guests + poller->capacity, 0,
        (capacity - poller->capacity) * sizeof(guest *));
    poller->guests = guests;
    poller->capacity = capacity;
    return 1;
}

static xipc_status
make_guest(xipcos_poller *poller, HANDLE handle, guest **guest_out)
{
    guest *self = calloc(1, sizeof *self);
    DWORD error;

    if (!self) {
        return xipcos_fault(XIPC_E_NO_MEMORY, 0, "no memory for a handle");
    }
    self->wait = CreateThreadpoolWait(on_signal, self, NULL);
    if (!self->wait) {
        error = GetLastError();
        free(self);
        return win32_fault(error, "cannot have the thread pool wait");
    }
    self->poller = poller;
    self->handle = handle;
    *guest_out = self;
    return XIPC_OK;
}

xipc_status xipcos_poller_add(
    xipcos_poller *poller, intptr_t native, uint32_t events, uint32_t token)
{
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): a handle is a number. */
    HANDLE handle = (HANDLE)native;
    int is_constant;
    guest *self = NULL;
    xipc_status status = win32_handle_check(handle, &is_constant);

    if (status == XIPC_OK && events != XIPC_READABLE &&
        (events & XIPCOS_POLLED_OURS) == 0) {
        status = xipcos_fault(
            XIPC_E_NOT_SUPPORTED, 0,
            "of a handle can only be told that it is signalled");
    }
    if (status == XIPC_OK && !make_room(poller, token)) {
        status = xipcos_fault(XIPC_E_NO_MEMORY, 0, "no memory for a handle");
    }
    if (status == XIPC_OK) {
        status = make_guest(poller, handle, &self);
    }
    if (!self) {
        return status;
    }
    self->token = token;
    self->is_constant = is_constant;
    self->twin = poller->guests[token];
    poller->guests[token] = self;
    lock(poller);
    enter(self, &poller->hot); /* it may be signalled now */
    unlock(poller);
    return XIPC_OK;
}

void xipcos_poller_remove(
    xipcos_poller *poller, intptr_t native, uint32_t token)
{
    guest **at = &poller->guests[token];
    guest *self;

    while ((intptr_t)(*at)->handle != native) {
        at = &(*at)->twin;
    }
    self = *at;
    *at = self->twin;
    drop(self);
}

/* ---- waiting; with the lock ---- */

static int is_full(const answer *self)
{
    return self->count == self->capacity;
}

static void tell(answer *self, uint32_t token, uint32_t events)
{
    self->ready[self->count].token = token;
    self->ready[self->count].events = events;
    self->count++;
}

static uint32_t look(guest *self)
{
    if (self->taken_count > 0) {
        self->taken_count--;
        return XIPC_READABLE;
    }
    switch (WaitForSingleObject(self->handle, 0)) {
    case WAIT_OBJECT_0: return XIPC_READABLE;
    case WAIT_TIMEOUT: return 0;
    default: return XIPC_HUNG_UP; /* it was closed */
    }
}

/* Those that are signalled stay hot, behind the others. */
static void tell_hot(xipcos_poller *poller, answer *to)
{
    for (size_t left = poller->hot.count; left > 0 && !is_full(to); left--) {
        guest *self = poller->hot.first;
        uint32_t events = look(self);

        move(self, events != 0 ? &poller->hot : &poller->cold);
        if (events != 0) {
            tell(to, self->token, events);
        } else {
            SetThreadpoolWait(self->wait, self->handle, NULL);
        }
    }
}

/* The next cold ones, which so become the last. Returns how many. */
static DWORD
next_cold(xipcos_poller *poller, guest **guests, HANDLE *handles, DWORD most)
{
    DWORD count = 0;

    while (count < most && count < poller->cold.count) {
        guests[count] = poller->cold.first;
        handles[count] = guests[count]->handle;
        move(guests[count], &poller->cold);
        count++;
    }
    return count;
}

static void tell_cold(xipcos_poller *poller, answer *to)
{
    guest *guests[MAXIMUM_WAIT_OBJECTS];
    HANDLE handles[MAXIMUM_WAIT_OBJECTS];
    DWORD count = next_cold(poller, guests, handles, MAXIMUM_WAIT_OBJECTS);
    DWORD result = WAIT_TIMEOUT;
    DWORD at = 0;

    while (at < count && !is_full(to)) {
        result = WaitForMultipleObjects(count - at, handles + at, FALSE, 0);
        if (result >= WAIT_OBJECT_0 + (count - at)) {
            break; /* WAIT_TIMEOUT, or it failed */
        }
        at += result - WAIT_OBJECT_0;
        move(guests[at], &poller->hot);
        tell(to, guests[at]->token, XIPC_READABLE);
        at++;
    }
    /* One was closed: each is looked at alone. */
    for (; result == WAIT_FAILED && at < count; at++) {
        move(guests[at], &poller->hot);
    }
}

static void tell_bell(const xipcos_poller *poller, answer *to)
{
    if (!is_full(to) && win32_bell_has_tokens(poller->bell)) {
        tell(to, 0, XIPC_READABLE);
    }
}

/* Bell and handles come first in turn, so that neither has all the room. */
static void tell_all(xipcos_poller *poller, answer *to)
{
    if (!poller->is_bell_last) {
        tell_bell(poller, to);
    }
    tell_hot(poller, to);
    if (poller->is_bell_last) {
        tell_bell(poller, to);
    }
    poller->is_bell_last = !poller->is_bell_last;
}

/* ---- waiting ---- */

/* Rounded up, so that no wait is too short. */
static DWORD milliseconds(int64_t ns)
{
    if (ns >= (int64_t)WAIT_MAX_MS * NS_PER_MS) {
        return ns == XIPC_FOREVER ? INFINITE : WAIT_MAX_MS;
    }
    return (DWORD)((ns + NS_PER_MS - 1) / NS_PER_MS);
}

size_t xipcos_poller_wait(
    xipcos_poller *poller, xipcos_polled *ready, size_t capacity, int64_t ns)
{
    HANDLE event = win32_bell_event(poller->bell);
    answer found = {ready, capacity, 0};

    lock(poller);
    tell_all(poller, &found);
    if (found.count == 0 && ns == 0) {
        tell_cold(poller, &found);
    }
    unlock(poller);
    if (found.count > 0 ||
        WaitForSingleObject(event, milliseconds(ns)) != WAIT_OBJECT_0) {
        return found.count;
    }
    lock(poller);
    tell_all(poller, &found);
    unlock(poller);
    if (found.count == 0) {
        tell(&found, 0, XIPC_READABLE); /* let it be reset */
    }
    return found.count;
}

/* The thread pool's call. */
static void CALLBACK
on_beat(PTP_CALLBACK_INSTANCE instance, void *context, PTP_TIMER timer)
{
    const xipcos_poller *poller = context;

    (void)instance;
    (void)timer;
    xipcos_bell_ring(xipcos_bell_number(poller->bell), XIPCOS_TOKEN_MAX);
}

xipc_status xipcos_poller_beat(xipcos_poller *poller, int64_t ns)
{
    /* A time below zero is one from now on. */
    ULARGE_INTEGER first = {.QuadPart = (ULONGLONG)(-ns / NS_PER_TICK)};
    FILETIME due = {first.LowPart, first.HighPart};

    poller->timer = CreateThreadpoolTimer(on_beat, poller, NULL);
    if (!poller->timer) {
        return win32_fault(GetLastError(), "cannot have a timer");
    }
    SetThreadpoolTimer(poller->timer, &due, milliseconds(ns), 0);
    return XIPC_OK;
}

xipc_status
xipcos_poller_native_handle(xipcos_poller *poller, intptr_t *native_out)
{
    *native_out = (intptr_t)win32_bell_event(poller->bell);
    return XIPC_OK;
}
