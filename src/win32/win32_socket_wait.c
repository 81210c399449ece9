/* SPDX-License-Identifier: Apache-2.0 */
/*
 * To sleep until something happens to a socket.
 *
 * The system sets the socket's event when something begins to be the case, and
 * again only after a call that failed because it was not, or that took some of
 * it. Whoever resets the event therefore says so to all others who use it: he
 * wakes those who sleep, and who is about to sleep sees that his ticket is old,
 * and tries once more.
 *
 * Since that rests on each call being the one that the system thinks of, nobody
 * sleeps longer than a slice without trying again.
 *
 * Wine has no more news of a connected socket for datagrams once one of them
 * was refused (server/sock.c: it is "aborted"). From then on a clock sets the
 * event too, and each look finds out whether there is something.
 */
#include "win32/win32_socket.h"

#include "os/os_clock.h"
#include "win32/win32_nt.h"

#define NS_PER_MS 1000000
#define SLICE_MS  500
#define LONG_MS   0x7fffffff
#define CLOCK_MS  2

#define ALL_NEWS (FD_READ | FD_WRITE | FD_ACCEPT | FD_CONNECT | FD_CLOSE)

static int is_interrupted(const xipcos_patience *patience)
{
    /* Sequentially consistent: xipc_interrupt() is a waker. */
    return patience->is_interrupted &&
           atomic_load_explicit(
               patience->is_interrupted, memory_order_seq_cst) != 0;
}

/* Rounded up, so that no wait is too short. */
xipc_status
win32_patience_left(const xipcos_patience *patience, DWORD most, DWORD *ms_out)
{
    int64_t left;

    if (patience->deadline == XIPC_NOW) {
        return XIPC_E_AGAIN;
    }
    if (is_interrupted(patience)) {
        return XIPC_E_CANCELED;
    }
    *ms_out = most;
    if (patience->deadline == XIPC_FOREVER) {
        return XIPC_OK;
    }
    left = patience->deadline - xipcos_clock_ns();
    if (left <= 0) {
        return XIPC_E_TIMEOUT;
    }
    if (left < (int64_t)LONG_MS * NS_PER_MS &&
        (left + NS_PER_MS - 1) / NS_PER_MS < most) {
        *ms_out = (DWORD)((left + NS_PER_MS - 1) / NS_PER_MS);
    }
    return XIPC_OK;
}

/* ---- the events; with the lock ---- */

static xipc_status make_events(xipcos_socket *socket)
{
    if (!socket->wake) {
        socket->wake = CreateEventW(NULL, TRUE, FALSE, NULL);
    }
    if (!socket->event && socket->wake) {
        socket->event = CreateEventW(NULL, TRUE, FALSE, NULL);
        if (socket->event &&
            WSAEventSelect(socket->handle, socket->event, ALL_NEWS) != 0) {
            win32_fault(
                (unsigned long)WSAGetLastError(), "cannot watch the socket");
            CloseHandle(socket->event);
            socket->event = NULL;
            return XIPC_E_OS;
        }
    }
    return socket->event ? XIPC_OK
                         : win32_fault(GetLastError(), "cannot make an event");
}

static uint32_t ticket_of(const xipcos_socket *socket)
{
    return atomic_load_explicit(
        &((xipcos_socket *)socket)->wakes, memory_order_seq_cst);
}

static void wake_all(xipcos_socket *socket)
{
    atomic_fetch_add_explicit(&socket->wakes, 1, memory_order_seq_cst);
    if (socket->sleeper_count > 0) {
        SetEvent(socket->wake);
        socket->to_leave = socket->sleeper_count;
    }
}

/* ---- one that the system may have given up; with the lock ---- */

static void CALLBACK tick(void *context, BOOLEAN has_fired)
{
    const xipcos_socket *socket = context;

    (void)has_fired;
    SetEvent(socket->event);
}

static void start_clock(xipcos_socket *socket)
{
    if (socket->clock || !win32_nt_is_wine() ||
        make_events(socket) != XIPC_OK) {
        return;
    }
    if (!CreateTimerQueueTimer(
            &socket->clock, NULL, tick, socket, CLOCK_MS, CLOCK_MS, 0)) {
        socket->clock = NULL; /* the slices have to do */
    }
}

/* Without the lock. */
void win32_socket_set_refused(xipcos_socket *socket)
{
    AcquireSRWLockExclusive(&socket->lock);
    start_clock(socket);
    ReleaseSRWLockExclusive(&socket->lock);
}

/*
 * The record goes with the event: while something stands there, Wine sets the
 * event at whatever else happens, a look included. Of a socket for datagrams
 * FD_CLOSE is the word that one was refused, perhaps the only one.
 */
static void take_news(xipcos_socket *socket)
{
    WSANETWORKEVENTS news = {.lNetworkEvents = 0};

    if (socket->event && WaitForSingleObject(socket->event, 0) == 0) {
        if (WSAEnumNetworkEvents(socket->handle, socket->event, &news) != 0) {
            ResetEvent(socket->event);
        }
        if (socket->is_datagram && (news.lNetworkEvents & FD_CLOSE) != 0) {
            start_clock(socket);
        }
        wake_all(socket);
    }
}

void win32_socket_end_waits(xipcos_socket *socket)
{
    if (socket->clock) {
        DeleteTimerQueueTimer(NULL, socket->clock, INVALID_HANDLE_VALUE);
    }
    if (socket->event) {
        CloseHandle(socket->event);
    }
    if (socket->wake) {
        CloseHandle(socket->wake);
    }
}

/* ---- sleeping ---- */

static xipc_status enter(xipcos_socket *socket, uint32_t ticket)
{
    xipc_status status = XIPC_E_AGAIN;

    AcquireSRWLockExclusive(&socket->lock);
    if (ticket_of(socket) == ticket) {
        status = make_events(socket);
    }
    if (status == XIPC_OK) {
        socket->sleeper_count++;
    }
    ReleaseSRWLockExclusive(&socket->lock);
    return status;
}

/* Who entered after the last wake is not meant by it. */
static void leave(xipcos_socket *socket, uint32_t ticket)
{
    AcquireSRWLockExclusive(&socket->lock);
    socket->sleeper_count--;
    if (socket->to_leave > 0 && ticket != ticket_of(socket)) {
        socket->to_leave--;
        if (socket->to_leave == 0) {
            ResetEvent(socket->wake);
        }
    }
    take_news(socket);
    ReleaseSRWLockExclusive(&socket->lock);
}

/* XIPC_OK: try again. */
static xipc_status sleep_once(
    xipcos_socket *socket, uint32_t ticket, const xipcos_patience *patience)
{
    HANDLE handles[2];
    DWORD ms = 0;
    xipc_status status = win32_patience_left(patience, SLICE_MS, &ms);

    if (status == XIPC_OK) {
        status = enter(socket, ticket);
        if (status == XIPC_E_AGAIN) {
            return XIPC_OK;
        }
    }
    if (status != XIPC_OK) {
        return status;
    }
    handles[0] = socket->event;
    handles[1] = socket->wake;
    WaitForMultipleObjects(2, handles, FALSE, ms);
    leave(socket, ticket);
    return XIPC_OK;
}

xipc_status win32_socket_try(
    xipcos_socket *socket,
    win32_socket_attempt *attempt,
    void *context,
    const xipcos_patience *patience)
{
    uint32_t ticket;
    xipc_status status;

    do {
        ticket = ticket_of(socket);
        status = attempt(socket, context);
        if (status != XIPC_E_AGAIN) {
            return status;
        }
        status = sleep_once(socket, ticket, patience);
    } while (status == XIPC_OK);
    return status;
}

void xipcos_socket_wake(xipcos_socket *socket)
{
    AcquireSRWLockExclusive(&socket->lock);
    wake_all(socket);
    ReleaseSRWLockExclusive(&socket->lock);
}

/* ---- for a poller ---- */

void win32_socket_set_full(xipcos_socket *socket, int is_full)
{
    atomic_store_explicit(&socket->is_full, is_full, memory_order_relaxed);
}

/* Not all that is closed is told as such. */
static int has_ended(const xipcos_socket *socket)
{
    char byte;
    int size = recv(socket->handle, &byte, 1, MSG_PEEK);

    return size == 0 || (size < 0 && WSAGetLastError() != WSAEWOULDBLOCK);
}

/*
 * The system says that there is room again only to whoever was refused: as long
 * as nobody was, there is taken to be some, and the next send finds out.
 * POLLHUP alone is the other side's end, which may still read.
 */
static int is_writable(const xipcos_socket *socket, short seen)
{
    return !socket->is_listener &&
           ((seen & (POLLWRNORM | POLLERR)) != 0 ||
            !atomic_load_explicit(&socket->is_full, memory_order_relaxed));
}

static uint32_t events_of(const xipcos_socket *socket, short seen)
{
    int is_over = (seen & (POLLHUP | POLLERR)) != 0;
    int is_readable = is_over || (seen & POLLRDNORM) != 0;
    uint32_t events = is_readable ? XIPC_READABLE : 0U;

    if (is_writable(socket, seen)) {
        events |= XIPC_WRITABLE;
    }
    if (!socket->is_datagram && !socket->is_listener && is_readable &&
        (is_over || has_ended(socket))) {
        events |= XIPC_HUNG_UP;
    }
    return events;
}

/* What comes after this look sets the event again, if whoever was told of it
 * before has done something about it. */
uint32_t xipcos_socket_ready(xipcos_socket *socket)
{
    WSAPOLLFD polled = {
        .fd = socket->handle,
        .events = socket->is_listener ? POLLRDNORM : POLLRDNORM | POLLWRNORM};

    AcquireSRWLockExclusive(&socket->lock);
    take_news(socket);
    ReleaseSRWLockExclusive(&socket->lock);
    return WSAPoll(&polled, 1, 0) >= 0 ? events_of(socket, polled.revents) : 0;
}

/* The system sets it at once if something is the case already. */
intptr_t xipcos_socket_waitable(xipcos_socket *socket)
{
    xipc_status status;

    AcquireSRWLockExclusive(&socket->lock);
    status = make_events(socket);
    ReleaseSRWLockExclusive(&socket->lock);
    return status == XIPC_OK ? (intptr_t)socket->event : 0;
}
