/* SPDX-License-Identifier: Apache-2.0 */
/*
 * iceoryx: a publisher and a subscriber in each process; messages are written
 * and read where they are. Waiting for a wait set, or looking again and again.
 *
 * It needs a daemon, RouDi, with memory for all: the first process starts one
 * and ends it when it ends itself, or dies.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <iceoryx_binding_c/log.h>
#include <iceoryx_binding_c/publisher.h>
#include <iceoryx_binding_c/runtime.h>
#include <iceoryx_binding_c/subscriber.h>
#include <iceoryx_binding_c/wait_set.h>

#include "road_peers.h"

#define ROUDI       "iox-roudi"
#define READY       "ready for clients"
#define SERVICE     "xipc-bench"
#define NAME_SIZE   64
#define OUTPUT_SIZE 4096
#define DEPTH_MAX   256
#define MEMORY      ((size_t)8 << 20) /* of RouDi's pools, for one way */
#define CONNECT_NS  1000000
#define CONNECT_MAX 10000

typedef struct iceoryx_road {
    iox_pub_storage_t publisher_storage;
    iox_sub_storage_t subscriber_storage;
    iox_ws_storage_t set_storage;
    iox_pub_t publisher;
    iox_sub_t subscriber;
    iox_ws_t set;
    void *reserved;
    const void *peeked;
} iceoryx_road;

/* ---- the daemon ---------------------------------------------------------- */

static pid_t roudi = -1;
static int roudi_output = -1; /* kept open: it still writes */

static void stop_roudi(void)
{
    kill(roudi, SIGTERM);
    waitpid(roudi, NULL, 0);
}

static void become_roudi(int output, pid_t first)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() == first && dup2(output, STDOUT_FILENO) >= 0 &&
        dup2(output, STDERR_FILENO) >= 0) {
        execlp(ROUDI, ROUDI, "-m", "off", (char *)NULL);
    }
    _exit(EXIT_FAILURE);
}

/* Reads what it says until it is ready, or gone. */
static int is_ready(void)
{
    char output[OUTPUT_SIZE] = "";
    size_t size = 0;
    ssize_t more = 1;

    while (more > 0 && size < sizeof output - 1) {
        more = read(roudi_output, output + size, sizeof output - 1 - size);
        size += more > 0 ? (size_t)more : 0;
        output[size] = '\0';
        if (strstr(output, READY)) {
            return 1;
        }
    }
    return 0;
}

static int start_roudi(void)
{
    pid_t first = getpid();
    int ends[2];

    bench_require(pipe2(ends, O_CLOEXEC) == 0, "pipe2");
    roudi = fork();
    bench_require(roudi >= 0, "fork");
    if (roudi == 0) {
        become_roudi(ends[1], first);
    }
    close(ends[1]);
    roudi_output = ends[0];
    if (!is_ready()) {
        stop_roudi();
        return 0;
    }
    atexit(stop_roudi);
    return 1;
}

static const char *is_missing(size_t size)
{
    static int is_tried;
    static int is_there;

    (void)size;
    if (!is_tried) {
        is_tried = 1;
        is_there = start_roudi();
    }
    return is_there ? NULL : ROUDI " does not start, or one runs already";
}

/* A process has one runtime, as long as it lives. */
static void begin_runtime(void)
{
    static int is_begun;
    char name[NAME_SIZE];

    if (!is_begun) {
        is_begun = 1;
        iox_set_loglevel(Iceoryx_LogLevel_Error);
        snprintf(name, sizeof name, "xipc-bench-%ld", (long)getpid());
        iox_runtime_init(name);
    }
}

/* ---- its life ------------------------------------------------------------ */

static void publish(iceoryx_road *road, const char *name, const char *way)
{
    iox_pub_options_t options;

    iox_pub_options_init(&options);
    options.subscriberTooSlowPolicy = ConsumerTooSlowPolicy_WAIT_FOR_CONSUMER;
    road->publisher =
        iox_pub_init(&road->publisher_storage, SERVICE, name, way, &options);
}

static void
subscribe(iceoryx_road *road, const road_plan *plan, const char *way)
{
    iox_sub_options_t options;
    size_t depth = MEMORY / plan->size;

    iox_sub_options_init(&options);
    options.queueCapacity = depth < DEPTH_MAX ? depth : DEPTH_MAX;
    options.queueFullPolicy = QueueFullPolicy_BLOCK_PRODUCER;
    road->subscriber = iox_sub_init(
        &road->subscriber_storage, SERVICE, plan->name, way, &options);
}

static iceoryx_road *make(const road_plan *plan)
{
    iceoryx_road *road = peer_new(sizeof *road);

    begin_runtime();
    publish(road, plan->name, plan->is_second ? "back" : "there");
    subscribe(road, plan, plan->is_second ? "there" : "back");
    road->set = iox_ws_init(&road->set_storage);
    bench_require(
        iox_ws_attach_subscriber_state(
            road->set, road->subscriber, SubscriberState_HAS_DATA, 0, NULL) ==
            WaitSetResult_SUCCESS,
        "iceoryx: attaching to a wait set");
    return road;
}

/* RouDi connects the two from time to time, and tells nobody. */
static void connect_ends(void *address)
{
    iceoryx_road *road = address;
    const struct timespec step = {.tv_nsec = CONNECT_NS};
    int tries = 0;

    while (!iox_pub_has_subscribers(road->publisher) ||
           iox_sub_get_subscription_state(road->subscriber) !=
               SubscribeState_SUBSCRIBED) {
        bench_require(tries++ < CONNECT_MAX, "iceoryx: connecting");
        nanosleep(&step, NULL);
    }
}

static void *iceoryx_create(const road_plan *plan)
{
    return make(plan);
}

static void *iceoryx_join(const road_plan *plan)
{
    iceoryx_road *road = make(plan);

    connect_ends(road);
    return road;
}

static void iceoryx_close(void *address)
{
    iceoryx_road *road = address;

    iox_ws_deinit(road->set);
    iox_sub_deinit(road->subscriber);
    iox_pub_deinit(road->publisher);
    free(road);
}

/* ---- messages ------------------------------------------------------------ */

static void *iceoryx_reserve(void *address, size_t size)
{
    iceoryx_road *road = address;

    bench_require(
        iox_pub_loan_chunk(road->publisher, &road->reserved, (uint32_t)size) ==
            AllocationResult_SUCCESS,
        "iceoryx: no memory left for a message");
    return road->reserved;
}

static void iceoryx_commit(void *address, size_t size)
{
    iceoryx_road *road = address;

    (void)size;
    iox_pub_publish_chunk(road->publisher, road->reserved);
}

static int is_there(iceoryx_road *road)
{
    return iox_sub_take_chunk(road->subscriber, &road->peeked) ==
           ChunkReceiveResult_SUCCESS;
}

static const void *iceoryx_peek(void *address, size_t size)
{
    iceoryx_road *road = address;
    iox_notification_info_t info;
    uint64_t missed;

    (void)size;
    while (!is_there(road)) {
        iox_ws_wait(road->set, &info, 1, &missed);
    }
    return road->peeked;
}

static const void *iceoryx_try_peek(void *address, size_t size)
{
    iceoryx_road *road = address;

    (void)size;
    while (!is_there(road)) {
        road_relax();
    }
    return road->peeked;
}

static void iceoryx_release(void *address)
{
    iceoryx_road *road = address;

    iox_sub_release_chunk(road->subscriber, road->peeked);
}

const road_kind peer_iceoryx = {
    .name = "iceoryx",
    .group = ROAD_PEER,
    .flags = ROAD_IN_PLACE,
    .is_missing = is_missing,
    .create = iceoryx_create,
    .join = iceoryx_join,
    .accept = connect_ends,
    .close = iceoryx_close,
    .reserve = iceoryx_reserve,
    .commit = iceoryx_commit,
    .peek = iceoryx_peek,
    .release = iceoryx_release,
};

const road_kind peer_iceoryx_try = {
    .name = "iceoryx, polling",
    .group = ROAD_PEER,
    .flags = ROAD_IN_PLACE | ROAD_SPINS,
    .is_missing = is_missing,
    .create = iceoryx_create,
    .join = iceoryx_join,
    .accept = connect_ends,
    .close = iceoryx_close,
    .reserve = iceoryx_reserve,
    .commit = iceoryx_commit,
    .peek = iceoryx_try_peek,
    .release = iceoryx_release,
};
