/* SPDX-License-Identifier: Apache-2.0 */
/* xipc serve --into: one file, which comes by many calls. */
#include <inttypes.h>
#include <string.h>

#include "args.h"
#include "events.h"
#include "pieces.h"
#include "progress.h"
#include "say.h"
#include "stop.h"
#include "whole.h"

/* How long the sender has, once all is written, to hear so and go. */
#define LEAVE_MS 2000

/* All of it is one thread's: that also tells of links, while it takes. */
typedef struct reception {
    const char *address;
    const char *path;
    xipc_service *service;
    xipc_call_listener *listener;
    whole_file file;
    const xipc_link *link;    /* of who sends; NULL: nobody does yet */
    const xipc_link *refused; /* the last one that was told why not */
    piece_head next;          /* what the next piece must be */
    int is_whole;
    int is_gone; /* who sends */
    int64_t began_at;
    pieces_moved moved;
} reception;

/* ---- links ---- */

static void note_link(void *context, xipc_link *link, xipc_status what)
{
    reception *self = context;

    (void)events_note_link(link, what);
    if (what == XIPC_E_CORRUPT) {
        say("a client broke the rules, and was cut off");
    }
    if (what != XIPC_OK && link == self->link) {
        self->is_gone = 1;
        (void)!xipc_interrupt(xipc_service_object(self->service));
    }
}

/* ---- pieces ---- */

/* Said once, whatever a client goes on to send. */
static int refuse(reception *self, const xipc_link *link, const char *why)
{
    if (self->refused != link) {
        say("%s: a client was refused: %s", self->address, why);
    }
    self->refused = link;
    return CODE_REFUSED;
}

/* The first piece says who sends, and which file. */
static void begin(reception *self, const xipc_link *link, piece_head head)
{
    self->link = link;
    self->next = head;
    self->began_at = xipc_after_ns(0);
    progress_begin(self->address, head.total);
}

/* CODE_DONE: it is the one that comes next. */
static int check_piece(reception *self, const xipc_link *link, piece_head head)
{
    if (!self->link && head.offset == 0) {
        begin(self, link, head);
    }
    if (!self->link) {
        return refuse(
            self, link, "its file does not begin with its first piece");
    }
    if (self->link != link) {
        return refuse(self, link, "another one's file is on its way");
    }
    if (self->is_whole || head.file != self->next.file ||
        head.offset != self->next.offset) {
        return refuse(self, link, "a piece did not come in its turn");
    }
    return CODE_DONE;
}

static int write_piece(reception *self, const void *bytes, size_t size)
{
    if (stream_write(self->file.stream, bytes, size) < 0) {
        return code_of_failure();
    }
    self->next.offset += size;
    self->moved.pieces++;
    self->moved.bytes += size;
    progress_add(size);
    return CODE_DONE;
}

static int finish(reception *self)
{
    int code = whole_finish(&self->file);

    self->moved.time = xipc_after_ns(0) - self->began_at;
    self->is_whole = code == CODE_DONE;
    progress_end();
    return code;
}

/* The code that the caller gets; `*failure` is what this side ends with, if it
 * cannot go on. */
static int take_piece(reception *self, xipc_request *request, int *failure)
{
    unsigned char head_bytes[PIECE_HEAD_SIZE];
    size_t size;
    const unsigned char *bytes = xipc_request_data(request, &size);
    const xipc_link *link = xipc_request_link(request);
    piece_head head;
    int code;

    if (size < PIECE_HEAD_SIZE) {
        (void)refuse(self, link, "what it sent is no piece of a file");
        return CODE_USAGE;
    }
    memcpy(head_bytes, bytes, sizeof head_bytes);
    head = piece_head_read(head_bytes);
    code = check_piece(self, link, head);
    if (code != CODE_DONE) {
        return code;
    }
    code = write_piece(self, bytes + PIECE_HEAD_SIZE, size - PIECE_HEAD_SIZE);
    if (code == CODE_DONE && head.is_last) {
        code = finish(self);
    }
    *failure = code;
    return code == CODE_DONE ? code : CODE_FAILED;
}

static int answer(reception *self, xipc_request *request)
{
    int failure = CODE_DONE;
    int code;

    if (xipc_request_method(request) != PIECE_TYPE) {
        (void)xipc_request_fail(request, XIPC_E_NOT_FOUND);
        return CODE_DONE;
    }
    code = take_piece(self, request, &failure);
    if (failure == CODE_STOPPED) { /* nothing is wrong with the file */
        (void)!xipc_link_hang_up(xipc_request_link(request));
    }
    (void)xipc_request_reply(request, code, NULL);
    return failure;
}

/* ---- one after the other ---- */

static int say_gone(const reception *self)
{
    say("%s: whoever sent the file is gone; %" PRIu64
        " bytes came, and are not all",
        self->address, self->moved.bytes);
    return CODE_GONE;
}

/* Takes one request, or hears of a link. What is refused does not make the wait
 * longer. */
static int take_one(reception *self, xipc_deadline deadline)
{
    xipc_object *object = xipc_service_object(self->service);
    xipc_request *request = NULL;
    xipc_status status = xipc_service_take(self->service, deadline, &request);
    int code = CODE_DONE;

    if (status == XIPC_OK) {
        code = answer(self, request);
    } else if (status == XIPC_E_CANCELED && !stop_asked()) {
        (void)!xipc_interrupt_clear(object);
    } else {
        code = say_status(status, self->address);
    }
    events_tell();
    return code;
}

static int take_all(reception *self)
{
    int code = CODE_DONE;

    while (code == CODE_DONE && !self->is_whole) {
        uint64_t pieces = self->moved.pieces;
        xipc_deadline deadline = deadline_after(common.timeout);

        while (code == CODE_DONE && self->moved.pieces == pieces) {
            code = self->is_gone ? say_gone(self) : take_one(self, deadline);
        }
    }
    return code;
}

/* The file is whole whatever becomes of this: the answer is on its way. */
static void see_off(reception *self)
{
    xipc_deadline deadline = xipc_after_ms(LEAVE_MS);
    xipc_request *request = NULL;

    while (!self->is_gone && !stop_asked() &&
           xipc_service_take(self->service, deadline, &request) == XIPC_OK) {
        (void)answer(self, request);
    }
}

static int receive(reception *self)
{
    int code;

    stop_watch(xipc_service_object(self->service));
    code = take_all(self);
    progress_end();
    if (code == CODE_DONE) {
        events_tell_file(self->path, &self->moved);
        see_off(self);
    }
    stop_watch(NULL);
    return code;
}

static xipc_status listen(reception *self, const xipc_call_options *options)
{
    xipc_service_options serving = XIPC_SERVICE_OPTIONS_INIT;
    char place[XIPC_CALL_ADDRESS_SIZE];
    xipc_status status;

    serving.workers = 0;
    serving.on_link = note_link;
    serving.context = self;
    status = xipc_service_create(&serving, &self->service);
    if (status == XIPC_OK) {
        status = xipc_call_listen(
            self->service, self->address, options,
            deadline_after(common.timeout), &self->listener);
    }
    if (status == XIPC_OK) {
        status =
            xipc_call_listener_address(self->listener, place, sizeof place);
    }
    if (status == XIPC_OK) {
        say("listening at %s", place);
        events_tell_address(place);
    }
    return status;
}

int pieces_receive(
    const char *address, const xipc_call_options *options, const char *path)
{
    reception self = {.address = address, .path = path};
    int code = whole_open(&self.file, path);
    xipc_status status;

    if (code != CODE_DONE) {
        return code;
    }
    status = listen(&self, options);
    code = status == XIPC_OK ? receive(&self) : say_status(status, address);
    xipc_call_listener_close(self.listener);
    xipc_service_close(self.service);
    whole_drop(&self.file);
    events_tell();
    events_tell_end(self.moved.pieces, code);
    return code;
}
