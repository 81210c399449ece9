/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queues of other libraries, of messages of one size and a fixed capacity, in
 * memory that both processes see: one each way. The size of what such a queue
 * carries is part of its type, so there are only those that calls_for() has.
 *
 * Trait<Size> names the queue and tells how to try to push and pop:
 *
 *     using queue = ...;
 *     static bool push(queue &, const peer_message<Size> &);
 *     static bool pop(queue &, peer_message<Size> &);
 */
#ifndef XIPC_BENCH_PEER_QUEUES_H
#define XIPC_BENCH_PEER_QUEUES_H

#include <new>

#include "road_peers.h"

template <size_t Size> struct peer_message {
    unsigned char bytes[Size];
};

/* How many messages a queue has room for. */
constexpr size_t peer_queue_depth(size_t size)
{
    return (size_t(1) << 20) / size < 4096 ? (size_t(1) << 20) / size : 4096;
}

template <template <size_t> class Trait> class peer_queues
{
    template <size_t Size> struct pair {
        alignas(128) typename Trait<Size>::queue there;
        alignas(128) typename Trait<Size>::queue back;
    };

    /* What is known of a pair without knowing its type. */
    struct pair_calls {
        size_t memory_size;
        void (*make)(void *memory);
        void (*send)(void *memory, int is_second, const void *message);
        void (*receive)(void *memory, int is_second, void *message);
    };

    struct road {
        const pair_calls *calls;
        void *memory;
        int is_second;
    };

    template <size_t Size> static void make(void *memory)
    {
        new (memory) pair<Size>;
    }

    template <size_t Size>
    static void send_sized(void *memory, int is_second, const void *bytes)
    {
        auto both = static_cast<pair<Size> *>(memory);
        auto &out = is_second ? both->back : both->there;

        while (!Trait<Size>::push(
            out, *static_cast<const peer_message<Size> *>(bytes))) {
            road_relax();
        }
    }

    template <size_t Size>
    static void receive_sized(void *memory, int is_second, void *bytes)
    {
        auto both = static_cast<pair<Size> *>(memory);
        auto &in = is_second ? both->there : both->back;

        while (
            !Trait<Size>::pop(in, *static_cast<peer_message<Size> *>(bytes))) {
            road_relax();
        }
    }

    template <size_t Size> static const pair_calls *calls_of()
    {
        static const pair_calls calls = {
            sizeof(pair<Size>), make<Size>, send_sized<Size>,
            receive_sized<Size>};

        return &calls;
    }

    static const pair_calls *calls_for(size_t size)
    {
        switch (size) {
        case 8: return calls_of<8>();
        case 64: return calls_of<64>();
        case 1024: return calls_of<1024>();
        case 65536: return calls_of<65536>();
        default: return nullptr;
        }
    }

    static const char *is_missing(size_t size)
    {
        return calls_for(size)
                   ? nullptr
                   : "compiled for messages of 8, 64, 1024 and 65536 bytes";
    }

    static void *create(const road_plan *plan)
    {
        const pair_calls *calls = calls_for(plan->size);
        void *memory = road_memory_create(plan, calls->memory_size);

        calls->make(memory);
        return new road{calls, memory, 0};
    }

    static void *join(const road_plan *plan)
    {
        const pair_calls *calls = calls_for(plan->size);

        return new road{calls, road_memory_join(plan, calls->memory_size), 1};
    }

    /* The queues are plain memory: there is nothing to destroy. */
    static void close(void *address)
    {
        road *self = static_cast<road *>(address);

        road_memory_close(self->memory);
        delete self;
    }

    static void send(void *address, const void *bytes, size_t)
    {
        const road *self = static_cast<road *>(address);

        self->calls->send(self->memory, self->is_second, bytes);
    }

    static void receive(void *address, void *bytes, size_t)
    {
        const road *self = static_cast<road *>(address);

        self->calls->receive(self->memory, self->is_second, bytes);
    }

  public:
    static road_kind kind(const char *name)
    {
        road_kind kind = {};

        kind.name = name;
        kind.group = ROAD_PEER;
        kind.flags = ROAD_SPINS;
        kind.is_missing = is_missing;
        kind.create = create;
        kind.join = join;
        kind.close = close;
        kind.send = send;
        kind.receive = receive;
        return kind;
    }
};

#endif
