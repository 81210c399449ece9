/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sockets: streams and datagrams between processes of one machine or of two,
 * also with programs that do not use this library.
 *
 *     server                                client
 *     xipc_socket_listen("tcp://[::]:5000",
 *     xipc_socket_accept(listener, ...) ... xipc_socket_connect(
 *                                               "tcp://host:5000", ...)
 *     xipc_socket_read(socket, ...) ....... xipc_socket_write(socket, ...)
 *
 * One form of address says where, whatever it is:
 *
 *     tcp://host:port            a stream
 *     udp://host:port            datagrams
 *     udp://group:port?if=lo     datagrams to and from a multicast group
 *     unix:NAME                  a local stream, under a name as in name.h
 *     unix:/path                 a local stream at a path, as it stands there
 *
 * A host is a name, 127.0.0.1, or [::1]; "*" is every address of this machine,
 * of a stream in both families, of datagrams in IPv4 ([::] is IPv6). Port 0
 * lets the system choose. "if" names the network interface of a group: its
 * name, its number, or one of its IPv4 addresses; without it the system
 * chooses. Local streams are there where XIPC_FEATURE_SOCKET_LOCAL says so.
 *
 * A name is looked up by a thread of the library's own, which nobody waits for
 * past a deadline; "localhost" is this machine, without asking anybody.
 *
 * A stream carries bytes; where one write ends and the next begins is not kept.
 * What was written arrives, also when its writer has closed or died since, as
 * long as the other side reads and the network carries it. Then reading ends,
 * with XIPC_E_CLOSED: who dies is closed by its system, so sockets do not tell
 * death from close. XIPC_E_PEER_DIED is a connection that broke: it was reset,
 * or the other machine answers no more.
 *
 * A handle may be used by many threads at once, except that closing it must be
 * the last use. What several threads write at once may be mixed. No call is
 * safe in a signal handler. A signal does not shorten or lengthen a wait, and
 * no call raises SIGPIPE. xipc_interrupt(xipc_socket_object(socket)) ends the
 * waits on that handle with XIPC_E_CANCELED.
 *
 * In a poller a socket is XIPC_READABLE when a read or a receive will not wait,
 * XIPC_WRITABLE when there is room, and XIPC_HUNG_UP when the other side has
 * ended its writing, or everything, at the latest when all was read; that is
 * told with an event that was asked for. A listener is XIPC_READABLE when an
 * accept will not wait, as long as the client stays.
 *
 * What calls may return besides what stands at each:
 *
 *     XIPC_E_INVALID        NULL, unknown options_size, flags or naming; an
 *                           address of the wrong sort for the call
 *     XIPC_E_NAME           not an address at all; the detail says what is
 *                           wrong with it
 *     XIPC_E_FORKED         the handle was inherited through fork()
 *     XIPC_E_NO_MEMORY      no memory or handles left for this process
 *     XIPC_E_LIMIT          too many names are being looked up already
 *     XIPC_E_NOT_SUPPORTED  see xipc_capability()
 *     XIPC_E_OS             anything else; see xipc_native_error()
 */
#ifndef XIPC_SOCKET_H
#define XIPC_SOCKET_H

#include <xipc/base.h>
#include <xipc/credentials.h>
#include <xipc/name.h>
#include <xipc/section.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct xipc_socket xipc_socket; /* a connection, or for datagrams */
typedef struct xipc_socket_listener xipc_socket_listener;

/* Room for any address as text, its terminating zero included. */
#define XIPC_SOCKET_URI_SIZE 256

/* The longest datagram; what the network between carries may be less. */
#define XIPC_DATAGRAM_MAX 65507u

enum {
    XIPC_SOCKET_DELAY = 1 << 0,      /* TCP may hold small writes back to put
                                        several together (Nagle) */
    XIPC_SOCKET_KEEP_ALIVE = 1 << 1, /* TCP asks now and then whether the other
                                        machine is still there */
    XIPC_SOCKET_BROADCAST = 1 << 2,  /* UDP may send to broadcast addresses */
    XIPC_SOCKET_NO_LOOP = 1 << 3     /* what is sent to a group does not reach
                                        this machine's own receivers */
};

typedef struct xipc_socket_options {
    size_t options_size; /* set by XIPC_SOCKET_OPTIONS_INIT */
    /* Of unix:NAME, and its access also of unix:/path; else as it is. Who may
       connect must be able to write. XIPC_TRANSIENT only. */
    xipc_naming naming;
    uint32_t flags;          /* XIPC_SOCKET_* */
    uint32_t send_buffer;    /* bytes, advice; 0: the system's choice */
    uint32_t receive_buffer; /* likewise */
    uint32_t backlog;        /* clients that can wait to be accepted, advice */
    uint32_t ttl;            /* routers that what is sent to a group passes,
                                and one; 0: it stays on this machine */
} xipc_socket_options;

#define XIPC_SOCKET_OPTIONS_INIT                                   \
    {                                                              \
        sizeof(xipc_socket_options),                               \
            {XIPC_SCOPE_USER, XIPC_ACCESS_PRIVATE, XIPC_TRANSIENT, \
             XIPC_TRUST_SELF},                                     \
            0, 0, 0, 1024, 1                                       \
    }

/* ---- streams ---- */

/*
 * Listens at a tcp: or unix: address: from now on clients can connect, and wait
 * until they are accepted. `options` may be NULL for the defaults. Of a name
 * with several addresses the first is taken.
 *
 * What a killed listener left at a unix: address is replaced; a living one's
 * never is, nor what is not a socket. Beside the socket at a path stands
 * "path.lock" as long as somebody listens there; what stood there before and is
 * no empty file stays, and nobody can listen.
 *
 * XIPC_OK           `*listener_out` is yours; xipc_socket_listener_close() ends
 *                   it
 * XIPC_E_EXISTS     somebody listens there
 * XIPC_E_NOT_FOUND  no such host, no such address on this machine, or no such
 *                   directory
 * XIPC_E_ACCESS     the system refuses, as ports below 1024; or what stands
 *                   there is another user's
 * XIPC_E_TIMEOUT    the name was not looked up, or another process was in the
 *                   middle of taking that address, until `deadline` (XIPC_NOW:
 *                   XIPC_E_AGAIN)
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_socket_listen(
    const char *uri,
    const xipc_socket_options *options,
    xipc_deadline deadline,
    xipc_socket_listener **listener_out);

/*
 * Takes the next client's connection, waiting for one to come.
 *
 * XIPC_OK          `*socket_out` is yours; it does not end with the listener
 * XIPC_E_TIMEOUT   nobody came until `deadline` (XIPC_NOW: XIPC_E_AGAIN)
 * XIPC_E_CANCELED  xipc_interrupt() of the listener
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_socket_accept(
    xipc_socket_listener *listener,
    xipc_deadline deadline,
    xipc_socket **socket_out);

/*
 * Ends listening and frees the address. Clients that were not accepted are cut
 * off; connections that were go on. Accepts NULL. In a forked child it frees
 * the child's copy only.
 */
XIPC_API void xipc_socket_listener_close(xipc_socket_listener *listener);

/* Its address as text, with the port that the system chose. XIPC_E_TOO_SMALL:
 * XIPC_SOCKET_URI_SIZE is enough. */
XIPC_API XIPC_MUST_USE xipc_status xipc_socket_listener_uri(
    const xipc_socket_listener *listener, char *buffer, size_t capacity);

/*
 * Connects to who listens at a tcp: or unix: address. A host with several
 * addresses is tried at all of them, in both families in turn, the next a
 * quarter of a second after the last or as soon as that has failed; the first
 * that answers is it.
 *
 * With udp: it is for datagrams, to and from that address and no other, and
 * nobody is asked.
 *
 * XIPC_OK           `*socket_out` is yours; xipc_socket_close() ends it. The
 *                   other side need not have accepted yet
 * XIPC_E_NOT_FOUND  nobody listens there, or there is no such host
 * XIPC_E_TIMEOUT    nobody answered until `deadline` (XIPC_NOW: XIPC_E_AGAIN,
 *                   and only what is there at once is tried: a local socket, or
 *                   this machine's own addresses)
 * XIPC_E_PEER_DIED  it was broken off at once
 * XIPC_E_ACCESS     not for this user; or who listens under that NAME is
 *                   another user and XIPC_TRUST_SELF was asked for
 * XIPC_E_NOT_SUPPORTED
 *                   also: a NAME of XIPC_SCOPE_MACHINE and XIPC_TRUST_SELF, and
 *                   no XIPC_FEATURE_SOCKET_CREDENTIALS to tell whose it is
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_socket_connect(
    const char *uri,
    const xipc_socket_options *options,
    xipc_deadline deadline,
    xipc_socket **socket_out);

/*
 * Writes all of it to a stream, waiting for room. `data` may be NULL if `size`
 * is 0, which writes nothing.
 *
 * XIPC_OK               all is on its way
 * XIPC_E_TIMEOUT        there was not enough room until `deadline` (XIPC_NOW:
 *                       XIPC_E_AGAIN)
 * XIPC_E_CLOSED         nobody reads it any more, or
 *                       xipc_socket_shutdown_write()
 * XIPC_E_PEER_DIED      the connection broke
 * XIPC_E_CANCELED       xipc_interrupt()
 *
 * `*written_out` (may be NULL) says how many bytes are on their way: on XIPC_OK
 * all; else those before it ended. On XIPC_E_INVALID and XIPC_E_FORKED it is
 * unchanged, and nothing was written.
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_socket_write(
    xipc_socket *socket,
    const void *data,
    size_t size,
    xipc_deadline deadline,
    size_t *written_out);

/*
 * Reads what is there from a stream, waiting for something: at least one byte
 * and at most `capacity`.
 *
 * XIPC_OK           `*size_out` bytes of `buffer` are it
 * XIPC_E_TIMEOUT    nothing came until `deadline` (XIPC_NOW: XIPC_E_AGAIN)
 * XIPC_E_CLOSED     all was read, and the other side has closed, or called
 *                   xipc_socket_shutdown_write(), or died
 * XIPC_E_PEER_DIED  the connection broke
 * XIPC_E_CANCELED   xipc_interrupt()
 * XIPC_E_INVALID    a `capacity` of 0
 *
 * On any other status than XIPC_OK `*size_out` is unchanged.
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_socket_read(
    xipc_socket *socket,
    void *buffer,
    size_t capacity,
    xipc_deadline deadline,
    size_t *size_out);

/* Ends writing, not reading: the other side reads what was written, and then
 * XIPC_E_CLOSED. Any number of times. */
XIPC_API XIPC_MUST_USE xipc_status
xipc_socket_shutdown_write(xipc_socket *socket);

/*
 * In good order, and without waiting: the system goes on sending what was
 * written. What the other side sends from then on is refused, and a connection
 * over a network may break of that: two that talk should agree who ends first,
 * or end with xipc_socket_shutdown_write() and read until XIPC_E_CLOSED.
 * Accepts NULL. In a forked child it frees the child's copy only.
 */
XIPC_API void xipc_socket_close(xipc_socket *socket);

/* ---- datagrams ---- */

/* Where datagrams come from and go to; no more is to be known of what is in
 * it. All zeros: nowhere. */
typedef struct xipc_address {
    uint32_t size;       /* the library's own, as the others are */
    uint32_t unused;     /* 0 */
    uint64_t opaque[16]; /* the system's */
} xipc_address;

/*
 * Finds the address of a tcp: or udp: URI, looking a name up if it has to; of
 * several the first. It costs more than a datagram: keep it.
 *
 * XIPC_E_NOT_FOUND  no such host
 * XIPC_E_TIMEOUT    not looked up until `deadline` (XIPC_NOW: XIPC_E_AGAIN,
 *                   and only a number or "localhost" is found)
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_address_find(
    const char *uri, xipc_deadline deadline, xipc_address *address_out);

/* "udp://127.0.0.1:5000". XIPC_E_TOO_SMALL: XIPC_SOCKET_URI_SIZE is enough. */
XIPC_API XIPC_MUST_USE xipc_status
xipc_address_text(const xipc_address *address, char *buffer, size_t capacity);

/* 1: the same host and port. 0 for NULL. */
XIPC_API int
xipc_address_is_same(const xipc_address *one, const xipc_address *other);

/*
 * For datagrams at a udp: address of this machine; "udp://0.0.0.0:0" just to
 * send.
 * With the address of a group it joins that, and receives what is sent to it,
 * as every other socket that has joined does, on this machine too. What is sent
 * to a group goes out at the interface that "if" says.
 *
 * Statuses as for xipc_socket_listen(). Of a group, XIPC_E_NOT_FOUND also: no
 * such interface, and XIPC_E_EXISTS: somebody has the port for himself.
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_socket_bind(
    const char *uri,
    const xipc_socket_options *options,
    xipc_deadline deadline,
    xipc_socket **socket_out);

/*
 * Sends one datagram, which may be empty, and then `data` may be NULL. `to` is
 * NULL where the socket was connected, and only there. It may be lost on its
 * way, come twice, or after a later one, and nobody tells.
 *
 * XIPC_OK           it is on its way
 * XIPC_E_TIMEOUT    there was no room until `deadline` (XIPC_NOW:
 *                   XIPC_E_AGAIN)
 * XIPC_E_TOO_BIG    longer than the network takes; XIPC_DATAGRAM_MAX at most
 * XIPC_E_NOT_FOUND  no way leads there
 * XIPC_E_ACCESS     a broadcast without XIPC_SOCKET_BROADCAST, or refused
 * XIPC_E_CANCELED   xipc_interrupt()
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_socket_send(
    xipc_socket *socket,
    const xipc_address *to,
    const void *data,
    size_t size,
    xipc_deadline deadline);

/*
 * Receives one datagram, which may be empty. `buffer` may be NULL if `capacity`
 * is 0; `from_out` may be NULL.
 *
 * XIPC_OK           `*size_out` bytes of `buffer` are all of it, and it came
 *                   from `*from_out`
 * XIPC_E_TOO_SMALL  it has `*size_out` bytes, of which the first `capacity` are
 *                   in `buffer`; the rest is lost
 * XIPC_E_TIMEOUT    none came until `deadline` (XIPC_NOW: XIPC_E_AGAIN)
 * XIPC_E_CANCELED   xipc_interrupt()
 *
 * On any other status `*size_out` and `*from_out` are unchanged.
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_socket_receive(
    xipc_socket *socket,
    void *buffer,
    size_t capacity,
    xipc_deadline deadline,
    size_t *size_out,
    xipc_address *from_out);

/* ---- local streams ---- */

/*
 * Sends a copy of a native handle over a unix: stream, where
 * XIPC_FEATURE_SOCKET_HANDLES says so: that of an anonymous section
 * (xipc_section_native_handle()), of a socket, or of anything else. It takes
 * one byte's place among those that are written, and must be received with
 * xipc_socket_receive_handle() and not be read. `native` stays the caller's.
 *
 * XIPC_E_INVALID  `native` is not an open handle
 * Else as xipc_socket_write().
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_socket_send_handle(
    xipc_socket *socket, xipc_native_handle native, xipc_deadline deadline);

/*
 * XIPC_OK            `*native_out` is the caller's, who adopts it
 *                    (xipc_section_adopt(), xipc_socket_adopt()), and closes it
 *                    as the system's own are closed; it is not inheritable
 * XIPC_E_CORRUPT     what came next is a byte and no handle; it is gone
 * XIPC_E_NO_MEMORY   no room for one more handle; it is gone
 * Else as xipc_socket_read().
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_socket_receive_handle(
    xipc_socket *socket,
    xipc_deadline deadline,
    xipc_native_handle *native_out);

/* ---- all sockets ---- */

/*
 * Where this side of it stands, and the other side; "unix:" alone is a local
 * one without a place.
 *
 * XIPC_E_TOO_SMALL  XIPC_SOCKET_URI_SIZE is enough
 * XIPC_E_NOT_FOUND  there is no other side, or it is gone
 */
XIPC_API XIPC_MUST_USE xipc_status
xipc_socket_uri(const xipc_socket *socket, char *buffer, size_t capacity);
XIPC_API XIPC_MUST_USE xipc_status
xipc_socket_peer_uri(const xipc_socket *socket, char *buffer, size_t capacity);

/*
 * The operating system's own, a descriptor or a SOCKET. It is the socket's and
 * not inheritable; whether its calls block is unspecified. From then on it is
 * taken for one that others use too, and xipc_socket_close() closes it and does
 * no more for the connection: the others' goes on.
 */
XIPC_API XIPC_MUST_USE xipc_status
xipc_socket_native_handle(xipc_socket *socket, xipc_native_handle *native_out);

/*
 * A socket over a copy of one that somebody else has made, connected, or for
 * datagrams. `native` stays the caller's, and nothing is changed of what it has
 * in common with the copy, where the system allows that.
 *
 * XIPC_E_INVALID        not an open handle
 * XIPC_E_NOT_SUPPORTED  not a socket of these sorts, or one that listens
 */
XIPC_API XIPC_MUST_USE xipc_status
xipc_socket_adopt(xipc_native_handle native, xipc_socket **socket_out);

/* The handles as what all handles are: for xipc_interrupt(), a poller,
 * xipc_peer_credentials(). NULL for NULL. */
XIPC_API xipc_object *xipc_socket_object(xipc_socket *socket);
XIPC_API xipc_object *
xipc_socket_listener_object(xipc_socket_listener *listener);

#ifdef __cplusplus
}
#endif

#endif
