/* SPDX-License-Identifier: Apache-2.0 */
/* xipc recv: messages of a mailbox, and files that came in pieces. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "box.h"
#include "commands.h"
#include "json.h"
#include "memory.h"
#include "progress.h"
#include "say.h"
#include "stop.h"
#include "stream.h"
#include "system.h"

/* How often who sends a file is looked after while nothing comes. */
#define LOOK_MS 250

/* How long it waits without a word. */
#define PATIENCE_MS 1000

static int is_lines;
static uint64_t count_chosen = 1;

const option box_receive_options[] = {
    {"count", OPTION_NUMBER, "N",
     "how many files or messages, with 0 as long as they come: 1",
     &count_chosen},
    {"lines", OPTION_FLAG, NULL, "a line end behind each message", &is_lines},
    BOX_OPTIONS,
    OPTION_SCOPE,
    OPTION_TIMEOUT,
    OPTION_PROGRESS,
    OPTION_JSON,
    OPTION_END};

const field receive_fields[] = {
    {"type", "a number that its sender chose (xipc send --type), or 0;"},
    {"", "1667590512: a piece of a file that xipc send has cut"},
    {"priority", "0 to 31, also its sender's; the highest comes first"},
    {"sequence", "which message of the box's it is, from 1 on"},
    {"process", "its sender's number"},
    {"user", "its sender's user"},
    {"redelivered", "true: a receiver had it before, and did not finish"},
    {"size", "bytes of it"},
    {"text", "its bytes, where they are UTF-8"},
    {"base64", "its bytes, where they are not"},
    FIELD_END};

/* One that was received and is not done with. */
typedef struct message {
    const void *data;
    size_t size;
    xipc_envelope envelope;
} message;

typedef struct receiving {
    const char *name;
    xipc_mailbox *box;
    int is_native;
    unsigned char *buffer; /* of a native box */
    const char *path;
    stream *output; /* opened when something has come: what stood in the file
                       before stays until then */
    json out;
    piece_head next; /* what the next piece must be; file 0: none */
    uint32_t process;
    uint64_t left_out; /* a file of which there was only the rest */
    message *others;   /* what came in between, to be put back */
    size_t other_count;
    uint64_t done_count;
} receiving;

/* ---- one message ---- */

static xipc_status
next_message(receiving *self, message *into, xipc_deadline deadline)
{
    xipc_envelope envelope = XIPC_ENVELOPE_INIT;

    into->envelope = envelope;
    if (!self->is_native) {
        return xipc_mailbox_take(
            self->box, &into->data, &into->size, &into->envelope, deadline);
    }
    into->data = self->buffer;
    return xipc_mailbox_receive(
        self->box, self->buffer, xipc_mailbox_message_max(self->box),
        &into->size, &into->envelope, deadline);
}

/* What could not be written goes back into the box, for another receiver. */
static void done_with(receiving *self, const message *one, int code)
{
    if (self->is_native) {
        return;
    }
    if (code == CODE_DONE) {
        (void)xipc_mailbox_release(self->box, one->data);
    } else {
        (void)xipc_mailbox_return(self->box, one->data);
    }
}

/* What came in between is somebody else's: back into the box, the last first,
 * so that it comes as it was. */
static void put_back(receiving *self)
{
    if (self->other_count > 0) {
        say("%s: %zu messages came between the pieces of the file, and are "
            "back in the box",
            self->name, self->other_count);
    }
    while (self->other_count > 0) {
        self->other_count--;
        (void)xipc_mailbox_return(
            self->box, self->others[self->other_count].data);
    }
}

static void keep_for_later(receiving *self, const message *one)
{
    if (self->is_native) {
        say("%s: a message of %zu bytes came between the pieces of a file, and "
            "is lost; a box of the library's own keeps it",
            self->name, one->size);
        return;
    }
    self->others = memory_resize(
        self->others, (self->other_count + 1) * sizeof *self->others);
    self->others[self->other_count++] = *one;
}

static int write_out(receiving *self, const void *bytes, size_t size)
{
    if (!self->output) {
        self->output = stream_open_to_write(self->path);
    }
    return self->output && stream_write(self->output, bytes, size) == 0
               ? CODE_DONE
               : code_of_failure();
}

static int write_message(receiving *self, const message *one)
{
    json *out = &self->out;
    int code;

    if (common.is_json) {
        json_object_begin(out, NULL);
        json_number(out, "type", one->envelope.type);
        json_number(out, "priority", one->envelope.priority);
        json_number(out, "sequence", one->envelope.sequence);
        json_number(out, "process", one->envelope.sender_process);
        json_number(out, "user", one->envelope.sender_user);
        json_truth(
            out, "redelivered",
            (one->envelope.flags & XIPC_MESSAGE_REDELIVERED) != 0);
        json_number(out, "size", one->size);
        json_bytes(out, "text", "base64", one->data, one->size);
        json_object_end(out);
        json_end(out);
        return CODE_DONE;
    }
    code = write_out(self, one->data, one->size);
    return code == CODE_DONE && is_lines ? write_out(self, "\n", 1) : code;
}

/* ---- a file in pieces ---- */

static int is_piece(const message *one)
{
    return one->envelope.type == PIECE_TYPE && one->size >= PIECE_HEAD_SIZE &&
           !common.is_json;
}

static piece_head head_of(const message *one)
{
    unsigned char bytes[PIECE_HEAD_SIZE];

    memcpy(bytes, one->data, sizeof bytes);
    return piece_head_read(bytes);
}

/* Whether nobody sends pieces: then nobody will send the rest. Whoever does has
 * the mutex locked. */
static int is_sender_gone(const receiving *self)
{
    xipc_mutex *lock = NULL;
    xipc_status status = box_lock_open(self->name, 0, &lock);
    int is_gone = status == XIPC_E_NOT_FOUND;

    if (status == XIPC_OK) {
        status = xipc_mutex_lock(lock, XIPC_NOW);
        is_gone = status == XIPC_OK || status == XIPC_E_OWNER_DIED;
        if (status == XIPC_E_OWNER_DIED) {
            (void)xipc_mutex_recovered(lock);
        }
        if (is_gone) {
            (void)xipc_mutex_unlock(lock);
        }
    }
    xipc_mutex_close(lock);
    return is_gone;
}

static int say_gone(const receiving *self)
{
    say("%s: whoever sent the file is gone; %" PRIu64
        " bytes came, and are not all",
        self->name, self->next.offset);
    return CODE_GONE;
}

/* The next message while a file is on its way. */
static int next_of_file(receiving *self, message *into)
{
    xipc_deadline deadline = deadline_after(common.timeout);
    int is_gone = 0;

    for (;;) {
        xipc_deadline look = xipc_after_ms(LOOK_MS);
        xipc_status status = next_message(
            self, into,
            is_gone           ? XIPC_NOW
            : look < deadline ? look
                              : deadline);

        if (status == XIPC_OK) {
            return CODE_DONE;
        }
        if (status != XIPC_E_TIMEOUT && status != XIPC_E_AGAIN) {
            return say_status(status, self->name);
        }
        if (is_gone) {
            return say_gone(self);
        }
        if (xipc_after_ns(0) >= deadline) {
            return say_status(status, self->name);
        }
        is_gone = is_sender_gone(self);
    }
}

/* Returns a code; self->next.is_last tells whether the file is whole. */
static int take_piece(receiving *self, const message *one)
{
    piece_head head = head_of(one);
    const unsigned char *bytes = one->data;
    size_t size = one->size - PIECE_HEAD_SIZE;
    int code;

    if (head.offset != self->next.offset) {
        say("%s: another receiver took a piece of the file at %" PRIu64
            "; a box made with --exclusive has one at a time",
            self->name, self->next.offset);
        return CODE_FAILED;
    }
    code = write_out(self, bytes + PIECE_HEAD_SIZE, size);
    if (code != CODE_DONE) {
        return code;
    }
    self->next.offset += size;
    self->next.is_last = head.is_last;
    progress_add(size);
    return CODE_DONE;
}

/* What comes while a file is on its way. */
static int take_of_file(receiving *self, const message *one)
{
    piece_head head;
    int code;

    if (!is_piece(one)) {
        keep_for_later(self, one);
        return CODE_DONE;
    }
    head = head_of(one);
    if (head.file != self->next.file ||
        one->envelope.sender_process != self->process) {
        keep_for_later(self, one);
        return say_gone(self);
    }
    code = take_piece(self, one);
    /* Of no use to anybody else. */
    done_with(self, one, CODE_DONE);
    return code;
}

static int receive_file(receiving *self, const message *first)
{
    message one;
    int code;

    self->next = head_of(first);
    self->process = first->envelope.sender_process;
    self->next.is_last = 0;
    progress_begin(self->name, self->next.total);
    code = take_of_file(self, first);
    while (code == CODE_DONE && !self->next.is_last) {
        code = next_of_file(self, &one);
        if (code == CODE_DONE) {
            code = take_of_file(self, &one);
        }
    }
    progress_end();
    put_back(self);
    return code == CODE_DONE && is_lines ? write_out(self, "\n", 1) : code;
}

/* ---- one after the other ---- */

/* A piece of a file that another receiver began with. Said once for a file. */
static void leave_out(receiving *self, const message *one)
{
    piece_head head = head_of(one);

    if (head.file != self->left_out) {
        say("%s: the rest of a file whose beginning another receiver took, "
            "from %" PRIu64 " on, is left out",
            self->name, head.offset);
        self->left_out = head.file;
    }
    done_with(self, one, CODE_DONE);
}

/* At a terminal it says after a while what it waits for: the name may be wrong.
 */
static xipc_status wait_first(receiving *self, message *into)
{
    xipc_deadline deadline = deadline_after(common.timeout);
    xipc_deadline soon = xipc_after_ms(PATIENCE_MS);
    xipc_status status;

    if (deadline <= soon || system_error_columns() == 0) {
        return next_message(self, into, deadline);
    }
    status = next_message(self, into, soon);
    if (status == XIPC_E_TIMEOUT) {
        say("waiting for a message in %s", self->name);
        status = next_message(self, into, deadline);
    }
    return status;
}

static int receive_one(receiving *self)
{
    message one;
    int code;
    xipc_status status = wait_first(self, &one);

    if (status == XIPC_E_TIMEOUT || status == XIPC_E_AGAIN) {
        return count_chosen == 0 && self->done_count > 0
                   ? CODE_TIMEOUT
                   : say_status(status, self->name);
    }
    if (status != XIPC_OK) {
        return say_status(status, self->name);
    }
    if (!is_piece(&one)) {
        code = write_message(self, &one);
        done_with(self, &one, code);
        self->done_count++;
        return code;
    }
    if (head_of(&one).offset != 0) {
        leave_out(self, &one);
        return CODE_DONE;
    }
    self->done_count++;
    return receive_file(self, &one);
}

static int receive_all(receiving *self)
{
    int code = CODE_DONE;

    self->is_native = xipc_mailbox_provider(self->box) == XIPC_PROVIDER_NATIVE;
    if (self->is_native) {
        self->buffer = memory_resize(NULL, xipc_mailbox_message_max(self->box));
    }
    stop_watch(xipc_mailbox_object(self->box));
    while (code == CODE_DONE &&
           (count_chosen == 0 || self->done_count < count_chosen)) {
        code = receive_one(self);
    }
    stop_watch(NULL);
    if (code == CODE_TIMEOUT && count_chosen == 0 && self->done_count > 0) {
        code = CODE_DONE;
    }
    free(self->others);
    free(self->buffer);
    return code;
}

int do_recv(char **operands, size_t count)
{
    receiving self = {.name = operands[0], .out = {stdout, 0}};
    int code;

    if (common.is_json && (count > 1 || is_lines)) {
        return say_usage("--json goes to the standard output, without --lines");
    }
    self.path = count > 1 ? operands[1] : NULL;
    if (stream_try_to_write(self.path) < 0) {
        return CODE_FAILED;
    }
    code = box_open(self.name, 1, &self.box);
    if (code == CODE_DONE) {
        code = receive_all(&self);
    }
    if (stream_close(self.output) < 0 && code == CODE_DONE) {
        code = CODE_FAILED;
    }
    xipc_mailbox_close(self.box);
    return code;
}
