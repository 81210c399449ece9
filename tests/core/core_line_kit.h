/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both sides of a local line (core/call_ring.h), for the specs of it. Every
 * function here fails the case if it cannot do what it says.
 */
#ifndef CORE_LINE_KIT_H
#define CORE_LINE_KIT_H

#include "core/call_ring.h"
#include "support/spec.h"

#define LINE_NAME "line"

typedef struct line_ends {
    xipci_line_listener *listener;
    xipci_line *server;
    xipci_line *client;
} line_ends;

/* A deadline that only a broken library lets pass. */
xipc_deadline line_soon(void);
xipcos_patience line_patience(void);
extern const xipcos_patience line_now;

xipci_line_listener *line_listening(void);
xipci_line *line_connected(uint32_t capacity);
/* Until there may be something to accept; something to advance with. */
void line_awaits_client(xipci_line_listener *listener);
void line_awaits_news(xipci_line *line);
/* The next one, when it is up. */
xipci_line *line_accepted(xipci_line_listener *listener);
void line_closed(xipci_line *line);
void listener_closed(xipci_line_listener *listener);

line_ends line_ends_of(uint32_t capacity);
void line_ends_close(line_ends *self);

/* A frame of that size, whose bytes follow from the call's number. */
xipci_frame line_frame(uint64_t call, uint32_t size);
xipc_status
line_send(xipci_line *line, uint64_t call, uint32_t size, xipc_deadline until);
void line_sends(xipci_line *line, uint64_t call, uint32_t size);
/* The next one is that. */
void line_gets(xipci_line *line, uint64_t call, uint32_t size);
/* How the next receive ends that finds no frame. */
xipc_status line_end(xipci_line *line);

#endif
