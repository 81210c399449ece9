/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library's own calls. `send` of the one that calls keeps the request,
 * `receive` makes the call. Who serves has a thread that answers, as services
 * do by default, or takes each request by hand.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xipc/xipc.h>

#include "road_peers.h"

#define PATH_SIZE 512
#define ECHO      1
#define ONE_GO    16384 /* bytes that a link has room for at once */

typedef struct call_road {
    xipc_service *service;
    xipc_call_listener *listener;
    xipc_link *link;
    char path[PATH_SIZE]; /* of the file that tells the address */
    /* What `send` and `receive` leave to each other. */
    const void *message;
    size_t size;
    xipc_request *request;
} call_road;

/* ---- who serves ---------------------------------------------------------- */

static void answer(xipc_request *request, const void *bytes, size_t size)
{
    const xipc_call_data reply = {bytes, size, NULL, 0};

    bench_ok(xipc_request_reply(request, 0, &reply));
}

static void echo(void *context, xipc_request *request)
{
    size_t size;
    const void *bytes = xipc_request_data(request, &size);

    (void)context;
    answer(request, bytes, size);
}

static call_road *new_road(const road_plan *plan)
{
    call_road *road = peer_new(sizeof *road);

    snprintf(
        road->path, sizeof road->path, "%s/%s-call", plan->directory,
        plan->name);
    return road;
}

static void tell_address(const call_road *road)
{
    char chosen[XIPC_CALL_ADDRESS_SIZE];
    FILE *file = fopen(road->path, "w");

    bench_ok(xipc_call_listener_address(road->listener, chosen, sizeof chosen));
    bench_require(file && fputs(chosen, file) >= 0, "cannot tell the address");
    bench_require(fclose(file) == 0, "cannot tell the address");
}

static void *serve(const road_plan *plan, const char *address, unsigned workers)
{
    xipc_service_options options = XIPC_SERVICE_OPTIONS_INIT;
    call_road *road = new_road(plan);

    options.workers = workers;
    bench_ok(xipc_service_create(&options, &road->service));
    if (workers > 0) {
        bench_ok(xipc_service_add(road->service, ECHO, echo, NULL));
    }
    bench_ok(xipc_call_listen(
        road->service, address, NULL, XIPC_FOREVER, &road->listener));
    tell_address(road);
    return road;
}

static void *serve_locally(const road_plan *plan)
{
    return serve(plan, plan->name, 1);
}

static void *serve_by_hand(const road_plan *plan)
{
    return serve(plan, plan->name, 0);
}

static void *serve_tcp(const road_plan *plan)
{
    return serve(plan, "tcp://127.0.0.1:0", 1);
}

static void take(call_road *road)
{
    bench_ok(xipc_service_take(road->service, XIPC_FOREVER, &road->request));
}

/* Nobody sends the rest of a long reply while nobody takes. */
static const char *by_hand_is_missing(size_t size)
{
    return size > ONE_GO ? "a long reply needs who takes, not who waits" : NULL;
}

/* A client is taken in by whoever takes requests: here its first one. */
static void accept_by_hand(void *context)
{
    call_road *road = context;

    take(road);
    answer(road->request, NULL, 0);
}

/* ---- who calls ----------------------------------------------------------- */

static void *join(const road_plan *plan)
{
    call_road *road = new_road(plan);
    char address[XIPC_CALL_ADDRESS_SIZE];
    FILE *file = fopen(road->path, "r");

    bench_require(
        file && fgets(address, sizeof address, file),
        "cannot read the address");
    fclose(file);
    bench_ok(xipc_call_connect(NULL, address, NULL, XIPC_FOREVER, &road->link));
    bench_ok(xipc_call(road->link, ECHO, NULL, NULL, XIPC_FOREVER));
    return road;
}

static void call(const call_road *road, void *message, size_t size)
{
    const xipc_call_data request = {road->message, road->size, NULL, 0};
    xipc_call_answer reply = XIPC_CALL_ANSWER_INIT;

    reply.buffer = message;
    reply.capacity = size;
    bench_ok(xipc_call(road->link, ECHO, &request, &reply, XIPC_FOREVER));
    bench_require(reply.size == size, "a reply of another size");
}

/* ---- both ---------------------------------------------------------------- */

static void send_one(void *context, const void *message, size_t size)
{
    call_road *road = context;

    if (road->service) {
        answer(road->request, message, size);
    } else {
        road->message = message;
        road->size = size;
    }
}

static void receive_one(void *context, void *message, size_t size)
{
    call_road *road = context;
    const void *bytes;
    size_t received;

    if (!road->service) {
        call(road, message, size);
        return;
    }
    take(road);
    bytes = xipc_request_data(road->request, &received);
    bench_require(received == size, "a request of another size");
    memcpy(message, bytes, size);
}

static void close_road(void *context)
{
    call_road *road = context;

    xipc_link_close(road->link);
    xipc_call_listener_close(road->listener);
    if (road->service) {
        remove(road->path);
    }
    xipc_service_close(road->service);
    free(road);
}

#define CALLS(more_flags)                                                      \
    .group = ROAD_XIPC,                                                        \
    .flags = ROAD_ONLY_ROUND_TRIPS | ROAD_SERVES | (more_flags), .join = join, \
    .close = close_road, .send = send_one, .receive = receive_one

const road_kind road_calls[] = {
    {.name = "call", .create = serve_locally, CALLS(ROAD_ANSWERS)},
    {.name = "call, by hand",
     .is_missing = by_hand_is_missing,
     .create = serve_by_hand,
     .accept = accept_by_hand,
     CALLS(0)},
    {.name = "call, tcp", .create = serve_tcp, CALLS(ROAD_ANSWERS)},
    {.name = NULL},
};
