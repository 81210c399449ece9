/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who leads a service waits for everything at once: listeners, links, and the
 * alarm, which tells of what no line tells. Before he sleeps he looks for a
 * while at the links where something came last.
 */
#include <string.h>

#include "core/call_service.h"
#include "core/failure.h"
#include "core/park.h"
#include "core/waitable.h"
#include "os/os_clock.h"

#define READY_MAX 32
#define LOOK_STEP 2
#define PUMPS_MAX 8

/* So long something may come over the links that are looked at before all
 * others are looked at. */
#define LOOKS_NS 2000000

/* ---- the alarm ---- */

static xipc_service *service_of_alarm(xipc_object *object)
{
    return (xipc_service *)((char *)object - offsetof(xipc_service, alarm));
}

static uint32_t look_at_alarm(xipc_object *object)
{
    return atomic_load_explicit(
               &service_of_alarm(object)->is_alarmed, memory_order_seq_cst)
               ? XIPC_READABLE
               : 0;
}

static xipci_watch *no_watch(xipc_object *object)
{
    (void)object;
    return NULL;
}

static const xipci_waitable alarm_waitable = {
    XIPC_READABLE, look_at_alarm, no_watch, NULL, NULL};

xipc_status xipci_service_begin(xipc_service *service)
{
    xipc_status status = xipc_poller_create(&service->poller);

    xipci_object_init(&service->alarm, XIPC_KIND_CALL, "");
    service->alarm.waitable = &alarm_waitable;
    return status == XIPC_OK ? xipc_poller_add(
                                   service->poller, &service->alarm,
                                   XIPC_READABLE, &service->alarm)
                             : status;
}

/* ---- what is in the poller ---- */

typedef struct wanted {
    xipc_object *objects[2];
    uint32_t events[2];
} wanted;

/* What is to be there of a link now. */
static wanted wanted_of(xipc_link *link)
{
    wanted want = {{NULL, NULL}, {0, 0}};
    size_t count = 0;

    xipci_latch_take(&link->latch);
    if (link->line && link->state < XIPCI_LINK_ENDED && !link->is_detached) {
        count = link->line->kind->objects(
            link->line, link->wants_room, want.objects, want.events);
    }
    if (link->is_muted) {
        want.events[0] &= XIPC_WRITABLE;
        want.events[1] &= XIPC_WRITABLE;
    }
    xipci_latch_give(&link->latch);
    for (size_t at = 0; at < 2; at++) {
        if (at >= count || want.events[at] == 0) {
            want.objects[at] = NULL;
            want.events[at] = 0;
        }
    }
    return want;
}

void xipci_call_link_arrange(xipc_link *link)
{
    xipc_service *service = link->service;
    xipc_status status = XIPC_OK;
    wanted want;

    if (!service) {
        return;
    }
    xipci_latch_take(&service->door);
    want = wanted_of(link);
    for (size_t at = 0; at < 2; at++) {
        if (link->polled[at] && (link->polled[at] != want.objects[at] ||
                                 link->polled_events[at] != want.events[at])) {
            (void)xipc_poller_remove(service->poller, link->polled[at]);
            link->polled[at] = NULL;
        }
    }
    for (size_t at = 0; at < 2 && status == XIPC_OK; at++) {
        if (want.objects[at] && !link->polled[at]) {
            status = xipc_poller_add(
                service->poller, want.objects[at], want.events[at], link);
            link->polled[at] = status == XIPC_OK ? want.objects[at] : NULL;
            link->polled_events[at] = want.events[at];
        }
    }
    xipci_latch_give(&service->door);
    if (status != XIPC_OK) {
        xipci_call_link_end(link, status, NULL);
    }
}

/* ---- links that are there ---- */

static void remember(xipc_service *service, xipc_link *link)
{
    unsigned at = 0;

    while (at < service->recent_count && service->recent[at] != link) {
        at++;
    }
    if (at == service->recent_count && at < XIPCI_RECENT_MAX) {
        service->recent_count++;
    } else if (at == service->recent_count) {
        at--;
    }
    for (; at > 0; at--) {
        service->recent[at] = service->recent[at - 1];
    }
    service->recent[0] = link;
}

static void forget(xipc_service *service, const xipc_link *link)
{
    unsigned kept = 0;

    for (unsigned at = 0; at < service->recent_count; at++) {
        if (service->recent[at] != link) {
            service->recent[kept++] = service->recent[at];
        }
    }
    service->recent_count = kept;
}

/* Who receives sees to it himself, as long as he does. */
static void mute(xipc_link *link)
{
    int is_muted;

    xipci_call_link_latch(link);
    if (link->is_receiving) {
        link->is_muted = 1;
    }
    is_muted = link->is_muted;
    xipci_call_link_unlatch(link);
    if (is_muted) {
        xipci_call_link_arrange(link);
    }
}

/* What its line has read ahead no poller tells of. 1: there may be more. */
static int pump_all(xipc_link *link)
{
    int turn = 0;

    while (turn < PUMPS_MAX &&
           xipci_call_link_pump(link, 1, XIPCI_PUMP_MAX) > 1) {
        turn++;
    }
    return turn == PUMPS_MAX;
}

static void attend(xipc_service *service, xipc_link *link)
{
    int is_up;
    int is_busy;
    int wants_room;

    xipci_call_link_latch(link);
    is_up = link->state >= XIPCI_LINK_UP;
    is_busy = link->is_receiving;
    wants_room = link->wants_room;
    xipci_call_link_unlatch(link);
    if (!is_up) {
        xipci_service_greet(service, link);
        return;
    }
    if (wants_room) {
        xipci_call_link_flush(link);
    }
    if (is_busy) {
        mute(link);
        return;
    }
    if (pump_all(link) || !link->is_costly) {
        remember(service, link);
    }
}

/* Attempts do not wait, and an alarm is no reason to look longer. */
static xipc_status look_once(void *context, int is_thorough)
{
    xipc_service *service = context;

    (void)is_thorough;
    for (unsigned turn = 0; turn < service->recent_count; turn++) {
        service->recent_turn =
            (service->recent_turn + 1) % service->recent_count;
        if (xipci_call_link_look(service->recent[service->recent_turn])) {
            return XIPC_OK;
        }
    }
    return atomic_load_explicit(&service->is_alarmed, memory_order_relaxed)
               ? XIPC_OK
               : XIPC_E_AGAIN;
}

/* ---- links that have ended ---- */

/* With the latch. Whether it is over there, and with what. */
static int is_over(xipc_link *link, xipc_status *end_out)
{
    int is_over;

    xipci_latch_take(&link->latch);
    is_over = link->is_buried;
    *end_out = link->end;
    xipci_latch_give(&link->latch);
    return is_over;
}

/* With the latch. Out of the list. */
static void take_out(xipc_service *service, xipc_link *link)
{
    *link->service_link = link->next_of_service;
    if (link->next_of_service) {
        link->next_of_service->service_link = link->service_link;
    }
    link->service_link = NULL;
    service->link_count -= (uint32_t)link->is_accepted;
    service->greeting_count -= (uint32_t)link->is_greeting;
    link->is_greeting = 0;
}

/* The next one that is over, or that has to be; NULL: there is none. */
static xipc_link *
next_over(xipc_service *service, int are_all, xipc_status *end_out)
{
    xipc_link *link;

    xipci_latch_take(&service->latch);
    link = service->links;
    while (link && !is_over(link, end_out) && !are_all) {
        link = link->next_of_service;
    }
    if (link) {
        take_out(service, link);
    }
    xipci_latch_give(&service->latch);
    return link;
}

static void reap(xipc_service *service, int are_all)
{
    xipc_status end = XIPC_OK;
    xipc_link *link = next_over(service, are_all, &end);

    while (link) {
        forget(service, link);
        if (are_all) {
            xipci_call_link_latch(link);
            link->is_detached = 1;
            xipci_call_link_unlatch(link);
            xipci_call_link_arrange(link);
        }
        if (link->is_told) {
            xipci_service_tell_link(service, link, end);
        }
        xipci_call_link_drop(link);
        link = next_over(service, are_all, &end);
    }
}

/* ---- to lead ---- */

static int is_listener_cookie(const void *cookie)
{
    return ((uintptr_t)cookie & 1) != 0;
}

/* Links are freed by who leads, when he is through with all of them. */
static void see_to(xipc_service *service, void *cookie)
{
    if (is_listener_cookie(cookie)) {
        xipci_service_accept(service, cookie);
    } else if (cookie == &service->alarm) {
        atomic_store_explicit(&service->is_alarmed, 0, memory_order_seq_cst);
        service->must_reap = 1;
    } else {
        attend(service, cookie);
    }
}

/* XIPC_OK: something came; XIPC_E_BUSY: and an alarm with it. */
static xipc_status look(xipc_service *service)
{
    xipc_status status = XIPC_E_AGAIN;

    if (service->recent_count > 0) {
        /* What is there already says nothing about whether looking pays. */
        status = look_once(service, 0);
    }
    if (status == XIPC_E_AGAIN && service->recent_count > 0) {
        status = xipci_look(&service->lookout, look_once, service, LOOK_STEP);
    }
    return status == XIPC_OK && atomic_load_explicit(
                                    &service->is_alarmed, memory_order_seq_cst)
               ? XIPC_E_BUSY
               : status;
}

/* At the others, too. Asked before anything has come, when there is time. */
static int must_look_at_all(const xipc_service *service)
{
    return service->recent_count > 0 &&
           xipcos_clock_about_ns() - service->looked_at >= LOOKS_NS;
}

xipc_status xipci_service_lead(xipc_service *service, xipc_deadline deadline)
{
    xipc_ready ready[READY_MAX];
    xipc_deadline until = deadline;
    size_t count = 0;
    xipc_status status = XIPC_E_AGAIN;

    if (deadline != XIPC_NOW) {
        status = must_look_at_all(service) ? XIPC_E_BUSY : look(service);
    }
    if (status == XIPC_OK) {
        return status;
    }
    until = status == XIPC_E_BUSY ? XIPC_NOW
                                  : xipci_until_greetings(service, deadline);
    status = xipc_poller_wait(service->poller, ready, READY_MAX, until, &count);
    service->looked_at = xipcos_clock_about_ns();
    for (size_t at = 0; at < count; at++) {
        see_to(service, ready[at].cookie);
    }
    if (service->must_reap) {
        service->must_reap = 0;
        reap(service, 0);
    }
    xipci_service_end_greetings(service);
    if (until != deadline &&
        (status == XIPC_E_AGAIN || status == XIPC_E_TIMEOUT)) {
        status = XIPC_OK; /* it was to look at something else */
    }
    return status;
}

static void close_listeners(xipc_service *service)
{
    xipci_latch_take(&service->door);
    for (xipc_call_listener *at = service->listeners; at; at = at->next) {
        at->line_listener->kind->close(at->line_listener);
        at->line_listener = NULL;
    }
    service->listeners = NULL;
    xipci_latch_give(&service->door);
}

/* Held, and no other time. NULL: there is none left. */
static xipc_link *next_to_end(xipc_service *service)
{
    xipc_link *link;

    xipci_latch_take(&service->latch);
    link = service->links;
    while (link && link->is_end_told) {
        link = link->next_of_service;
    }
    if (link) {
        link->is_end_told = 1;
        xipci_call_link_hold(link);
    }
    xipci_latch_give(&service->latch);
    return link;
}

void xipci_service_end_links(xipc_service *service)
{
    xipc_link *link;

    close_listeners(service);
    link = next_to_end(service);
    while (link) {
        xipci_call_link_part(link, service->part_by, "the service was closed");
        xipci_call_link_drop(link);
        link = next_to_end(service);
    }
}

/* In a forked child, where nobody leads. Links that somebody has stay. */
void xipci_service_forget(xipc_service *service)
{
    while (service->links) {
        xipc_link *link = service->links;

        xipci_call_link_forget(link, xipci_call_link_forget_place(link));
    }
    for (uint32_t at = 0; at < service->worker_count; at++) {
        xipcos_worker_forget(service->workers[at]);
    }
    xipci_service_free(service);
}

void xipci_service_bury(xipc_service *service)
{
    reap(service, 1);
}
