/* SPDX-License-Identifier: Apache-2.0 */
/* atomic_queue: AtomicQueue2, for many who push and many who pop, as it comes.
 */
#include <atomic_queue/atomic_queue.h>

#include "peer_queues.hpp"

namespace
{

template <size_t Size> struct atomic_queue_of {
    using queue = atomic_queue::
        AtomicQueue2<peer_message<Size>, unsigned(peer_queue_depth(Size))>;

    static bool push(queue &out, const peer_message<Size> &message)
    {
        return out.try_push(message);
    }

    static bool pop(queue &in, peer_message<Size> &message)
    {
        return in.try_pop(message);
    }
};

} // namespace

const road_kind peer_atomic_queue =
    peer_queues<atomic_queue_of>::kind("atomic_queue");
