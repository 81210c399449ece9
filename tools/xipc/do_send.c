/* SPDX-License-Identifier: Apache-2.0 */
/* xipc send: files, or the lines of files, to a mailbox. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "box.h"
#include "catalog.h"
#include "commands.h"
#include "memory.h"
#include "nap.h"
#include "progress.h"
#include "say.h"
#include "stop.h"
#include "stream.h"
#include "system.h"

/* How often a box is looked at whether all was received. */
#define LOOK_MS 20

/* What is longer goes in pieces, also to a box that takes it whole. */
#define MESSAGE_LONGEST ((size_t)1 << 24)

static int is_lines;
static int is_hasty;
static uint64_t type_chosen;
static uint64_t priority_chosen;

const option box_send_options[] = {
    {"lines", OPTION_FLAG, NULL, "each line is a message, without its end",
     &is_lines},
    {"type", OPTION_NUMBER, "N", "a number that the receiver is told: 0",
     &type_chosen},
    {"priority", OPTION_NUMBER, "N",
     "0 to 31, of which the highest comes first: 0", &priority_chosen},
    {"no-wait", OPTION_FLAG, NULL, "do not wait until all was received",
     &is_hasty},
    BOX_OPTIONS,
    OPTION_SCOPE,
    OPTION_TIMEOUT,
    OPTION_PROGRESS,
    OPTION_JSON,
    OPTION_END};

typedef struct sending {
    const char *name;
    xipc_mailbox *box;
    xipc_postage postage;
    stream *input;
    /* What was read and not sent: `held` of message_max + 1 bytes, so that the
       last message is known for the last. */
    unsigned char *bytes;
    size_t held;
    size_t capacity;
    unsigned char *message;
    uint64_t message_count;
    uint64_t byte_count;
} sending;

static int post(sending *self, const void *bytes, size_t size)
{
    xipc_status status = xipc_mailbox_send(
        self->box, bytes, size, &self->postage, deadline_after(common.timeout));

    if (status != XIPC_OK) {
        return say_status(status, self->name);
    }
    self->message_count++;
    return CODE_DONE;
}

/* Reads on until `bytes` is full, or the end. */
static int refill(sending *self)
{
    int64_t got = stream_fill(
        self->input, self->bytes + self->held, self->capacity - self->held);

    if (got < 0) {
        return code_of_failure();
    }
    self->held += (size_t)got;
    return CODE_DONE;
}

/* ---- in pieces ---- */

static int post_piece(sending *self, piece_head *head)
{
    size_t room = self->capacity - 1 - PIECE_HEAD_SIZE;
    size_t size = self->held < room ? self->held : room;
    int code;

    head->is_last = self->held < self->capacity && size == self->held;
    piece_head_write(head, self->message);
    memcpy(self->message + PIECE_HEAD_SIZE, self->bytes, size);
    code = post(self, self->message, PIECE_HEAD_SIZE + size);
    if (code != CODE_DONE) {
        return code;
    }
    self->held -= size;
    memmove(self->bytes, self->bytes + size, self->held);
    head->offset += size;
    self->byte_count += size;
    progress_add(size);
    return CODE_DONE;
}

static int post_pieces(sending *self)
{
    uint32_t type = self->postage.type;
    piece_head head = {
        .file = (uint64_t)xipc_after_ns(0),
        .total = stream_size(self->input),
        .type = type};
    int code = CODE_DONE;

    if (is_native_name(self->name)) {
        say("%s: longer than a message of this queue, and one of the system's "
            "own takes no pieces; a box with --native does",
            stream_name(self->input));
        return CODE_NO_ROOM;
    }
    if (self->capacity - 1 <= PIECE_HEAD_SIZE) {
        say("%s: longer than a message of this box, and that is too short for "
            "pieces; --create --message-max makes a box with longer ones",
            stream_name(self->input));
        return CODE_NO_ROOM;
    }
    self->postage.type = PIECE_TYPE;
    progress_begin(stream_name(self->input), head.total);
    while (code == CODE_DONE && !head.is_last) {
        code = refill(self);
        if (code == CODE_DONE) {
            code = post_piece(self, &head);
        }
    }
    progress_end();
    self->postage.type = type;
    return code;
}

/* One sender at a time sends pieces; the last one's death does not matter,
 * whoever receives finds its file without an end. */
static int lock_pieces(sending *self, xipc_mutex **lock)
{
    xipc_status status = box_lock_open(self->name, 1, lock);

    if (status == XIPC_E_NOT_SUPPORTED) {
        return CODE_DONE;
    }
    if (status == XIPC_OK) {
        stop_watch(xipc_mutex_object(*lock));
        status = xipc_mutex_lock(*lock, deadline_after(common.timeout));
        stop_watch(xipc_mailbox_object(self->box));
    }
    if (status == XIPC_E_OWNER_DIED) {
        status = xipc_mutex_recovered(*lock);
    }
    return status == XIPC_OK ? CODE_DONE : say_status(status, self->name);
}

static int send_file(sending *self)
{
    xipc_mutex *lock = NULL;
    int code = refill(self);

    if (code != CODE_DONE) {
        return code;
    }
    if (self->held < self->capacity) {
        code = post(self, self->bytes, self->held);
        self->byte_count += code == CODE_DONE ? self->held : 0;
        self->held = 0;
        return code;
    }
    code = lock_pieces(self, &lock);
    if (code == CODE_DONE) {
        code = post_pieces(self);
    }
    if (lock) {
        (void)xipc_mutex_unlock(lock);
    }
    xipc_mutex_close(lock);
    return code;
}

/* ---- line by line ---- */

/* The first line of what is held; all of it where no line ends. */
static int send_line(sending *self)
{
    unsigned char *end = memchr(self->bytes, '\n', self->held);
    size_t size = end ? (size_t)(end - self->bytes) : self->held;
    size_t step = end ? size + 1 : size;
    int code = post(self, self->bytes, size);

    self->byte_count += code == CODE_DONE ? size : 0;
    self->held -= step;
    memmove(self->bytes, self->bytes + step, self->held);
    return code;
}

/* Lines go out as they come, also from a terminal. */
static int send_lines(sending *self)
{
    int code = CODE_DONE;
    int64_t got = 1;

    while (code == CODE_DONE && (got > 0 || self->held > 0)) {
        int is_whole = self->held == self->capacity || got == 0 ||
                       memchr(self->bytes, '\n', self->held) != NULL;

        if (is_whole) {
            code = send_line(self);
            continue;
        }
        got = stream_read(
            self->input, self->bytes + self->held, self->capacity - self->held);
        if (got < 0) {
            return code_of_failure();
        }
        self->held += (size_t)got;
    }
    return code;
}

/* ---- until all is received ---- */

/* Whether what is in the box goes with its last holder, and how many it has. */
static int is_transient(const char *name, uint64_t *holder_count)
{
    catalog found;
    int result = 0;

    (void)catalog_read(&found, XIPC_KIND_MAILBOX, name);
    for (size_t at = 0; at < found.count; at++) {
        if (found.entries[at].scope == scope_chosen()) {
            result = found.entries[at].lifetime == XIPC_TRANSIENT;
            *holder_count = found.entries[at].holder_count;
        }
    }
    catalog_free(&found);
    return result;
}

static int linger(sending *self)
{
    xipc_deadline deadline = deadline_after(common.timeout);
    uint64_t holder_count = 0;
    int left = 1;

    if (xipc_mailbox_depth(self->box) == 0 || is_native_name(self->name) ||
        (xipc_mailbox_flags(self->box) & XIPC_MAILBOX_OWNED) ||
        !is_transient(self->name, &holder_count)) {
        return CODE_DONE;
    }
    if (is_hasty) {
        if (holder_count <= 1) {
            say("%s: nobody else has it open, so what is in it is lost; it is "
                "waited for without --no-wait",
                self->name);
        }
        return CODE_DONE;
    }
    if (system_error_columns() > 0) {
        say("waiting until what is in %s was received; --no-wait leaves it",
            self->name);
    }
    while (xipc_mailbox_depth(self->box) > 0) {
        if (left == 0) {
            say("%s: not all was received in time, and what was not goes with "
                "the box; --timeout TIME waits longer",
                self->name);
            return CODE_TIMEOUT;
        }
        left = nap_before(deadline, LOOK_MS);
        if (left < 0) {
            return code_of_failure();
        }
    }
    return CODE_DONE;
}

/* ---- all of it ---- */

static int send_path(sending *self, const char *path)
{
    int code;

    self->input = stream_open_to_read(path);
    if (!self->input) {
        return CODE_FAILED;
    }
    code = is_lines ? send_lines(self) : send_file(self);
    (void)stream_close(self->input);
    return code;
}

static void tell(const sending *self)
{
    json out = {stdout, 0};

    if (!common.is_json) {
        return;
    }
    json_object_begin(&out, NULL);
    json_text(&out, "box", self->name);
    json_number(&out, "messages", self->message_count);
    json_number(&out, "bytes", self->byte_count);
    json_object_end(&out);
    json_end(&out);
}

static int check_postage(xipc_postage *postage)
{
    if (type_chosen > UINT32_MAX || type_chosen == PIECE_TYPE) {
        return say_usage("--type: not %" PRIu64, type_chosen);
    }
    if (priority_chosen > XIPC_PRIORITY_MAX) {
        return say_usage("--priority is at most %u", XIPC_PRIORITY_MAX);
    }
    postage->type = (uint32_t)type_chosen;
    postage->priority = (uint32_t)priority_chosen;
    return CODE_DONE;
}

static int send_all(sending *self, char **paths, size_t count)
{
    int code = CODE_DONE;

    self->capacity = xipc_mailbox_message_max(self->box);
    if (self->capacity > MESSAGE_LONGEST) {
        self->capacity = MESSAGE_LONGEST;
    }
    self->capacity++;
    self->bytes = memory_resize(NULL, self->capacity);
    self->message = memory_resize(NULL, self->capacity);
    stop_watch(xipc_mailbox_object(self->box));
    if (count == 0) {
        code = send_path(self, NULL);
    }
    for (size_t at = 0; at < count && code == CODE_DONE; at++) {
        code = send_path(self, paths[at]);
    }
    if (code == CODE_DONE) {
        code = linger(self);
    }
    stop_watch(NULL);
    if (code == CODE_DONE) {
        tell(self);
    }
    free(self->bytes);
    free(self->message);
    return code;
}

int do_send(char **operands, size_t count)
{
    sending self = {.name = operands[0], .postage = XIPC_POSTAGE_INIT};
    int code = check_postage(&self.postage);

    if (code == CODE_DONE) {
        code = box_open(self.name, 0, &self.box);
    }
    if (code == CODE_DONE) {
        code = send_all(&self, operands + 1, count - 1);
    }
    xipc_mailbox_close(self.box);
    return code;
}
