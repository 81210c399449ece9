/* SPDX-License-Identifier: Apache-2.0 */
/*
 * D-Bus: sd-bus in each process, one connected to the other, with no bus daemon
 * between them. The first process calls a method of the second one: `send`
 * writes the call, `receive` makes it and takes the reply.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "road_peers.h"

#define INTERFACE "org.xipc.Bench"
#define METHOD    "Echo"

typedef struct dbus_road {
    sd_bus *bus;
    int listener;
    int is_second;
    /* What `send` and `receive` leave to each other: the first process its
       call, the second one the call that it has to answer. */
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
    require(sd_bus_new(&road->bus));
    return road;
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
    require(sd_bus_send(road->bus, reply, NULL));
    /* What the socket did not take at once would wait for the next call. */
    require(sd_bus_flush(road->bus));
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
        road->bus, &road->call, NULL, "/", INTERFACE, METHOD));
    write_bytes(road->call, message, size);
}

static void wait_for_call(dbus_road *road)
{
    while (!road->call) {
        int has_worked = sd_bus_process(road->bus, &road->call);

        require(has_worked);
        if (!has_worked) {
            require(sd_bus_wait(road->bus, UINT64_MAX));
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
    require(sd_bus_call(road->bus, road->call, UINT64_MAX, NULL, &reply));
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
            listen(listener, 1) == 0,
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
    sd_id128_t id;

    bench_require(connection >= 0, "D-Bus: no connection");
    close(road->listener);
    require(sd_id128_randomize(&id));
    require(sd_bus_set_fd(road->bus, connection, connection));
    require(sd_bus_set_server(road->bus, 1, id));
    require(sd_bus_start(road->bus));
}

static void *dbus_join(const road_plan *plan)
{
    dbus_road *road = make(plan);

    require(sd_bus_set_address(road->bus, peer_path(plan, "unix:path=")));
    require(sd_bus_start(road->bus));
    return road;
}

static void dbus_close(void *address)
{
    dbus_road *road = address;

    sd_bus_flush_close_unref(road->bus);
    free(road);
}

const road_kind peer_dbus = {
    .name = "D-Bus call",
    .group = ROAD_PEER,
    .flags = ROAD_ONLY_ROUND_TRIPS,
    .create = dbus_create,
    .join = dbus_join,
    .accept = dbus_accept,
    .close = dbus_close,
    .send = dbus_send,
    .receive = dbus_receive,
};
