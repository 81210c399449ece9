/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a child made by fork() has of its parent's rings: nothing that works,
 * and nothing that disturbs. Above all it is neither side of them.
 *
 * A child here runs one function and ends with its result: 0 is success. It
 * leaves by _exit(), so that nothing of the test's own ends twice.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/ring_kit.h"

typedef int child_body(const sides *ring);

static void require_child_succeeds(child_body *body, const sides *ring)
{
    pid_t child = fork();
    int how = 0;

    REQUIRE(child >= 0);
    if (child == 0) {
        _exit(body(ring));
    }
    REQUIRE(waitpid(child, &how, 0) == child);
    REQUIRE(WIFEXITED(how));
    REQUIRE_UINT(0, (uint64_t)WEXITSTATUS(how));
}

static int finds_the_producer_forked(xipc_ring *ring)
{
    xipc_object *object = xipc_ring_object(ring);
    void *block = UNTOUCHED;
    size_t size = 77;

    return xipc_ring_send(ring, "x", 1, XIPC_NOW) == XIPC_E_FORKED &&
           xipc_ring_send(ring, "x", 1, XIPC_FOREVER) == XIPC_E_FORKED &&
           xipc_ring_write(ring, "x", 1, &size, XIPC_NOW) == XIPC_E_FORKED &&
           xipc_ring_reserve(ring, 1, &block, XIPC_NOW) == XIPC_E_FORKED &&
           xipc_ring_commit(ring, 0) == XIPC_E_FORKED &&
           xipc_ring_cancel(ring) == XIPC_E_FORKED &&
           xipc_ring_wait_peer(ring, XIPC_FOREVER) == XIPC_E_FORKED &&
           xipc_interrupt(object) == XIPC_E_FORKED &&
           xipc_interrupt_clear(object) == XIPC_E_FORKED && size == 77 &&
           block == UNTOUCHED;
}

static int finds_the_consumer_forked(xipc_ring *ring)
{
    const void *data = UNTOUCHED;
    char bytes[8];
    size_t size = 77;

    return xipc_ring_receive(ring, bytes, 8, &size, XIPC_FOREVER) ==
               XIPC_E_FORKED &&
           xipc_ring_read(ring, bytes, 8, &size, XIPC_NOW) == XIPC_E_FORKED &&
           xipc_ring_peek(ring, &data, &size, XIPC_FOREVER) == XIPC_E_FORKED &&
           xipc_ring_release(ring) == XIPC_E_FORKED &&
           xipc_ring_release_bytes(ring, 0) == XIPC_E_FORKED &&
           xipc_ring_rewind(ring) == XIPC_E_FORKED &&
           xipc_ring_wait_peer(ring, XIPC_NOW) == XIPC_E_FORKED &&
           xipc_interrupt(xipc_ring_object(ring)) == XIPC_E_FORKED &&
           size == 77 && data == UNTOUCHED;
}

static int finds_it_in_no_poller(xipc_ring *ring)
{
    xipc_poller *poller = NULL;
    int is_refused;

    if (xipc_poller_create(&poller) != XIPC_OK) {
        return 0;
    }
    is_refused =
        xipc_poller_add(poller, xipc_ring_object(ring), XIPC_READABLE, NULL) ==
        XIPC_E_FORKED;
    xipc_poller_close(poller);
    return is_refused;
}

static int finds_every_call_forked(const sides *ring)
{
    if (!finds_the_producer_forked(ring->producer)) {
        return 1;
    }
    if (!finds_the_consumer_forked(ring->consumer)) {
        return 2;
    }
    return finds_it_in_no_poller(ring->consumer) ? 0 : 3;
}

static int closes_both(const sides *ring)
{
    xipc_ring_close(ring->producer);
    xipc_ring_close(ring->consumer);
    return 0;
}

static int just_ends(const sides *ring)
{
    return ring == NULL;
}

static int forks_again(const sides *ring)
{
    pid_t child = fork();
    int how = 0;

    if (child == 0) {
        _exit(finds_every_call_forked(ring));
    }
    if (child < 0 || waitpid(child, &how, 0) != child || !WIFEXITED(how)) {
        return 10;
    }
    closes_both(ring);
    return WEXITSTATUS(how);
}

/* What was reserved and peeked at before is as it was; nobody went. */
static void require_undisturbed(const char *place, sides *ring)
{
    xipc_ring *other = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_BUSY, ring_try_join(place, XIPC_RING_PRODUCER, &other));
    REQUIRE_STATUS(
        XIPC_E_BUSY, ring_try_join(place, XIPC_RING_CONSUMER, &other));
    REQUIRE_OK(xipc_ring_wait_peer(ring->producer, XIPC_NOW));
    REQUIRE_OK(xipc_ring_wait_peer(ring->consumer, XIPC_NOW));
    REQUIRE_OK(xipc_ring_commit(ring->producer, 40));
    REQUIRE_OK(ring_peek(ring->consumer, 2, 20, XIPC_NOW));
    REQUIRE_OK(ring_peek(ring->consumer, 3, 40, XIPC_NOW));
    REQUIRE_OK(xipc_ring_release(ring->consumer));
    require_empty(ring->consumer);
    for (uint64_t number = 0; number < 50; number++) {
        sends(ring->producer, number, 400);
        receives(ring->consumer, number, 400);
    }
}

static void with_a_child(const char *place, child_body *body)
{
    xipc_ring_options options = ring_of_messages(1024);
    sides ring = sides_made(place, &options);

    sends(ring.producer, 1, 10);
    sends(ring.producer, 2, 20);
    REQUIRE_OK(ring_reserve(ring.producer, 3, 40, XIPC_NOW));
    REQUIRE_OK(ring_peek(ring.consumer, 1, 10, XIPC_NOW));
    require_child_succeeds(body, &ring);
    require_undisturbed(place, &ring);

    sides_closed(&ring);
}

static void told_so(const char *place)
{
    with_a_child(place, finds_every_call_forked);
}

SPEC(a_ring_inherited_through_fork_tells_so, "GEN-8 RING-1 RING-3 RING-4")
{
    in_both_forms(told_so);
}

static void left_alone(const char *place)
{
    with_a_child(place, closes_both);
    with_a_child(place, just_ends);
    with_a_child(place, forks_again);
}

SPEC(a_child_that_closes_or_ends_is_no_side_of_a_ring, "GEN-8 RING-4")
{
    in_both_forms(left_alone);
}

/* ---- a child that becomes a side itself ---- */

/* The place that the child joins: fork() has copied it. */
static const char *own_place;

static int sends_from_the_child(const sides *ring)
{
    xipc_ring *producer = ring_joined(own_place, XIPC_RING_PRODUCER);

    (void)ring;
    for (uint64_t number = 0; number < 500; number++) {
        REQUIRE_OK(ring_send(
            producer, number, message_size(number, 300), XIPC_FOREVER));
    }
    xipc_ring_close(producer);
    return 0;
}

static void with_a_child_at_work(const char *place)
{
    xipc_ring_options options = ring_of_messages(1024);
    sides ring = {NULL, ring_made(place, XIPC_RING_CONSUMER, &options)};
    int how = 0;
    pid_t child;

    own_place = place;
    child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        _exit(sends_from_the_child(&ring));
    }
    for (uint64_t number = 0; number < 500; number++) {
        REQUIRE_OK(ring_receive(
            ring.consumer, number, message_size(number, 300), XIPC_FOREVER));
    }
    REQUIRE_STATUS(
        XIPC_E_CLOSED, ring_receive(ring.consumer, 0, 0, XIPC_FOREVER));
    REQUIRE(waitpid(child, &how, 0) == child);
    REQUIRE(WIFEXITED(how) && WEXITSTATUS(how) == 0);

    sides_closed(&ring);
}

SPEC(a_child_that_opens_the_ring_is_the_other_side, "GEN-8 RING-1 RING-4")
{
    in_both_forms(with_a_child_at_work);
}

static int takes_no_place(const sides *ring)
{
    xipc_ring *other = UNTOUCHED;

    (void)ring;
    return ring_try_join(own_place, XIPC_RING_PRODUCER, &other) !=
               XIPC_E_BUSY ||
           ring_try_join(own_place, XIPC_RING_CONSUMER, &other) != XIPC_E_BUSY;
}

static void both_are_taken(const char *place)
{
    own_place = place;
    with_a_child(place, takes_no_place);
}

SPEC(a_child_finds_the_places_of_its_parent_taken, "GEN-8 RING-4")
{
    in_both_forms(both_are_taken);
}

/* ---- a child that outlives its parent ---- */

#define LIFE_LINE "life-line"

/*
 * The producer at argument 0 forks a child that outlives it. The child tells
 * its number through the FIFO of argument 1, which it holds open, and stays
 * until killed.
 */
PEER(a_producer_whose_child_outlives_it)
{
    xipc_ring *ring = ring_joined(spec_argument(0), XIPC_RING_PRODUCER);

    sends(ring, 1, 30);
    if (fork() == 0) {
        int line = open(spec_argument(1), O_WRONLY);
        pid_t self = getpid();

        if (line < 0 || write(line, &self, sizeof self) < 0) {
            _exit(1);
        }
        for (;;) {
            pause();
        }
    }
    spec_expect(NULL, "never told");
}

static int64_t orphaned(const char *place)
{
    xipc_ring *consumer = ring_made(place, XIPC_RING_CONSUMER, NULL);
    char path[512];
    spec_peer *peer;
    pid_t child = 0;
    int64_t start;
    int line;

    snprintf(path, sizeof path, "%s/" LIFE_LINE, spec_directory());
    REQUIRE(mkfifo(path, 0600) == 0);
    peer = START(a_producer_whose_child_outlives_it, place, path);
    line = open(path, O_RDONLY);
    REQUIRE(line >= 0);
    REQUIRE(read(line, &child, sizeof child) == (ssize_t)sizeof child);
    spec_kill(peer);
    receives(consumer, 1, 30);
    start = spec_now_ns();
    REQUIRE_STATUS(
        XIPC_E_PEER_DIED, ring_receive(consumer, 2, 30, XIPC_FOREVER));
    start = spec_now_ns() - start;
    xipc_ring_close(ring_joined(place, XIPC_RING_PRODUCER));

    REQUIRE(kill(child, 0) == 0);
    REQUIRE(kill(child, SIGKILL) == 0);
    REQUIRE(read(line, path, 1) == 0);
    close(line);
    snprintf(path, sizeof path, "%s/" LIFE_LINE, spec_directory());
    REQUIRE(unlink(path) == 0);
    xipc_ring_close(consumer);
    return start;
}

SPEC(the_child_of_a_dead_producer_does_not_keep_its_place, "GEN-8 RING-4")
{
    within_a_second(orphaned, "a");
    within_a_second(orphaned, "@a");
}

/* ---- sections and descriptors ---- */

static xipc_section *inherited_section;

static int finds_the_section_forked(const sides *ring)
{
    xipc_ring_options options = ring_of_messages(1024);
    xipc_ring *other = UNTOUCHED;

    (void)ring;
    return xipc_ring_create_at(
               inherited_section, 0, XIPC_RING_PRODUCER, &options, XIPC_NOW,
               &other) != XIPC_E_FORKED ||
           xipc_ring_open_at(
               inherited_section, 0, XIPC_RING_PRODUCER, XIPC_NOW, &other) !=
               XIPC_E_FORKED ||
           other != UNTOUCHED;
}

SPEC(no_ring_is_placed_in_an_inherited_section, "GEN-8 RING-1")
{
    inherited_section = section_created("a", 65536);

    require_child_succeeds(finds_the_section_forked, NULL);

    xipc_section_close(inherited_section);
}

static unsigned open_count(int must_close_on_exec, const char *was_open)
{
    unsigned count = 0;

    for (int fd = 0; fd < 1024; fd++) {
        int flags = fcntl(fd, F_GETFD);

        if (flags >= 0 && !was_open[fd]) {
            REQUIRE(!must_close_on_exec || (flags & FD_CLOEXEC) != 0);
            count++;
        }
    }
    return count;
}

SPEC(every_descriptor_behind_a_ring_closes_on_exec, "GEN-8 RING-1")
{
    static char was_open[1024];
    sides named;
    sides placed;

    for (int fd = 0; fd < 1024; fd++) {
        was_open[fd] = fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    }
    named = sides_made("a", NULL);
    placed = sides_made("@a", NULL);
    REQUIRE(open_count(1, was_open) > 0);

    sides_closed(&placed);
    sides_closed(&named);
    REQUIRE_UINT(0, open_count(1, was_open));
}
