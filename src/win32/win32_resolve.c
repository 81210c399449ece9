/* SPDX-License-Identifier: Apache-2.0 */
/* Looking a host's name up; see posix_resolve.c. */
#include "os/os_resolve.h"

#include <stdlib.h>
#include <string.h>

#include "win32/win32_socket.h"

/* Threads at once, of which each may hang as long as the system lets it. */
#define THREADS_MAX 64

/* So often whoever waits looks whether he was interrupted. */
#define LOOK_MS 20

/*
 * The asker's from the moment that the thread sets `done`; the thread's if the
 * asker has gone before. `state` says who was first.
 */
enum { ASKED, ANSWERED, ABANDONED };

typedef struct question {
    volatile LONG state;
    HANDLE done;
    int error;
    struct addrinfo *answer;
    HMODULE code; /* what the thread runs, which must not go before it ends */
    char host[256];
} question;

static volatile LONG thread_count;

static void discard(question *self)
{
    if (self->answer) {
        freeaddrinfo(self->answer);
    }
    if (self->done) {
        CloseHandle(self->done);
    }
    free(self);
}

/* The asker does not wait for it any more. */
static void drop(question *self)
{
    if (InterlockedCompareExchange(&self->state, ABANDONED, ASKED) != ASKED) {
        WaitForSingleObject(self->done, INFINITE); /* it is about to be set */
        discard(self);
    }
}

static DWORD WINAPI look_up(void *context)
{
    const struct addrinfo wanted = {
        .ai_flags = AI_ADDRCONFIG, .ai_socktype = SOCK_STREAM};
    question *self = context;
    HMODULE code = self->code;

    self->error = getaddrinfo(self->host, NULL, &wanted, &self->answer);
    if (self->error != 0) {
        self->answer = NULL;
    }
    InterlockedDecrement(&thread_count);
    if (InterlockedCompareExchange(&self->state, ANSWERED, ASKED) == ASKED) {
        SetEvent(self->done);
    } else {
        discard(self);
    }
    FreeLibraryAndExitThread(code, 0);
}

static xipc_status start_thread(question *self)
{
    HANDLE thread;
    HMODULE code;
    DWORD error;

    if (!GetModuleHandleExW(
            GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (LPCWSTR)&thread_count,
            &code)) {
        return win32_fault(GetLastError(), "cannot keep the library");
    }
    self->code = code;
    thread = CreateThread(NULL, 0, look_up, self, 0, NULL);
    if (!thread) {
        error = GetLastError();
        FreeLibrary(code);
        return win32_fault(error, "cannot start a thread to look a name up");
    }
    CloseHandle(thread);
    return XIPC_OK;
}

static xipc_status begin(question *self)
{
    xipc_status status;

    if (InterlockedIncrement(&thread_count) > THREADS_MAX) {
        status = xipcos_fault(
            XIPC_E_LIMIT, 0, "%d names are being looked up already",
            THREADS_MAX);
    } else {
        status = start_thread(self);
    }
    if (status != XIPC_OK) {
        InterlockedDecrement(&thread_count);
    }
    return status;
}

static xipc_status ask(const char *host, question **question_out)
{
    question *self = calloc(1, sizeof *self);
    xipc_status status = XIPC_OK;
    DWORD error;

    if (!self) {
        return xipcos_fault(XIPC_E_NO_MEMORY, 0, "no memory for a question");
    }
    memcpy(self->host, host, strlen(host) + 1); /* core keeps it this short */
    self->done = CreateEventW(NULL, TRUE, FALSE, NULL);
    error = GetLastError();
    status =
        self->done ? begin(self) : win32_fault(error, "cannot make an event");
    if (status != XIPC_OK) {
        discard(self);
        return status;
    }
    *question_out = self;
    return XIPC_OK;
}

static xipc_status
wait_for(const question *self, const xipcos_patience *patience)
{
    DWORD ms = 0;
    xipc_status status = XIPC_OK;

    while (WaitForSingleObject(self->done, ms) != WAIT_OBJECT_0) {
        status = win32_patience_left(patience, LOOK_MS, &ms);
        if (status != XIPC_OK) {
            return status;
        }
    }
    return XIPC_OK;
}

static size_t take_all(
    const question *self,
    uint16_t port,
    xipc_address *addresses,
    size_t capacity)
{
    size_t count = 0;

    for (const struct addrinfo *at = self->answer; at && count < capacity;
         at = at->ai_next) {
        win32_sockaddr native;

        if (at->ai_addrlen > sizeof native) {
            continue;
        }
        memset(&native, 0, sizeof native);
        memcpy(&native, at->ai_addr, at->ai_addrlen);
        if (native.any.sa_family == AF_INET) {
            native.narrow.sin_port = htons(port);
        } else if (native.any.sa_family == AF_INET6) {
            native.wide.sin6_port = htons(port);
        } else {
            continue;
        }
        win32_address_put(&addresses[count++], &native, (int)at->ai_addrlen);
    }
    return count;
}

xipc_status xipcos_resolve(
    const char *host,
    uint16_t port,
    const xipcos_patience *patience,
    xipc_address *addresses,
    size_t capacity,
    size_t *count_out)
{
    question *self = NULL;
    size_t count;
    xipc_status status;

    if (!win32_sockets_start()) {
        return xipcos_fault(
            XIPC_E_NOT_SUPPORTED, 0, "this system has no sockets");
    }
    status = ask(host, &self);
    if (!self) {
        return status;
    }
    status = wait_for(self, patience);
    if (status == XIPC_OK) {
        count = take_all(self, port, addresses, capacity);
        if (count > 0) {
            *count_out = count;
        } else {
            status = xipcos_fault(
                XIPC_E_NOT_FOUND, self->error, "there is no host '%s'", host);
        }
    }
    drop(self);
    return status;
}
