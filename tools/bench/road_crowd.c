/* SPDX-License-Identifier: Apache-2.0 */
#include "road_crowd.h"

#include <stdatomic.h>

#include "process.h"

/* A thread that has nothing to do yet asks for so many messages, or fewer, so
 * that all of them have something to do up to the end. */
#define SHARE_MAX 64
#define SHARES    8

/* Of the numbers of messages. */
typedef struct sums {
    uint64_t plain;
    uint64_t squares;
} sums;

typedef struct crowd {
    road_end ends[BENCH_THREAD_MAX];
    uint64_t count;
    uint64_t share;
    xipc_deadline first; /* when it had come */
    xipc_deadline last[BENCH_THREAD_MAX];
    sums received[BENCH_THREAD_MAX];
    _Atomic uint64_t next; /* what is not given out yet */
} crowd;

static void add(sums *to, uint64_t number)
{
    to->plain += number;
    to->squares += number * number;
}

static void
begin(crowd *all, const road_end *end, unsigned threads, uint64_t count)
{
    uint64_t share = count / (threads * SHARES);

    *all = (crowd){.count = count, .share = 1};
    if (share > 1) {
        all->share = share < SHARE_MAX ? share : SHARE_MAX;
    }
    for (unsigned at = 0; at < threads; at++) {
        road_end_begin(&all->ends[at], end->kind, end->size, end->is_filled);
        all->ends[at].road = end->road;
        all->ends[at].checks_all = end->checks_all;
    }
}

/* The road stays open. */
static void finish(crowd *all, unsigned threads)
{
    for (unsigned at = 0; at < threads; at++) {
        all->ends[at].road = NULL;
        road_end_finish(&all->ends[at]);
    }
}

/* The next ones; 0 if all are given out. */
static int take_share(crowd *all, uint64_t *from_out, uint64_t *to_out)
{
    uint64_t from = atomic_fetch_add(&all->next, all->share);
    uint64_t to = from + all->share;

    *from_out = from;
    *to_out = to < all->count ? to : all->count;
    return from < all->count;
}

static void send_some(void *context, unsigned index)
{
    crowd *all = context;
    uint64_t from;
    uint64_t to;

    while (take_share(all, &from, &to)) {
        for (; from < to; from++) {
            road_send(&all->ends[index], from);
        }
    }
}

/* The time runs from when the first one has come. */
static void
receive_one(crowd *all, unsigned index, int is_first, sums *received)
{
    uint64_t number = road_receive_any(&all->ends[index]);

    if (is_first) {
        all->first = xipc_after_ns(0);
    }
    add(received, number);
}

static void receive_some(void *context, unsigned index)
{
    crowd *all = context;
    sums received = {0, 0};
    uint64_t from;
    uint64_t to;

    while (take_share(all, &from, &to)) {
        for (; from < to; from++) {
            receive_one(all, index, from == 0, &received);
        }
    }
    all->received[index] = received;
    all->last[index] = xipc_after_ns(0);
}

/* Each number once. */
static void check(const crowd *all, unsigned threads)
{
    sums sent = {0, 0};

    for (uint64_t number = 0; number < all->count; number++) {
        add(&sent, number);
    }
    for (unsigned at = 0; at < threads; at++) {
        sent.plain -= all->received[at].plain;
        sent.squares -= all->received[at].squares;
    }
    bench_require(
        sent.plain == 0 && sent.squares == 0, "not what was sent, each once");
}

void road_crowd_send(const road_end *end, unsigned threads, uint64_t count)
{
    crowd all;

    begin(&all, end, threads, count);
    bench_threads_run(threads, send_some, &all);
    finish(&all, threads);
}

double road_crowd_receive(const road_end *end, unsigned threads, uint64_t count)
{
    crowd all;
    xipc_deadline last = 0;

    begin(&all, end, threads, count);
    bench_threads_run(threads, receive_some, &all);
    finish(&all, threads);
    check(&all, threads);
    for (unsigned at = 0; at < threads; at++) {
        last = last > all.last[at] ? last : all.last[at];
    }
    return (double)(last - all.first);
}
