/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one rule for addresses as text (xipc/socket.h). What is read here may
 * come from anybody.
 */
#ifndef XIPC_CORE_URI_H
#define XIPC_CORE_URI_H

#include <xipc/socket.h>

#define XIPCI_HOST_SIZE      256
#define XIPCI_INTERFACE_SIZE 64

typedef enum xipci_scheme {
    XIPCI_SCHEME_TCP,
    XIPCI_SCHEME_UDP,
    XIPCI_SCHEME_NAME, /* unix:NAME */
    XIPCI_SCHEME_PATH  /* unix:/path */
} xipci_scheme;

typedef struct xipci_uri {
    xipci_scheme scheme;
    char host[XIPCI_HOST_SIZE]; /* without brackets; "": it was "*" */
    uint16_t port;
    char network_interface[XIPCI_INTERFACE_SIZE]; /* "": none */
    const char *place; /* NAME or path, inside the text that was read */
} xipci_uri;

/* XIPC_E_NAME, with what is wrong; NULL is XIPC_E_INVALID. */
xipc_status xipci_uri_read(const char *text, xipci_uri *uri_out);

/* How the text is told to people: cut short, and nothing in it but what can be
 * printed. */
#define XIPCI_URI_SHOWN_SIZE 96
void xipci_uri_show(const char *text, char shown[XIPCI_URI_SHOWN_SIZE]);

/* XIPC_E_TOO_SMALL, or `text` is in the caller's buffer. */
xipc_status xipci_uri_give(const char *text, char *buffer, size_t capacity);

#endif
