/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, as the system has them and as text. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "posix/posix_directory.h"
#include "posix/posix_lease.h"
#include "posix/posix_socket.h"
#include "posix/posix_status.h"

/* xipc_address.unused of "*" in both families. */
#define BOTH 1

/* Behind a companion's name: its socket's. */
#define SOCKET_MARK "s"

_Static_assert(
    sizeof(struct sockaddr_storage) <= sizeof((xipc_address *)NULL)->opaque,
    "every address has room");

void posix_address_put(
    xipc_address *address, const posix_sockaddr *native, socklen_t size)
{
    const struct sockaddr_in6 *wide = (const void *)native;
    struct sockaddr_in narrow = {.sin_family = AF_INET};

    *address = (xipc_address){.size = (uint32_t)size};
    if (native->any.sa_family == AF_INET6 &&
        IN6_IS_ADDR_V4MAPPED(&wide->sin6_addr)) {
        narrow.sin_port = wide->sin6_port;
        memcpy(&narrow.sin_addr, &wide->sin6_addr.s6_addr[12], 4);
        address->size = sizeof narrow;
        memcpy(address->opaque, &narrow, sizeof narrow);
    } else {
        memcpy(address->opaque, native, (size_t)size);
    }
}

static int is_size_right(const posix_sockaddr *native, size_t size)
{
    switch (native->any.sa_family) {
    case AF_INET: return size == sizeof(struct sockaddr_in);
    case AF_INET6: return size == sizeof(struct sockaddr_in6);
    case AF_UNIX:
        return size >= offsetof(struct sockaddr_un, sun_path) &&
               size <= sizeof(struct sockaddr_un);
    default: return 0;
    }
}

socklen_t posix_address_get(const xipc_address *address, posix_sockaddr *native)
{
    memset(native, 0, sizeof *native);
    if (address->size < sizeof native->any.sa_family ||
        address->size > sizeof *native) {
        return 0;
    }
    memcpy(native, address->opaque, address->size);
    return is_size_right(native, address->size) ? (socklen_t)address->size : 0;
}

int posix_address_set_port(posix_sockaddr *native, uint16_t port)
{
    struct sockaddr_in *narrow = (void *)native;
    struct sockaddr_in6 *wide = (void *)native;

    if (native->any.sa_family == AF_INET) {
        narrow->sin_port = htons(port);
    } else if (native->any.sa_family == AF_INET6) {
        wide->sin6_port = htons(port);
    } else {
        return 0;
    }
    return 1;
}

int posix_address_is_both(const xipc_address *address)
{
    return address->unused == BOTH;
}

socklen_t posix_address_widen(posix_sockaddr *native)
{
    const struct sockaddr_in narrow = *(const struct sockaddr_in *)native;
    struct sockaddr_in6 *wide = (void *)native;

    memset(native, 0, sizeof *native);
    wide->sin6_family = AF_INET6;
    wide->sin6_port = narrow.sin_port;
    wide->sin6_addr.s6_addr[10] = 0xff;
    wide->sin6_addr.s6_addr[11] = 0xff;
    memcpy(&wide->sin6_addr.s6_addr[12], &narrow.sin_addr, 4);
    return sizeof *wide;
}

/* Numbers only, so that nobody is asked; IPv6 may say its interface. */
int xipcos_address_read(
    const char *host, uint16_t port, xipc_address *address_out)
{
    const struct addrinfo wanted = {
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
        .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    posix_sockaddr native;
    char service[8];

    /* What inet_aton() takes, "1" or "0x7f.1", is no number to us. */
    if (!strchr(host, ':') && inet_pton(AF_INET, host, &native) != 1) {
        return 0;
    }
    snprintf(service, sizeof service, "%u", (unsigned)port);
    if (getaddrinfo(host, service, &wanted, &found) != 0) {
        return 0;
    }
    memset(&native, 0, sizeof native);
    memcpy(&native, found->ai_addr, found->ai_addrlen);
    posix_address_put(address_out, &native, found->ai_addrlen);
    freeaddrinfo(found);
    return 1;
}

void xipcos_address_any(int is_both, uint16_t port, xipc_address *address_out)
{
    (void)xipcos_address_read(is_both ? "::" : "0.0.0.0", port, address_out);
    address_out->unused = is_both ? BOTH : 0;
}

xipc_status xipcos_address_of_path(const char *path, xipc_address *address_out)
{
    posix_sockaddr native = {.local = {.sun_family = AF_UNIX}};
    size_t size = strlen(path);

    if (size >= sizeof native.local.sun_path) {
        return xipcos_fault(
            XIPC_E_NAME, 0, "a path of %zu bytes; a local socket's has %zu",
            size, sizeof native.local.sun_path - 1);
    }
    memcpy(native.local.sun_path, path, size);
    posix_address_put(
        address_out, &native,
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size + 1));
    return XIPC_OK;
}

static xipc_status
write_path(xipcos_place place, int make, char path[POSIX_PATH_SIZE + 1])
{
    xipc_status status = posix_path(place, make, path, POSIX_PATH_SIZE);

    if (status == XIPC_OK) {
        memcpy(path + strlen(path), SOCKET_MARK, sizeof SOCKET_MARK);
    }
    return status;
}

xipc_status
xipcos_address_of_place(xipcos_place place, int make, xipc_address *address_out)
{
    char path[POSIX_PATH_SIZE + 1];
    xipc_status status = write_path(place, make, path);

    return status == XIPC_OK ? xipcos_address_of_path(path, address_out)
                             : status;
}

xipcos_family xipcos_address_family(const xipc_address *address)
{
    posix_sockaddr native;

    if (posix_address_get(address, &native) == 0) {
        return XIPCOS_FAMILY_NONE;
    }
    switch (native.any.sa_family) {
    case AF_INET: return XIPCOS_FAMILY_IPV4;
    case AF_INET6: return XIPCOS_FAMILY_IPV6;
    default: return XIPCOS_FAMILY_LOCAL;
    }
}

int xipcos_address_is_group(const xipc_address *address)
{
    posix_sockaddr native;
    const struct sockaddr_in *narrow = (const void *)&native;
    const struct sockaddr_in6 *wide = (const void *)&native;

    if (posix_address_get(address, &native) == 0) {
        return 0;
    }
    return native.any.sa_family == AF_INET
               ? IN_MULTICAST(ntohl(narrow->sin_addr.s_addr))
               : native.any.sa_family == AF_INET6 &&
                     IN6_IS_ADDR_MULTICAST(&wide->sin6_addr);
}

static void
write_wide(const struct sockaddr_in6 *wide, char *host, size_t capacity)
{
    char number[INET6_ADDRSTRLEN] = "";
    char interface[IF_NAMESIZE] = "";

    inet_ntop(AF_INET6, &wide->sin6_addr, number, sizeof number);
    if (wide->sin6_scope_id != 0 &&
        if_indextoname(wide->sin6_scope_id, interface)) {
        snprintf(host, capacity, "[%s%%%s]", number, interface);
    } else {
        snprintf(host, capacity, "[%s]", number);
    }
}

void xipcos_address_write(
    const xipc_address *address,
    char *host,
    size_t capacity,
    uint16_t *port_out)
{
    posix_sockaddr native;
    const struct sockaddr_in *narrow = (const void *)&native;
    const struct sockaddr_in6 *wide = (const void *)&native;

    *port_out = 0;
    host[0] = '\0';
    if (posix_address_get(address, &native) == 0) {
        return;
    }
    switch (native.any.sa_family) {
    case AF_INET:
        inet_ntop(AF_INET, &narrow->sin_addr, host, (socklen_t)capacity);
        *port_out = ntohs(narrow->sin_port);
        break;
    case AF_INET6:
        write_wide(wide, host, capacity);
        *port_out = ntohs(wide->sin6_port);
        break;
    default:
        /* What begins with a zero has a name that is no path. */
        snprintf(
            host, capacity, "%.*s", (int)sizeof native.local.sun_path,
            native.local.sun_path);
        break;
    }
}
