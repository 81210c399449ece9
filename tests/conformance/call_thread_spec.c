/* SPDX-License-Identifier: Apache-2.0 */
/* Many threads, many links, and long messages among short ones. */
#include <stdlib.h>

#include "support/call_kit.h"

enum { THREAD_COUNT = 8, ROUNDS = 200, LINK_COUNT = 200 };

typedef struct crew {
    xipc_link *link;
    _Atomic uint64_t next;
} crew;

static void call_many(void *context)
{
    crew *self = context;
    uint64_t who = atomic_fetch_add(&self->next, 1);

    for (uint64_t round = 0; round < ROUNDS; round++) {
        size_t size = message_size(round * THREAD_COUNT + who, 3000);

        echoes(self->link, round * THREAD_COUNT + who, size);
    }
}

static void with_threads(xipc_link *link, spec_thread_body *body, void *context)
{
    spec_thread *threads[THREAD_COUNT];

    (void)link;
    for (int at = 0; at < THREAD_COUNT; at++) {
        threads[at] = spec_thread_start(body, context);
    }
    for (int at = 0; at < THREAD_COUNT; at++) {
        spec_thread_join(threads[at]);
    }
}

static void threads_share_a_link(const char *address)
{
    xipc_service_options options = XIPC_SERVICE_OPTIONS_INIT;
    crew self = {NULL, 0};
    call_pair both;

    options.workers = 3;
    calls_begin_with(&both, address, &options, NULL);
    self.link = both.link;
    with_threads(both.link, call_many, &self);
    calls_end(&both);
}

SPEC(threads_that_share_a_link_each_get_their_own_reply, "CALL-2")
{
    with_both_sorts(threads_share_a_link);
}

static void call_long(void *context)
{
    crew *self = context;
    uint64_t who = atomic_fetch_add(&self->next, 1);

    for (uint64_t round = 0; round < 6; round++) {
        echoes(self->link, who, who % 2 == 0 ? 2000000 + (size_t)who : 8);
    }
}

static void long_ones_interleave(const char *address)
{
    xipc_service_options options = XIPC_SERVICE_OPTIONS_INIT;
    crew self = {NULL, 0};
    call_pair both;

    options.workers = 4;
    calls_begin_with(&both, address, &options, NULL);
    self.link = both.link;
    with_threads(both.link, call_long, &self);
    calls_end(&both);
}

SPEC(long_messages_go_in_pieces_among_which_short_ones_pass, "CALL-3 CALL-2")
{
    with_both_sorts(long_ones_interleave);
}

static void serves_many_links(const char *address)
{
    xipc_link *links[LINK_COUNT];
    xipc_service_options options = XIPC_SERVICE_OPTIONS_INIT;
    call_pair self;

    options.workers = 2;
    calls_begin_with(&self, address, &options, NULL);
    for (int at = 0; at < LINK_COUNT; at++) {
        links[at] = linked(self.address);
    }
    for (int round = 0; round < 3; round++) {
        for (int at = 0; at < LINK_COUNT; at++) {
            echoes(links[at], (uint64_t)at, (size_t)(at * 7));
        }
    }
    REQUIRE_UINT(LINK_COUNT + 1, atomic_load(&self.board.came));
    for (int at = 0; at < LINK_COUNT; at++) {
        xipc_link_close(links[at]);
    }
    await_number(&self.board.closed, LINK_COUNT);
    calls_end(&self);
}

SPEC(one_service_has_hundreds_of_links, "CALL-1")
{
    with_both_sorts(serves_many_links);
}

static void call_over_own(void *context)
{
    crew *self = context;
    uint64_t who = atomic_fetch_add(&self->next, 1);

    for (uint64_t round = 0; round < 20; round++) {
        xipc_link *link = linked((const char *)self->link);

        echoes(link, who, 100);
        xipc_link_close(link);
    }
}

static void links_come_and_go(const char *address)
{
    crew self = {NULL, 0};
    call_pair both;

    calls_begin(&both, address);
    self.link = (xipc_link *)(void *)both.address;
    with_threads(NULL, call_over_own, &self);
    await_number(&both.board.closed, THREAD_COUNT * 20);
    calls_end(&both);
}

SPEC(links_come_and_go_while_others_call, "CALL-1 CALL-6")
{
    with_both_sorts(links_come_and_go);
}
