/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The raw roads of Windows: named pipes, mailslots, and shared memory with
 * semaphores or events that count its slots.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#include "road_raw_spin.h"
#include "road_slots.h"

#define NAME_SIZE 256

static void yes(BOOL is_done, const char *what)
{
    char text[96];

    if (!is_done) {
        snprintf(
            text, sizeof text, "%s: error %lu", what,
            (unsigned long)GetLastError());
        bench_require(0, text);
    }
}

static void *allocate(size_t size)
{
    void *memory = calloc(1, size);

    bench_require(memory != NULL, "no memory");
    return memory;
}

static const char *
name_of(const road_plan *plan, const char *where, const char *what)
{
    static char name[NAME_SIZE];

    snprintf(name, sizeof name, "%s%.190s%s", where, plan->name, what);
    return name;
}

static void write_message(HANDLE file, const void *message, size_t size)
{
    DWORD done = 0;

    yes(WriteFile(file, message, (DWORD)size, &done, NULL) && done == size,
        "WriteFile");
}

static void read_message(HANDLE file, void *message, size_t size)
{
    DWORD done = 0;

    yes(ReadFile(file, message, (DWORD)size, &done, NULL) && done == size,
        "ReadFile");
}

static void wait_for(HANDLE object)
{
    yes(WaitForSingleObject(object, INFINITE) == WAIT_OBJECT_0,
        "WaitForSingleObject");
}

/* ---- a named pipe of messages -------------------------------------------- */

#define PIPE_BUFFER 65536

typedef struct named_pipe {
    HANDLE file;
} named_pipe;

static void *create_pipe(const road_plan *plan)
{
    named_pipe *road = allocate(sizeof *road);

    road->file = CreateNamedPipeA(
        name_of(plan, "\\\\.\\pipe\\", ""),
        PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE,
        PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT, 1, PIPE_BUFFER,
        PIPE_BUFFER, 0, NULL);
    yes(road->file != INVALID_HANDLE_VALUE, "CreateNamedPipe");
    return road;
}

static void accept_pipe(void *road)
{
    yes(ConnectNamedPipe(((named_pipe *)road)->file, NULL) ||
            GetLastError() == ERROR_PIPE_CONNECTED,
        "ConnectNamedPipe");
}

static void *join_pipe(const road_plan *plan)
{
    named_pipe *road = allocate(sizeof *road);
    DWORD mode = PIPE_READMODE_MESSAGE | PIPE_WAIT;

    road->file = CreateFileA(
        name_of(plan, "\\\\.\\pipe\\", ""), GENERIC_READ | GENERIC_WRITE, 0,
        NULL, OPEN_EXISTING, 0, NULL);
    yes(road->file != INVALID_HANDLE_VALUE, "CreateFile of a pipe");
    yes(SetNamedPipeHandleState(road->file, &mode, NULL, NULL),
        "SetNamedPipeHandleState");
    return road;
}

static void close_pipe(void *road)
{
    CloseHandle(((named_pipe *)road)->file);
    free(road);
}

static void pipe_send(void *road, const void *message, size_t size)
{
    write_message(((named_pipe *)road)->file, message, size);
}

static void pipe_receive(void *road, void *message, size_t size)
{
    read_message(((named_pipe *)road)->file, message, size);
}

static const road_kind pipe_road = {
    .name = "named pipe",
    .group = ROAD_RAW,
    .create = create_pipe,
    .join = join_pipe,
    .accept = accept_pipe,
    .close = close_pipe,
    .send = pipe_send,
    .receive = pipe_receive};

/* ---- mailslots ----------------------------------------------------------- */

/*
 * Each process makes the mailslot that it reads. One that is written to faster
 * than it is read grows without end, so a semaphore each way counts by halves
 * how many more may be sent.
 */
#define MAILSLOT_COUNT 16

typedef struct mailslots {
    char there[NAME_SIZE]; /* the name of the other's */
    HANDLE in;
    HANDLE out; /* opened when the other process is sure to have made it */
    HANDLE room_there;
    HANDLE room_here;
    uint64_t sent;
    uint64_t received;
} mailslots;

static HANDLE semaphore(const road_plan *plan, const char *what)
{
    HANDLE made =
        CreateSemaphoreA(NULL, 0, LONG_MAX, name_of(plan, "Local\\", what));

    yes(made != NULL, "CreateSemaphore");
    return made;
}

/* Wine's take no long messages. Nobody reads it; one message never blocks. */
static const char *lacks_mailslot(size_t size)
{
    static const char path[] = "\\\\.\\mailslot\\xipc-bench-trial";
    HANDLE in = CreateMailslotA(path, 0, 0, NULL);
    HANDLE out = CreateFileA(
        path, GENERIC_WRITE, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    void *message = allocate(size);
    DWORD done = 0;
    BOOL is_taken;

    yes(in != INVALID_HANDLE_VALUE && out != INVALID_HANDLE_VALUE,
        "CreateMailslot");
    is_taken = WriteFile(out, message, (DWORD)size, &done, NULL);
    free(message);
    CloseHandle(out);
    CloseHandle(in);
    return is_taken ? NULL : "a mailslot takes no message so long here";
}

static void *open_mailslots(const road_plan *plan)
{
    const char *here = plan->is_second ? "-second" : "-first";
    const char *there = plan->is_second ? "-first" : "-second";
    mailslots *road = allocate(sizeof *road);

    road->in = CreateMailslotA(
        name_of(plan, "\\\\.\\mailslot\\", here), (DWORD)plan->size,
        MAILSLOT_WAIT_FOREVER, NULL);
    yes(road->in != INVALID_HANDLE_VALUE, "CreateMailslot");
    road->out = INVALID_HANDLE_VALUE;
    snprintf(
        road->there, sizeof road->there, "%s",
        name_of(plan, "\\\\.\\mailslot\\", there));
    road->room_here = semaphore(plan, here);
    road->room_there = semaphore(plan, there);
    return road;
}

static void close_mailslots(void *context)
{
    mailslots *road = context;

    if (road->out != INVALID_HANDLE_VALUE) {
        CloseHandle(road->out);
    }
    CloseHandle(road->in);
    CloseHandle(road->room_here);
    CloseHandle(road->room_there);
    free(road);
}

static void mailslot_send(void *context, const void *message, size_t size)
{
    mailslots *road = context;

    if (road->out == INVALID_HANDLE_VALUE) {
        road->out = CreateFileA(
            road->there, GENERIC_WRITE, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0,
            NULL);
        yes(road->out != INVALID_HANDLE_VALUE, "CreateFile of a mailslot");
    }
    if (road->sent % (MAILSLOT_COUNT / 2) == 0 &&
        road->sent >= MAILSLOT_COUNT) {
        wait_for(road->room_there);
    }
    write_message(road->out, message, size);
    road->sent++;
}

static void mailslot_receive(void *context, void *message, size_t size)
{
    mailslots *road = context;

    read_message(road->in, message, size);
    road->received++;
    if (road->received % (MAILSLOT_COUNT / 2) == 0) {
        yes(ReleaseSemaphore(road->room_here, 1, NULL), "ReleaseSemaphore");
    }
}

static const road_kind mailslot_road = {
    .name = "mailslots",
    .group = ROAD_RAW,
    .is_missing = lacks_mailslot,
    .create = open_mailslots,
    .join = open_mailslots,
    .close = close_mailslots,
    .send = mailslot_send,
    .receive = mailslot_receive};

/* ---- memory and semaphores ----------------------------------------------- */

typedef struct objects {
    HANDLE handles[SLOTS_COUNT_OF_COUNTS];
} objects;

static HANDLE object_of(const slots *road, unsigned which)
{
    return ((objects *)road->own)->handles[which];
}

static void close_objects(void *context)
{
    slots *road = context;

    for (unsigned at = 0; at < SLOTS_COUNT_OF_COUNTS; at++) {
        CloseHandle(object_of(road, at));
    }
    free(road->own);
    slots_close(road);
}

static void post_semaphore(slots *road, unsigned which)
{
    yes(ReleaseSemaphore(object_of(road, which), 1, NULL), "ReleaseSemaphore");
}

static void wait_semaphore(slots *road, unsigned which)
{
    wait_for(object_of(road, which));
}

static void *open_semaphores(const road_plan *plan)
{
    slots *road = slots_open(plan, post_semaphore, wait_semaphore);
    objects *own = allocate(sizeof *own);
    char what[16];

    for (unsigned at = 0; at < SLOTS_COUNT_OF_COUNTS; at++) {
        snprintf(what, sizeof what, "-%u", at);
        own->handles[at] = semaphore(plan, what);
    }
    road->own = own;
    return road;
}

static const road_kind semaphore_road = {
    .name = "memory, semaphores",
    .group = ROAD_RAW,
    .create = open_semaphores,
    .join = open_semaphores,
    .close = close_objects,
    .send = slots_send,
    .receive = slots_receive};

/* ---- memory and events --------------------------------------------------- */

/*
 * An event does not count, so a word in the memory does; the event says that it
 * is worth a look. Set before the look, it only costs one look more.
 */
#define COUNT_DISTANCE 128

static _Atomic uint32_t *count_of(const slots *road, unsigned which)
{
    return (_Atomic uint32_t *)(void *)(road->memory + which * COUNT_DISTANCE);
}

static void post_event(slots *road, unsigned which)
{
    atomic_fetch_add_explicit(count_of(road, which), 1, memory_order_release);
    yes(SetEvent(object_of(road, which)), "SetEvent");
}

/* Only one process takes off it. */
static void wait_event(slots *road, unsigned which)
{
    _Atomic uint32_t *count = count_of(road, which);

    while (atomic_load_explicit(count, memory_order_acquire) == 0) {
        wait_for(object_of(road, which));
    }
    atomic_fetch_sub_explicit(count, 1, memory_order_relaxed);
}

static void *open_events(const road_plan *plan)
{
    slots *road = slots_open(plan, post_event, wait_event);
    objects *own = allocate(sizeof *own);
    char what[16];

    for (unsigned at = 0; at < SLOTS_COUNT_OF_COUNTS; at++) {
        snprintf(what, sizeof what, "-%u", at);
        own->handles[at] =
            CreateEventA(NULL, FALSE, FALSE, name_of(plan, "Local\\", what));
        yes(own->handles[at] != NULL, "CreateEvent");
    }
    road->own = own;
    return road;
}

static const road_kind event_road = {
    .name = "memory, events",
    .group = ROAD_RAW,
    .flags = ROAD_REFERENCE,
    .create = open_events,
    .join = open_events,
    .close = close_objects,
    .send = slots_send,
    .receive = slots_receive};

/* In the order of the tables. */
const road_kind *const road_raws[] = {&road_raw_spin,  &event_road,
                                      &semaphore_road, &pipe_road,
                                      &mailslot_road,  NULL};
