/* SPDX-License-Identifier: Apache-2.0 */
/* Boost.Lockfree: spsc_queue, for one who pushes and one who pops. */
#include <boost/lockfree/spsc_queue.hpp>

#include "peer_queues.hpp"

namespace
{

template <size_t Size> struct lockfree {
    using queue = boost::lockfree::spsc_queue<
        peer_message<Size>,
        boost::lockfree::capacity<peer_queue_depth(Size)>>;

    static bool push(queue &out, const peer_message<Size> &message)
    {
        return out.push(message);
    }

    static bool pop(queue &in, peer_message<Size> &message)
    {
        return in.pop(message);
    }
};

} // namespace

const road_kind peer_lockfree = peer_queues<lockfree>::kind("Boost spsc_queue");
