/* SPDX-License-Identifier: Apache-2.0 */
/* From a host to its addresses, and back to text. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/failure.h"
#include "core/socket.h"
#include "os/os_resolve.h"

/* ---- to find them ---- */

/* The next of that sort, from `at` on; `count` if there is none. */
static size_t next_of(
    const xipc_address *addresses, size_t count, size_t at, int is_first_family)
{
    xipcos_family first = xipcos_address_family(&addresses[0]);

    while (at < count && (xipcos_address_family(&addresses[at]) == first) !=
                             is_first_family) {
        at++;
    }
    return at;
}

/* Families take turns, so that one that leads nowhere costs one turn. */
static void take_turns(xipc_address *addresses, size_t count)
{
    xipc_address ordered[XIPCOS_CONNECT_MAX];
    size_t at[2] = {
        next_of(addresses, count, 0, 0), next_of(addresses, count, 0, 1)};
    size_t turn = 1;

    for (size_t to = 0; to < count; to++) {
        if (at[turn] == count) {
            turn = !turn;
        }
        ordered[to] = addresses[at[turn]];
        at[turn] = next_of(addresses, count, at[turn] + 1, turn == 1 ? 1 : 0);
        turn = !turn;
    }
    memcpy(addresses, ordered, count * sizeof *addresses);
}

static size_t
find_localhost(uint16_t port, xipc_address addresses[XIPCOS_CONNECT_MAX])
{
    size_t count = (size_t)xipcos_address_read("127.0.0.1", port, addresses);

    return count + (size_t)xipcos_address_read("::1", port, addresses + count);
}

/* What needs nobody's help. */
static size_t
find_at_once(const xipci_uri *uri, xipc_address addresses[XIPCOS_CONNECT_MAX])
{
    if (uri->host[0] == '\0') {
        xipcos_address_any(
            uri->scheme == XIPCI_SCHEME_TCP, uri->port, addresses);
        return 1;
    }
    if (strcmp(uri->host, "localhost") == 0) {
        return find_localhost(uri->port, addresses);
    }
    return (size_t)xipcos_address_read(uri->host, uri->port, addresses);
}

xipc_status xipci_address_find(
    const char *text,
    const xipci_uri *uri,
    xipc_deadline deadline,
    xipc_address addresses[XIPCOS_CONNECT_MAX],
    size_t *count_out)
{
    const xipcos_patience patience = {deadline, NULL};
    xipc_status status;

    *count_out = find_at_once(uri, addresses);
    if (*count_out > 0) {
        return XIPC_OK;
    }
    if (strchr(uri->host, ':')) {
        return xipci_fail(
            XIPC_E_NOT_FOUND, XIPC_KIND_SOCKET, text,
            "no interface with that name has such an address");
    }
    if (deadline == XIPC_NOW) {
        return xipci_fail(
            XIPC_E_AGAIN, XIPC_KIND_SOCKET, text,
            "the host's name would have to be looked up");
    }
    status = xipcos_resolve(
        uri->host, uri->port, &patience, addresses, XIPCOS_CONNECT_MAX,
        count_out);
    if (status == XIPC_E_TIMEOUT) {
        return xipci_fail(
            status, XIPC_KIND_SOCKET, text,
            "the host's name was not looked up until the deadline");
    }
    if (status == XIPC_OK) {
        take_turns(addresses, *count_out);
    }
    return xipci_relay(status, XIPC_KIND_SOCKET, text);
}

static xipc_status find_checked(
    const char *text, xipc_deadline deadline, xipc_address *address_out)
{
    xipc_address addresses[XIPCOS_CONNECT_MAX];
    xipci_uri uri;
    size_t count = 0;
    xipc_status status;

    if (!address_out) {
        return xipci_invalid("address_out is NULL");
    }
    status = xipci_uri_read(text, &uri);
    if (status != XIPC_OK) {
        return status;
    }
    if (uri.place || uri.network_interface[0] != '\0') {
        return xipci_fail(
            XIPC_E_INVALID, XIPC_KIND_SOCKET, text,
            "a host and a port are wanted, and nothing else");
    }
    status = xipci_address_find(text, &uri, deadline, addresses, &count);
    if (status == XIPC_OK) {
        *address_out = addresses[0];
    }
    return status;
}

xipc_status xipc_address_find(
    const char *uri, xipc_deadline deadline, xipc_address *address_out)
{
    return xipci_answer(find_checked(uri, deadline, address_out));
}

/* ---- as text ---- */

void xipci_address_show(
    const xipc_address *address,
    int is_datagram,
    char text[XIPC_SOCKET_URI_SIZE])
{
    char host[XIPC_SOCKET_URI_SIZE - 16];
    uint16_t port;

    xipcos_address_write(address, host, sizeof host, &port);
    if (xipcos_address_family(address) == XIPCOS_FAMILY_LOCAL) {
        snprintf(text, XIPC_SOCKET_URI_SIZE, "unix:%s", host);
    } else {
        snprintf(
            text, XIPC_SOCKET_URI_SIZE, "%s://%s:%" PRIu16,
            is_datagram ? "udp" : "tcp", host, port);
    }
}

static xipc_status
write_checked(const xipc_address *address, char *buffer, size_t capacity)
{
    char text[XIPC_SOCKET_URI_SIZE];

    if (!address || !buffer) {
        return xipci_invalid("address or buffer is NULL");
    }
    if (xipcos_address_family(address) == XIPCOS_FAMILY_NONE) {
        return xipci_invalid("what is there is no address");
    }
    xipci_address_show(address, 1, text);
    return xipci_uri_give(text, buffer, capacity);
}

xipc_status
xipc_address_text(const xipc_address *address, char *buffer, size_t capacity)
{
    return xipci_answer(write_checked(address, buffer, capacity));
}

int xipc_address_is_same(const xipc_address *one, const xipc_address *other)
{
    return one && other && memcmp(one, other, sizeof *one) == 0;
}
