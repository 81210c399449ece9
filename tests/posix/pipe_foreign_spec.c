/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that do not know the library, at the other end. */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/os_pipe.h"
#include "support/pipe_kit.h"
#include "support/poller_kit.h"
#include "support/spawn_kit.h"

static xipc_stream stream_of(xipc_pipe *pipe)
{
    const xipc_stream own = {XIPC_STREAM_INHERIT, NULL, 0};
    const xipc_stream stream = {XIPC_STREAM_OBJECT, xipc_pipe_object(pipe), 0};

    return pipe ? stream : own;
}

/* A shell has these as its streams, and we do not any more. NULL: our own. */
static xipc_process *
runs(const char *command, xipc_pipe **input, xipc_pipe **output)
{
    const char *const arguments[] = {"sh", "-c", command, NULL};
    xipc_spawn_options options = spawn_with(0);
    xipc_process *process = NULL;

    options.input = stream_of(input ? *input : NULL);
    options.output = stream_of(output ? *output : NULL);
    REQUIRE_OK(xipc_spawn("/bin/sh", arguments, &options, &process));
    if (input) {
        xipc_pipe_close(*input);
        *input = NULL;
    }
    if (output) {
        xipc_pipe_close(*output);
        *output = NULL;
    }
    return process;
}

/* All that comes until the end. */
static void require_text(xipc_pipe *pipe, const char *want)
{
    char text[200];
    size_t got = 0;
    xipc_status status = XIPC_OK;

    while (status == XIPC_OK) {
        size_t size = 0;

        REQUIRE(got < sizeof text - 1);
        status = xipc_pipe_read(
            pipe, text + got, sizeof text - 1 - got, XIPC_FOREVER, &size);
        got += size;
    }
    REQUIRE_STATUS(XIPC_E_CLOSED, status);
    text[got] = '\0';
    REQUIRE_TEXT(want, text);
}

static void writes_text(xipc_pipe *pipe, const char *text)
{
    REQUIRE_OK(xipc_pipe_write(pipe, text, strlen(text), XIPC_FOREVER, NULL));
}

SPEC(an_end_is_a_foreign_programs_standard_output, "PIPE-3 PIPE-1")
{
    pipe_pair pair = pair_anonymous(XIPC_PIPE_BYTES);
    xipc_process *shell = runs("echo one; echo two", NULL, &pair.writer);

    require_text(pair.reader, "one\ntwo\n");
    process_done(shell);
    ends_closed(&pair);
}

SPEC(ends_are_a_foreign_programs_standard_input_and_output, "PIPE-3 PIPE-1")
{
    pipe_pair to = pair_anonymous(XIPC_PIPE_BYTES);
    pipe_pair from = pair_anonymous(XIPC_PIPE_BYTES);
    xipc_process *shell = runs("sort", &to.reader, &from.writer);

    writes_text(to.writer, "pear\nfig\napple\n");
    REQUIRE_STATUS(XIPC_E_TIMEOUT, pipe_get(from.reader, xipc_after_ms(5)));
    xipc_pipe_close(to.writer);
    to.writer = NULL;
    require_text(from.reader, "apple\nfig\npear\n");
    process_done(shell);
    ends_closed(&to);
    ends_closed(&from);
}

typedef struct flood {
    xipc_pipe *pipe;
    spec_thread *thread;
} flood;

enum { FLOOD_SIZE = 3000000 };

static void pour(void *context)
{
    const flood *self = context;

    pipe_puts(self->pipe, 7, FLOOD_SIZE);
    xipc_pipe_close(self->pipe);
}

/* More than fits into any pipe, so that all of them wait for each other. */
SPEC(a_foreign_program_passes_on_more_than_a_pipe_holds, "PIPE-3 PIPE-2")
{
    pipe_pair to = pair_anonymous(XIPC_PIPE_BYTES);
    pipe_pair from = pair_anonymous(XIPC_PIPE_BYTES);
    flood self = {to.writer, NULL};
    xipc_process *shell = runs("cat", &to.reader, &from.writer);

    self.thread = spec_thread_start(pour, &self);
    pipe_gets(from.reader, 7, FLOOD_SIZE);
    require_end(from.reader, XIPC_E_CLOSED);
    spec_thread_join(self.thread);
    process_done(shell);
    xipc_pipe_close(from.reader);
}

SPEC(what_a_foreign_program_is_given_blocks_and_ours_does_not, "PIPE-3 GEN-4")
{
    const xipcos_pipe_plan plan = {0};
    const xipcos_patience now = {XIPC_NOW, NULL};
    xipcos_pipe *ends[2];
    char byte;
    size_t size;

    REQUIRE_OK(xipcos_pipe_create(&plan, 0, &ends[0], &ends[1]));
    for (int at = 0; at < 2; at++) {
        intptr_t native = -1;

        REQUIRE_OK(xipcos_pipe_give(
            ends[at], at == 0 ? XIPC_READABLE : XIPC_WRITABLE, &native));
        REQUIRE((fcntl((int)native, F_GETFL) & O_NONBLOCK) == 0);
        REQUIRE((fcntl((int)native, F_GETFD) & FD_CLOEXEC) != 0);
        close((int)native);
    }
    REQUIRE_STATUS(
        XIPC_E_AGAIN, xipcos_pipe_read(ends[0], &byte, 1, &now, &size));
    xipcos_pipe_close(ends[0]);
    xipcos_pipe_close(ends[1]);
}

static xipc_pipe_options one_way(uint32_t flag)
{
    xipc_pipe_options options = XIPC_PIPE_OPTIONS_INIT;

    options.flags = flag;
    return options;
}

static xipc_pipe *opens_fifo(uint32_t flag)
{
    xipc_pipe_options options = one_way(flag);
    xipc_pipe *pipe = NULL;

    REQUIRE_OK(xipc_pipe_connect("native:fifo", &options, XIPC_FOREVER, &pipe));
    return pipe;
}

SPEC(a_shell_writes_to_a_fifo_that_we_read, "PIPE-8")
{
    xipc_pipe *pipe;
    xipc_process *shell;

    REQUIRE(mkfifo("fifo", 0600) == 0);
    pipe = opens_fifo(XIPC_PIPE_READ_ONLY);
    require_dry(pipe);
    REQUIRE_STATUS(XIPC_E_TIMEOUT, pipe_get(pipe, xipc_after_ms(5)));
    shell = runs("printf 'one\\ntwo\\n' | cat > fifo", NULL, NULL);
    require_text(pipe, "one\ntwo\n");
    process_done(shell);
    xipc_pipe_close(pipe);
    REQUIRE(unlink("fifo") == 0);
}

SPEC(a_shell_that_writes_nothing_to_a_fifo_ends_the_stream, "PIPE-8")
{
    xipc_pipe *pipe;
    xipc_process *shell;

    REQUIRE(mkfifo("fifo", 0600) == 0);
    pipe = opens_fifo(XIPC_PIPE_READ_ONLY);
    shell = runs(": > fifo", NULL, NULL);
    require_end(pipe, XIPC_E_CLOSED);
    process_done(shell);
    xipc_pipe_close(pipe);
    REQUIRE(unlink("fifo") == 0);
}

SPEC(a_shell_reads_from_a_fifo_that_we_write, "PIPE-8")
{
    pipe_pair from = pair_anonymous(XIPC_PIPE_BYTES);
    xipc_pipe *pipe;
    xipc_process *shell;

    REQUIRE(mkfifo("fifo", 0600) == 0);
    shell = runs("cat < fifo", NULL, &from.writer);
    pipe = opens_fifo(XIPC_PIPE_WRITE_ONLY);
    writes_text(pipe, "some words\n");
    xipc_pipe_close(pipe);
    require_text(from.reader, "some words\n");
    process_done(shell);
    ends_closed(&from);
    REQUIRE(unlink("fifo") == 0);
}

static xipc_pipe_listener *fifo_made(uint32_t flag)
{
    xipc_pipe_options options = one_way(flag);
    xipc_pipe_listener *listener = NULL;

    REQUIRE_OK(xipc_pipe_listen("native:fifo", &options, XIPC_NOW, &listener));
    return listener;
}

SPEC(shells_write_one_after_the_other_to_a_fifo_that_we_made, "PIPE-8 PIPE-9")
{
    xipc_pipe_listener *listener = fifo_made(XIPC_PIPE_READ_ONLY);
    xipc_pipe *pipe;

    REQUIRE_STATUS(XIPC_E_AGAIN, xipc_pipe_accept(listener, XIPC_NOW, &pipe));
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, xipc_pipe_accept(listener, xipc_after_ms(5), &pipe));
    for (int round = 0; round < 10; round++) {
        xipc_process *shell = runs("echo hello | cat > fifo", NULL, NULL);

        pipe = accepted(listener);
        require_text(pipe, "hello\n");
        xipc_pipe_close(pipe);
        process_done(shell);
    }
    xipc_pipe_listener_close(listener);
    REQUIRE(access("fifo", F_OK) != 0);
}

SPEC(a_listener_removes_its_own_fifo_and_no_other_ones, "PIPE-8")
{
    xipc_pipe_listener *listener = fifo_made(XIPC_PIPE_READ_ONLY);
    xipc_pipe_listener *successor;

    REQUIRE(rename("fifo", "old") == 0);
    successor = fifo_made(XIPC_PIPE_READ_ONLY);
    xipc_pipe_listener_close(listener);
    REQUIRE(access("fifo", F_OK) == 0);
    xipc_pipe_listener_close(successor);
    REQUIRE(access("fifo", F_OK) != 0);
    REQUIRE(unlink("old") == 0);
}

SPEC(a_shell_reads_from_a_fifo_that_we_made, "PIPE-8")
{
    xipc_pipe_listener *listener = fifo_made(XIPC_PIPE_WRITE_ONLY);
    pipe_pair from = pair_anonymous(XIPC_PIPE_BYTES);
    xipc_pipe *pipe;
    xipc_process *shell;

    REQUIRE_STATUS(XIPC_E_AGAIN, xipc_pipe_accept(listener, XIPC_NOW, &pipe));
    shell = runs("cat < fifo", NULL, &from.writer);
    pipe = accepted(listener);
    writes_text(pipe, "some words\n");
    xipc_pipe_close(pipe);
    require_text(from.reader, "some words\n");
    process_done(shell);
    ends_closed(&from);
    xipc_pipe_listener_close(listener);
}

SPEC(native_names_that_make_no_sense_are_refused, "PIPE-8 GEN-7")
{
    xipc_pipe_options options = one_way(XIPC_PIPE_READ_ONLY);
    xipc_pipe_listener *listener = UNTOUCHED;
    xipc_pipe *pipe = UNTOUCHED;
    FILE *file = fopen("file", "w");

    REQUIRE(file && fclose(file) == 0);
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND,
        xipc_pipe_connect("native:fifo", &options, XIPC_NOW, &pipe));
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_pipe_connect("native:file", &options, XIPC_NOW, &pipe));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_pipe_connect("native:file", NULL, XIPC_NOW, &pipe));
    REQUIRE_STATUS(
        XIPC_E_EXISTS,
        xipc_pipe_listen("native:file", &options, XIPC_NOW, &listener));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_pipe_listen("native:fifo", NULL, XIPC_NOW, &listener));
    REQUIRE(listener == UNTOUCHED && pipe == UNTOUCHED);
    REQUIRE(unlink("file") == 0);
    REQUIRE(mkfifo("fifo", 0600) == 0);
    options.flags = XIPC_PIPE_WRITE_ONLY;
    REQUIRE_STATUS(
        XIPC_E_AGAIN,
        xipc_pipe_connect("native:fifo", &options, XIPC_NOW, &pipe));
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipc_pipe_connect("native:fifo", &options, xipc_after_ms(5), &pipe));
    REQUIRE(unlink("fifo") == 0);
}

SPEC(what_is_no_pipe_is_not_taken_for_one, "PIPE-1 GEN-7")
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    xipc_pipe *pipe = UNTOUCHED;

    REQUIRE_STATUS(XIPC_E_NOT_SUPPORTED, xipc_pipe_adopt(fd, NULL, &pipe));
    REQUIRE(pipe == UNTOUCHED);
    close(fd);
}

/* Whoever writes what is half a message has not made it readable. */
static void half_is_none(pipe_pair *pair)
{
    unsigned char record[4 + 100];
    const uint32_t size = sizeof record - 4;
    xipc_poller *poller = poller_made();
    xipc_native_handle native;

    memcpy(record, &size, sizeof size);
    message_fill(record + 4, size, 1);
    REQUIRE_OK(xipc_pipe_native_handle(pair->writer, XIPC_WRITABLE, &native));
    poller_takes(poller, xipc_pipe_object(pair->reader), pair);
    for (size_t at = 0; at < sizeof record; at += 26) {
        require_silent(poller);
        require_dry(pair->reader);
        REQUIRE(write((int)native, record + at, 26) == 26);
    }
    require_told(poller, pair);
    pipe_gets(pair->reader, 1, size);
    xipc_poller_close(poller);
}

SPEC(half_a_message_of_somebody_elses_is_not_told, "WAIT-1 PIPE-5")
{
    with_all_pairs(XIPC_PIPE_MESSAGES, half_is_none);
}

/* The other loop's descriptor is quiet, but for a beat now and then. */
static int is_quiet(xipc_poller *poller, struct pollfd *loop)
{
    for (int turn = 0; turn < 20; turn++) {
        xipc_ready ready;
        size_t count;

        REQUIRE_STATUS(
            XIPC_E_AGAIN,
            xipc_poller_wait(poller, &ready, 1, XIPC_NOW, &count));
        if (poll(loop, 1, 0) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Its descriptor stands for something else then, and whoever has a copy of what
 * it was keeps the system waiting for that. */
SPEC(who_has_ended_to_write_leaves_a_poller_for_good, "WAIT-1 PIPE-6")
{
    pipe_pair pair = pair_duplex(XIPC_PIPE_BYTES);
    xipc_object *object = xipc_pipe_object(pair.writer);
    xipc_poller *poller = poller_made();
    xipc_native_handle native;
    struct pollfd loop = {.events = POLLIN};
    int copy;

    if (xipc_poller_native_handle(poller, &native) == XIPC_OK) {
        loop.fd = (int)native;
        REQUIRE_OK(
            xipc_pipe_native_handle(pair.writer, XIPC_WRITABLE, &native));
        copy = dup((int)native);
        REQUIRE_OK(xipc_poller_add(poller, object, XIPC_WRITABLE, NULL));
        REQUIRE_OK(xipc_pipe_shutdown_write(pair.writer));
        REQUIRE_OK(xipc_poller_remove(poller, object));
        REQUIRE(is_quiet(poller, &loop));
        close(copy);
    }
    xipc_poller_close(poller);
    ends_closed(&pair);
}
