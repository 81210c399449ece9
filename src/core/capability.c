/* SPDX-License-Identifier: Apache-2.0 */
#include <xipc/call.h>
#include <xipc/capability.h>
#include <xipc/mailbox.h>
#include <xipc/peer.h>
#include <xipc/pipe.h>
#include <xipc/ring.h>
#include <xipc/socket.h>

#include "core/call_ring.h"
#include "core/failure.h"
#include "os/os_capability.h"
#include "os/os_queue.h"
#include "os/os_socket.h"

static const char *const feature_names[XIPC_FEATURE_COUNT] = {
    [XIPC_FEATURE_SECTION] = "section",
    [XIPC_FEATURE_SECTION_PERSISTENT] = "section.persistent",
    [XIPC_FEATURE_SECTION_ANONYMOUS] = "section.anonymous",
    [XIPC_FEATURE_SECTION_RESERVE] = "section.reserve",
    [XIPC_FEATURE_SECTION_GROW] = "section.grow",
    [XIPC_FEATURE_SECTION_SEAL] = "section.seal",
    [XIPC_FEATURE_SECTION_HUGE_PAGES] = "section.huge_pages",
    [XIPC_FEATURE_SECTION_NATIVE] = "section.native",
    [XIPC_FEATURE_MACHINE_SCOPE] = "scope.machine",
    [XIPC_FEATURE_GROUP_ACCESS] = "access.group",
    [XIPC_FEATURE_FORK] = "fork",
    [XIPC_FEATURE_SYNC] = "sync",
    [XIPC_FEATURE_SYNC_ANONYMOUS] = "sync.anonymous",
    [XIPC_FEATURE_POLLER] = "poller",
    [XIPC_FEATURE_POLLER_HANDLE] = "poller.handle",
    [XIPC_FEATURE_RING] = "ring",
    [XIPC_FEATURE_MAILBOX] = "mailbox",
    [XIPC_FEATURE_MAILBOX_SHRINK] = "mailbox.shrink",
    [XIPC_FEATURE_MAILBOX_NATIVE] = "mailbox.native",
    [XIPC_FEATURE_NATIVE_MESSAGE] = "mailbox.native.message",
    [XIPC_FEATURE_NATIVE_PRIORITY] = "mailbox.native.priority",
    [XIPC_FEATURE_NATIVE_RECEIVERS] = "mailbox.native.receivers",
    [XIPC_FEATURE_NATIVE_LASTING] = "mailbox.native.lasting",
    [XIPC_FEATURE_NATIVE_RENDEZVOUS] = "mailbox.native.rendezvous",
    [XIPC_FEATURE_NATIVE_UNBOUNDED] = "mailbox.native.unbounded",
    [XIPC_FEATURE_NATIVE_DROP] = "mailbox.native.drop",
    [XIPC_FEATURE_NATIVE_BLOCKS] = "mailbox.native.blocks",
    [XIPC_FEATURE_NATIVE_REDELIVERY] = "mailbox.native.redelivery",
    [XIPC_FEATURE_NATIVE_PERSISTENT] = "mailbox.native.persistent",
    [XIPC_FEATURE_PEER] = "peer",
    [XIPC_FEATURE_SPAWN] = "spawn",
    [XIPC_FEATURE_DIE_WITH_PARENT] = "spawn.die_with_parent",
    [XIPC_FEATURE_PIPE] = "pipe",
    [XIPC_FEATURE_PIPE_NAMED] = "pipe.named",
    [XIPC_FEATURE_PIPE_NATIVE] = "pipe.native",
    [XIPC_FEATURE_PIPE_PROCESS] = "pipe.credentials.process",
    [XIPC_FEATURE_PIPE_DEATH] = "pipe.death.after_shutdown",
    [XIPC_FEATURE_SOCKET] = "socket",
    [XIPC_FEATURE_SOCKET_LOCAL] = "socket.local",
    [XIPC_FEATURE_SOCKET_CREDENTIALS] = "socket.credentials",
    [XIPC_FEATURE_SOCKET_PROCESS] = "socket.credentials.process",
    [XIPC_FEATURE_SOCKET_HANDLES] = "socket.handles",
    [XIPC_FEATURE_CALL] = "call",
    [XIPC_FEATURE_CALL_RINGS] = "call.rings",
    [XIPC_FEATURE_CALL_HANDLES] = "call.handles",
};

/* What a queue of no system has. */
static const char *const missing[XIPC_FEATURE_COUNT] = {
    [XIPC_FEATURE_NATIVE_RENDEZVOUS] =
        "a queue takes every message in before it gives it out",
    [XIPC_FEATURE_NATIVE_UNBOUNDED] =
        "a queue's capacity is set when it is made",
    [XIPC_FEATURE_NATIVE_DROP] =
        "a sender cannot take out what another one sent",
    [XIPC_FEATURE_NATIVE_BLOCKS] = "the messages lie in the kernel's memory",
    [XIPC_FEATURE_NATIVE_REDELIVERY] =
        "what left the queue is lost with its receiver, received or too long",
    [XIPC_FEATURE_NATIVE_PERSISTENT] =
        "a native: name is the one that stays, where it does",
};

static void say(xipc_capability_info *info, int is_there, const char *text)
{
    info->support = is_there ? XIPC_SUPPORT_NATIVE : XIPC_SUPPORT_ABSENT;
    info->text = text;
}

static void limit(xipc_capability_info *info, uint64_t value, const char *from)
{
    say(info, 1, from ? from : "fixed");
    info->has_limit = 1;
    info->limit = value;
}

static void tell_queue(
    xipc_feature feature,
    const xipcos_queue_bounds *bounds,
    xipc_capability_info *info)
{
    switch (feature) {
    case XIPC_FEATURE_MAILBOX_NATIVE:
        limit(info, bounds->capacity_max, bounds->text);
        break;
    case XIPC_FEATURE_NATIVE_MESSAGE:
        limit(info, bounds->message_max, bounds->message_from);
        break;
    case XIPC_FEATURE_NATIVE_PRIORITY:
        say(info, bounds->priority_count > XIPC_PRIORITY_MAX,
            bounds->priority_count > XIPC_PRIORITY_MAX
                ? "the queue's own"
                : "a queue of this system is first in, first out");
        break;
    case XIPC_FEATURE_NATIVE_RECEIVERS:
        say(info, bounds->has_many_receivers,
            bounds->has_many_receivers
                ? "any process that opens it"
                : "only the handle that made the queue reads it");
        break;
    case XIPC_FEATURE_NATIVE_LASTING:
        say(info, bounds->outlives_creator,
            bounds->outlives_creator ? "the queue stands by itself"
                                     : "the queue goes with who made it");
        break;
    default: say(info, 0, missing[feature]); break;
    }
}

static void tell_of_sockets(xipc_feature feature, xipc_capability_info *info)
{
    int is_local = xipcos_socket_has_local();

    switch (feature) {
    case XIPC_FEATURE_SOCKET:
        limit(info, XIPC_DATAGRAM_MAX, "TCP and UDP, IPv4 and IPv6");
        break;
    case XIPC_FEATURE_SOCKET_LOCAL:
        say(info, is_local,
            is_local ? "AF_UNIX" : "this system has no AF_UNIX sockets");
        break;
    case XIPC_FEATURE_SOCKET_CREDENTIALS:
        say(info, xipcos_socket_has_credentials(),
            xipcos_socket_has_credentials()
                ? "the user, by the kernel's word"
                : "the system does not tell who is at the other end");
        break;
    case XIPC_FEATURE_SOCKET_PROCESS:
        say(info, xipcos_socket_vouches_process(),
            xipcos_socket_vouches_process()
                ? "the process that connected, by the kernel's word"
                : "the system does not tell the process");
        break;
    default:
        say(info, xipcos_socket_passes_handles(),
            xipcos_socket_passes_handles()
                ? "SCM_RIGHTS"
                : "no handles go over this system's sockets");
        break;
    }
}

static void tell_of_calls(xipc_feature feature, xipc_capability_info *info)
{
    int has_rings = xipci_ring_line_is_there();

    if (feature == XIPC_FEATURE_CALL) {
        limit(info, XIPC_CALL_PAYLOAD_LIMIT, "the library's own");
        info->support = XIPC_SUPPORT_EMULATED;
        return;
    }
    say(info, has_rings,
        has_rings ? "rings in an anonymous section of the two sides"
                  : "they go over a connection of the kernel's, as bytes");
    if (has_rings) {
        info->support = XIPC_SUPPORT_EMULATED;
    }
}

static int is_of_queues(xipc_feature feature)
{
    return feature >= XIPC_FEATURE_MAILBOX_NATIVE &&
           feature <= XIPC_FEATURE_NATIVE_PERSISTENT;
}

static void tell_of_queues(xipc_feature feature, xipc_capability_info *info)
{
    xipcos_queue_bounds bounds;

    if (xipcos_queue_limits(&bounds)) {
        tell_queue(feature, &bounds, info);
    } else {
        say(info, 0,
            "no message queues that can be waited for together with "
            "other things");
    }
}

static xipc_status
get_capability(xipc_feature feature, xipc_capability_info *info)
{
    if (!info || info->info_size != sizeof *info) {
        return xipci_invalid(
            "info is NULL or its size unknown; use XIPC_CAPABILITY_INFO_INIT");
    }
    if ((unsigned)feature >= XIPC_FEATURE_COUNT) {
        return xipci_invalid("an unknown feature");
    }
    *info = (xipc_capability_info)XIPC_CAPABILITY_INFO_INIT;
    info->name = feature_names[feature];
    if (is_of_queues(feature)) {
        tell_of_queues(feature, info);
        return XIPC_OK;
    }
    if (feature >= XIPC_FEATURE_SOCKET &&
        feature <= XIPC_FEATURE_SOCKET_HANDLES) {
        tell_of_sockets(feature, info);
        return XIPC_OK;
    }
    if (feature >= XIPC_FEATURE_CALL && feature <= XIPC_FEATURE_CALL_HANDLES) {
        tell_of_calls(feature, info);
        return XIPC_OK;
    }
    xipcos_capability(feature, info);
    if (feature == XIPC_FEATURE_RING) {
        info->has_limit = 1;
        info->limit = XIPC_RING_CAPACITY_MAX;
    }
    if (feature == XIPC_FEATURE_MAILBOX) {
        info->has_limit = 1;
        info->limit = XIPC_MAILBOX_CAPACITY_MAX;
    }
    if (feature == XIPC_FEATURE_PEER) {
        info->has_limit = 1;
        info->limit = XIPC_PEER_LINK_MAX_LIMIT;
    }
    if (feature == XIPC_FEATURE_PIPE_NAMED) {
        info->has_limit = 1;
        info->limit = XIPC_PIPE_MESSAGE_MAX_LIMIT;
    }
    return XIPC_OK;
}

xipc_status xipc_capability(xipc_feature feature, xipc_capability_info *info)
{
    return xipci_answer(get_capability(feature, info));
}
