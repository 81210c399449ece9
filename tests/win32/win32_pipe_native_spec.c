/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pipes under the system's own names, with a program that does not know the
 * library at the other end; and ends as a program's standard streams.
 */
#include <stdio.h>
#include <string.h>

#include <windows.h>

#include <xipc/pipe.h>

#include "os/os_pipe.h"
#include "support/spec.h"

enum { COUNT = 300, LONGEST = 200 };

#define NATIVE "native:"

/* "native:" and a name that no other run of this case has. */
static const char *pipe_name(void)
{
    static char name[64];

    snprintf(
        name, sizeof name, NATIVE "xipc-spec-%lu",
        (unsigned long)GetCurrentProcessId());
    return name;
}

/* ---- the program ---- */

typedef struct plain {
    HANDLE process;
    HANDLE there;
} plain;

/* `order` with NAME for the pipe's name. It stands beside this program. */
static void plain_command(char *command, size_t capacity, const char *order)
{
    char self[MAX_PATH];
    char *last;

    REQUIRE(GetModuleFileNameA(NULL, self, sizeof self) < sizeof self);
    last = strrchr(self, '\\');
    REQUIRE(last != NULL);
    *last = '\0';
    REQUIRE(
        snprintf(
            command, capacity, "\"%s\\namedpipe_plain.exe\" %s", self, order) <
        (int)capacity);
}

static HANDLE started(char *command, STARTUPINFOA *start)
{
    PROCESS_INFORMATION process;

    start->cb = sizeof *start;
    REQUIRE(CreateProcessA(
        NULL, command, NULL, NULL, start->dwFlags != 0, 0, NULL, NULL, start,
        &process));
    CloseHandle(process.hThread);
    return process.hProcess;
}

static plain plain_begun(const char *verb, unsigned count, const char *kind)
{
    const char *name = pipe_name() + strlen(NATIVE);
    STARTUPINFOA start = {0};
    char order[128];
    char command[MAX_PATH + 256];
    plain self;

    snprintf(order, sizeof order, "Local\\%s-there", name);
    self.there = CreateEventA(NULL, TRUE, FALSE, order);
    REQUIRE(self.there && ResetEvent(self.there));
    snprintf(order, sizeof order, "%s %s %u %s", verb, name, count, kind);
    plain_command(command, sizeof command, order);
    self.process = started(command, &start);
    return self;
}

static void require_content(HANDLE process)
{
    DWORD exit_code;

    REQUIRE(WaitForSingleObject(process, INFINITE) == WAIT_OBJECT_0);
    REQUIRE(GetExitCodeProcess(process, &exit_code));
    REQUIRE_UINT(0, exit_code);
    CloseHandle(process);
}

static void plain_ends(const plain *self)
{
    require_content(self->process);
    CloseHandle(self->there);
}

/* ---- messages of the program's ---- */

static size_t plain_fill(unsigned char *bytes, unsigned number)
{
    size_t size = number % LONGEST + 1;

    for (size_t at = 0; at < size; at++) {
        bytes[at] = (unsigned char)(number * 7 + at);
    }
    return size;
}

static void put_plain(xipc_pipe *pipe, unsigned number)
{
    unsigned char bytes[LONGEST];
    size_t size = plain_fill(bytes, number);

    REQUIRE_OK(xipc_pipe_write(pipe, bytes, size, XIPC_FOREVER, NULL));
}

static void get_plain(xipc_pipe *pipe, unsigned number)
{
    unsigned char wanted[LONGEST];
    unsigned char got[LONGEST];
    size_t size = plain_fill(wanted, number);
    size_t total = 0;
    size_t count;

    while (total < size) {
        REQUIRE_OK(xipc_pipe_read(
            pipe, got + total, size - total, XIPC_FOREVER, &count));
        total += count;
    }
    REQUIRE(memcmp(got, wanted, size) == 0);
}

static void require_closed(xipc_pipe *pipe)
{
    char byte;
    size_t size;

    REQUIRE_STATUS(
        XIPC_E_CLOSED, xipc_pipe_read(pipe, &byte, 1, XIPC_FOREVER, &size));
}

static xipc_pipe_listener *listener_here(uint32_t flags)
{
    xipc_pipe_options options = XIPC_PIPE_OPTIONS_INIT;
    xipc_pipe_listener *listener = NULL;

    options.flags = flags;
    REQUIRE_OK(
        xipc_pipe_listen(pipe_name(), &options, XIPC_FOREVER, &listener));
    return listener;
}

static xipc_pipe *client_met(xipc_pipe_listener *listener)
{
    xipc_pipe *pipe = NULL;

    REQUIRE_OK(xipc_pipe_accept(listener, XIPC_FOREVER, &pipe));
    return pipe;
}

/* ---- foreign servers ---- */

static void require_foreign_server(const char *kind)
{
    plain server = plain_begun("serve", COUNT, kind);
    xipc_pipe *pipe = NULL;

    REQUIRE_OK(
        xipc_pipe_connect(pipe_name(), NULL, xipc_after_ms(20000), &pipe));
    for (unsigned number = 0; number < COUNT; number++) {
        put_plain(pipe, number);
        get_plain(pipe, number);
    }
    require_closed(pipe);
    xipc_pipe_close(pipe);
    plain_ends(&server);
}

SPEC(a_foreign_server_of_bytes_talks_with_us, "PIPE-8")
{
    require_foreign_server("bytes");
}

SPEC(a_foreign_server_of_messages_talks_with_us, "PIPE-8")
{
    require_foreign_server("messages");
}

SPEC(a_foreign_server_is_waited_for_and_nobody_is_told_at_once, "PIPE-8 PIPE-4")
{
    xipc_pipe *pipe = NULL;

    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND,
        xipc_pipe_connect(pipe_name(), NULL, XIPC_NOW, &pipe));
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipc_pipe_connect(pipe_name(), NULL, xipc_after_ms(20), &pipe));
    REQUIRE(pipe == NULL);
}

/* ---- foreign clients ---- */

SPEC(foreign_clients_talk_with_us_one_after_the_other, "PIPE-8")
{
    xipc_pipe_listener *listener = listener_here(0);

    for (int turn = 0; turn < 3; turn++) {
        plain client = plain_begun("call", COUNT, "");
        xipc_pipe *pipe = client_met(listener);

        for (unsigned number = 0; number < COUNT; number++) {
            get_plain(pipe, number);
            put_plain(pipe, number);
        }
        require_closed(pipe);
        xipc_pipe_close(pipe);
        plain_ends(&client);
    }
    xipc_pipe_listener_close(listener);
}

SPEC(foreign_clients_talk_with_us_at_the_same_time, "PIPE-8 PIPE-4")
{
    enum { CLIENTS = 6 };
    xipc_pipe_listener *listener = listener_here(0);
    plain clients[CLIENTS];
    xipc_pipe *pipes[CLIENTS];

    for (int at = 0; at < CLIENTS; at++) {
        clients[at] = plain_begun("call", COUNT, "");
    }
    for (int at = 0; at < CLIENTS; at++) {
        pipes[at] = client_met(listener);
    }
    for (unsigned number = 0; number < COUNT; number++) {
        for (int at = 0; at < CLIENTS; at++) {
            get_plain(pipes[at], number);
            put_plain(pipes[at], number);
        }
    }
    for (int at = 0; at < CLIENTS; at++) {
        require_closed(pipes[at]);
        xipc_pipe_close(pipes[at]);
        plain_ends(&clients[at]);
    }
    xipc_pipe_listener_close(listener);
}

SPEC(a_listener_of_one_direction_reads_what_a_foreign_program_writes, "PIPE-8")
{
    xipc_pipe_listener *listener = listener_here(XIPC_PIPE_READ_ONLY);
    plain client = plain_begun("write", COUNT, "");
    xipc_pipe *pipe = client_met(listener);

    for (unsigned number = 0; number < COUNT; number++) {
        get_plain(pipe, number);
    }
    require_closed(pipe);
    REQUIRE_STATUS(
        XIPC_E_ACCESS, xipc_pipe_write(pipe, "x", 1, XIPC_NOW, NULL));
    xipc_pipe_close(pipe);
    plain_ends(&client);
    xipc_pipe_listener_close(listener);
}

SPEC(a_listener_of_one_direction_writes_what_a_foreign_program_reads, "PIPE-8")
{
    xipc_pipe_listener *listener = listener_here(XIPC_PIPE_WRITE_ONLY);
    plain client = plain_begun("read", COUNT, "");
    xipc_pipe *pipe = client_met(listener);

    for (unsigned number = 0; number < COUNT; number++) {
        put_plain(pipe, number);
    }
    xipc_pipe_close(pipe);
    plain_ends(&client);
    xipc_pipe_listener_close(listener);
}

SPEC(a_foreign_program_that_was_killed_has_ended, "PIPE-8 PIPE-6")
{
    xipc_pipe_listener *listener = listener_here(0);
    plain client = plain_begun("leave", 0, "");
    xipc_pipe *pipe = client_met(listener);
    char text[20];
    size_t size = 0;

    REQUIRE_OK(xipc_pipe_read(pipe, text, sizeof text, XIPC_FOREVER, &size));
    REQUIRE_UINT(10, size);
    REQUIRE(memcmp(text, "last words", 10) == 0);
    require_closed(pipe);
    REQUIRE_STATUS(
        XIPC_E_CLOSED, xipc_pipe_write(pipe, "x", 1, XIPC_NOW, NULL));
    xipc_pipe_close(pipe);
    plain_ends(&client);
    xipc_pipe_listener_close(listener);
}

/* ---- names ---- */

SPEC(a_name_of_the_systems_that_is_served_is_taken, "PIPE-8 PIPE-4")
{
    xipc_pipe_listener *listener = listener_here(0);
    xipc_pipe_listener *none = NULL;
    xipc_pipe_options options = XIPC_PIPE_OPTIONS_INIT;
    plain server;

    REQUIRE_STATUS(
        XIPC_E_EXISTS,
        xipc_pipe_listen(pipe_name(), &options, XIPC_NOW, &none));
    xipc_pipe_listener_close(listener);

    server = plain_begun("serve", 0, "bytes");
    REQUIRE(WaitForSingleObject(server.there, INFINITE) == WAIT_OBJECT_0);
    REQUIRE_STATUS(
        XIPC_E_EXISTS,
        xipc_pipe_listen(pipe_name(), &options, XIPC_NOW, &none));
    REQUIRE(TerminateProcess(server.process, 0));
    plain_ends(&server);
}

SPEC(a_name_of_the_systems_stands_with_its_folder_or_without, "PIPE-8 NAME-4")
{
    xipc_pipe_listener *listener = listener_here(0);
    char full[128];
    xipc_pipe *ends[2];

    snprintf(
        full, sizeof full, NATIVE "\\\\.\\pipe\\%s",
        pipe_name() + strlen(NATIVE));
    REQUIRE_OK(xipc_pipe_connect(full, NULL, xipc_after_ms(9999), &ends[0]));
    ends[1] = client_met(listener);
    put_plain(ends[0], 7);
    get_plain(ends[1], 7);
    xipc_pipe_close(ends[0]);
    require_closed(ends[1]);
    xipc_pipe_close(ends[1]);
    xipc_pipe_listener_close(listener);
}

SPEC(a_pipe_of_another_machine_is_no_name, "PIPE-8 PIPE-7")
{
    static const char *const names[] = {
        NATIVE "\\\\server\\pipe\\name", NATIVE "\\\\localhost\\pipe\\name",
        NATIVE "\\\\.\\pipe\\", NATIVE "\\\\.\\mailslot\\name"};
    xipc_pipe *pipe = NULL;
    xipc_pipe_listener *listener = NULL;

    for (size_t at = 0; at < sizeof names / sizeof *names; at++) {
        REQUIRE_STATUS(
            XIPC_E_NAME, xipc_pipe_connect(names[at], NULL, XIPC_NOW, &pipe));
        REQUIRE_STATUS(
            XIPC_E_NAME,
            xipc_pipe_listen(names[at], NULL, XIPC_NOW, &listener));
    }
}

/* ---- standard streams ---- */

static const xipcos_pipe_plan bytes = {0, 0, XIPC_ACCESS_PRIVATE};
static const xipcos_patience forever = {XIPC_FOREVER, NULL};

typedef struct streams {
    xipcos_pipe *input;  /* ours writes it */
    xipcos_pipe *output; /* ours reads it */
    HANDLE process;
} streams;

static HANDLE inheritable(xipcos_pipe *pipe, uint32_t direction)
{
    intptr_t native = 0;

    REQUIRE_OK(xipcos_pipe_give(pipe, direction, &native));
    REQUIRE(SetHandleInformation(
        (HANDLE)native, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT));
    return (HANDLE)native;
}

static streams started_with_streams(char *command)
{
    STARTUPINFOA start = {.dwFlags = STARTF_USESTDHANDLES};
    xipcos_pipe *child_input = NULL;
    xipcos_pipe *child_output = NULL;
    streams self = {NULL, NULL, NULL};

    REQUIRE_OK(xipcos_pipe_create(&bytes, 0, &child_input, &self.input));
    REQUIRE_OK(xipcos_pipe_create(&bytes, 0, &self.output, &child_output));
    start.hStdInput = inheritable(child_input, XIPC_READABLE);
    start.hStdOutput = inheritable(child_output, XIPC_WRITABLE);
    start.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    self.process = started(command, &start);
    CloseHandle(start.hStdInput);
    CloseHandle(start.hStdOutput);
    xipcos_pipe_close(child_input);
    xipcos_pipe_close(child_output);
    return self;
}

static void put_text(xipcos_pipe *pipe, const char *text)
{
    size_t written;

    REQUIRE_OK(xipcos_pipe_write(pipe, text, strlen(text), &forever, &written));
}

/* All until the end. */
static void get_text(xipcos_pipe *pipe, char *text, size_t capacity)
{
    xipc_status status = XIPC_OK;
    size_t total = 0;

    while (status == XIPC_OK) {
        size_t size = 0;

        REQUIRE(total + 1 < capacity);
        status = xipcos_pipe_read(
            pipe, text + total, capacity - 1 - total, &forever, &size);
        total += status == XIPC_OK ? size : 0;
    }
    REQUIRE_STATUS(XIPC_E_CLOSED, status);
    text[total] = '\0';
}

SPEC(ends_are_a_foreign_programs_standard_streams, "PIPE-3")
{
    char command[MAX_PATH + 64];
    char text[64];
    size_t size = 0;
    streams all;

    plain_command(command, sizeof command, "filter");
    all = started_with_streams(command);
    put_text(all.input, "while it waits ");
    REQUIRE_OK(xipcos_pipe_read(all.output, text, 5, &forever, &size));
    REQUIRE(size == 5 && memcmp(text, "WHILE", 5) == 0);
    put_text(all.input, "and then");
    xipcos_pipe_close(all.input);
    get_text(all.output, text, sizeof text);
    REQUIRE_TEXT(" IT WAITS AND THEN", text);
    require_content(all.process);
    xipcos_pipe_close(all.output);
}

SPEC(ends_are_the_command_interpreters_standard_streams, "PIPE-3")
{
    char command[] = "cmd /v:on /c \"set /p line=& echo got !line!\"";
    char text[64];
    streams all = started_with_streams(command);

    put_text(all.input, "one line\r\n");
    xipcos_pipe_close(all.input);
    get_text(all.output, text, sizeof text);
    REQUIRE_TEXT("got one line\r\n", text);
    require_content(all.process);
    xipcos_pipe_close(all.output);
}
