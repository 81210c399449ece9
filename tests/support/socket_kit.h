/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the specs of sockets say over and over. Every function here fails the
 * case if it cannot do what it says.
 */
#ifndef SOCKET_KIT_H
#define SOCKET_KIT_H

#include <xipc/socket.h>

#include "support/poller_kit.h"
#include "support/ring_kit.h"

/*
 * Runs the body for each sort of stream that there is here: "tcp" in IPv4 and
 * in IPv6, and local ones under a name and at a path. `uri` is where to listen.
 */
typedef void stream_body(const char *uri);
void with_all_streams(stream_body *body);
int is_local(const char *uri);
int has_ipv6(void);

/* "unix:" and a path in the case's directory. It stays until the next call. */
const char *uri_of_path(const char *file);

/* A deadline that only a broken library lets pass. */
xipc_deadline soon(void);

xipc_socket_listener *socket_listening(const char *uri);
/* It stays until the next call. */
const char *uri_of_listener(const xipc_socket_listener *listener);
xipc_socket *connected(const char *uri);
xipc_socket *socket_accepted(xipc_socket_listener *listener);

/* A connection, whose listener may go. */
typedef struct ends {
    xipc_socket_listener *listener;
    xipc_socket *server; /* accepted */
    xipc_socket *client; /* connected */
} ends;
ends ends_of(const char *uri);
/* The same with little room between them, which does not grow. */
ends narrow_ends_of(const char *uri);
void ends_close(ends *self);

void says(xipc_socket *socket, const char *text);
void hears(xipc_socket *socket, const char *text);
/* The next `size` bytes, in whatever pieces; what a status ends it with. */
xipc_status
reads_all(xipc_socket *socket, void *buffer, size_t size, xipc_deadline until);
/* All was read. */
void hears_the_end(xipc_socket *socket);
/* Fills what is between them until there is no more room; how much that was. */
size_t fills(xipc_socket *socket);

xipc_socket *bound(const char *uri);
xipc_address address_of(const char *uri);
/* Where a bound socket stands, on this machine. */
xipc_address address_here(const xipc_socket *socket);
void posts(xipc_socket *socket, const xipc_address *to, const char *text);
/* `from` may be NULL. */
void gets_letter(xipc_socket *socket, const char *text, xipc_address *from);

/* One call in a thread of its own. */
typedef xipc_status socket_verb(void *context, xipc_deadline deadline);
typedef struct socket_call {
    socket_verb *verb;
    void *context;
    xipc_deadline deadline;
    xipc_status status;
    spec_thread *thread;
} socket_call;
void socket_begins(socket_call *self, xipc_deadline deadline);
xipc_status socket_ends(socket_call *self);

#define socket_listening(...) \
    (spec_at(__FILE__, __LINE__), socket_listening(__VA_ARGS__))
#define connected(...) (spec_at(__FILE__, __LINE__), connected(__VA_ARGS__))
#define socket_accepted(...) \
    (spec_at(__FILE__, __LINE__), socket_accepted(__VA_ARGS__))
#define hears(...) (spec_at(__FILE__, __LINE__), hears(__VA_ARGS__))
#define hears_the_end(...) \
    (spec_at(__FILE__, __LINE__), hears_the_end(__VA_ARGS__))
#define gets_letter(...) (spec_at(__FILE__, __LINE__), gets_letter(__VA_ARGS__))
#define socket_ends(...) (spec_at(__FILE__, __LINE__), socket_ends(__VA_ARGS__))

#endif
