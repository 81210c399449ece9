/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Peers are processes that send each other messages by name.
 *
 *     process 1                            process 2
 *     xipc_peer_join("ann", ...)           xipc_peer_join("bob", ...)
 *     xipc_peer_send(ann, "bob", data,     xipc_peer_receive(bob, "ann",
 *         size, 0, xipc_after_ms(250))         buffer, sizeof buffer, &mail,
 *                                              XIPC_FOREVER)
 *
 * One living process at a time has a name. Between two peers there is one link,
 * made by itself when one of them first sends to the other. It goes both ways,
 * with room of its own for either: a peer that floods another one, or does not
 * receive, keeps nobody else waiting. What one peer sends to another arrives
 * whole, once and in order.
 *
 * A receiver names the peer from whom it wants the next message, or takes what
 * comes from anybody and learns from whom.
 *
 * A link ends when one of the two leaves or dies. What had been sent to the
 * other one it still receives. What it had been sent itself and not received is
 * lost, whatever the sends said. Whoever joins under that name later is another
 * peer, with another link, and sees nothing of what was the first one's.
 *
 * The death of a peer at any instruction blocks nobody. Who sends, or receives
 * without waiting, learns of it from the first call that comes a twentieth of a
 * second after it, or later; who waits, within a quarter of a second.
 *
 * A handle may be used by many threads at once, except that leaving must be its
 * last use. No call is safe in a signal handler. A signal does not shorten or
 * lengthen a wait. xipc_interrupt(xipc_peer_object(peer)) ends the waits on
 * that handle with XIPC_E_CANCELED.
 *
 * In a poller (xipc_poller_add()) a peer is XIPC_READABLE when there is a
 * message from anybody.
 *
 * What calls on a handle may return besides what stands at each:
 *
 *     XIPC_E_INVALID  the handle is NULL
 *     XIPC_E_FORKED   the handle was inherited through fork()
 *     XIPC_E_CORRUPT  the other side scribbled on a link, which has ended, or
 *                     on what stands under its name
 */
#ifndef XIPC_PEER_H
#define XIPC_PEER_H

#include <xipc/base.h>
#include <xipc/name.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct xipc_peer xipc_peer;

/* Of xipc_peer_options: what its initialiser sets, and the most. */
#define XIPC_PEER_MESSAGE_MAX_DEFAULT 4096u
#define XIPC_PEER_MESSAGE_MAX_LIMIT   ((uint32_t)1 << 29)
#define XIPC_PEER_CAPACITY_DEFAULT    65536u
#define XIPC_PEER_LINK_MAX_DEFAULT    64u
#define XIPC_PEER_LINK_MAX_LIMIT      1024u

typedef struct xipc_peer_options {
    size_t options_size; /* set by XIPC_PEER_OPTIONS_INIT */
    /* Scope and trust also of those it sends to. XIPC_TRANSIENT only. */
    xipc_naming naming;
    /* Of what it is sent; what it sends goes by the other's. */
    uint32_t message_max; /* bytes of the longest message */
    uint32_t capacity;    /* bytes that can wait, from each of the others */
    uint32_t link_max;    /* others that have sent to it, and live, or of whom
                             there is something to be received */
} xipc_peer_options;

#define XIPC_PEER_OPTIONS_INIT                                         \
    {                                                                  \
        sizeof(xipc_peer_options),                                     \
            {XIPC_SCOPE_USER, XIPC_ACCESS_PRIVATE, XIPC_TRANSIENT,     \
             XIPC_TRUST_SELF},                                         \
            XIPC_PEER_MESSAGE_MAX_DEFAULT, XIPC_PEER_CAPACITY_DEFAULT, \
            XIPC_PEER_LINK_MAX_DEFAULT                                 \
    }

/* What a receiver is told of a message. The library vouches for none of it: it
 * is what the sender's process wrote. */
typedef struct xipc_peer_mail {
    size_t mail_size;        /* set by XIPC_PEER_MAIL_INIT */
    size_t size;             /* bytes of the message */
    uint32_t type;           /* means what sender and receiver agree on */
    uint32_t sender_process; /* the system's number of it */
    uint64_t sender_user;    /* POSIX: the user id; Windows: the last number of
                                the user's SID */
    char sender[XIPC_NAME_MAX + 1]; /* its name */
} xipc_peer_mail;

#define XIPC_PEER_MAIL_INIT                 \
    {                                       \
        sizeof(xipc_peer_mail), 0, 0, 0, 0, \
        {                                   \
            0                               \
        }                                   \
    }

/*
 * Joins under a name that no living process has: one that was a dead one's, or
 * that of one who has left, is free. A process may join under many names.
 *
 * `options` may be NULL for the defaults. A message takes 16 bytes more than it
 * has, rounded up to whole 8 bytes; a capacity for fewer than two of the
 * longest ones is raised to that. The memory of a link is reserved when it is
 * made, not before. A name with "native:" is XIPC_E_NOT_SUPPORTED.
 *
 * XIPC_OK               `*peer_out` is yours; xipc_peer_leave() ends it
 * XIPC_E_EXISTS         somebody living has the name
 * XIPC_E_NO_SPACE       too little room for its memory
 * XIPC_E_NO_MEMORY      no memory or handles left for this process
 * XIPC_E_ACCESS         the system refuses the scope, or the name is another
 *                       user's
 * XIPC_E_INCOMPATIBLE   what has the name is of another layout version, byte
 *                       order or kind
 * XIPC_E_CORRUPT        what has the name makes no sense
 * XIPC_E_NOT_SUPPORTED  see xipc_capability()
 * XIPC_E_TIMEOUT        another process was joining under that name or leaving
 *                       it and was not done by `deadline` (XIPC_NOW:
 *                       XIPC_E_AGAIN)
 * XIPC_E_NAME
 * XIPC_E_INVALID        NULL, unknown options_size, XIPC_PERSISTENT, a
 *                       message_max above XIPC_PEER_MESSAGE_MAX_LIMIT, a
 *                       capacity above twice that, a link_max of 0 or above
 *                       XIPC_PEER_LINK_MAX_LIMIT
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_peer_join(
    const char *name,
    const xipc_peer_options *options,
    xipc_deadline deadline,
    xipc_peer **peer_out);

/*
 * Ends all of its links and frees the name. What it has sent the others still
 * receive. Accepts NULL. In a forked child it frees the child's copy only.
 */
XIPC_API void xipc_peer_leave(xipc_peer *peer);

/*
 * Sends a message of `size` bytes, which may be 0, and then `data` may be NULL,
 * to the peer that has the name `to` now. Whole, or not at all: on any status
 * but XIPC_OK nobody will ever receive it.
 *
 * XIPC_OK           it waits at that peer, and survives its sender's death
 * XIPC_E_NOT_FOUND  nobody has that name
 * XIPC_E_PEER_DIED  the peer with whom there was a link under that name died:
 *                   told once, then it is XIPC_E_NOT_FOUND, or goes to whoever
 *                   has joined under that name. Of a peer that sends to more
 *                   than 128 others, or that as many as its link_max have sent
 *                   to, a link with a dead one may be forgotten before that is
 *                   told
 * XIPC_E_TOO_BIG    it is longer than that peer's message_max
 * XIPC_E_TIMEOUT    the link had no room, or there was room for no more links,
 *                   until `deadline` (XIPC_NOW: XIPC_E_AGAIN)
 * XIPC_E_NO_SPACE   too little room for the link's memory
 * XIPC_E_NO_MEMORY  no memory or handles left for this process
 * XIPC_E_ACCESS     that peer is another user's
 * XIPC_E_CANCELED   xipc_interrupt()
 * XIPC_E_NAME       `to` is not a legal name
 * XIPC_E_INVALID    `data` or `to` is NULL, or `to` is this peer's own name
 * XIPC_E_INCOMPATIBLE, XIPC_E_LIMIT, XIPC_E_NOT_SUPPORTED
 *                   as xipc_mailbox_open()
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_peer_send(
    xipc_peer *peer,
    const char *to,
    const void *data,
    size_t size,
    uint32_t type,
    xipc_deadline deadline);

/*
 * Receives the next message of the peer that has the name `from`; if there is
 * none with that name, or it has not sent yet, waits for it to come and to do
 * so. `buffer` may be NULL if `capacity` is 0; `mail` tells of the message.
 *
 * XIPC_OK           `mail->size` bytes of `buffer` are the message
 * XIPC_E_TOO_SMALL  it is longer than `capacity`: `mail->size` says how long,
 *                   and it stays
 * XIPC_E_PEER_DIED  the peer with whom there was a link under that name died,
 *                   and there is nothing of it any more: told once
 * XIPC_E_CLOSED     likewise, and it left. Neither need be told of one whose
 *                   place was needed, since as many as link_max had a link
 * XIPC_E_TIMEOUT    nothing came until `deadline` (XIPC_NOW: XIPC_E_AGAIN)
 * XIPC_E_CANCELED   xipc_interrupt()
 * XIPC_E_NO_MEMORY  no memory or handles left for a new link
 * XIPC_E_NAME       `from` is not a legal name
 * XIPC_E_NOT_SUPPORTED
 *                   `from` begins with "native:"
 * XIPC_E_INVALID    NULL, an unknown mail_size, or `from` is this peer's own
 *                   name
 *
 * On any other status `*mail` is left alone, on XIPC_E_TOO_SMALL all of it but
 * the size. What is in `buffer` behind the message is unspecified.
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_peer_receive(
    xipc_peer *peer,
    const char *from,
    void *buffer,
    size_t capacity,
    xipc_peer_mail *mail,
    xipc_deadline deadline);

/*
 * Receives a message from anybody; `mail->sender` says from whom. Those who
 * have something to be received take turns. That somebody has left or died is
 * not told here: others may still send.
 *
 * Statuses as for xipc_peer_receive(), without XIPC_E_PEER_DIED and
 * XIPC_E_CLOSED.
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_peer_receive_any(
    xipc_peer *peer,
    void *buffer,
    size_t capacity,
    xipc_peer_mail *mail,
    xipc_deadline deadline);

/* How many others it has a link with, those included that left or died and of
 * whom it has not been told. 0 for NULL. */
XIPC_API uint32_t xipc_peer_link_count(xipc_peer *peer);

/* Its own, as it joined; "" and 0 for NULL. */
XIPC_API const char *xipc_peer_name(const xipc_peer *peer);
XIPC_API uint32_t xipc_peer_message_max(const xipc_peer *peer);

/* The handle as what all handles are; the same pointer's other face. */
XIPC_API xipc_object *xipc_peer_object(xipc_peer *peer);

#ifdef __cplusplus
}
#endif

#endif
