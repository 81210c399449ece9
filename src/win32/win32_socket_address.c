/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, as the system has them and as text. */
#include <stdio.h>
#include <string.h>

#include "win32/win32_directory.h"
#include "win32/win32_socket.h"

/* xipc_address.unused of "*" in both families. */
#define BOTH 1

_Static_assert(
    sizeof(win32_sockaddr) <= sizeof((xipc_address *)NULL)->opaque,
    "every address has room");

/* The header's own are not there with every compiler. */
static int is_mapped(const struct in6_addr *address)
{
    static const unsigned char prefix[12] = {[10] = 0xff, [11] = 0xff};

    return memcmp(address->s6_addr, prefix, sizeof prefix) == 0;
}

static int is_wide_group(const struct in6_addr *address)
{
    return address->s6_addr[0] == 0xff;
}

void win32_address_put(
    xipc_address *address, const win32_sockaddr *native, int size)
{
    struct sockaddr_in narrow = {.sin_family = AF_INET};

    *address = (xipc_address){.size = (uint32_t)size};
    if (native->any.sa_family == AF_INET6 &&
        is_mapped(&native->wide.sin6_addr)) {
        narrow.sin_port = native->wide.sin6_port;
        memcpy(&narrow.sin_addr, &native->wide.sin6_addr.s6_addr[12], 4);
        address->size = sizeof narrow;
        memcpy(address->opaque, &narrow, sizeof narrow);
    } else if (native->any.sa_family == AF_INET && size == (int)sizeof narrow) {
        /* Nobody says that the rest of what the system fills is zero. */
        narrow.sin_port = native->narrow.sin_port;
        narrow.sin_addr = native->narrow.sin_addr;
        memcpy(address->opaque, &narrow, sizeof narrow);
    } else {
        memcpy(address->opaque, native, (size_t)size);
    }
}

static int is_size_right(const win32_sockaddr *native, size_t size)
{
    switch (native->any.sa_family) {
    case AF_INET: return size == sizeof native->narrow;
    case AF_INET6: return size == sizeof native->wide;
    case AF_UNIX:
        return size >= sizeof native->any.sa_family &&
               size <= sizeof native->local;
    default: return 0;
    }
}

int win32_address_get(const xipc_address *address, win32_sockaddr *native)
{
    memset(native, 0, sizeof *native);
    if (address->size < sizeof native->any.sa_family ||
        address->size > sizeof *native) {
        return 0;
    }
    memcpy(native, address->opaque, address->size);
    return is_size_right(native, address->size) ? (int)address->size : 0;
}

int win32_address_is_both(const xipc_address *address)
{
    return address->unused == BOTH;
}

int xipcos_address_read(
    const char *host, uint16_t port, xipc_address *address_out)
{
    const struct addrinfo wanted = {
        .ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    win32_sockaddr native;
    char service[8];

    if (!win32_sockets_start() ||
        (!strchr(host, ':') && inet_pton(AF_INET, host, &native) != 1)) {
        return 0;
    }
    snprintf(service, sizeof service, "%u", (unsigned)port);
    if (getaddrinfo(host, service, &wanted, &found) != 0) {
        return 0;
    }
    memset(&native, 0, sizeof native);
    memcpy(&native, found->ai_addr, found->ai_addrlen);
    win32_address_put(address_out, &native, (int)found->ai_addrlen);
    freeaddrinfo(found);
    return 1;
}

void xipcos_address_any(int is_both, uint16_t port, xipc_address *address_out)
{
    win32_sockaddr native;

    memset(&native, 0, sizeof native);
    if (is_both) {
        native.wide.sin6_family = AF_INET6;
        native.wide.sin6_port = htons(port);
    } else {
        native.narrow.sin_family = AF_INET;
        native.narrow.sin_port = htons(port);
    }
    win32_address_put(
        address_out, &native,
        is_both ? (int)sizeof native.wide : (int)sizeof native.narrow);
    address_out->unused = is_both ? BOTH : 0;
}

/* "/C:/folder/name" is a path with a drive; the system takes either slash. */
static const char *without_slash(const char *path)
{
    return path[0] == '/' && path[1] != '\0' && path[2] == ':' ? path + 1
                                                               : path;
}

xipc_status xipcos_address_of_path(const char *path, xipc_address *address_out)
{
    win32_sockaddr native;
    const char *plain = without_slash(path);
    size_t size = strlen(plain);

    memset(&native, 0, sizeof native);
    native.local.sun_family = AF_UNIX;
    if (size >= sizeof native.local.sun_path) {
        return xipcos_fault(
            XIPC_E_NAME, 0, "a path of %zu bytes; a local socket's has %zu",
            size, sizeof native.local.sun_path - 1);
    }
    memcpy(native.local.sun_path, plain, size);
    win32_address_put(address_out, &native, (int)sizeof native.local);
    return XIPC_OK;
}

xipc_status
xipcos_address_of_place(xipcos_place place, int make, xipc_address *address_out)
{
    char name[XIPC_NATIVE_NAME_SIZE + 2];
    wchar_t path[WIN32_PATH_COUNT];
    win32_directory directory;
    win32_utf8 utf8;
    xipc_status status = win32_directory_open(place.scope, make, &directory);

    if (status != XIPC_OK) {
        return status;
    }
    /* What begins with "xipc-" there is taken for memory. */
    snprintf(name, sizeof name, "u-%s", place.native_name);
    win32_directory_path(&directory, name, path);
    win32_directory_close(&directory);
    if (wcslen(path) >= UNIX_PATH_MAX) {
        return xipcos_fault(
            XIPC_E_NAME, 0,
            "the runtime directory's path is too long for a local socket");
    }
    utf8 = win32_utf8_of(path);
    return xipcos_address_of_path(utf8.text, address_out);
}

xipcos_family xipcos_address_family(const xipc_address *address)
{
    win32_sockaddr native;

    if (win32_address_get(address, &native) == 0) {
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
    win32_sockaddr native;

    if (win32_address_get(address, &native) == 0) {
        return 0;
    }
    return native.any.sa_family == AF_INET
               ? (ntohl(native.narrow.sin_addr.s_addr) >> 28) ==
                     14 /* 224 to 239 */
               : native.any.sa_family == AF_INET6 &&
                     is_wide_group(&native.wide.sin6_addr);
}

/* "/C:/folder/name"; nothing of one without a place. */
static void
write_local(const struct sockaddr_un *local, char *host, size_t capacity)
{
    const char *path = local->sun_path;
    int is_rooted = path[0] == '/' || path[0] == '\0';

    snprintf(
        host, capacity, "%s%.*s", is_rooted ? "" : "/",
        (int)sizeof local->sun_path, path);
}

static void
write_wide(const struct sockaddr_in6 *wide, char *host, size_t capacity)
{
    char number[INET6_ADDRSTRLEN] = "";

    inet_ntop(AF_INET6, &wide->sin6_addr, number, sizeof number);
    if (wide->sin6_scope_id != 0) {
        snprintf(
            host, capacity, "[%s%%%lu]", number,
            (unsigned long)wide->sin6_scope_id);
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
    win32_sockaddr native;

    *port_out = 0;
    host[0] = '\0';
    if (win32_address_get(address, &native) == 0) {
        return;
    }
    switch (native.any.sa_family) {
    case AF_INET:
        inet_ntop(AF_INET, &native.narrow.sin_addr, host, capacity);
        *port_out = ntohs(native.narrow.sin_port);
        break;
    case AF_INET6:
        write_wide(&native.wide, host, capacity);
        *port_out = ntohs(native.wide.sin6_port);
        break;
    default: write_local(&native.local, host, capacity); break;
    }
}
