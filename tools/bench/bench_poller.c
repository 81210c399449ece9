/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What it costs to make one ready of many, to be told, and to take it: objects
 * of the library, and native handles, each beside the system's own way with as
 * many native handles. The curve over the count is what matters.
 */
#include <stdlib.h>

#include <xipc/xipc.h>

#include "bench.h"

static unsigned total;
static unsigned turn;
static xipc_section *section;
static xipc_event **events;
static xipc_poller *poller;

static void begin(unsigned count)
{
    total = bench_raw_poller_begin(count);
    turn = 0;
    bench_ok(xipc_poller_create(&poller));
}

static void begin_objects(unsigned count)
{
    begin(count);
    total = count;
    events = calloc(count, sizeof(xipc_event *));
    bench_require(events != NULL, "no memory");
    bench_ok(xipc_section_create_anonymous(
        (uint64_t)count * XIPC_SYNC_SIZE, NULL, &section));
    for (unsigned at = 0; at < count; at++) {
        bench_ok(xipc_event_create_at(
            section, (uint64_t)at * XIPC_SYNC_SIZE, XIPC_EVENT_AUTO,
            XIPC_FOREVER, &events[at]));
        bench_ok(xipc_poller_add(
            poller, xipc_event_object(events[at]), XIPC_READABLE, events[at]));
    }
}

static void begin_native(unsigned count)
{
    begin(count);
    for (unsigned at = 0; at < total; at++) {
        bench_ok(xipc_poller_add_native(
            poller, bench_raw_poller_handle(at), XIPC_READABLE, NULL));
    }
}

static void end(void)
{
    xipc_poller_close(poller);
    for (unsigned at = 0; events && at < total; at++) {
        xipc_event_close(events[at]);
    }
    free(events);
    events = NULL;
    xipc_section_close(section);
    section = NULL;
    bench_raw_poller_end();
}

static unsigned next(void)
{
    turn = (turn + BENCH_POLLER_STRIDE) % total;
    return turn;
}

static void wait_once(void)
{
    xipc_ready ready;
    size_t count;

    bench_ok(xipc_poller_wait(poller, &ready, 1, XIPC_FOREVER, &count));
}

static void objects(unsigned count)
{
    while (count-- > 0) {
        xipc_event *event = events[next()];

        bench_ok(xipc_event_set(event));
        wait_once();
        bench_ok(xipc_event_wait(event, XIPC_NOW));
    }
}

static void native(unsigned count)
{
    while (count-- > 0) {
        unsigned at = next();

        bench_raw_poller_set(at);
        wait_once();
        bench_raw_poller_take(at);
    }
}

#define BEGINS(count)                       \
    static void begin_objects_##count(void) \
    {                                       \
        begin_objects(count);               \
    }                                       \
    static void begin_native_##count(void)  \
    {                                       \
        begin_native(count);                \
    }
BEGINS(10)
BEGINS(100)
BEGINS(1000)
BEGINS(10000)

#define ROWS(count)                                                        \
    {"poller: an event, one of " #count,                                   \
     bench_raw_poller_name,                                                \
     objects,                                                              \
     bench_raw_poller,                                                     \
     begin_objects_##count,                                                \
     end},                                                                 \
    {                                                                      \
        "poller: a handle, one of " #count, bench_raw_poller_name, native, \
            bench_raw_poller, begin_native_##count, end                    \
    }

const bench_row bench_poller_rows[] = {
    ROWS(10),
    ROWS(100),
    ROWS(1000),
    ROWS(10000),
    {NULL, NULL, NULL, NULL, NULL, NULL},
};
