/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boost.Interprocess: two message queues, one each way. Waiting, as it comes,
 * and trying again and again.
 */
#include <string>

#include <boost/interprocess/ipc/message_queue.hpp>

#include "road_peers.h"

namespace
{

using boost::interprocess::create_only;
using boost::interprocess::message_queue;
using boost::interprocess::open_only;

constexpr unsigned DEPTH_MAX = 256;
constexpr unsigned PRIORITY = 0;

struct boost_road {
    message_queue out;
    message_queue in;
};

/* Boost tells of failures by exceptions; the benchmark ends. */
template <typename Call> auto guard(Call call) -> decltype(call())
{
    try {
        return call();
    } catch (const std::exception &error) {
        bench_require(0, error.what());
        std::terminate();
    }
}

std::string there(const road_plan *plan)
{
    return std::string(plan->name) + "-there";
}

std::string back(const road_plan *plan)
{
    return std::string(plan->name) + "-back";
}

void *boost_create(const road_plan *plan)
{
    return guard([plan]() -> void * {
        unsigned depth = peer_depth(plan->size, DEPTH_MAX);

        return new boost_road{
            {create_only, there(plan).c_str(), depth, plan->size},
            {create_only, back(plan).c_str(), depth, plan->size}};
    });
}

/* The names are needed no more, and nothing else would ever remove them. */
void *boost_join(const road_plan *plan)
{
    return guard([plan]() -> void * {
        boost_road *road = new boost_road{
            {open_only, back(plan).c_str()}, {open_only, there(plan).c_str()}};

        message_queue::remove(there(plan).c_str());
        message_queue::remove(back(plan).c_str());
        return road;
    });
}

void boost_close(void *road)
{
    delete static_cast<boost_road *>(road);
}

void boost_send(void *road, const void *message, size_t size)
{
    guard([=] {
        static_cast<boost_road *>(road)->out.send(message, size, PRIORITY);
    });
}

void boost_receive(void *road, void *message, size_t size)
{
    guard([=] {
        message_queue::size_type received;
        unsigned priority;

        static_cast<boost_road *>(road)->in.receive(
            message, size, received, priority);
        bench_require(received == size, "Boost: a message of another size");
    });
}

void boost_try_send(void *road, const void *message, size_t size)
{
    guard([=] {
        message_queue &out = static_cast<boost_road *>(road)->out;

        while (!out.try_send(message, size, PRIORITY)) {
            road_relax();
        }
    });
}

void boost_try_receive(void *road, void *message, size_t size)
{
    guard([=] {
        message_queue &in = static_cast<boost_road *>(road)->in;
        message_queue::size_type received;
        unsigned priority;

        while (!in.try_receive(message, size, received, priority)) {
            road_relax();
        }
        bench_require(received == size, "Boost: a message of another size");
    });
}

road_kind kind_of(
    const char *name,
    unsigned flags,
    decltype(boost_send) send,
    decltype(boost_receive) receive)
{
    road_kind kind = {};

    kind.name = name;
    kind.group = ROAD_PEER;
    kind.flags = flags;
    kind.create = boost_create;
    kind.join = boost_join;
    kind.close = boost_close;
    kind.send = send;
    kind.receive = receive;
    return kind;
}

} // namespace

const road_kind peer_boost =
    kind_of("Boost message_queue", ROAD_MANY, boost_send, boost_receive);
const road_kind peer_boost_try = kind_of(
    "Boost message_queue, try", ROAD_SPINS, boost_try_send, boost_try_receive);
