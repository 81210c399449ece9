/* SPDX-License-Identifier: Apache-2.0 */
/* Many threads at one peer, and many peers at once. */
#include <stdio.h>
#include <string.h>

#include "support/peer_kit.h"

enum { SIDE_COUNT = 4, NUMBER_MAX = 16384 };

typedef struct marks {
    _Atomic uint32_t times[NUMBER_MAX];
} marks;

typedef struct worker {
    xipc_peer *peer;
    const char *other; /* NULL: from anybody */
    marks *seen;
    uint64_t first;
    uint64_t count;
    spec_thread *thread;
} worker;

static void send_all(void *context)
{
    worker *self = context;

    for (uint64_t i = 0; i < self->count; i++) {
        uint64_t number = self->first + i;

        REQUIRE_OK(peer_send(
            self->peer, self->other, number, message_size(number, 900),
            XIPC_FOREVER));
    }
}

static void receive_all(void *context)
{
    worker *self = context;
    xipc_peer_mail mail;

    for (uint64_t i = 0; i < self->count; i++) {
        if (self->other) {
            REQUIRE_OK(
                peer_fetch_from(self->peer, self->other, &mail, XIPC_FOREVER));
        } else {
            REQUIRE_OK(peer_fetch(self->peer, &mail, XIPC_FOREVER));
        }
        REQUIRE(mail.type < NUMBER_MAX);
        REQUIRE_UINT(message_size(mail.type, 900), mail.size);
        REQUIRE(atomic_fetch_add(&self->seen->times[mail.type], 1) == 0);
    }
}

static void
works(xipc_peer *sender, xipc_peer *receiver, const char *from, marks *seen)
{
    worker workers[2 * SIDE_COUNT];
    uint64_t each = rounds_here(2000, 300);

    *seen = (marks){{0}};
    for (size_t i = 0; i < 2 * SIDE_COUNT; i++) {
        int is_sending = i % 2 == 0;

        workers[i] = (worker){
            is_sending ? sender : receiver,
            is_sending ? "bob" : from,
            seen,
            each * (i / 2),
            each,
            NULL};
        workers[i].thread =
            spec_thread_start(is_sending ? send_all : receive_all, &workers[i]);
    }
    for (size_t i = 0; i < 2 * SIDE_COUNT; i++) {
        spec_thread_join(workers[i].thread);
    }
    for (uint64_t number = 0; number < SIDE_COUNT * each; number++) {
        REQUIRE_UINT(1, atomic_load(&seen->times[number]));
    }
    require_no_mail(receiver);
}

SPEC(many_threads_send_and_receive_at_one_peer, "GEN-6 PEER-2")
{
    static marks seen;
    xipc_peer_options options = peer_shaped(1000, 0, 4);
    xipc_peer *ann = peer_joined("ann");
    xipc_peer *bob = peer_joined_with("bob", &options);

    works(ann, bob, NULL, &seen);
    works(ann, bob, "ann", &seen);
    xipc_peer_leave(ann);
    xipc_peer_leave(bob);
}

/* ---- to and from many at once ---- */

typedef struct talker {
    xipc_peer *peer;
    char other[8];
    uint64_t count;
    spec_thread *thread;
} talker;

/* Each thread has one of the others to itself. */
static void talk_with_one(void *context)
{
    talker *self = context;

    for (uint64_t i = 0; i < self->count; i++) {
        REQUIRE_OK(peer_send(self->peer, self->other, i, 20, XIPC_FOREVER));
        REQUIRE_OK(peer_receive(self->peer, self->other, i, 20, XIPC_FOREVER));
    }
}

SPEC(threads_that_wait_for_different_peers_do_not_meet, "GEN-6 PEER-2")
{
    xipc_peer *peers[SIDE_COUNT + 1];
    talker talkers[2 * SIDE_COUNT];

    peers[0] = peer_joined("p0");
    for (int i = 1; i <= SIDE_COUNT; i++) {
        char name[8];

        snprintf(name, sizeof name, "p%d", i);
        peers[i] = peer_joined(name);
    }
    for (int i = 0; i < 2 * SIDE_COUNT; i++) {
        talker *self = &talkers[i];

        self->peer = i % 2 == 0 ? peers[0] : peers[i / 2 + 1];
        snprintf(
            self->other, sizeof self->other, "p%d", i % 2 == 0 ? i / 2 + 1 : 0);
        self->count = rounds_here(1000, 150);
        self->thread = spec_thread_start(talk_with_one, self);
    }
    for (int i = 0; i < 2 * SIDE_COUNT; i++) {
        spec_thread_join(talkers[i].thread);
    }
    for (int i = 0; i <= SIDE_COUNT; i++) {
        require_no_mail(peers[i]);
    }
    REQUIRE_UINT(SIDE_COUNT, xipc_peer_link_count(peers[0]));
    for (int i = 0; i <= SIDE_COUNT; i++) {
        xipc_peer_leave(peers[i]);
    }
}

/* ---- everybody with everybody ---- */

enum { CROWD = 4 };

typedef struct one {
    xipc_peer *peer;
    uint64_t next[CROWD];
    uint64_t left; /* to receive */
} one;

static void hear(one *self)
{
    xipc_peer_mail mail;

    REQUIRE_OK(peer_fetch(self->peer, &mail, XIPC_FOREVER));
    REQUIRE_UINT(self->next[mail.sender[1] - '0']++, mail.type);
    self->left--;
}

/* All may be full at once, if nobody receives. */
static void say(one *self, const char *to, uint64_t number)
{
    size_t size = message_size(number, 400);
    xipc_status status = peer_send(self->peer, to, number, size, XIPC_NOW);

    while (status == XIPC_E_AGAIN) {
        if (self->left > 0) {
            hear(self);
        }
        status = peer_send(self->peer, to, number, size, XIPC_NOW);
    }
    REQUIRE_OK(status);
}

PEER(one_of_a_crowd)
{
    uint64_t each = rounds_here(2000, 200);
    one self = {
        .peer = peer_joined(spec_argument(0)), .left = (CROWD - 1) * each};

    spec_tell(NULL, "here");
    spec_expect(NULL, "go");
    for (uint64_t i = 0; i < CROWD * each; i++) {
        char name[8];

        snprintf(name, sizeof name, "c%u", (unsigned)(i % CROWD));
        if (strcmp(name, spec_argument(0)) != 0) {
            say(&self, name, i / CROWD);
        }
    }
    while (self.left > 0) {
        hear(&self);
    }
    require_no_mail(self.peer);
    spec_tell(NULL, "done");
    spec_expect(NULL, "end");
    xipc_peer_leave(self.peer);
}

SPEC(everybody_talks_to_everybody, "PEER-1 PEER-2")
{
    spec_peer *crowd[CROWD];
    char name[8];

    for (int i = 0; i < CROWD; i++) {
        snprintf(name, sizeof name, "c%d", i);
        crowd[i] = START(one_of_a_crowd, name);
        spec_expect(crowd[i], "here");
    }
    for (int i = 0; i < CROWD; i++) {
        spec_tell(crowd[i], "go");
    }
    for (int i = 0; i < CROWD; i++) {
        spec_expect(crowd[i], "done");
    }
    for (int i = 0; i < CROWD; i++) {
        spec_tell(crowd[i], "end");
        spec_join(crowd[i]);
    }
}
