/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that uses pipes and does not know the library:
 *
 *     namedpipe_plain serve NAME COUNT bytes|messages
 *                           makes the pipe, sets the event NAME-there, meets
 *                           one client, and sends so many messages back
 *     namedpipe_plain call NAME COUNT
 *                           opens the pipe when it can, writes so many
 *                           messages, and each time reads it back
 *     namedpipe_plain write NAME COUNT, namedpipe_plain read NAME COUNT
 *                           one way: so many messages as a stream, which ends
 *                           then
 *     namedpipe_plain leave NAME
 *                           opens the pipe, writes "last words", and is killed
 *     namedpipe_plain filter
 *                           standard input, in capitals, to standard output
 *
 * Message n has n % 200 + 1 bytes, of which byte k is n * 7 + k. It ends with
 * 0, or with the number of the line where something was not as it must be.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#define LONGEST 200
#define WAIT_MS 60000

#define MUST(condition) must((condition) != 0, __LINE__)

static void must(int is_so, int line)
{
    if (!is_so) {
        exit(line);
    }
}

static DWORD fill(unsigned char *bytes, unsigned number)
{
    DWORD size = number % LONGEST + 1;

    for (DWORD at = 0; at < size; at++) {
        bytes[at] = (unsigned char)(number * 7 + at);
    }
    return size;
}

static void put(HANDLE pipe, unsigned number)
{
    unsigned char bytes[LONGEST];
    DWORD size = fill(bytes, number);
    DWORD written = 0;

    MUST(WriteFile(pipe, bytes, size, &written, NULL));
    MUST(written == size);
}

/* However it comes. */
static void get(HANDLE pipe, unsigned number)
{
    unsigned char wanted[LONGEST];
    unsigned char got[LONGEST];
    DWORD size = fill(wanted, number);
    DWORD count = 0;

    for (DWORD total = 0; total < size; total += count) {
        MUST(ReadFile(pipe, got + total, size - total, &count, NULL));
    }
    MUST(memcmp(got, wanted, size) == 0);
}

static void say_there(const char *name)
{
    char full[128];
    HANDLE event;

    snprintf(full, sizeof full, "Local\\%s-there", name);
    event = CreateEventA(NULL, TRUE, FALSE, full);
    MUST(event);
    MUST(SetEvent(event));
}

static void write_path(const char *name, char path[128])
{
    snprintf(path, 128, "\\\\.\\pipe\\%s", name);
}

static void serve(const char *name, unsigned count, int is_message)
{
    char path[128];
    HANDLE pipe;

    write_path(name, path);
    pipe = CreateNamedPipeA(
        path, PIPE_ACCESS_DUPLEX, is_message ? PIPE_TYPE_MESSAGE : 0, 1, 4096,
        4096, 0, NULL);
    MUST(pipe != INVALID_HANDLE_VALUE);
    say_there(name);
    MUST(
        ConnectNamedPipe(pipe, NULL) || GetLastError() == ERROR_PIPE_CONNECTED);
    for (unsigned number = 0; number < count; number++) {
        get(pipe, number);
        put(pipe, number);
    }
    CloseHandle(pipe);
}

/* As programs do: whoever is told that it is busy waits. */
static HANDLE opened(const char *name, DWORD access)
{
    char path[128];
    HANDLE pipe = INVALID_HANDLE_VALUE;

    write_path(name, path);
    while (pipe == INVALID_HANDLE_VALUE) {
        pipe = CreateFileA(path, access, 0, NULL, OPEN_EXISTING, 0, NULL);
        if (pipe == INVALID_HANDLE_VALUE) {
            MUST(GetLastError() == ERROR_PIPE_BUSY);
            MUST(WaitNamedPipeA(path, WAIT_MS));
        }
    }
    return pipe;
}

static void call(const char *name, unsigned count)
{
    HANDLE pipe = opened(name, GENERIC_READ | GENERIC_WRITE);

    for (unsigned number = 0; number < count; number++) {
        put(pipe, number);
        get(pipe, number);
    }
}

static void write_all(const char *name, unsigned count)
{
    HANDLE pipe = opened(name, GENERIC_WRITE);

    for (unsigned number = 0; number < count; number++) {
        put(pipe, number);
    }
}

static void read_all(const char *name, unsigned count)
{
    HANDLE pipe = opened(name, GENERIC_READ);
    char byte;
    DWORD size;

    for (unsigned number = 0; number < count; number++) {
        get(pipe, number);
    }
    MUST(!ReadFile(pipe, &byte, 1, &size, NULL));
    MUST(GetLastError() == ERROR_BROKEN_PIPE);
}

static void leave(const char *name)
{
    HANDLE pipe = opened(name, GENERIC_READ | GENERIC_WRITE);
    DWORD written;

    MUST(WriteFile(pipe, "last words", 10, &written, NULL));
    TerminateProcess(GetCurrentProcess(), 0);
}

static void filter(void)
{
    HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
    HANDLE output = GetStdHandle(STD_OUTPUT_HANDLE);
    char bytes[100];
    DWORD size;
    DWORD written;

    while (ReadFile(input, bytes, sizeof bytes, &size, NULL) && size > 0) {
        for (DWORD at = 0; at < size; at++) {
            bytes[at] = (char)toupper((unsigned char)bytes[at]);
        }
        MUST(WriteFile(output, bytes, size, &written, NULL));
        MUST(written == size);
    }
    MUST(GetLastError() == ERROR_BROKEN_PIPE);
}

int main(int argument_count, char **arguments)
{
    const char *verb = argument_count > 1 ? arguments[1] : "";
    const char *name = argument_count > 2 ? arguments[2] : "";
    unsigned count =
        argument_count > 3 ? (unsigned)strtoul(arguments[3], NULL, 10) : 0;

    if (strcmp(verb, "serve") == 0) {
        MUST(argument_count > 4);
        serve(name, count, strcmp(arguments[4], "messages") == 0);
    } else if (strcmp(verb, "call") == 0) {
        call(name, count);
    } else if (strcmp(verb, "write") == 0) {
        write_all(name, count);
    } else if (strcmp(verb, "read") == 0) {
        read_all(name, count);
    } else if (strcmp(verb, "leave") == 0) {
        leave(name);
    } else {
        MUST(strcmp(verb, "filter") == 0);
        filter();
    }
    return 0;
}
