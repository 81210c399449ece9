/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making pipes: the system's own calls for it, in one place each; two ends at
 * once; and an end that is given to another program.
 *
 * The library's ends are overlapped, or no wait could be ended. A program's
 * standard stream must not be: plain ReadFile() on it may go wrong. Which of
 * the two it is is fixed when the end is opened, and nobody knows then what
 * will become of it. So the first time that one of two unused ends is given
 * away, both are made again, that one without FILE_FLAG_OVERLAPPED. An end that
 * was used, or whose other one was given before, is given as it is, but for
 * messages (read_bytes()): plain calls wait for the handle itself then, which
 * works as long as that program does one thing at a time with it, as programs
 * do with their standard streams.
 */
#include "win32/win32_pipe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/os_random.h"
#include "win32/win32_crash.h"
#include "win32/win32_nt.h"
#include "win32/win32_security.h"
#include "win32/win32_status.h"

#define PATH_START "\\\\.\\pipe\\xipc-"

/* So often may somebody be faster at a name that was just made up. */
#define TRIES_MAX 16

/* Two ends of this process. The lock is never waited for with a turn. */
struct win32_pipe_pair {
    SRWLOCK lock;
    xipcos_pipe *reader; /* NULL: closed */
    xipcos_pipe *writer;
    uint32_t buffer_size;
    int is_given;
    int holder_count;
};

/* ---- the system's calls ---- */

void win32_pipe_fresh_path(char path[WIN32_PIPE_PATH_SIZE])
{
    snprintf(
        path, WIN32_PIPE_PATH_SIZE, PATH_START "%016llx%016llx",
        (unsigned long long)xipcos_random(),
        (unsigned long long)xipcos_random());
}

/* That somebody else's is there the system says in these words. */
static xipc_status serve_fault(DWORD error, const win32_pipe_server *server)
{
    int is_taken = error == ERROR_PIPE_BUSY ||
                   (error == ERROR_ACCESS_DENIED &&
                    (server->open_mode & FILE_FLAG_FIRST_PIPE_INSTANCE) != 0);

    return win32_fault_as(
        is_taken ? XIPC_E_EXISTS : xipcos_status(error), error,
        "cannot make the pipe '%s'", server->path);
}

uint32_t win32_pipe_buffer_size(const xipcos_pipe_plan *plan)
{
    uint32_t size = plan->buffer_size;

    if (size == 0) {
        size = WIN32_PIPE_BUFFER;
    } else if (size < WIN32_PIPE_BUFFER_MIN) {
        size = WIN32_PIPE_BUFFER_MIN;
    } else if (size > WIN32_PIPE_BUFFER_MAX) {
        size = WIN32_PIPE_BUFFER_MAX;
    }
    return size < plan->message_max ? plan->message_max : size;
}

xipc_status win32_pipe_serve(const win32_pipe_server *server, HANDLE *pipe_out)
{
    DWORD instances =
        server->instances ? server->instances : PIPE_UNLIMITED_INSTANCES;
    win32_security security;
    xipc_status status = win32_security_make(server->others, &security);
    HANDLE pipe;
    DWORD error;

    if (status != XIPC_OK) {
        return status;
    }
    pipe = CreateNamedPipeA(
        server->path, server->open_mode | FILE_FLAG_OVERLAPPED, WIN32_PIPE_TYPE,
        instances, server->buffer_size, server->buffer_size, 0,
        &security.attributes);
    error = GetLastError();
    win32_security_drop(&security);
    if (pipe == INVALID_HANDLE_VALUE) {
        return serve_fault(error, server);
    }
    *pipe_out = pipe;
    return XIPC_OK;
}

DWORD win32_pipe_dial(
    const char *path, DWORD access, DWORD flags, HANDLE *pipe_out)
{
    HANDLE pipe = CreateFileA(
        path, access, 0, NULL, OPEN_EXISTING,
        flags | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);

    if (pipe == INVALID_HANDLE_VALUE) {
        return GetLastError();
    }
    *pipe_out = pipe;
    return ERROR_SUCCESS;
}

int win32_pipe_read_messages(HANDLE pipe)
{
    DWORD mode = PIPE_READMODE_MESSAGE;

    return SetNamedPipeHandleState(pipe, &mode, NULL, NULL) != 0;
}

/* ---- two handles ---- */

/* What is made for one way. */
typedef struct way {
    int is_reader_server;
    DWORD client_flags; /* FILE_FLAG_OVERLAPPED or 0 */
    DWORD buffer_size;
    HANDLE reader;
    HANDLE writer;
} way;

/* The right to say how it is read (read_bytes()) is one that writes. */
#define READER_ACCESS (FILE_GENERIC_READ | FILE_WRITE_ATTRIBUTES)
/* With the right to ask whether anybody reads. */
#define WRITER_ACCESS (FILE_GENERIC_WRITE | FILE_READ_ATTRIBUTES)

/* PIPE_ACCESS_INBOUND and PIPE_ACCESS_OUTBOUND would give less than that, and
 * no right that a handle has not can be added. */
static DWORD leave_only(HANDLE *pipe, DWORD access)
{
    HANDLE less = NULL;

    if (!DuplicateHandle(
            GetCurrentProcess(), *pipe, GetCurrentProcess(), &less, access,
            FALSE, 0)) {
        return GetLastError();
    }
    CloseHandle(*pipe);
    *pipe = less;
    return ERROR_SUCCESS;
}

static xipc_status try_way(way *made)
{
    char path[WIN32_PIPE_PATH_SIZE];
    const win32_pipe_server server = {
        path, FILE_FLAG_FIRST_PIPE_INSTANCE | PIPE_ACCESS_DUPLEX, 1,
        made->buffer_size, NULL};
    const DWORD server_access =
        made->is_reader_server ? READER_ACCESS : WRITER_ACCESS;
    const DWORD client_access =
        made->is_reader_server ? WRITER_ACCESS : READER_ACCESS;
    HANDLE served = NULL;
    HANDLE dialed = NULL;
    xipc_status status;
    DWORD error;

    win32_pipe_fresh_path(path);
    status = win32_pipe_serve(&server, &served);
    if (status != XIPC_OK) {
        return status;
    }
    error = win32_pipe_dial(path, client_access, made->client_flags, &dialed);
    if (error == ERROR_SUCCESS) {
        error = leave_only(&served, server_access);
    }
    if (error != ERROR_SUCCESS) {
        if (dialed) {
            CloseHandle(dialed);
        }
        CloseHandle(served);
        return win32_fault_as(
            error == ERROR_PIPE_BUSY ? XIPC_E_EXISTS : xipcos_status(error),
            error, "cannot open the pipe '%s'", path);
    }
    made->reader = made->is_reader_server ? served : dialed;
    made->writer = made->is_reader_server ? dialed : served;
    return XIPC_OK;
}

/* Somebody may meet the name before we do; then it is another one. */
static xipc_status make_way(way *made)
{
    xipc_status status = XIPC_E_EXISTS;

    for (int turn = 0; status == XIPC_E_EXISTS && turn < TRIES_MAX; turn++) {
        status = try_way(made);
    }
    return status == XIPC_E_EXISTS ? XIPC_E_OS : status;
}

static void close_way(way *made)
{
    if (made->reader) {
        CloseHandle(made->reader);
        CloseHandle(made->writer);
    }
}

/* ---- what this system does ---- */

/* On a pipe with room; returns how many bytes. */
static DWORD at_once(HANDLE file, BOOL is_done, OVERLAPPED *operation)
{
    DWORD size = 0;

    if (win32_pipe_outcome(file, is_done, operation, &size) ==
        ERROR_IO_PENDING) {
        win32_pipe_take_back(file, operation);
    }
    return size;
}

/* A message without bytes, and one with; then which of them is left. */
static int try_empty_read(HANDLE reader, HANDLE writer)
{
    OVERLAPPED operation = {0};
    char byte = 'x';

    at_once(writer, WriteFile(writer, &byte, 0, NULL, &operation), &operation);
    at_once(writer, WriteFile(writer, &byte, 1, NULL, &operation), &operation);
    at_once(reader, ReadFile(reader, NULL, 0, NULL, &operation), &operation);
    return at_once(
               reader, ReadFile(reader, &byte, 1, NULL, &operation),
               &operation) == 1;
}

int win32_pipe_empty_read_takes(void)
{
    static atomic_int known; /* 0: not yet, 1: no, 2: yes */
    way made = {1, FILE_FLAG_OVERLAPPED, WIN32_PIPE_BUFFER_MIN, NULL, NULL};

    if (atomic_load(&known) == 0 && make_way(&made) == XIPC_OK) {
        atomic_store(&known, 1 + try_empty_read(made.reader, made.writer));
        close_way(&made);
    }
    return atomic_load(&known) == 2;
}

/* ---- two ends ---- */

static xipc_status
join_pair(xipcos_pipe *reader, xipcos_pipe *writer, DWORD size)
{
    win32_pipe_pair *pair = calloc(1, sizeof *pair);

    if (!pair) {
        return xipcos_fault(XIPC_E_NO_MEMORY, 0, "no memory for a pipe");
    }
    InitializeSRWLock(&pair->lock);
    pair->reader = reader;
    pair->writer = writer;
    pair->buffer_size = size;
    pair->holder_count = 2;
    reader->pairs[0] = pair;
    writer->pairs[1] = pair;
    return XIPC_OK;
}

void win32_pipe_part_pair(const xipcos_pipe *pipe, int direction_index)
{
    win32_pipe_pair *pair = pipe->pairs[direction_index];

    if (!pair) {
        return;
    }
    AcquireSRWLockExclusive(&pair->lock);
    if (direction_index == 0) {
        pair->reader = NULL;
    } else {
        pair->writer = NULL;
    }
    ReleaseSRWLockExclusive(&pair->lock);
}

void win32_pipe_leave_pair(xipcos_pipe *pipe, int direction_index)
{
    win32_pipe_pair *pair = pipe->pairs[direction_index];
    int is_last;

    if (!pair) {
        return;
    }
    win32_pipe_part_pair(pipe, direction_index);
    pipe->pairs[direction_index] = NULL;
    AcquireSRWLockExclusive(&pair->lock);
    is_last = --pair->holder_count == 0;
    ReleaseSRWLockExclusive(&pair->lock);
    if (is_last) {
        free(pair);
    }
}

static xipc_status make_ends(
    const xipcos_pipe_plan *plan,
    const way *there,
    const way *back,
    xipcos_pipe *ends[2])
{
    xipc_status status = XIPC_OK;

    ends[0] = win32_pipe_new(
        WIN32_PIPE_MADE, plan->message_max, there->reader, back->writer);
    ends[1] = win32_pipe_new(
        WIN32_PIPE_MADE, plan->message_max, back->reader, there->writer);
    if (!ends[0] || !ends[1]) {
        return XIPC_E_NO_MEMORY;
    }
    status = join_pair(ends[0], ends[1], there->buffer_size);
    if (status == XIPC_OK && back->reader) {
        status = join_pair(ends[1], ends[0], back->buffer_size);
    }
    return status;
}

xipc_status xipcos_pipe_create(
    const xipcos_pipe_plan *plan,
    int is_duplex,
    xipcos_pipe **first_out,
    xipcos_pipe **second_out)
{
    uint32_t size = win32_pipe_buffer_size(plan);
    way there = {1, FILE_FLAG_OVERLAPPED, size, NULL, NULL};
    way back = there;
    xipcos_pipe *ends[2] = {NULL, NULL};
    xipc_status status = make_way(&there);

    if (status == XIPC_OK && is_duplex) {
        status = make_way(&back);
    }
    if (status != XIPC_OK) {
        close_way(&there);
        return status;
    }
    status = make_ends(plan, &there, &back, ends);
    if (status != XIPC_OK) {
        xipcos_pipe_close(ends[0]);
        xipcos_pipe_close(ends[1]);
        return status;
    }
    *first_out = ends[0];
    *second_out = ends[1];
    return XIPC_OK;
}

/* What stands in the pipe can be asked at the end that reads. */
int win32_pipe_pair_is_full(const xipcos_pipe *writer)
{
    win32_pipe_pair *pair = writer->pairs[1];
    DWORD size = 0;

    if (!pair) {
        return 0;
    }
    AcquireSRWLockShared(&pair->lock);
    if (pair->reader && !pair->reader->is_synchronous &&
        !PeekNamedPipe(
            pair->reader->reading.file, NULL, 0, NULL, &size, NULL)) {
        size = 0;
    }
    ReleaseSRWLockShared(&pair->lock);
    return (uint64_t)size + writer->wanted > pair->buffer_size;
}

/* ---- giving one away ---- */

static xipc_status copy_handle(HANDLE handle, HANDLE *copy_out)
{
    if (!DuplicateHandle(
            GetCurrentProcess(), handle, GetCurrentProcess(), copy_out, 0,
            FALSE, DUPLICATE_SAME_ACCESS)) {
        return win32_fault(GetLastError(), "cannot copy the handle");
    }
    return XIPC_OK;
}

static void replace(win32_pipe_turn *turn, HANDLE file)
{
    AcquireSRWLockExclusive(&turn->lock);
    CloseHandle(turn->file);
    turn->file = file;
    ReleaseSRWLockExclusive(&turn->lock);
}

/* With both turns. What goes both ways stays as it is: its two ways would not
 * be of one kind. */
static int is_fresh(const xipcos_pipe *pipe)
{
    return !atomic_load_explicit(&pipe->is_used, memory_order_relaxed) &&
           pipe->directions != (XIPC_READABLE | XIPC_WRITABLE);
}

/* With the pair's lock, and both ends there. */
static xipc_status make_plain(win32_pipe_pair *pair, int gives_reader)
{
    xipcos_pipe *given = gives_reader ? pair->reader : pair->writer;
    way made = {!gives_reader, 0, pair->buffer_size, NULL, NULL};
    xipc_status status = make_way(&made);

    if (status != XIPC_OK) {
        return status;
    }
    replace(&pair->reader->reading, made.reader);
    replace(&pair->writer->writing, made.writer);
    given->is_synchronous = 1;
    given->is_message_read = 0;
    pair->is_given = 1;
    return XIPC_OK;
}

/* Whether both turns were free. */
static int take_both(const win32_pipe_pair *pair)
{
    if (!win32_pipe_try(&pair->reader->reading)) {
        return 0;
    }
    if (!win32_pipe_try(&pair->writer->writing)) {
        win32_pipe_leave_to_look(&pair->reader->reading, &pair->reader->data);
        return 0;
    }
    return 1;
}

/* Nobody has begun to use either end; who begins now waits for his turn. */
static xipc_status make_plain_if_fresh(win32_pipe_pair *pair, int gives_reader)
{
    xipc_status status = XIPC_OK;

    if (!pair->reader || !pair->writer || pair->is_given || !take_both(pair)) {
        return XIPC_OK;
    }
    if (is_fresh(pair->reader) && is_fresh(pair->writer)) {
        status = make_plain(pair, gives_reader);
    }
    win32_pipe_leave_to_look(&pair->writer->writing, &pair->writer->room);
    win32_pipe_leave_to_look(&pair->reader->reading, &pair->reader->data);
    return status;
}

/*
 * A plain program takes it for an error that a message is longer than what it
 * asked for. Who reads it with the library meanwhile has the turn: then there
 * are two readers, and what each of them gets is anybody's guess.
 */
static void read_bytes(xipcos_pipe *pipe)
{
    DWORD mode = PIPE_READMODE_BYTE;

    if (!pipe->is_message_read || !win32_pipe_try(&pipe->reading)) {
        return;
    }
    win32_pipe_withdraw_question(pipe);
    if (SetNamedPipeHandleState(pipe->reading.file, &mode, NULL, NULL)) {
        pipe->is_message_read = 0;
    }
    win32_pipe_leave_to_look(&pipe->reading, &pipe->data);
}

/* It may be closed at the same time (xipcos_pipe_shutdown_write()). */
static xipc_status copy_file(win32_pipe_turn *turn, HANDLE *copy_out)
{
    xipc_status status;

    AcquireSRWLockExclusive(&turn->lock);
    status = copy_handle(turn->file, copy_out);
    ReleaseSRWLockExclusive(&turn->lock);
    return status;
}

xipc_status
xipcos_pipe_give(xipcos_pipe *pipe, uint32_t direction, intptr_t *native_out)
{
    int is_reading = direction == XIPC_READABLE;
    win32_pipe_pair *pair = pipe->pairs[is_reading ? 0 : 1];
    HANDLE copy = NULL;
    xipc_status status = XIPC_OK;

    if (pipe->kind == WIN32_PIPE_CONNECTION) {
        return xipcos_fault(
            XIPC_E_NOT_SUPPORTED, 0,
            "a connection speaks the library's own way");
    }
    if (pair && !pipe->is_synchronous) {
        AcquireSRWLockExclusive(&pair->lock);
        status = make_plain_if_fresh(pair, is_reading);
        ReleaseSRWLockExclusive(&pair->lock);
    }
    if (status == XIPC_OK && is_reading && !pipe->is_synchronous) {
        read_bytes(pipe);
    }
    if (status == XIPC_OK) {
        status = copy_file(is_reading ? &pipe->reading : &pipe->writing, &copy);
    }
    if (status == XIPC_OK) {
        *native_out = (intptr_t)copy;
    }
    return status;
}

/* ---- taking one over ---- */

/* Copies by direction, reading first; NULL: none. */
typedef struct adopted {
    HANDLE files[2];
    win32_pipe_facts facts[2];
} adopted;

static xipc_status copy_one(adopted *all, intptr_t native)
{
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): a handle is a number. */
    HANDLE handle = (HANDLE)native;
    win32_pipe_facts facts = {0};
    HANDLE copy = NULL;
    xipc_status status = win32_nt_pipe(handle, &facts);

    if (status == XIPC_OK && ((facts.can_read && all->files[0]) ||
                              (facts.can_write && all->files[1]))) {
        status = xipcos_fault(
            XIPC_E_INVALID, 0, "handle %p goes the same way as another",
            handle);
    }
    if (status == XIPC_OK) {
        status = copy_handle(handle, &copy);
    }
    if (status == XIPC_OK && facts.can_read) {
        all->files[0] = copy;
        all->facts[0] = facts;
    }
    if (status == XIPC_OK && facts.can_write) {
        all->files[1] = copy;
        all->facts[1] = facts;
    }
    return status;
}

static void drop_copies(const adopted *all)
{
    if (all->files[0]) {
        CloseHandle(all->files[0]);
    }
    if (all->files[1] && all->files[1] != all->files[0]) {
        CloseHandle(all->files[1]);
    }
}

xipc_status xipcos_pipe_adopt(
    const intptr_t *natives,
    unsigned count,
    const xipcos_pipe_plan *plan,
    xipcos_pipe **pipe_out)
{
    adopted all = {{NULL, NULL}, {{0}, {0}}};
    const win32_pipe_facts *reads = &all.facts[0];
    xipcos_pipe *pipe;
    xipc_status status = XIPC_OK;

    for (unsigned at = 0; status == XIPC_OK && at < count; at++) {
        status = copy_one(&all, natives[at]);
    }
    if (status == XIPC_OK && all.files[0] && all.files[1] &&
        reads->is_synchronous != all.facts[1].is_synchronous) {
        status = xipcos_fault(
            XIPC_E_INVALID, 0, "only one of the handles is overlapped");
    }
    if (status != XIPC_OK) {
        drop_copies(&all);
        return status;
    }
    pipe = win32_pipe_new(
        WIN32_PIPE_FOREIGN, plan->message_max, all.files[0], all.files[1]);
    if (!pipe) {
        return XIPC_E_NO_MEMORY;
    }
    pipe->is_synchronous = reads->is_synchronous || all.facts[1].is_synchronous;
    pipe->is_message_read = !pipe->is_synchronous && all.files[0] &&
                            reads->is_message &&
                            win32_pipe_read_messages(all.files[0]);
    *pipe_out = pipe;
    return XIPC_OK;
}
