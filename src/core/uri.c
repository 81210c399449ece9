/* SPDX-License-Identifier: Apache-2.0 */
#include "core/uri.h"

#include <string.h>

#include "core/failure.h"
#include "core/name.h"
#include "os/os_socket.h"

#define PORT_MAX    65535
#define PORT_DIGITS 5

/* The longest path that any system has for a local socket is shorter. */
#define PATH_MAX_SIZE (XIPC_SOCKET_URI_SIZE - 6)

void xipci_uri_show(const char *text, char shown[XIPCI_URI_SHOWN_SIZE])
{
    size_t size = strnlen(text, XIPCI_URI_SHOWN_SIZE);
    size_t at = 0;

    for (; at < size && at < XIPCI_URI_SHOWN_SIZE - 1; at++) {
        shown[at] = (char)(text[at] >= ' ' && text[at] <= '~' ? text[at] : '?');
    }
    shown[at] = '\0';
    if (size == XIPCI_URI_SHOWN_SIZE) {
        memcpy(shown + XIPCI_URI_SHOWN_SIZE - 4, "...", 4);
    }
}

static xipc_status refuse(const char *text, const char *why)
{
    char shown[XIPCI_URI_SHOWN_SIZE];

    xipci_uri_show(text, shown);
    return xipci_fail(XIPC_E_NAME, XIPC_KIND_SOCKET, shown, "%s", why);
}

/* What follows `start`, if the text begins with it; else NULL. */
static const char *behind(const char *text, const char *start)
{
    size_t size = strlen(start);

    return strncmp(text, start, size) == 0 ? text + size : NULL;
}

static int is_one_of(char letter, const char *letters)
{
    return letter != '\0' && strchr(letters, letter) != NULL;
}

static int is_digit(char letter)
{
    return letter >= '0' && letter <= '9';
}

/* Spelled out, because isalnum() asks the locale. */
static int is_plain(char letter, const char *also)
{
    return is_digit(letter) || (letter >= 'a' && letter <= 'z') ||
           (letter >= 'A' && letter <= 'Z') || is_one_of(letter, also);
}

/* Copies while the letters are such; 0: none, or more than there is room for.
 * *at is left behind them. */
static int take(const char **at, const char *also, char *word, size_t capacity)
{
    size_t size = 0;

    while (is_plain((*at)[size], also)) {
        size++;
    }
    if (size == 0 || size >= capacity) {
        return 0;
    }
    memcpy(word, *at, size);
    word[size] = '\0';
    *at += size;
    return 1;
}

/* The address itself; behind "%" stands an interface, which need not be there.
 */
static int is_wide(const char *host)
{
    char number[XIPCI_HOST_SIZE];
    xipc_address unused;
    size_t size = strcspn(host, "%");

    memcpy(number, host, size);
    number[size] = '\0';
    return strchr(number, ':') && xipcos_address_read(number, 0, &unused);
}

/*
 * No host's name ends in a number. Many systems' calls would take "127.1" or
 * "0x7f000001" for an address all the same, which nobody expects.
 */
static int ends_in_number(const char *host)
{
    size_t size = strlen(host);
    size_t start;

    if (size > 0 && host[size - 1] == '.') {
        size--;
    }
    for (start = size; start > 0 && host[start - 1] != '.';) {
        start--;
    }
    if (size - start > 1 && host[start] == '0' &&
        is_one_of(host[start + 1], "xX")) {
        return strspn(host + start + 2, "0123456789abcdefABCDEF") ==
               size - start - 2;
    }
    return size > start && strspn(host + start, "0123456789") == size - start;
}

/* NULL, or what is wrong. */
static const char *read_host(const char **at, xipci_uri *uri)
{
    xipc_address unused;

    if (**at == '*') {
        ++*at;
        uri->host[0] = '\0';
        return NULL;
    }
    if (**at == '[') {
        ++*at;
        if (!take(at, ":.%_-", uri->host, sizeof uri->host) || **at != ']' ||
            !is_wide(uri->host)) {
            return "what stands in brackets is no IPv6 address";
        }
        ++*at;
        return NULL;
    }
    if (!take(at, "._-", uri->host, sizeof uri->host)) {
        return "the host is missing, too long, or has a letter that no host "
               "has; an IPv6 address stands in brackets";
    }
    if (ends_in_number(uri->host) &&
        !xipcos_address_read(uri->host, 0, &unused)) {
        return "it is no IPv4 address, and no host's name ends in a number";
    }
    return NULL;
}

static const char *read_port(const char **at, xipci_uri *uri)
{
    unsigned port = 0;
    int digits = 0;

    if (**at != ':') {
        return "a port must follow the host: \"host:5000\"";
    }
    for (++*at; is_digit(**at) && digits < PORT_DIGITS; digits++, ++*at) {
        port = port * 10 + (unsigned)(**at - '0');
    }
    if (digits == 0 || is_digit(**at) || port > PORT_MAX) {
        return "the port is not a number from 0 to 65535";
    }
    uri->port = (uint16_t)port;
    return NULL;
}

static const char *read_interface(const char **at, xipci_uri *uri)
{
    const char *value = behind(*at, "?if=");

    if (**at == '\0') {
        return NULL;
    }
    if (!value) {
        return "nothing but \"?if=\" can follow the port";
    }
    if (uri->scheme != XIPCI_SCHEME_UDP) {
        return "only a udp: address has an interface";
    }
    *at = value;
    if (!take(
            at, "._-:@", uri->network_interface,
            sizeof uri->network_interface)) {
        return "no interface has such a name";
    }
    return **at == '\0' ? NULL : "there is something behind the interface";
}

static xipc_status
read_internet(const char *text, const char *at, xipci_uri *uri)
{
    const char *wrong = read_host(&at, uri);

    if (!wrong) {
        wrong = read_port(&at, uri);
    }
    if (!wrong) {
        wrong = read_interface(&at, uri);
    }
    return wrong ? refuse(text, wrong) : XIPC_OK;
}

static xipc_status read_local(const char *text, const char *at, xipci_uri *uri)
{
    uri->place = at;
    if (*at == '/') {
        uri->scheme = XIPCI_SCHEME_PATH;
        return strnlen(at, PATH_MAX_SIZE + 1) <= PATH_MAX_SIZE
                   ? XIPC_OK
                   : refuse(text, "no system takes so long a path");
    }
    uri->scheme = XIPCI_SCHEME_NAME;
    if (xipci_name_native(at)) {
        return refuse(
            text, "the system's own name of a local socket is its "
                  "path: \"unix:/path\"");
    }
    return xipci_name_check(XIPC_KIND_SOCKET, at);
}

xipc_status xipci_uri_read(const char *text, xipci_uri *uri_out)
{
    const char *at;

    if (!text) {
        return xipci_invalid("the address is NULL");
    }
    *uri_out = (xipci_uri){.scheme = XIPCI_SCHEME_TCP};
    if ((at = behind(text, "tcp://")) != NULL) {
        return read_internet(text, at, uri_out);
    }
    if ((at = behind(text, "udp://")) != NULL) {
        uri_out->scheme = XIPCI_SCHEME_UDP;
        return read_internet(text, at, uri_out);
    }
    if ((at = behind(text, "unix:")) != NULL) {
        return read_local(text, at, uri_out);
    }
    return refuse(
        text, "an address begins with \"tcp://\", \"udp://\" or \"unix:\"");
}

xipc_status xipci_uri_give(const char *text, char *buffer, size_t capacity)
{
    size_t size = strlen(text) + 1;

    if (!buffer) {
        return xipci_invalid("the buffer is NULL");
    }
    if (size > capacity) {
        return xipci_fail(
            XIPC_E_TOO_SMALL, XIPC_KIND_SOCKET, text,
            "its address takes %zu bytes, the buffer has %zu", size, capacity);
    }
    memcpy(buffer, text, size);
    return XIPC_OK;
}
