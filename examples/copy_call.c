/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Carries a file from one process to another by calls. Start both, in either
 * order:
 *
 *     copy_call send HOW ADDRESS FILE
 *     copy_call receive HOW ADDRESS FILE
 *
 * ADDRESS is a name or tcp://HOST:PORT. HOW is one of three ways to send:
 *
 *     call      each piece is a call, which returns when it is written
 *     post      each piece is a call one way; the last call waits for all
 *     submit    several calls are on their way at once
 *
 * The receiver serves by hand: its one thread takes request after request, in
 * the order in which they were sent.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <xipc/xipc.h>

#define PIECE_SIZE 60000
#define AT_ONCE    16
#define PATIENCE   10000 /* milliseconds */
#define IMPATIENCE 50    /* until it is tried again */

enum { PIECE = 1, END = 2 };

typedef struct copy {
    FILE *file;
    const char *path;
    const char *address;
    xipc_service *service;
    xipc_call_listener *listener;
    xipc_link *link;
    size_t on_way; /* calls that were submitted, and not collected */
    unsigned char piece[PIECE_SIZE];
} copy;

/* 1 for success, or -1 after it said what failed. */
typedef int send_body(copy *self, const xipc_call_data *piece);

static xipc_deadline soon(void)
{
    return xipc_after_ms(PATIENCE);
}

static int done(xipc_status status)
{
    if (status == XIPC_OK) {
        return 1;
    }
    fprintf(
        stderr, "copy_call: %s: %s\n", xipc_status_name(status), xipc_detail());
    return -1;
}

static int fail_file(const copy *self)
{
    fprintf(stderr, "copy_call: %s: %s\n", self->path, strerror(errno));
    return -1;
}

/* ---- sending ---- */

static int send_by_call(copy *self, const xipc_call_data *piece)
{
    return done(xipc_call(self->link, PIECE, piece, NULL, soon()));
}

static int send_by_post(copy *self, const xipc_call_data *piece)
{
    return done(xipc_call_post(self->link, PIECE, piece, soon()));
}

static int collect_one(copy *self)
{
    xipc_pending *pending = NULL;
    int result = done(xipc_call_collect(self->link, soon(), &pending, NULL));

    if (result == 1) {
        self->on_way--;
        result = done(xipc_pending_finish(pending, NULL, XIPC_NOW));
    }
    return result;
}

static int send_by_submit(copy *self, const xipc_call_data *piece)
{
    xipc_pending *pending = NULL;

    if (self->on_way == AT_ONCE && collect_one(self) != 1) {
        return -1;
    }
    if (done(xipc_call_submit(
            self->link, PIECE, piece, NULL, soon(), &pending)) != 1) {
        return -1;
    }
    self->on_way++;
    return 1;
}

static void pause_a_little(void)
{
    xipc_poller *poller = NULL;
    xipc_ready ready;
    size_t count;

    if (xipc_poller_create(&poller) == XIPC_OK) {
        (void)!xipc_poller_wait(
            poller, &ready, 1, xipc_after_ms(IMPATIENCE), &count);
    }
    xipc_poller_close(poller);
}

/* The receiver may not be there yet; of a name the call itself waits. */
static int connect_to(copy *self)
{
    xipc_deadline deadline = soon();
    xipc_status status =
        xipc_call_connect(NULL, self->address, NULL, deadline, &self->link);

    while (status == XIPC_E_NOT_FOUND && xipc_after_ms(0) < deadline) {
        pause_a_little();
        status =
            xipc_call_connect(NULL, self->address, NULL, deadline, &self->link);
    }
    return done(status);
}

static int send_file(copy *self, send_body *send)
{
    int result = connect_to(self);
    size_t size = 1;

    while (result == 1 && size > 0) {
        size = fread(self->piece, 1, PIECE_SIZE, self->file);
        if (ferror(self->file)) {
            return fail_file(self);
        }
        if (size > 0) {
            const xipc_call_data piece = {self->piece, size, NULL, 0};

            result = send(self, &piece);
        }
    }
    while (result == 1 && self->on_way > 0) {
        result = collect_one(self);
    }
    return result == 1 ? done(xipc_call(self->link, END, NULL, NULL, soon()))
                       : result;
}

/* ---- receiving ---- */

/* 0: that was the end. */
static int take_one(copy *self)
{
    xipc_request *request = NULL;
    const void *data;
    size_t size;
    int is_end;

    if (done(xipc_service_take(self->service, soon(), &request)) != 1) {
        return -1;
    }
    is_end = xipc_request_method(request) == END;
    data = xipc_request_data(request, &size);
    if (fwrite(data, 1, size, self->file) != size) {
        xipc_request_fail(request, XIPC_E_NO_SPACE);
        return fail_file(self);
    }
    if (is_end && fflush(self->file) != 0) {
        xipc_request_fail(request, XIPC_E_NO_SPACE);
        return fail_file(self);
    }
    xipc_request_reply(request, 0, NULL);
    return !is_end;
}

static int receive_file(copy *self)
{
    xipc_service_options options = XIPC_SERVICE_OPTIONS_INIT;
    int result;

    options.workers = 0;
    result = done(xipc_service_create(&options, &self->service));
    if (result == 1) {
        result = done(xipc_call_listen(
            self->service, self->address, NULL, soon(), &self->listener));
    }
    while (result == 1) {
        result = take_one(self);
    }
    return result == 0 ? 1 : result;
}

/* ---- the command ---- */

static send_body *way_named(const char *name)
{
    if (strcmp(name, "call") == 0) {
        return send_by_call;
    }
    if (strcmp(name, "post") == 0) {
        return send_by_post;
    }
    return strcmp(name, "submit") == 0 ? send_by_submit : NULL;
}

static int usage(void)
{
    fprintf(
        stderr,
        "copy_call send|receive call|post|submit NAME|tcp://HOST:PORT FILE\n");
    return 2;
}

static int run(copy *self, int is_sender, send_body *send)
{
    int result;

    self->file = fopen(self->path, is_sender ? "rb" : "wb");
    if (!self->file) {
        return fail_file(self);
    }
    result = is_sender ? send_file(self, send) : receive_file(self);
    xipc_link_close(self->link);
    xipc_call_listener_close(self->listener);
    xipc_service_close(self->service);
    if (fclose(self->file) != 0 && result == 1) {
        result = fail_file(self);
    }
    return result;
}

int main(int count, char **arguments)
{
    static copy self;
    send_body *send;
    int is_sender;

    if (count != 5) {
        return usage();
    }
    is_sender = strcmp(arguments[1], "send") == 0;
    send = way_named(arguments[2]);
    if (!send || (!is_sender && strcmp(arguments[1], "receive") != 0)) {
        return usage();
    }
    self.address = arguments[3];
    self.path = arguments[4];
    return run(&self, is_sender, send) == 1 ? 0 : 1;
}
