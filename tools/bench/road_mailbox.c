/* SPDX-License-Identifier: Apache-2.0 */
/* Mailboxes: one each way. */
#include <stdio.h>
#include <stdlib.h>

#include <xipc/xipc.h>

#include "road_peers.h"

#define NAME_SIZE 160
#define DEPTH_MAX 256 /* as Boost's message queue has here */

typedef struct box_pair {
    xipc_mailbox *out;
    xipc_mailbox *in;
    void *reserved;
    const void *taken;
    const char *name; /* of who made one, as long as he waits for the other */
} box_pair;

static xipc_mailbox *
open_box(const road_plan *plan, const char *way, uint32_t capacity)
{
    xipc_mailbox_options options = XIPC_MAILBOX_OPTIONS_INIT;
    char name[NAME_SIZE];
    xipc_mailbox *box;

    options.capacity = capacity;
    options.message_max = (uint32_t)plan->size;
    snprintf(name, sizeof name, "%.140s-%s", plan->name, way);
    bench_ok(
        xipc_mailbox_open_or_create(name, &options, XIPC_FOREVER, &box, NULL));
    return box;
}

static void *open_boxes(const road_plan *plan, uint32_t capacity)
{
    box_pair *pair = peer_new(sizeof *pair);
    xipc_mailbox *there = open_box(plan, "there", capacity);
    xipc_mailbox *back = open_box(plan, "back", capacity);

    pair->out = plan->is_second ? back : there;
    pair->in = plan->is_second ? there : back;
    return pair;
}

static void *open_bounded(const road_plan *plan)
{
    return open_boxes(plan, peer_depth(plan->size, DEPTH_MAX));
}

static void *open_rendezvous(const road_plan *plan)
{
    return open_boxes(plan, 0);
}

static void *open_unbounded(const road_plan *plan)
{
    return open_boxes(plan, XIPC_UNBOUNDED);
}

/* ---- queues of the system ------------------------------------------------ */

static uint64_t queue_limit(xipc_feature feature)
{
    xipc_capability_info info = XIPC_CAPABILITY_INFO_INIT;

    bench_ok(xipc_capability(feature, &info));
    return info.has_limit ? info.limit : 0;
}

#define LETTER_HEAD_SIZE 32 /* the library's own part of a message */

static const char *is_no_queue(size_t size)
{
    static char why[80];
    uint64_t most = queue_limit(XIPC_FEATURE_NATIVE_MESSAGE);

    if (queue_limit(XIPC_FEATURE_MAILBOX_NATIVE) == 0) {
        return "no message queues here";
    }
    if (size + LETTER_HEAD_SIZE <= most) {
        return NULL;
    }
    snprintf(
        why, sizeof why, "a message has %llu bytes at most here",
        (unsigned long long)(most - LETTER_HEAD_SIZE));
    return why;
}

/* Whoever receives makes it: elsewhere nobody else could receive. */
static xipc_mailbox *make_queue(const road_plan *plan, const char *way)
{
    xipc_mailbox_options options = XIPC_MAILBOX_OPTIONS_INIT;
    uint64_t most = queue_limit(XIPC_FEATURE_MAILBOX_NATIVE);
    char name[NAME_SIZE];
    xipc_mailbox *box;

    options.provider = XIPC_PROVIDER_NATIVE;
    options.capacity = most < DEPTH_MAX ? (uint32_t)most : DEPTH_MAX;
    options.message_max = (uint32_t)plan->size;
    snprintf(name, sizeof name, "%.140s-%s", plan->name, way);
    bench_ok(xipc_mailbox_create(name, &options, XIPC_FOREVER, &box));
    return box;
}

/* The other one is about to make it, or has. */
static xipc_mailbox *find_queue(const char *plan_name, const char *way)
{
    xipc_mailbox *box = NULL;
    char name[NAME_SIZE];
    xipc_status status = XIPC_E_NOT_FOUND;

    snprintf(name, sizeof name, "%.140s-%s", plan_name, way);
    while (status == XIPC_E_NOT_FOUND) {
        road_relax();
        status = xipc_mailbox_open(name, NULL, XIPC_FOREVER, &box);
    }
    bench_ok(status);
    return box;
}

static void *create_queues(const road_plan *plan)
{
    box_pair *pair = peer_new(sizeof *pair);

    pair->in = make_queue(plan, "back");
    pair->name = plan->name;
    return pair;
}

static void *join_queues(const road_plan *plan)
{
    box_pair *pair = peer_new(sizeof *pair);

    pair->in = make_queue(plan, "there");
    pair->out = find_queue(plan->name, "back");
    return pair;
}

static void accept_queues(void *road)
{
    box_pair *pair = road;

    pair->out = find_queue(pair->name, "there");
}

static void close_boxes(void *road)
{
    box_pair *pair = road;

    xipc_mailbox_close(pair->out);
    xipc_mailbox_close(pair->in);
    free(pair);
}

/* ---- copied -------------------------------------------------------------- */

static void box_send(void *road, const void *message, size_t size)
{
    bench_ok(xipc_mailbox_send(
        ((box_pair *)road)->out, message, size, NULL, XIPC_FOREVER));
}

static void box_receive(void *road, void *message, size_t size)
{
    size_t received;

    bench_ok(xipc_mailbox_receive(
        ((box_pair *)road)->in, message, size, &received, NULL, XIPC_FOREVER));
    bench_require(received == size, "a message of another size");
}

/* ---- in place ------------------------------------------------------------ */

static void *box_reserve(void *road, size_t size)
{
    box_pair *pair = road;

    bench_ok(
        xipc_mailbox_reserve(pair->out, size, &pair->reserved, XIPC_FOREVER));
    return pair->reserved;
}

static void box_commit(void *road, size_t size)
{
    box_pair *pair = road;

    bench_ok(xipc_mailbox_commit(
        pair->out, pair->reserved, size, NULL, XIPC_FOREVER));
}

static const void *box_take(void *road, size_t size)
{
    box_pair *pair = road;
    size_t there;

    bench_ok(
        xipc_mailbox_take(pair->in, &pair->taken, &there, NULL, XIPC_FOREVER));
    bench_require(there == size, "a message of another size");
    return pair->taken;
}

static void box_release(void *road)
{
    box_pair *pair = road;

    bench_ok(xipc_mailbox_release(pair->in, pair->taken));
}

/* ---- without sleeping ---------------------------------------------------- */

/* Whether to try once more. */
static int is_too_early(xipc_status status)
{
    if (status != XIPC_E_AGAIN) {
        bench_ok(status);
        return 0;
    }
    road_relax();
    return 1;
}

static void box_try_send(void *road, const void *message, size_t size)
{
    while (is_too_early(xipc_mailbox_send(
        ((box_pair *)road)->out, message, size, NULL, XIPC_NOW))) {
    }
}

static void box_try_receive(void *road, void *message, size_t size)
{
    size_t received = 0;

    while (is_too_early(xipc_mailbox_receive(
        ((box_pair *)road)->in, message, size, &received, NULL, XIPC_NOW))) {
    }
    bench_require(received == size, "a message of another size");
}

static void *box_try_reserve(void *road, size_t size)
{
    box_pair *pair = road;

    while (is_too_early(
        xipc_mailbox_reserve(pair->out, size, &pair->reserved, XIPC_NOW))) {
    }
    return pair->reserved;
}

static const void *box_try_take(void *road, size_t size)
{
    box_pair *pair = road;
    size_t there = 0;

    while (is_too_early(
        xipc_mailbox_take(pair->in, &pair->taken, &there, NULL, XIPC_NOW))) {
    }
    bench_require(there == size, "a message of another size");
    return pair->taken;
}

#define BOXES(its_name, its_flags, open_function)                 \
    .name = (its_name), .group = ROAD_XIPC, .flags = (its_flags), \
    .create = (open_function), .join = (open_function), .close = close_boxes

#define COPYING .send = box_send, .receive = box_receive
#define IN_PLACE                                                    \
    .reserve = box_reserve, .commit = box_commit, .peek = box_take, \
    .release = box_release
#define TRYING .send = box_try_send, .receive = box_try_receive
#define TRYING_IN_PLACE                                                     \
    .reserve = box_try_reserve, .commit = box_commit, .peek = box_try_take, \
    .release = box_release

/* Nothing would hold a stream back in one without bounds. */
const road_kind road_mailboxes[] = {
    {BOXES("mailbox", ROAD_MANY, open_bounded), COPYING},
    {BOXES("mailbox, try", ROAD_SPINS, open_bounded), TRYING},
    {BOXES("mailbox in place", ROAD_IN_PLACE, open_bounded), IN_PLACE},
    {BOXES("mailbox in place, try", ROAD_SPINS | ROAD_IN_PLACE, open_bounded),
     TRYING_IN_PLACE},
    {BOXES("mailbox, rendezvous", ROAD_MANY, open_rendezvous), COPYING},
    {BOXES("mailbox, unbounded", ROAD_ONLY_ROUND_TRIPS, open_unbounded),
     COPYING},
    {.name = "mailbox, native",
     .group = ROAD_XIPC,
     .flags = ROAD_MANY,
     .is_missing = is_no_queue,
     .create = create_queues,
     .join = join_queues,
     .accept = accept_queues,
     .close = close_boxes,
     COPYING},
    {.name = NULL},
};
