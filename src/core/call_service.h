/* SPDX-License-Identifier: Apache-2.0 */
/* Of the engine of calls (call.h): services, who answers for them, and how
 * their links come. */
#ifndef XIPC_CORE_CALL_SERVICE_H
#define XIPC_CORE_CALL_SERVICE_H

#include "core/call.h"

/* ---- call_service.c, call_lead.c: who answers ---- */

typedef struct xipci_method {
    uint32_t number;
    xipc_handler *handler;
    void *context;
} xipci_method;

struct xipc_call_listener {
    xipc_object object;
    char address[XIPC_CALL_ADDRESS_SIZE];
    xipci_line_listener *line_listener;
    xipc_service *service;
    xipc_call_options options;
    xipc_call_listener *next;
};

/* A thread that waits for a request, or for the lead. */
typedef struct xipci_idler {
    xipcos_sleeper *sleeper;
    struct xipci_idler *next;
    struct xipci_idler **link;
} xipci_idler;

#define XIPCI_RECENT_MAX 4

struct xipc_service {
    xipc_object object;
    atomic_int holds; /* its handle, its links; as a link's */
    uint32_t worker_count;
    uint32_t request_max;
    uint32_t link_max;
    xipc_link_callback *on_link;
    void *context;
    xipcos_worker **workers;
    xipc_poller *poller; /* listeners, links, and the alarm */
    /* In the poller: something is to be done that no line tells of. */
    xipc_object alarm;
    atomic_int is_alarmed; /* who sets it stirs the pollers after it */
    /* The thread that leads alone: */
    xipc_link *recent[XIPCI_RECENT_MAX]; /* where something came last */
    unsigned recent_count;
    unsigned recent_turn;
    int64_t looked_at; /* at all of them; as xipcos_clock_about_ns() */
    int must_reap;
    xipc_request *found; /* requests that came, not in the queue yet */
    xipc_request **found_end;
    int64_t greetings_at; /* those that have not greeted are looked at then */
    int64_t rest_until;   /* no listener is waited for; 0: they are */
    xipci_lookout lookout;

    /* Guards the listeners and what is in the poller; taken before any other
       lock. */
    xipci_latch door;
    xipc_call_listener *listeners;

    xipci_latch latch; /* guards what follows */
    int is_led;
    int is_closed;
    xipc_deadline part_by; /* of all its links; stays once it is closed */
    xipci_method *methods; /* in the order of their numbers */
    size_t method_count;
    size_t method_capacity;
    xipc_request *queue;
    xipc_request **queue_end;
    xipci_idler *idlers;
    xipc_link *links;
    uint32_t link_count;     /* of those that were accepted */
    uint32_t greeting_count; /* of those that are not up */
};

/* Of who does not lead, with no latch: a request is to be run. 0: the service
 * is closed. */
int xipci_service_enqueue(xipc_service *service, xipc_request *request);
/* Of who leads, likewise: he runs it, or puts it into the queue, when he does
 * not lead any more. */
void xipci_service_put(xipc_service *service, xipc_request *request);
/* Whoever leads is to look at what no line tells of. */
void xipci_service_alarm(xipc_service *service);
xipc_status xipci_service_check(const xipc_service *service);
/* With the latch: the handler of a request that is taken, in call_method.c. */
void xipci_service_find_method(
    const xipc_service *service, xipc_request *request);
void xipci_service_hold(xipc_service *service);
void xipci_service_drop(xipc_service *service);

/* call_lead.c: waits for something to do, and does it, until there is a request
 * to run. */
xipc_status xipci_service_lead(xipc_service *service, xipc_deadline deadline);
xipc_status xipci_service_begin(xipc_service *service);
/* What the poller has of it. */
void *xipci_listener_cookie(const xipc_call_listener *listener);
/* Its links end, and its listeners; they are told of, when nobody leads. */
void xipci_service_end_links(xipc_service *service);
void xipci_service_bury(xipc_service *service);
void xipci_service_free(xipc_service *service);
/* In a forked child: frees the copy. */
void xipci_service_forget(xipc_service *service);
/* How the service waits for it: after any change of what it waits for. */
void xipci_call_link_arrange(xipc_link *link);

/* ---- call_serving.c: whose handlers a thread may be in ---- */

typedef struct xipci_serving {
    const xipc_service *service;
    struct xipci_serving *before;
} xipci_serving;

/* This thread runs what is the service's, until the end, in turn. */
void xipci_serving_begin(xipci_serving *self, const xipc_service *service);
void xipci_serving_end(const xipci_serving *self);
int xipci_is_serving(const xipc_service *service);

/* ---- call_greet.c: links that come ---- */

/* `cookie` is of a listener that was there when the poller looked. */
void xipci_service_accept(xipc_service *service, const void *cookie);
/* One more step of what comes before the first call. */
void xipci_service_greet(xipc_service *service, xipc_link *link);
/* Until then, or until it is time to look who does not greet; who has not is
 * thrown out. */
xipc_deadline xipci_until_greetings(xipc_service *service, xipc_deadline until);
void xipci_service_end_greetings(xipc_service *service);
void xipci_service_tell_link(
    xipc_service *service, xipc_link *link, xipc_status what);
/* The service's from now on, too. XIPC_E_CLOSED. */
xipc_status xipci_service_adopt(xipc_service *service, xipc_link *link);

uint64_t xipci_call_bytes_max(uint32_t payload_max);

/* What it says is this side's from then on. XIPC_E_CORRUPT,
 * XIPC_E_INCOMPATIBLE. */
xipc_status
xipci_call_link_take_hello(xipc_link *link, const xipci_frame *frame);

#endif
