/* SPDX-License-Identifier: Apache-2.0 */
/* Many threads at one handle of a mailbox, and threads that make and drop
 * handles. */
#include "support/mailbox_kit.h"

enum { SIDE_COUNT = 4 };

typedef struct worker {
    xipc_mailbox *box;
    tally *marks;
    uint64_t first;
    uint64_t count;
} worker;

static void works_with(
    xipc_mailbox *box,
    spec_thread_body *send_all,
    spec_thread_body *receive_all,
    uint64_t each)
{
    static tally marks;
    worker workers[2 * SIDE_COUNT];
    spec_thread *threads[2 * SIDE_COUNT];

    marks = (tally){{0}, 0};
    for (size_t i = 0; i < 2 * SIDE_COUNT; i++) {
        workers[i] = (worker){box, &marks, each * (i / 2), each};
        threads[i] =
            spec_thread_start(i % 2 == 0 ? send_all : receive_all, &workers[i]);
    }
    for (size_t i = 0; i < 2 * SIDE_COUNT; i++) {
        spec_thread_join(threads[i]);
    }
    for (uint64_t number = 0; number < SIDE_COUNT * each; number++) {
        REQUIRE(tally_has(&marks, number));
    }
    require_no_message(box);
    REQUIRE_UINT(0, xipc_mailbox_depth(box));
}

/* ---- one handle ---- */

static void send_copies(void *context)
{
    worker *self = context;

    for (uint64_t i = 0; i < self->count; i++) {
        uint64_t number = self->first + i;

        REQUIRE_OK(box_send_at(
            self->box, number, message_size(number, 256), number % 4,
            XIPC_FOREVER));
    }
}

static void receive_copies(void *context)
{
    worker *self = context;
    box_mail mail;

    for (uint64_t i = 0; i < self->count; i++) {
        REQUIRE_OK(box_fetch(self->box, &mail, XIPC_FOREVER));
        REQUIRE_UINT(message_size(mail.number, 256), mail.size);
        tally_mark(self->marks, mail.number);
    }
}

static void copies(uint32_t capacity)
{
    xipc_mailbox *box = box_sized("a", capacity);

    works_with(box, send_copies, receive_copies, rounds_here(2500, 500));
    xipc_mailbox_close(box);
}

BOX_SPEC(many_threads_send_and_receive_at_one_handle, "GEN-6 MBOX-5")
{
    box_needs(XIPC_FEATURE_NATIVE_PRIORITY);
    for_each_capacity(copies);
}

static void send_blocks(void *context)
{
    worker *self = context;

    for (uint64_t i = 0; i < self->count; i++) {
        uint64_t number = self->first + i;
        size_t size = message_size(number, 256);
        void *block = NULL;

        REQUIRE_OK(box_reserve(self->box, number, size, &block, XIPC_FOREVER));
        if (i % 8 == 7) {
            REQUIRE_OK(xipc_mailbox_cancel(self->box, block));
            REQUIRE_OK(
                box_reserve(self->box, number, size, &block, XIPC_FOREVER));
        }
        REQUIRE_OK(box_commit(self->box, block, number, size, XIPC_FOREVER));
    }
}

/* Now and then what was taken goes back, and is some thread's later. */
static void receive_blocks(void *context)
{
    worker *self = context;
    uint64_t count = 0;

    while (count < self->count) {
        const void *data = NULL;
        box_mail mail;

        REQUIRE_OK(box_take(self->box, &mail, &data, XIPC_FOREVER));
        REQUIRE_UINT(message_size(mail.number, 256), mail.size);
        if (mail.number % 16 == 3 && mail.envelope.flags == 0) {
            REQUIRE_OK(xipc_mailbox_return(self->box, data));
            continue;
        }
        tally_mark(self->marks, mail.number);
        REQUIRE(message_is(data, mail.size, mail.number));
        REQUIRE_OK(xipc_mailbox_release(self->box, data));
        count++;
    }
}

static void blocks(uint32_t capacity)
{
    xipc_mailbox *box = box_sized("a", capacity);

    works_with(box, send_blocks, receive_blocks, rounds_here(2500, 500));
    xipc_mailbox_close(box);
}

SPEC(many_threads_reserve_and_take_at_one_handle, "GEN-6 MBOX-9")
{
    for_each_capacity(blocks);
}

static void acked(uint32_t capacity)
{
    xipc_mailbox_options options = box_flagged(XIPC_MAILBOX_ACKED);
    xipc_mailbox *box;

    options.capacity = capacity;
    box = box_made("a", &options);
    works_with(box, send_copies, receive_blocks, rounds_here(1000, 300));
    xipc_mailbox_close(box);
}

SPEC(many_threads_take_and_release_what_comes_again, "GEN-6 MBOX-8 MBOX-9")
{
    for_each_capacity(acked);
}

/* ---- one block ---- */

typedef struct finisher {
    xipc_mailbox *box;
    void *data;
    int is_taken;
    atomic_uint *ready_count;
    xipc_status status;
} finisher;

static void finish(void *context)
{
    finisher *self = context;

    atomic_fetch_add(self->ready_count, 1);
    while (atomic_load(self->ready_count) < 2) {
        /* so that both do it at once */
    }
    self->status = self->is_taken ? xipc_mailbox_release(self->box, self->data)
                                  : xipc_mailbox_cancel(self->box, self->data);
}

/* The other one may not even do harm. */
SPEC(of_two_threads_that_finish_a_block_one_does, "GEN-6 GEN-7 MBOX-9")
{
    xipc_mailbox *box = box_sized("a", 3);
    unsigned rounds = rounds_here(1000, 200);

    for (unsigned i = 0; i < rounds; i++) {
        atomic_uint ready_count;
        finisher both[2];
        spec_thread *threads[2];
        void *data;

        atomic_init(&ready_count, 0);
        if (i % 2 == 0) {
            data = box_reserves(box, 1, 10);
        } else {
            box_sends(box, 2, 20);
            data = (void *)(uintptr_t)box_takes(box, 2, 20);
        }
        for (size_t j = 0; j < 2; j++) {
            both[j] = (finisher){box, data, i % 2 != 0, &ready_count, XIPC_OK};
            threads[j] = spec_thread_start(finish, &both[j]);
        }
        for (size_t j = 0; j < 2; j++) {
            spec_thread_join(threads[j]);
        }
        REQUIRE((both[0].status == XIPC_OK) != (both[1].status == XIPC_OK));
        REQUIRE_STATUS(XIPC_E_INVALID, both[both[0].status == XIPC_OK].status);
        REQUIRE_UINT(3, box_fill(box, 0, 9));
        box_empty(box, 0, 3, 9);
    }
    xipc_mailbox_close(box);
}

/* ---- handles that come and go ---- */

static void come_and_go(void *context)
{
    xipc_mailbox_options options = box_of(XIPC_MAILBOX_CAPACITY_DEFAULT, 1024);
    worker *self = context;

    for (uint64_t i = 0; i < self->count; i++) {
        xipc_mailbox *box = NULL;
        const void *data = NULL;
        void *block = NULL;
        box_mail mail;
        xipc_status status;

        REQUIRE_OK(xipc_mailbox_open_or_create(
            "a", box_is_native() ? &options : NULL, XIPC_FOREVER, &box, NULL));
        status = box_send(box, self->first + i, 100, XIPC_NOW);
        REQUIRE(status == XIPC_OK || status == XIPC_E_AGAIN);
        if (box_is_native()) {
            status = box_fetch(box, &mail, XIPC_NOW);
            REQUIRE(status == XIPC_OK || status == XIPC_E_AGAIN);
            xipc_mailbox_close(box);
            continue;
        }
        status = box_reserve(box, 1, 50, &block, XIPC_NOW);
        REQUIRE(status == XIPC_OK || status == XIPC_E_AGAIN);
        status = box_take(box, &mail, &data, XIPC_NOW);
        REQUIRE(status == XIPC_OK || status == XIPC_E_AGAIN);
        xipc_mailbox_close(box);
    }
}

BOX_SPEC(threads_make_drop_and_share_a_mailbox, "GEN-6 LIFE-1 MBOX-9")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    worker workers[SIDE_COUNT];
    spec_thread *threads[SIDE_COUNT];
    xipc_mailbox *box = UNTOUCHED;

    for (size_t i = 0; i < SIDE_COUNT; i++) {
        workers[i] = (worker){NULL, NULL, 1000 * i, rounds_here(200, 40)};
        threads[i] = spec_thread_start(come_and_go, &workers[i]);
    }
    for (size_t i = 0; i < SIDE_COUNT; i++) {
        spec_thread_join(threads[i]);
    }
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, xipc_mailbox_open("a", NULL, XIPC_FOREVER, &box));
    require_nothing_exists();
}

/* What those leave who come and go is nobody's. */
BOX_SPEC(handles_that_come_and_go_leave_all_of_the_room, "GEN-6 MBOX-1 MBOX-9")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    xipc_mailbox *box = box_made("a", NULL);
    worker workers[SIDE_COUNT];
    spec_thread *threads[SIDE_COUNT];
    box_mail mail;

    for (size_t i = 0; i < SIDE_COUNT; i++) {
        workers[i] = (worker){NULL, NULL, 1000 * i, rounds_here(300, 60)};
        threads[i] = spec_thread_start(come_and_go, &workers[i]);
    }
    for (size_t i = 0; i < SIDE_COUNT; i++) {
        spec_thread_join(threads[i]);
    }
    while (xipc_mailbox_depth(box) > 0) {
        REQUIRE_OK(box_fetch(box, &mail, XIPC_NOW));
    }
    require_no_message(box);
    REQUIRE_UINT(
        box_room(XIPC_MAILBOX_CAPACITY_DEFAULT), box_fill(box, 0, 1024));
    box_empty(box, 0, box_room(XIPC_MAILBOX_CAPACITY_DEFAULT), 1024);
    xipc_mailbox_close(box);
}
