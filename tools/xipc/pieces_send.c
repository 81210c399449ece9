/* SPDX-License-Identifier: Apache-2.0 */
/* xipc call --pieces: a file of any size, by many calls. */
#include <inttypes.h>
#include <stdlib.h>

#include "args.h"
#include "memory.h"
#include "pieces.h"
#include "progress.h"
#include "say.h"
#include "stop.h"

/* Calls that are on their way at once. */
enum { AT_ONCE = 8 };

/* One that is, and what it has of the file. */
typedef struct parcel {
    xipc_pending *pending;
    size_t size;
} parcel;

typedef struct dispatch {
    const char *address;
    xipc_link *link;
    stream *file;
    unsigned char *bytes; /* a head, and a piece */
    size_t room;          /* for a piece, as the other side takes it */
    piece_head head;
    parcel on_way[AT_ONCE]; /* the oldest at `first`, in a circle */
    size_t first;
    size_t count;
    pieces_moved *moved;
} dispatch;

/* ---- answers ---- */

static int say_refused(const dispatch *self, int32_t result)
{
    if (result == CODE_REFUSED) {
        say("%s: refused: another file is on its way there", self->address);
    } else {
        say("%s: the other side could not write it", self->address);
    }
    return result > 0 && result <= CODE_STOPPED ? (int)result : CODE_FAILED;
}

static int say_not_called(const dispatch *self, xipc_status status)
{
    if (status == XIPC_E_NOT_FOUND) {
        say("%s: it takes no file in pieces (%s); xipc serve --into does",
            self->address, xipc_status_name(status));
        return CODE_NOT_FOUND;
    }
    return say_status(status, self->address);
}

/* The answer to the oldest. */
static int take_answer(dispatch *self)
{
    xipc_call_answer answer = XIPC_CALL_ANSWER_INIT;
    parcel *oldest = &self->on_way[self->first];
    xipc_status status = xipc_pending_finish(
        oldest->pending, &answer, deadline_after(common.timeout));

    if (status == XIPC_E_TIMEOUT || status == XIPC_E_AGAIN ||
        status == XIPC_E_CANCELED || status == XIPC_E_TOO_SMALL) {
        xipc_pending_cancel(oldest->pending);
    }
    self->first = (self->first + 1) % AT_ONCE;
    self->count--;
    if (status != XIPC_OK) {
        return say_not_called(self, status);
    }
    if (answer.result != CODE_DONE) {
        return say_refused(self, answer.result);
    }
    self->moved->pieces++;
    self->moved->bytes += oldest->size;
    return CODE_DONE;
}

static int take_answers(dispatch *self, size_t left)
{
    int code = CODE_DONE;

    while (code == CODE_DONE && self->count > left) {
        code = take_answer(self);
    }
    return code;
}

/* ---- pieces ---- */

/* Who could not send may have been answered before: that tells more. */
static int say_not_sent(dispatch *self, xipc_status status)
{
    int code = CODE_DONE;

    if (status == XIPC_E_CLOSED || status == XIPC_E_PEER_DIED) {
        code = take_answers(self, 0);
    }
    return code == CODE_DONE ? say_not_called(self, status) : code;
}

static int send_piece(dispatch *self, size_t size)
{
    xipc_call_data request = {
        .data = self->bytes, .size = PIECE_HEAD_SIZE + size};
    parcel *next = &self->on_way[(self->first + self->count) % AT_ONCE];
    xipc_status status;

    piece_head_write(&self->head, self->bytes);
    status = xipc_call_submit(
        self->link, PIECE_TYPE, &request, NULL, deadline_after(common.timeout),
        &next->pending);
    if (status != XIPC_OK) {
        return say_not_sent(self, status);
    }
    next->size = size;
    self->count++;
    self->head.offset += size;
    progress_add(size);
    return CODE_DONE;
}

/* Pieces go as the file comes, and an empty one behind them, once they are
 * there. */
static int send_all(dispatch *self)
{
    int code = CODE_DONE;
    int64_t got = 1;

    while (code == CODE_DONE && got > 0) {
        code = take_answers(self, AT_ONCE - 1);
        if (code == CODE_DONE) {
            got = stream_read(
                self->file, self->bytes + PIECE_HEAD_SIZE, self->room);
            code = got < 0 ? code_of_failure() : CODE_DONE;
        }
        if (code == CODE_DONE && got > 0) {
            code = send_piece(self, (size_t)got);
        }
    }
    if (code == CODE_DONE) {
        code = take_answers(self, 0);
    }
    self->head.is_last = 1;
    if (code == CODE_DONE) {
        code = send_piece(self, 0);
    }
    return code == CODE_DONE ? take_answers(self, 0) : code;
}

static int find_room(dispatch *self)
{
    xipc_link_info info = XIPC_LINK_INFO_INIT;
    xipc_status status = xipc_link_get_info(self->link, &info);

    if (status != XIPC_OK) {
        return say_status(status, self->address);
    }
    if (info.payload_max <= PIECE_HEAD_SIZE) {
        return say_not_called(self, XIPC_E_NOT_FOUND);
    }
    self->room = info.payload_max - PIECE_HEAD_SIZE;
    self->room = self->room < PIECE_SIZE ? self->room : PIECE_SIZE;
    return CODE_DONE;
}

int pieces_send(
    const char *address, xipc_link *link, stream *file, pieces_moved *moved)
{
    dispatch self = {
        .address = address,
        .link = link,
        .file = file,
        .moved = moved,
        .head = {
            .file = (uint64_t)xipc_after_ns(0), .total = stream_size(file)}};
    int code = find_room(&self);
    int64_t began_at = xipc_after_ns(0);

    if (code != CODE_DONE) {
        return code;
    }
    self.bytes = memory_resize(NULL, PIECE_HEAD_SIZE + self.room);
    stop_watch(xipc_link_object(link));
    progress_begin(stream_name(file), self.head.total);
    code = send_all(&self);
    progress_end();
    stop_watch(NULL);
    for (; self.count > 0; self.count--) {
        xipc_pending_cancel(self.on_way[self.first].pending);
        self.first = (self.first + 1) % AT_ONCE;
    }
    moved->time = xipc_after_ns(0) - began_at;
    free(self.bytes);
    return code;
}
