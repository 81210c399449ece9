/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls into another process: request bytes in, reply bytes out.
 *
 *     server                                client
 *     xipc_service_create(NULL, &service)
 *     xipc_service_add(service, ADD, add, NULL)
 *     xipc_call_listen(service, "sums", ... xipc_call_connect(NULL, "sums", ...
 *                                           xipc_call(link, ADD, &request,
 *     void add(context, request)                      &answer, deadline)
 *     { xipc_request_reply(request, ...) }
 *
 * A service is a set of methods, each a number with a handler, and the threads
 * that run them, or no threads: then requests are taken by hand. It listens at
 * any number of addresses, of two sorts, and its handlers see no difference:
 *
 *     NAME               local, a name as in name.h
 *     tcp://host:port    over the network, as in socket.h; port 0 lets the
 *                        system choose
 *
 * A link is one connection. Whoever has one calls over it, from any number of
 * threads at once, and replies find their caller. Both sides may call: the one
 * that connected is called too if it gave a service.
 *
 * A call is executed once, or not at all, and never twice. One that ends with
 * XIPC_OK was; one whose deadline passed, whose link ended or whose caller was
 * interrupted may have been, and its handler can see that nobody waits for it
 * any more (xipc_request_is_canceled()). A reply that comes too late is dropped
 * and counted (xipc_link_info).
 *
 * Only so many requests of one link are begun and not answered (request_max of
 * the side that answers), with at most twice its payload_max of bytes among
 * them, or 1 MiB if that is more; further calls wait at the caller. That is all
 * the memory that a client can make a service keep, whether it sends the rest
 * of what it has begun or not; and free memory for the next long messages, 8
 * MiB at most in the whole process. Of handles that come with requests of one
 * link at most 256 are kept, and a request that brings more is answered with
 * XIPC_E_LIMIT. Of answers that the caller does not take at most request_max
 * times payload_max bytes are kept, both of the side that answers, or twice the
 * caller's payload_max if that is more. Who breaks the rules of a link has it
 * cut off, and who never reads it has it standing still, and no other one
 * suffers.
 *
 * No thread of the library's own runs where there is no service: of the threads
 * that wait for replies over one link, one reads for all. So nothing is read of
 * a link while nobody waits at it, nor calls its object or
 * xipc_request_is_canceled().
 *
 * A handle may be used by many threads at once, except that closing it must be
 * the last use. No call is safe in a signal handler. A signal does not shorten
 * or lengthen a wait. xipc_interrupt(xipc_link_object(link)) ends the waits on
 * that link with XIPC_E_CANCELED, and that of xipc_service_object() those of
 * xipc_service_take(). Over a network it may take some 10 ms until who waits
 * hears of that, or of another thread that hangs up.
 *
 * In a poller a link is XIPC_READABLE when xipc_call_collect() with XIPC_NOW is
 * worth calling: a call that was submitted may have been answered. It is
 * XIPC_HUNG_UP when it has ended.
 *
 * What calls on a handle may return besides what stands at each:
 *
 *     XIPC_E_INVALID    the handle is NULL
 *     XIPC_E_FORKED     the handle was inherited through fork()
 *     XIPC_E_NO_MEMORY  no memory or handles left for this process
 *     XIPC_E_OS         anything else; see xipc_native_error()
 */
#ifndef XIPC_CALL_H
#define XIPC_CALL_H

#include <xipc/base.h>
#include <xipc/credentials.h>
#include <xipc/name.h>
#include <xipc/section.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct xipc_service xipc_service; /* methods, and who runs them */
typedef struct xipc_call_listener xipc_call_listener;
typedef struct xipc_link xipc_link;       /* one connection, at either side */
typedef struct xipc_request xipc_request; /* a call, where it is answered */
typedef struct xipc_pending xipc_pending; /* a call, where it was submitted */

/* The most handles that go with one request or reply, the longest of these in
 * bytes, by default and at most, and the most that the options may ask for. */
#define XIPC_CALL_HANDLE_MAX      16u
#define XIPC_CALL_PAYLOAD_DEFAULT ((uint32_t)16 << 20)
#define XIPC_CALL_PAYLOAD_LIMIT   ((uint32_t)1 << 30)
#define XIPC_CALL_REQUEST_LIMIT   4096u
#define XIPC_CALL_WORKER_LIMIT    256u

/* Room for any address, its terminating zero included. */
#define XIPC_CALL_ADDRESS_SIZE 320

/*
 * What goes with a request or a reply; it is read during the call only. `data`
 * may be NULL if `size` is 0. Of the handles, which go over local links where
 * XIPC_FEATURE_CALL_HANDLES says so, copies are sent; of sockets only where
 * XIPC_FEATURE_SOCKET_HANDLES says so, too. On Windows they go only where the
 * server may open the client's process; else XIPC_E_NOT_SUPPORTED.
 */
typedef struct xipc_call_data {
    const void *data;                  /* its bytes */
    size_t size;                       /* how many */
    const xipc_native_handle *handles; /* may be NULL if there are none */
    size_t handle_count;               /* at most XIPC_CALL_HANDLE_MAX */
} xipc_call_data;

/* Where a caller wants the reply. */
typedef struct xipc_call_answer {
    size_t answer_size; /* set by XIPC_CALL_ANSWER_INIT */
    void *buffer;       /* the caller's; may be NULL if `capacity` is 0 */
    size_t capacity;    /* bytes of it */
    /* Filled in: */
    size_t size;           /* bytes of the reply, all of them in `buffer` */
    int32_t result;        /* the handler's own; 0 unless it says otherwise */
    uint32_t handle_count; /* of `handles` */
    xipc_native_handle handles[XIPC_CALL_HANDLE_MAX]; /* the caller's, closed
                                                         as the system's are */
} xipc_call_answer;

#define XIPC_CALL_ANSWER_INIT                       \
    {                                               \
        sizeof(xipc_call_answer), NULL, 0, 0, 0, 0, \
        {                                           \
            0                                       \
        }                                           \
    }

/* ---- services ---- */

/*
 * Told in a thread that serves: a link has come (XIPC_OK), has ended in good
 * order (XIPC_E_CLOSED), has died (XIPC_E_PEER_DIED), or was cut off because
 * the other side broke the rules (XIPC_E_CORRUPT) or for want of something
 * (anything else). After it has told of an end and returned, `link` is gone,
 * unless somebody keeps it (xipc_link_keep()). It must not wait: the service
 * stands still meanwhile.
 */
typedef void
xipc_link_callback(void *context, xipc_link *link, xipc_status what);

typedef struct xipc_service_options {
    size_t options_size;  /* set by XIPC_SERVICE_OPTIONS_INIT */
    uint32_t workers;     /* threads that run handlers; 0: taken by hand */
    uint32_t request_max; /* of one link that are begun and not answered */
    uint32_t link_max;    /* links of all listeners; more are refused */
    xipc_link_callback *on_link; /* may be NULL */
    void *context;               /* of on_link */
} xipc_service_options;

#define XIPC_SERVICE_OPTIONS_INIT                             \
    {                                                         \
        sizeof(xipc_service_options), 1, 64, 1024, NULL, NULL \
    }

/*
 * `options` may be NULL for the defaults. The threads start at once, and wait.
 *
 * XIPC_OK         `*service_out` is yours; xipc_service_close() ends it
 * XIPC_E_INVALID  NULL, unknown options_size, request_max or link_max 0, or
 *                 above XIPC_CALL_REQUEST_LIMIT or XIPC_CALL_WORKER_LIMIT
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_service_create(
    const xipc_service_options *options, xipc_service **service_out);

/*
 * Answers a request with xipc_request_reply() or xipc_request_fail(), once,
 * from any thread, now or, after xipc_request_keep(), later. One that returns
 * without any of these is answered for: XIPC_OK and nothing.
 */
typedef void xipc_handler(void *context, xipc_request *request);

/*
 * From now on `handler` runs for requests of that method. A request of a method
 * that nobody added is answered with XIPC_E_NOT_FOUND, unless requests are
 * taken by hand.
 *
 * XIPC_E_EXISTS  the method has a handler
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_service_add(
    xipc_service *service,
    uint32_t method,
    xipc_handler *handler,
    void *context);

/*
 * Of a service without threads: gives the next request of a method that has no
 * handler, running the handlers of those that come before it. It has to be
 * answered, as if a handler had kept it. Any number of threads may be in it.
 * Who is in it also does for the service what its threads would do: takes
 * clients in, sends the rest of an answer for which there was no room, tells
 * on_link of links that have ended and frees them. While nobody is, and nobody
 * waits for a call over that link, all that stands still.
 *
 * XIPC_OK          `*request_out` is to be answered
 * XIPC_E_TIMEOUT   none came until `deadline` (XIPC_NOW: XIPC_E_AGAIN)
 * XIPC_E_CANCELED  xipc_interrupt()
 * XIPC_E_INVALID   the service has threads
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_service_take(
    xipc_service *service, xipc_deadline deadline, xipc_request **request_out);

/*
 * Ends its listeners and its links, at whose other sides calls end with
 * XIPC_E_CLOSED, and waits until every handler that runs has returned. Requests
 * that were kept or taken stay, to be answered in vain; the handles of
 * listeners and of links stay, to be closed. Accepts NULL.
 * Over a network it may wait, a second at most, and so may a call that it ends,
 * until the other sides have room for what is half sent: so they see that it
 * ends in good order.
 * Not from a handler of its own, nor from on_link: then it does nothing, and
 * xipc_detail() says so.
 * In a forked child it frees the child's copy only.
 */
XIPC_API void xipc_service_close(xipc_service *service);

/* For xipc_interrupt(), and for no poller; NULL for NULL. */
XIPC_API xipc_object *xipc_service_object(xipc_service *service);

/* ---- listening and connecting ---- */

typedef struct xipc_call_options {
    size_t options_size;    /* set by XIPC_CALL_OPTIONS_INIT */
    xipc_naming naming;     /* of a NAME; XIPC_TRANSIENT only */
    uint32_t payload_max;   /* bytes of the longest request and reply that this
                               side takes */
    uint32_t ring_capacity; /* bytes that can be on their way, one way, over a
                               local link; advice. 0: the library chooses */
} xipc_call_options;

#define XIPC_CALL_OPTIONS_INIT                                     \
    {                                                              \
        sizeof(xipc_call_options),                                 \
            {XIPC_SCOPE_USER, XIPC_ACCESS_PRIVATE, XIPC_TRANSIENT, \
             XIPC_TRUST_SELF},                                     \
            XIPC_CALL_PAYLOAD_DEFAULT, 0                           \
    }

/*
 * Takes an address, and listens: from now on clients connect. `options` may be
 * NULL.
 *
 * XIPC_OK               `*listener_out` is yours; xipc_call_listener_close()
 *                       ends it
 * XIPC_E_EXISTS         somebody living listens there
 * XIPC_E_NOT_FOUND      no such host, or not of this machine
 * XIPC_E_ACCESS         the system refuses the scope or the port, or the name
 *                       is another user's
 * XIPC_E_NO_SPACE, XIPC_E_INCOMPATIBLE, XIPC_E_CORRUPT
 *                       as for xipc_pipe_listen()
 * XIPC_E_NOT_SUPPORTED  see xipc_capability()
 * XIPC_E_TIMEOUT        until `deadline` another process was in the middle of
 *                       taking that name, or the host was not looked up
 *                       (XIPC_NOW: XIPC_E_AGAIN)
 * XIPC_E_CLOSED         the service is closed
 * XIPC_E_NAME           not a legal address
 * XIPC_E_INVALID        NULL, unknown options_size, a payload_max of 0 or above
 *                       XIPC_CALL_PAYLOAD_LIMIT, XIPC_PERSISTENT
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_call_listen(
    xipc_service *service,
    const char *address,
    const xipc_call_options *options,
    xipc_deadline deadline,
    xipc_call_listener **listener_out);

/* Where clients connect, with the port that the system chose.
 * XIPC_E_TOO_SMALL: XIPC_CALL_ADDRESS_SIZE is enough. */
XIPC_API XIPC_MUST_USE xipc_status xipc_call_listener_address(
    const xipc_call_listener *listener, char *buffer, size_t capacity);

/* Frees the address; links go on. Accepts NULL. In a forked child it frees the
 * child's copy only. */
XIPC_API void xipc_call_listener_close(xipc_call_listener *listener);

/*
 * Connects to whoever listens there; waits until somebody does, of a NAME, and
 * has taken this client in. `service` answers what the other side calls; NULL:
 * its calls are XIPC_E_NOT_SUPPORTED there. `options` may be NULL.
 *
 * XIPC_OK               `*link_out` is yours; xipc_link_close() ends it
 * XIPC_E_TIMEOUT        nobody listened there, or took this client in, until
 *                       `deadline` (XIPC_NOW: XIPC_E_AGAIN or
 *                       XIPC_E_NOT_FOUND)
 * XIPC_E_NOT_FOUND      nobody listens there, of tcp: at once; no such host
 * XIPC_E_LIMIT          link_max of the other side is reached
 * XIPC_E_ACCESS         not for this user, or the other side is another user's
 *                       and XIPC_TRUST_SELF was asked for
 * XIPC_E_INCOMPATIBLE   the other side speaks no version of this, or something
 *                       else
 * XIPC_E_PEER_DIED, XIPC_E_CLOSED, XIPC_E_CORRUPT
 *                       the other side ended, or said what makes no sense
 * XIPC_E_NOT_SUPPORTED, XIPC_E_NAME
 * XIPC_E_INVALID        as for xipc_call_listen()
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_call_connect(
    xipc_service *service,
    const char *address,
    const xipc_call_options *options,
    xipc_deadline deadline,
    xipc_link **link_out);

/* ---- calling ---- */

/*
 * Calls, and waits for the reply. `request` NULL: no bytes; `answer` NULL: the
 * reply is not wanted, whatever it is.
 *
 * XIPC_OK               the handler has answered; `*answer` is filled in
 * XIPC_E_TIMEOUT        it had not until `deadline` (XIPC_NOW: XIPC_E_AGAIN,
 *                       and never XIPC_OK)
 * XIPC_E_CANCELED       xipc_interrupt() of the link
 * XIPC_E_TOO_BIG        the request is longer than the other side takes, and
 *                       nothing was sent; or the reply longer than this one
 * XIPC_E_TOO_SMALL      the reply has `answer->size` bytes; it is lost
 * XIPC_E_NOT_FOUND      the other side has no such method
 * XIPC_E_NOT_SUPPORTED  the other side has no service; or handles, and the link
 *                       carries none
 * XIPC_E_LIMIT          too many answers wait for this side to take them, or
 *                       too many handles are with the other one
 * XIPC_E_CLOSED         the link has ended in good order, here or there
 * XIPC_E_PEER_DIED      the other side died, or the connection broke
 * XIPC_E_CORRUPT        the other side broke the rules; the link has ended
 * XIPC_E_INVALID        NULL, unknown answer_size, too many handles, or one
 *                       that is not open
 * Else what the handler gave xipc_request_fail().
 *
 * On any status but XIPC_OK what is in `answer->buffer` is unspecified, and
 * but for XIPC_E_TOO_SMALL `answer->size` is unchanged.
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_call(
    xipc_link *link,
    uint32_t method,
    const xipc_call_data *request,
    xipc_call_answer *answer,
    xipc_deadline deadline);

/*
 * Calls one way: nothing comes back, not even that there is no such method. In
 * which order two of them begin to run is not promised.
 *
 * XIPC_OK         the other side gets it, if it lives
 * XIPC_E_TIMEOUT  there was no room until `deadline` (XIPC_NOW: XIPC_E_AGAIN),
 *                 and its handler does not run, unless the last bytes of it
 *                 were on their way over a network already
 * Else as xipc_call().
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_call_post(
    xipc_link *link,
    uint32_t method,
    const xipc_call_data *request,
    xipc_deadline deadline);

/*
 * Calls, and does not wait for the reply; it waits for room to send. `deadline`
 * is that of the whole call. `cookie` comes back with xipc_call_collect().
 *
 * XIPC_OK  `*pending_out` is yours; xipc_pending_finish() or
 *          xipc_pending_cancel() ends it, before the link is closed
 * Else as xipc_call(), and the call is over.
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_call_submit(
    xipc_link *link,
    uint32_t method,
    const xipc_call_data *request,
    void *cookie,
    xipc_deadline deadline,
    xipc_pending **pending_out);

/*
 * Waits for the next call over this link that was submitted and is answered, or
 * whose deadline has passed, or that ended with the link. Each is given once,
 * and has then to be finished, which does not wait. `cookie_out` may be NULL.
 *
 * XIPC_OK          `*pending_out` is one
 * XIPC_E_TIMEOUT   there was none until `deadline` (XIPC_NOW: XIPC_E_AGAIN)
 * XIPC_E_CANCELED  xipc_interrupt() of the link
 * XIPC_E_CLOSED, XIPC_E_PEER_DIED, XIPC_E_CORRUPT
 *                  there is none, and the link has ended
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_call_collect(
    xipc_link *link,
    xipc_deadline deadline,
    xipc_pending **pending_out,
    void **cookie_out);

/*
 * Waits for the reply of one call that was submitted.
 *
 * XIPC_E_TIMEOUT    it was not answered until `deadline` (XIPC_NOW:
 *                   XIPC_E_AGAIN), or until its own: then each later call says
 *                   so at once
 * XIPC_E_CANCELED   xipc_interrupt() of the link
 * XIPC_E_TOO_SMALL  the reply has `answer->size` bytes
 * Else as xipc_call().
 *
 * On these three, XIPC_E_AGAIN, XIPC_E_INVALID and XIPC_E_FORKED `pending` is
 * still the caller's; on all others it is gone.
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_pending_finish(
    xipc_pending *pending, xipc_call_answer *answer, xipc_deadline deadline);

/* The reply is not wanted, and the other side is told so. Frees it. Accepts
 * NULL. */
XIPC_API void xipc_pending_cancel(xipc_pending *pending);

/* ---- links ---- */

/* What a link has done, and what it takes. */
typedef struct xipc_link_info {
    size_t info_size;      /* set by XIPC_LINK_INFO_INIT */
    uint64_t calls;        /* made over it by this side, one-way ones too */
    uint64_t requests;     /* that came over it */
    uint64_t late_replies; /* dropped, because nobody waited any more */
    uint32_t payload_max;  /* bytes the other side takes at most */
    uint32_t request_max;  /* calls it takes at once; 0: it has no service */
} xipc_link_info;

#define XIPC_LINK_INFO_INIT                   \
    {                                         \
        sizeof(xipc_link_info), 0, 0, 0, 0, 0 \
    }

/* XIPC_E_INVALID: NULL, or an unknown info_size. */
XIPC_API XIPC_MUST_USE xipc_status
xipc_link_get_info(const xipc_link *link, xipc_link_info *info);

/* The link as what all handles are: for xipc_interrupt(), a poller,
 * xipc_peer_credentials(). NULL for NULL. */
XIPC_API xipc_object *xipc_link_object(xipc_link *link);

/* Ends the connection in good order, at both sides; the handle stays. Calls
 * over it end with XIPC_E_CLOSED. Never waits: over a network, where something
 * is half sent and the other side has no room, it is XIPC_E_PEER_DIED there. */
XIPC_API xipc_status xipc_link_hang_up(xipc_link *link);

/*
 * A link that came to a service is the service's: it is there as long as
 * on_link has not told of its end, and as long as one of its requests is not
 * answered. Who keeps it has it until he closes it.
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_link_keep(xipc_link *link);

/*
 * Gives back a link that was connected, which ends the connection in good
 * order, or one that was kept, which does not. Over a network it may wait, a
 * second at most, until the other side has room for what is half sent; if it
 * has none by then, it is XIPC_E_PEER_DIED there. Accepts NULL. In a forked
 * child it frees the child's copy only.
 */
XIPC_API void xipc_link_close(xipc_link *link);

/* ---- answering ---- */

/* The number that the caller gave. 0 for NULL. */
XIPC_API uint32_t xipc_request_method(const xipc_request *request);

/* Its bytes: a copy that the caller cannot change, there until the request is
 * answered. Never NULL. */
XIPC_API const void *
xipc_request_data(const xipc_request *request, size_t *size_out);

/* Handles that came with it. */
XIPC_API size_t xipc_request_handle_count(const xipc_request *request);

/*
 * Takes one of them. It is then this process's; those that nobody took are
 * closed when the request is answered.
 *
 * XIPC_E_NOT_FOUND  there is none of that index, or it was taken
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_request_take_handle(
    xipc_request *request, size_t index, xipc_native_handle *native_out);

/* 1: the caller has given up, or is gone. It looks whether such word came. */
XIPC_API int xipc_request_is_canceled(xipc_request *request);
XIPC_API int xipc_request_is_one_way(const xipc_request *request);

/* Where it came from, to call back. It is there until the request is answered;
 * see xipc_link_keep(). */
XIPC_API xipc_link *xipc_request_link(const xipc_request *request);

/*
 * Who called, by the kernel's word; as xipc_peer_credentials().
 *
 * XIPC_E_NOT_SUPPORTED  it came over a network
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_request_credentials(
    const xipc_request *request, xipc_credentials *credentials);

/* In a handler: it will be answered after the handler has returned, perhaps by
 * another thread. */
XIPC_API void xipc_request_keep(xipc_request *request);

/*
 * Answers. The request is gone, whatever this returns. `reply` NULL: no bytes.
 * It never waits: what the caller does not read yet is kept for him, and goes
 * by itself, of a service without threads while somebody is in
 * xipc_service_take().
 *
 * XIPC_OK          it is on its way
 * XIPC_E_CANCELED  nobody waits for it any more
 * XIPC_E_TOO_BIG   longer than the caller takes, who is told so
 * XIPC_E_NOT_SUPPORTED, XIPC_E_INVALID
 *                  its handles cannot go, and the caller is told so
 * XIPC_E_NO_MEMORY the caller is told so
 * XIPC_E_LIMIT     the caller has not taken what was answered before, and is
 *                  told so
 * XIPC_E_CLOSED, XIPC_E_PEER_DIED, XIPC_E_CORRUPT
 *                  the link has ended
 */
XIPC_API xipc_status xipc_request_reply(
    xipc_request *request, int32_t result, const xipc_call_data *reply);

/*
 * Answers with a status, which the caller's call returns: any but XIPC_OK and
 * those that tell of a wait or of the link (XIPC_E_AGAIN, XIPC_E_TIMEOUT,
 * XIPC_E_CANCELED, XIPC_E_CLOSED, XIPC_E_PEER_DIED, XIPC_E_TOO_SMALL,
 * XIPC_E_FORKED): for these XIPC_E_INVALID is returned, and the caller gets
 * XIPC_E_OS. Else as xipc_request_reply().
 */
XIPC_API xipc_status
xipc_request_fail(xipc_request *request, xipc_status status);

#ifdef __cplusplus
}
#endif

#endif
