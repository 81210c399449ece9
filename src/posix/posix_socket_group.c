/* SPDX-License-Identifier: Apache-2.0 */
/* Groups: how one is sent to, and how one joins it. */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "posix/posix_socket.h"
#include "posix/posix_status.h"

/* An interface: for IPv4 one of its addresses or else its number, for IPv6 its
 * number. */
typedef struct interface {
    struct in_addr address;
    unsigned index; /* 0: the system chooses, or it has an address */
} interface;

/* 0: no interface has that address, or the system does not tell. */
static unsigned index_of(struct in_addr address)
{
    struct ifaddrs *all;
    unsigned index = 0;

    if (getifaddrs(&all) < 0) {
        return 0;
    }
    for (const struct ifaddrs *at = all; at && index == 0; at = at->ifa_next) {
        const struct sockaddr_in *narrow = (const void *)at->ifa_addr;

        if (narrow && narrow->sin_family == AF_INET &&
            narrow->sin_addr.s_addr == address.s_addr) {
            index = if_nametoindex(at->ifa_name);
        }
    }
    freeifaddrs(all);
    return index;
}

static unsigned index_by_text(const char *text)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);

    return *end == '\0' && number <= INT32_MAX ? (unsigned)number
                                               : if_nametoindex(text);
}

static xipc_status
find_interface(int family, const char *text, interface *found)
{
    *found = (interface){.address = {.s_addr = htonl(INADDR_ANY)}};
    if (text[0] == '\0') {
        return XIPC_OK;
    }
    if (inet_pton(AF_INET, text, &found->address) != 1) {
        found->index = index_by_text(text);
    } else if (family == AF_INET) {
        return XIPC_OK;
    } else {
        found->index = index_of(found->address);
    }
    return found->index != 0
               ? XIPC_OK
               : xipcos_fault(
                     XIPC_E_NOT_FOUND, 0, "there is no interface '%s'", text);
}

static int give(
    const xipcos_socket *socket,
    int level,
    int option,
    const void *value,
    size_t size)
{
    return setsockopt(socket->fd, level, option, value, (socklen_t)size);
}

/* For IPv4, Linux and macOS have one struct with both. */
static int set_narrow_interface(
    const xipcos_socket *socket, int option, struct in_addr group, interface at)
{
    struct ip_mreqn wanted = {
        .imr_multiaddr = group,
        .imr_address = at.address,
        .imr_ifindex = (int)at.index};

    return give(socket, IPPROTO_IP, option, &wanted, sizeof wanted);
}

xipc_status
posix_group_prepare(const xipcos_socket *socket, const xipcos_socket_plan *plan)
{
    const int loops = (plan->options->flags & XIPC_SOCKET_NO_LOOP) == 0;
    const int ttl = (int)plan->options->ttl;
    const struct in_addr none = {0};
    interface at;
    xipc_status status =
        find_interface(socket->family, plan->network_interface, &at);
    int result = 0;

    if (status != XIPC_OK) {
        return status;
    }
    if (socket->family == AF_INET6) {
        posix_socket_set(socket, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, ttl);
        posix_socket_set(socket, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, loops);
        if (at.index != 0) {
            result = give(
                socket, IPPROTO_IPV6, IPV6_MULTICAST_IF, &at.index,
                sizeof at.index);
        }
    } else {
        posix_socket_set(socket, IPPROTO_IP, IP_MULTICAST_TTL, ttl);
        posix_socket_set(socket, IPPROTO_IP, IP_MULTICAST_LOOP, loops);
        if (plan->network_interface[0] != '\0') {
            result = set_narrow_interface(socket, IP_MULTICAST_IF, none, at);
        }
    }
    if (result < 0) {
        return xipcos_fault(
            XIPC_E_NOT_FOUND, errno, "interface '%s' is not to be had",
            plan->network_interface);
    }
    if ((plan->options->flags & XIPC_SOCKET_BROADCAST) != 0) {
        posix_socket_set(socket, SOL_SOCKET, SO_BROADCAST, 1);
    }
    return XIPC_OK;
}

xipc_status
posix_group_place(posix_sockaddr *native, const xipcos_socket_plan *plan)
{
    struct sockaddr_in6 *wide = (void *)native;
    interface at;
    xipc_status status;

    if (native->any.sa_family != AF_INET6 || wide->sin6_scope_id != 0 ||
        (!IN6_IS_ADDR_MC_LINKLOCAL(&wide->sin6_addr) &&
         !IN6_IS_ADDR_MC_NODELOCAL(&wide->sin6_addr))) {
        return XIPC_OK;
    }
    status = find_interface(AF_INET6, plan->network_interface, &at);
    if (status == XIPC_OK && at.index == 0) {
        status = xipcos_fault(
            XIPC_E_NOT_FOUND, 0,
            "each interface has such a group of its own; \"?if=\" names one");
    }
    wide->sin6_scope_id = status == XIPC_OK ? at.index : 0;
    return status;
}

xipc_status posix_group_join(
    const xipcos_socket *socket,
    const posix_sockaddr *native,
    const xipcos_socket_plan *plan)
{
    const struct sockaddr_in *narrow = (const void *)native;
    const struct sockaddr_in6 *wide = (const void *)native;
    struct ipv6_mreq wanted = {0};
    interface at;
    xipc_status status =
        find_interface(socket->family, plan->network_interface, &at);
    int result;

    if (status != XIPC_OK) {
        return status;
    }
    if (socket->family == AF_INET6) {
        wanted.ipv6mr_multiaddr = wide->sin6_addr;
        wanted.ipv6mr_interface =
            at.index != 0 ? at.index : wide->sin6_scope_id;
        result =
            give(socket, IPPROTO_IPV6, IPV6_JOIN_GROUP, &wanted, sizeof wanted);
    } else {
        result = set_narrow_interface(
            socket, IP_ADD_MEMBERSHIP, narrow->sin_addr, at);
    }
    if (result == 0) {
        return XIPC_OK;
    }
    return errno == ENODEV || errno == EADDRNOTAVAIL
               ? xipcos_fault(
                     XIPC_E_NOT_FOUND, errno,
                     "no interface leads to that group; \"?if=\" names one")
               : posix_fault(errno, "joining the group");
}
