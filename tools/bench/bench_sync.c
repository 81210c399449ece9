/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library's side of the synchronisation rows, and the second process of
 * those that take two. All that both use stands in one section: first how they
 * talk, then the library's objects, then the raw ones.
 */
#include <stdatomic.h>
#include <stdio.h>

#include <xipc/xipc.h>

#include "bench.h"
#include "process.h"

#define NAME_SIZE  64
#define PLACE(at)  ((uint64_t)(1 + (at)) * XIPC_SYNC_SIZE)
#define RAW_OFFSET 4096
#define SIZE       (RAW_OFFSET + BENCH_RAW_SYNC_SIZE)

/* The first process writes what is to be done, and then sets `go`. */
typedef struct talk {
    _Atomic uint32_t duet;
    _Atomic uint32_t count;
    _Atomic uint32_t is_over;
} talk;

enum {
    AT_MUTEX,
    AT_SEMAPHORE,
    AT_CONDITION,
    AT_PING,
    AT_PONG,
    AT_GO,    /* the second process is to begin */
    AT_BEGUN, /* it has */
    AT_DONE   /* it has done its part */
};

static xipc_section *section;
static xipc_map *map;
static talk *shared;
static xipc_mutex *mutex;
static xipc_semaphore *semaphore;
static xipc_condition *condition;
static xipc_event *ping;
static xipc_event *pong;
static xipc_event *go;
static xipc_event *begun;
static xipc_event *done;
static bench_process *second;

static void map_section(void)
{
    bench_ok(xipc_section_map(section, 0, 0, XIPC_MAP_WRITE, &map));
    shared = xipc_map_address(map);
}

static xipc_event *make_event(int at)
{
    xipc_event *event;

    bench_ok(xipc_event_create_at(
        section, PLACE(at), XIPC_EVENT_AUTO, XIPC_FOREVER, &event));
    return event;
}

static xipc_event *open_event(int at)
{
    xipc_event *event;

    bench_ok(xipc_event_open_at(section, PLACE(at), XIPC_FOREVER, &event));
    return event;
}

static void each_event(xipc_event *get(int at))
{
    ping = get(AT_PING);
    pong = get(AT_PONG);
    go = get(AT_GO);
    begun = get(AT_BEGUN);
    done = get(AT_DONE);
}

static void create(const char *name)
{
    bench_ok(xipc_section_create(name, SIZE, NULL, XIPC_FOREVER, &section));
    map_section();
    bench_ok(
        xipc_mutex_create_at(section, PLACE(AT_MUTEX), XIPC_FOREVER, &mutex));
    bench_ok(xipc_semaphore_create_at(
        section, PLACE(AT_SEMAPHORE), 0, 1, XIPC_FOREVER, &semaphore));
    bench_ok(xipc_condition_create_at(
        section, PLACE(AT_CONDITION), XIPC_FOREVER, &condition));
    each_event(make_event);
}

/* The second process needs only what two use. */
static void join(const char *name)
{
    bench_ok(xipc_section_open(name, NULL, XIPC_FOREVER, &section));
    map_section();
    bench_ok(
        xipc_mutex_open_at(section, PLACE(AT_MUTEX), XIPC_FOREVER, &mutex));
    each_event(open_event);
}

static void *raw_memory(void)
{
    return (unsigned char *)shared + RAW_OFFSET;
}

static void begin(int takes_two)
{
    char name[NAME_SIZE];

    snprintf(
        name, sizeof name, "xipc-bench-%llx",
        (unsigned long long)xipc_after_ns(0));
    create(name);
    bench_raw_sync_begin(raw_memory(), name, 0);
    if (takes_two) {
        second = bench_process_start(BENCH_SECOND, name);
    }
}

void bench_sync_begin(void)
{
    begin(0);
}

void bench_sync_begin_two(void)
{
    begin(1);
}

void bench_sync_begin_pinned(void)
{
    bench_process_pin(0);
    begin(1);
}

void bench_sync_begin_apart(void)
{
    bench_process_pin(1);
    begin(1);
    bench_process_pin(0);
}

void bench_sync_end(void)
{
    if (second) {
        bench_process_stop(second, 0);
        second = NULL;
    }
    bench_process_pin(BENCH_ANY_PROCESSOR);
    bench_raw_sync_end();
    xipc_event_close(done);
    xipc_event_close(begun);
    xipc_event_close(go);
    xipc_event_close(pong);
    xipc_event_close(ping);
    xipc_condition_close(condition);
    xipc_semaphore_close(semaphore);
    xipc_mutex_close(mutex);
    xipc_map_close(map);
    xipc_section_close(section);
}

/* ---- alone --------------------------------------------------------------- */

void bench_sync_mutex(unsigned count)
{
    while (count-- > 0) {
        bench_ok(xipc_mutex_lock(mutex, XIPC_FOREVER));
        bench_ok(xipc_mutex_unlock(mutex));
    }
}

void bench_sync_semaphore(unsigned count)
{
    while (count-- > 0) {
        bench_ok(xipc_semaphore_post(semaphore, 1));
        bench_ok(xipc_semaphore_wait(semaphore, XIPC_FOREVER));
    }
}

void bench_sync_event(unsigned count)
{
    while (count-- > 0) {
        bench_ok(xipc_event_set(ping));
        bench_ok(xipc_event_reset(ping));
    }
}

void bench_sync_condition(unsigned count)
{
    while (count-- > 0) {
        bench_ok(xipc_condition_notify_one(condition));
    }
}

/* ---- two processes ------------------------------------------------------- */

static uint32_t index_of(bench_duet *duet)
{
    uint32_t at = 0;

    while (bench_sync_duets[at] != duet) {
        at++;
    }
    return at;
}

/* Relaxed, as all of `talk`: the events order it. */
void bench_sync_together(bench_duet *duet, unsigned count)
{
    atomic_store_explicit(&shared->duet, index_of(duet), memory_order_relaxed);
    atomic_store_explicit(&shared->count, count, memory_order_relaxed);
    atomic_store_explicit(&shared->is_over, 0, memory_order_relaxed);
    bench_ok(xipc_event_set(go));
    bench_ok(xipc_event_wait(begun, XIPC_FOREVER));
    duet(count, 0);
    atomic_store_explicit(&shared->is_over, 1, memory_order_relaxed);
    bench_ok(xipc_event_wait(done, XIPC_FOREVER));
}

int bench_sync_is_over(void)
{
    return atomic_load_explicit(&shared->is_over, memory_order_relaxed) != 0;
}

static void nothing(void)
{
}

void bench_sync_second(const char *name)
{
    uint32_t duet;

    bench_process_end_with_parent(nothing);
    join(name);
    bench_raw_sync_begin(raw_memory(), name, 1);
    for (;;) {
        bench_ok(xipc_event_wait(go, XIPC_FOREVER));
        bench_ok(xipc_event_set(begun));
        duet = atomic_load_explicit(&shared->duet, memory_order_relaxed);
        bench_sync_duets[duet](
            atomic_load_explicit(&shared->count, memory_order_relaxed), 1);
        bench_ok(xipc_event_set(done));
    }
}

void bench_sync_contend(unsigned count, int is_second)
{
    while (is_second ? !bench_sync_is_over() : count-- > 0) {
        bench_ok(xipc_mutex_lock(mutex, XIPC_FOREVER));
        bench_ok(xipc_mutex_unlock(mutex));
    }
}

void bench_sync_take_turns(unsigned count, int is_second)
{
    while (count-- > 0) {
        if (is_second) {
            bench_ok(xipc_event_wait(ping, XIPC_FOREVER));
            bench_ok(xipc_event_set(pong));
        } else {
            bench_ok(xipc_event_set(ping));
            bench_ok(xipc_event_wait(pong, XIPC_FOREVER));
        }
    }
}

void bench_sync_contended(unsigned count)
{
    bench_sync_together(bench_sync_contend, count);
}

void bench_sync_turns(unsigned count)
{
    bench_sync_together(bench_sync_take_turns, count);
}
