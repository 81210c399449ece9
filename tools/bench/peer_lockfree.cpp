/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boost.Lockfree: two spsc_queues of a fixed capacity in memory that both
 * processes see, one each way. The size of what it carries is part of its
 * type, so it takes only the sizes that stand in queue_for().
 */
#include <new>

#include <boost/lockfree/spsc_queue.hpp>

#include "road_peers.h"

namespace
{

constexpr size_t ROOM = size_t(1) << 20; /* for the messages of one queue */
constexpr size_t DEPTH_MAX = 4096;

template <size_t Size> struct message {
    unsigned char bytes[Size];
};

template <size_t Size>
using queue = boost::lockfree::spsc_queue<
    message<Size>,
    boost::lockfree::capacity<(
        ROOM / Size < DEPTH_MAX ? ROOM / Size : DEPTH_MAX)>>;

template <size_t Size> struct queue_pair {
    alignas(128) queue<Size> there;
    alignas(128) queue<Size> back;
};

/* What is known of a pair without knowing its type. */
struct pair_calls {
    size_t memory_size;
    void (*make)(void *memory);
    void (*send)(void *memory, int is_second, const void *message);
    void (*receive)(void *memory, int is_second, void *message);
};

template <size_t Size> void make(void *memory)
{
    new (memory) queue_pair<Size>;
}

template <size_t Size> void send(void *memory, int is_second, const void *bytes)
{
    auto pair = static_cast<queue_pair<Size> *>(memory);
    auto &out = is_second ? pair->back : pair->there;

    while (!out.push(*static_cast<const message<Size> *>(bytes))) {
        road_relax();
    }
}

template <size_t Size> void receive(void *memory, int is_second, void *bytes)
{
    auto pair = static_cast<queue_pair<Size> *>(memory);
    auto &in = is_second ? pair->there : pair->back;

    while (!in.pop(*static_cast<message<Size> *>(bytes))) {
        road_relax();
    }
}

template <size_t Size> const pair_calls *calls_of()
{
    static const pair_calls calls = {
        sizeof(queue_pair<Size>), make<Size>, send<Size>, receive<Size>};

    return &calls;
}

const pair_calls *calls_for(size_t size)
{
    switch (size) {
    case 8: return calls_of<8>();
    case 64: return calls_of<64>();
    case 1024: return calls_of<1024>();
    case 65536: return calls_of<65536>();
    default: return nullptr;
    }
}

struct lockfree_road {
    const pair_calls *calls;
    void *memory;
    int is_second;
};

const char *is_missing(size_t size)
{
    return calls_for(size)
               ? nullptr
               : "compiled for messages of 8, 64, 1024 and 65536 bytes";
}

void *lockfree_create(const road_plan *plan)
{
    const pair_calls *calls = calls_for(plan->size);
    void *memory = road_memory_create(plan, calls->memory_size);

    calls->make(memory);
    return new lockfree_road{calls, memory, 0};
}

void *lockfree_join(const road_plan *plan)
{
    const pair_calls *calls = calls_for(plan->size);

    return new lockfree_road{
        calls, road_memory_join(plan, calls->memory_size), 1};
}

/* The queues are plain memory: there is nothing to destroy. */
void lockfree_close(void *address)
{
    lockfree_road *road = static_cast<lockfree_road *>(address);

    road_memory_close(road->memory);
    delete road;
}

void lockfree_send(void *address, const void *bytes, size_t)
{
    const lockfree_road *road = static_cast<lockfree_road *>(address);

    road->calls->send(road->memory, road->is_second, bytes);
}

void lockfree_receive(void *address, void *bytes, size_t)
{
    const lockfree_road *road = static_cast<lockfree_road *>(address);

    road->calls->receive(road->memory, road->is_second, bytes);
}

road_kind lockfree()
{
    road_kind kind = {};

    kind.name = "Boost spsc_queue";
    kind.group = ROAD_PEER;
    kind.flags = ROAD_SPINS;
    kind.is_missing = is_missing;
    kind.create = lockfree_create;
    kind.join = lockfree_join;
    kind.close = lockfree_close;
    kind.send = lockfree_send;
    kind.receive = lockfree_receive;
    return kind;
}

} // namespace

const road_kind peer_lockfree = lockfree();
