/* SPDX-License-Identifier: Apache-2.0 */
#include "program.h"

#include <stdlib.h>

#include "memory.h"
#include "say.h"

/* How often it is asked whether the answer is still wanted. */
#define SLICE_MS   100
#define PIECE_SIZE ((size_t)1 << 16)

/* Our ends of its streams; NULL once they are closed. */
typedef struct program_streams {
    xipc_poller *poller;
    xipc_pipe *input;
    xipc_pipe *output;
    size_t written;
} program_streams;

static void close_input(program_streams *streams)
{
    xipc_pipe_close(streams->input);
    streams->input = NULL;
}

static void close_streams(program_streams *streams)
{
    close_input(streams);
    xipc_pipe_close(streams->output);
    streams->output = NULL;
    xipc_poller_close(streams->poller);
    streams->poller = NULL;
}

static xipc_status open_poller(program_streams *streams)
{
    xipc_status status = xipc_poller_create(&streams->poller);

    if (status == XIPC_OK) {
        status = xipc_poller_add(
            streams->poller, xipc_pipe_object(streams->output), XIPC_READABLE,
            &streams->output);
    }
    if (status == XIPC_OK) {
        status = xipc_poller_add(
            streams->poller, xipc_pipe_object(streams->input), XIPC_WRITABLE,
            &streams->input);
    }
    return status;
}

/* Also where it could not be started: then the code says so. */
static xipc_status
start(program_run *self, program_streams *streams, xipc_process **process_out)
{
    xipc_spawn_options options = XIPC_SPAWN_OPTIONS_INIT;
    xipc_pipe *its_input = NULL;
    xipc_pipe *its_output = NULL;
    xipc_status started;
    xipc_status status = xipc_pipe_create(NULL, &its_input, &streams->input);

    if (status == XIPC_OK) {
        status = xipc_pipe_create(NULL, &streams->output, &its_output);
    }
    if (status == XIPC_OK) {
        options.input.kind = XIPC_STREAM_OBJECT;
        options.input.object = xipc_pipe_object(its_input);
        options.output.kind = XIPC_STREAM_OBJECT;
        options.output.object = xipc_pipe_object(its_output);
        options.environment = self->environment;
        options.flags = XIPC_SPAWN_SEARCH;
        started = xipc_spawn(
            self->arguments[0], self->arguments, &options, process_out);
        if (started != XIPC_OK) {
            self->code = say_not_started(started, self->arguments[0]);
        }
    }
    xipc_pipe_close(its_input);
    xipc_pipe_close(its_output);
    return status;
}

/* ---- its streams ---- */

/* Gives it what there is room for. It may not want all of it. */
static void feed(program_run *self, program_streams *streams)
{
    size_t written = 0;
    xipc_status status = xipc_pipe_write(
        streams->input, (const unsigned char *)self->input + streams->written,
        self->input_size - streams->written, XIPC_NOW, &written);

    streams->written += written;
    if (status != XIPC_E_AGAIN) {
        close_input(streams);
    }
}

static xipc_status gather(program_run *self, program_streams *streams)
{
    size_t room = self->output_max + 1 - self->output_size;
    size_t size = 0;
    xipc_status status;

    room = room < PIECE_SIZE ? room : PIECE_SIZE;
    self->output = memory_resize(self->output, self->output_size + room);
    status = xipc_pipe_read(
        streams->output, self->output + self->output_size, room, XIPC_NOW,
        &size);
    if (status == XIPC_E_AGAIN) {
        return XIPC_OK;
    }
    if (status == XIPC_E_CLOSED || status == XIPC_E_PEER_DIED) {
        close_streams(streams);
        return XIPC_OK;
    }
    self->output_size += size;
    if (status == XIPC_OK && self->output_size > self->output_max) {
        status = XIPC_E_TOO_BIG;
    }
    return status;
}

/* ---- its end ---- */

/* XIPC_E_CANCELED, or XIPC_E_TIMEOUT, if it is to run no longer. */
static xipc_status look(const program_run *self)
{
    if (self->is_unwanted(self->context)) {
        return XIPC_E_CANCELED;
    }
    return xipc_after_ns(0) >= self->deadline ? XIPC_E_TIMEOUT : XIPC_OK;
}

static xipc_deadline slice(const program_run *self)
{
    xipc_deadline soon = xipc_after_ms(SLICE_MS);

    return soon < self->deadline ? soon : self->deadline;
}

static xipc_status
serve_stream(program_run *self, program_streams *streams, const void *cookie)
{
    if (cookie == &streams->output) {
        return gather(self, streams);
    }
    if (streams->input) {
        feed(self, streams);
    }
    return XIPC_OK;
}

/* Until it has closed its standard output. */
static xipc_status converse(program_run *self, program_streams *streams)
{
    xipc_status status = XIPC_OK;

    while (status == XIPC_OK && streams->output) {
        xipc_ready ready[2];
        size_t count = 0;

        status =
            xipc_poller_wait(streams->poller, ready, 2, slice(self), &count);
        if (status == XIPC_E_TIMEOUT) {
            status = XIPC_OK;
        }
        for (size_t at = 0; at < count && status == XIPC_OK; at++) {
            status = serve_stream(self, streams, ready[at].cookie);
        }
        if (status == XIPC_OK) {
            status = look(self);
        }
    }
    return status;
}

static xipc_status
wait_for(const program_run *self, xipc_process *process, xipc_exit *ending)
{
    xipc_status status = XIPC_E_TIMEOUT;

    while (status == XIPC_E_TIMEOUT) {
        status = xipc_process_wait(process, slice(self), ending);
        if (status == XIPC_E_TIMEOUT && look(self) != XIPC_OK) {
            return look(self);
        }
    }
    return status;
}

static void drop_output(program_run *self)
{
    free(self->output);
    self->output = NULL;
    self->output_size = 0;
}

xipc_status program_answer(program_run *self)
{
    program_streams streams = {NULL, NULL, NULL, 0};
    xipc_exit ending = XIPC_EXIT_INIT;
    xipc_process *process = NULL;
    xipc_status status = start(self, &streams, &process);

    if (process) {
        status = open_poller(&streams);
        if (status == XIPC_OK) {
            status = converse(self, &streams);
        }
        if (status == XIPC_OK) {
            status = wait_for(self, process, &ending);
        }
        if (status != XIPC_OK) {
            drop_output(self);
            (void)!xipc_process_terminate(process);
            (void)!xipc_process_wait(process, XIPC_FOREVER, &ending);
        }
        if (status == XIPC_E_TIMEOUT) {
            status = XIPC_OK;
        }
        if (status == XIPC_OK) {
            self->code = code_of_ending(self->arguments[0], &ending);
        }
    }
    close_streams(&streams);
    xipc_process_close(process);
    return status;
}
