/* SPDX-License-Identifier: Apache-2.0 */
/*
 * D-Bus: sd-bus in each process, connected to the second one, with no bus
 * daemon between them. All others call a method of that one: `send` writes the
 * call, `receive` makes it and takes the reply.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "road_peers.h"
#include "road_talk.h"

#define INTERFACE "org.xipc.Bench"
#define METHOD    "Echo"

typedef struct dbus_road {
    sd_bus *buses[ROAD_CLIENT_MAX]; /* one of who calls */
    unsigned count;
    unsigned turn; /* which one is served */
    int listener;
    int is_second;
    /* What `send` and `receive` leave to each other: who calls its call, the
       second process the call that it has to answer. */
    sd_bus_message *call;
} dbus_road;

static void require(int result)
{
    bench_require(result >= 0, result < 0 ? strerror(-result) : "");
}

static dbus_road *make(const road_plan *plan)
{
    dbus_road *road = peer_new(sizeof *road);

    road->is_second = plan->is_second;
    return road;
}

static sd_bus *add_bus(dbus_road *road)
{
    sd_bus **bus = &road->buses[road->count++];

    require(sd_bus_new(bus));
    return *bus;
}

/* ---- messages ------------------------------------------------------------ */

static void write_bytes(sd_bus_message *letter, const void *bytes, size_t size)
{
    require(sd_bus_message_append_array(letter, 'y', bytes, size));
}

static void read_bytes(sd_bus_message *letter, void *bytes, size_t size)
{
    const void *array;
    size_t received;

    require(sd_bus_message_read_array(letter, 'y', &array, &received));
    bench_require(received == size, "D-Bus: a message of another size");
    memcpy(bytes, array, size);
}

static void drop_call(dbus_road *road)
{
    road->call = sd_bus_message_unref(road->call);
}

static void answer(dbus_road *road, const void *message, size_t size)
{
    sd_bus_message *reply;

    require(sd_bus_message_new_method_return(road->call, &reply));
    write_bytes(reply, message, size);
    require(sd_bus_send(road->buses[road->turn], reply, NULL));
    /* What the socket did not take at once would wait for the next call. */
    require(sd_bus_flush(road->buses[road->turn]));
    sd_bus_message_unref(reply);
    drop_call(road);
}

static void dbus_send(void *address, const void *message, size_t size)
{
    dbus_road *road = address;

    if (road->is_second) {
        answer(road, message, size);
        return;
    }
    require(sd_bus_message_new_method_call(
        road->buses[0], &road->call, NULL, "/", INTERFACE, METHOD));
    write_bytes(road->call, message, size);
}

static void wait_for_any(const dbus_road *road)
{
    struct pollfd ends[ROAD_CLIENT_MAX];

    for (unsigned at = 0; at < road->count; at++) {
        ends[at].fd = sd_bus_get_fd(road->buses[at]);
        ends[at].events = (short)sd_bus_get_events(road->buses[at]);
        require(ends[at].fd);
    }
    bench_require(poll(ends, road->count, -1) > 0, "D-Bus: poll()");
}

/* Each has its turn once. Whether any had something to do. */
static int process_all(dbus_road *road)
{
    int has_worked = 0;

    for (unsigned at = 0; at < road->count && !road->call; at++) {
        int result;

        road->turn = (road->turn + 1) % road->count;
        result = sd_bus_process(road->buses[road->turn], &road->call);
        require(result);
        has_worked |= result;
    }
    return has_worked;
}

static void wait_for_call(dbus_road *road)
{
    while (!road->call) {
        if (!process_all(road)) {
            wait_for_any(road);
        }
    }
    bench_require(
        sd_bus_message_is_method_call(road->call, INTERFACE, METHOD) > 0,
        "D-Bus: not the call that was waited for");
}

static void dbus_receive(void *address, void *message, size_t size)
{
    dbus_road *road = address;
    sd_bus_message *reply;

    if (road->is_second) {
        wait_for_call(road);
        read_bytes(road->call, message, size);
        return;
    }
    require(sd_bus_call(road->buses[0], road->call, UINT64_MAX, NULL, &reply));
    read_bytes(reply, message, size);
    sd_bus_message_unref(reply);
    drop_call(road);
}

/* ---- its life ------------------------------------------------------------ */

static int listen_at(const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    bench_require(listener >= 0, "D-Bus: no socket");
    bench_require(
        strlen(path) < sizeof name.sun_path, "D-Bus: too long a directory");
    strcpy(name.sun_path, path);
    bench_require(
        bind(listener, (struct sockaddr *)&name, sizeof name) == 0 &&
            listen(listener, ROAD_CLIENT_MAX) == 0,
        "D-Bus: no listening socket");
    return listener;
}

static void *dbus_create(const road_plan *plan)
{
    dbus_road *road = make(plan);

    road->listener = listen_at(peer_path(plan, ""));
    return road;
}

static void dbus_accept(void *address)
{
    dbus_road *road = address;
    int connection = accept(road->listener, NULL, NULL);
    sd_bus *bus = add_bus(road);
    sd_id128_t id;

    bench_require(connection >= 0, "D-Bus: no connection");
    require(sd_id128_randomize(&id));
    require(sd_bus_set_fd(bus, connection, connection));
    require(sd_bus_set_server(bus, 1, id));
    require(sd_bus_start(bus));
}

static void *dbus_join(const road_plan *plan)
{
    dbus_road *road = make(plan);
    sd_bus *bus = add_bus(road);

    road->listener = -1;
    require(sd_bus_set_address(bus, peer_path(plan, "unix:path=")));
    require(sd_bus_start(bus));
    return road;
}

static void dbus_close(void *address)
{
    dbus_road *road = address;

    while (road->count > 0) {
        sd_bus_flush_close_unref(road->buses[--road->count]);
    }
    if (road->listener >= 0) {
        close(road->listener);
    }
    free(road);
}

const road_kind peer_dbus = {
    .name = "D-Bus call",
    .group = ROAD_PEER,
    .flags = ROAD_ONLY_ROUND_TRIPS | ROAD_SERVES,
    .create = dbus_create,
    .join = dbus_join,
    .accept = dbus_accept,
    .close = dbus_close,
    .send = dbus_send,
    .receive = dbus_receive,
};
