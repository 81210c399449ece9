/* SPDX-License-Identifier: Apache-2.0 */
/* A link's life: from its line to its burial. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/call_service.h"
#include "core/failure.h"
#include "core/waitable.h"
#include "os/os_clock.h"
#include "os/os_fault.h"

/* So long who closes waits for the other side to take what is half sent. */
#define PARTING_NS ((int64_t)1000000000)

/* ---- as an object ---- */

static xipc_link *link_of(xipc_object *object)
{
    return (xipc_link *)object;
}

static void wake(xipc_object *object)
{
    xipc_link *link = link_of(object);

    xipci_call_link_latch(link);
    xipci_call_link_nudge(link);
    xipci_call_link_wake_all(link);
    xipci_call_link_unlatch(link);
}

/* With the process's lock. Nothing is received here: that is left to whoever
 * collects. */
static uint32_t look(xipc_object *object)
{
    xipc_link *link = link_of(object);
    uint32_t events = 0;

    xipci_latch_take(&link->latch);
    if (link->state >= XIPCI_LINK_ENDED) {
        events = XIPC_READABLE | XIPC_HUNG_UP;
    } else if (
        link->done || (link->line->kind->ready(link->line) & XIPC_READABLE)) {
        events = XIPC_READABLE;
    }
    xipci_latch_give(&link->latch);
    return events;
}

/* What its line's objects have for a poller. */
static xipci_watch *watch(xipc_object *object)
{
    xipc_link *link = link_of(object);
    xipc_object *objects[2];
    uint32_t events[2];
    xipci_watch *found = NULL;
    size_t count = 0;

    xipci_latch_take(&link->latch);
    if (link->line) {
        count = link->line->kind->objects(link->line, 0, objects, events);
    }
    for (size_t at = 0; at < count && !found; at++) {
        if (events[at] != 0) {
            found = objects[at]->waitable->watch(objects[at]);
        }
    }
    xipci_latch_give(&link->latch);
    return found;
}

static void prepare(xipc_object *object)
{
    xipc_link *link = link_of(object);
    xipc_object *objects[2];
    uint32_t events[2];
    size_t count = 0;

    xipci_latch_take(&link->latch);
    if (link->line) {
        count = link->line->kind->objects(link->line, 0, objects, events);
    }
    for (size_t at = 0; at < count; at++) {
        if (events[at] != 0 && objects[at]->waitable->prepare) {
            objects[at]->waitable->prepare(objects[at]);
        }
    }
    xipci_latch_give(&link->latch);
}

static uint32_t
native(xipc_object *object, uint32_t events, intptr_t *native_out)
{
    xipc_link *link = link_of(object);
    xipc_object *objects[2];
    uint32_t asked[2];
    uint32_t told = 0;
    size_t count = 0;

    xipci_latch_take(&link->latch);
    if (link->line) {
        count = link->line->kind->objects(link->line, 0, objects, asked);
    }
    for (size_t at = 0; at < count && told == 0; at++) {
        const xipci_waitable *waitable = objects[at]->waitable;

        if (asked[at] != 0 && waitable->native) {
            told = waitable->native(objects[at], asked[at], native_out);
        }
    }
    xipci_latch_give(&link->latch);
    return told & events;
}

static const xipci_waitable link_waitable = {
    XIPC_READABLE, look, watch, prepare, native};

static xipc_status
tell_other(const xipc_object *object, xipcos_other *other_out)
{
    const xipc_link *link = (const xipc_link *)object;

    if (link->other_status != XIPC_OK) {
        return xipcos_fault(
            link->other_status, 0,
            "nobody vouches for the other side of a network");
    }
    *other_out = link->other;
    return XIPC_OK;
}

xipc_object *xipc_link_object(xipc_link *link)
{
    return link ? &link->object : NULL;
}

/* ---- its beginning ---- */

xipc_status xipci_call_link_new(
    const char *address,
    xipc_service *service,
    const xipc_call_options *options,
    xipci_line *line,
    xipc_link **link_out)
{
    xipc_link *link = calloc(1, sizeof *link);

    if (!link) {
        return xipci_fail(
            XIPC_E_NO_MEMORY, XIPC_KIND_CALL, address, "no memory for a link");
    }
    xipci_object_init(&link->object, XIPC_KIND_CALL, address);
    link->object.wake = wake;
    link->object.waitable = &link_waitable;
    link->object.other = tell_other;
    link->line = line;
    link->is_costly = line->kind->is_costly;
    link->holds = 1;
    link->service = service;
    link->request_max = service ? service->request_max : 0;
    link->payload_max = options->payload_max;
    link->next_call = 1;
    link->outbox_end = &link->outbox;
    link->done_end = &link->done;
    link->waiters_end = &link->waiters;
    if (service) {
        xipci_service_hold(service);
    }
    *link_out = link;
    return XIPC_OK;
}

static void discard(xipc_link *link)
{
    xipc_service *service = link->service;

    xipci_poller_forget(&link->object);
    xipci_waiters_free(link);
    xipci_call_link_free_all(link);
    free(link);
    if (service) {
        xipci_service_drop(service);
    }
}

/* No latch: whoever had it is not in this process. */
void xipci_call_link_forget(xipc_link *link, unsigned holds)
{
    xipci_poller_forget(&link->object);
    if (link->line) {
        link->line->kind->close(link->line);
        link->line = NULL;
    }
    link->holds -= holds;
    if (link->holds == 0) {
        free(link);
    }
}

unsigned xipci_call_link_forget_place(xipc_link *link)
{
    if (!link->service_link) {
        return 0;
    }
    *link->service_link = link->next_of_service;
    if (link->next_of_service) {
        link->next_of_service->service_link = link->service_link;
    }
    link->service_link = NULL;
    return 1;
}

xipc_status xipci_call_link_check(const xipc_link *link)
{
    if (!link) {
        return xipci_invalid("the link is NULL");
    }
    return xipci_object_check(&link->object);
}

void xipci_call_link_hold(xipc_link *link)
{
    xipci_latch_take(&link->latch);
    link->holds++;
    xipci_latch_give(&link->latch);
}

void xipci_call_link_drop(xipc_link *link)
{
    xipci_call_link_latch(link);
    link->holds--;
    xipci_call_link_unlatch(link);
}

/* ---- its end ---- */

void xipci_call_link_end(xipc_link *link, xipc_status status, const char *words)
{
    xipci_call_link_latch(link);
    if (link->state < XIPCI_LINK_ENDED) {
        link->state = XIPCI_LINK_ENDED;
        link->end = status;
        snprintf(
            link->end_words, sizeof link->end_words, "%s",
            words ? words : xipcos_fault_text());
        xipci_call_link_nudge(link);
    }
    xipci_call_link_unlatch(link);
}

xipc_deadline xipci_call_part_by(void)
{
    return xipcos_clock_ns() + PARTING_NS;
}

/* Who has a role was nudged, and gives it up. */
static int is_in_use(xipc_link *link)
{
    int is_in_use;

    xipci_latch_take(&link->latch);
    is_in_use = link->is_parting && (link->is_receiving || link->is_sending);
    xipci_latch_give(&link->latch);
    return is_in_use;
}

void xipci_call_link_part(
    xipc_link *link, xipc_deadline until, const char *words)
{
    unsigned round = 0;

    xipci_latch_take(&link->latch);
    if (link->state == XIPCI_LINK_UP) {
        link->part_by = until;
        link->is_parting = 1;
    }
    xipci_latch_give(&link->latch);
    xipci_call_link_end(link, XIPC_E_CLOSED, words);
    while (is_in_use(link) && xipcos_clock_pause(round, until) == XIPC_OK) {
        round++;
    }
    xipci_call_link_latch(link);
    link->is_parting = 0;
    xipci_call_link_unlatch(link);
}

xipc_status xipci_call_link_tell_end(const xipc_link *link)
{
    switch (link->end) {
    case XIPC_E_CLOSED:
        return xipci_object_fail(
            &link->object, link->end, "the link has ended in good order");
    case XIPC_E_PEER_DIED:
        return xipci_object_fail(
            &link->object, link->end,
            "the other side died, or the connection broke");
    default:
        return xipci_fail(
            link->end, XIPC_KIND_CALL, link->object.name,
            "the link has ended: %s", link->end_words);
    }
}

/* With the latch. */
static void end_calls(xipc_link *link)
{
    xipci_numbered *at = xipci_table_take_any(&link->pendings);

    while (at) {
        xipc_pending *pending = (xipc_pending *)at;

        pending->is_in_table = 0;
        if (!pending->is_done) {
            xipci_pending_end(pending, link->end);
        }
        if (!pending->is_held && !pending->is_to_cancel) {
            xipci_pending_free(pending);
        }
        at = xipci_table_take_any(&link->pendings);
    }
    while (link->cancels) {
        xipc_pending *pending = link->cancels;

        link->cancels = pending->next_cancel;
        pending->is_to_cancel = 0;
        if (!pending->is_held) {
            xipci_pending_free(pending);
        }
    }
}

/* With the latch. Those that are whole are somebody's, who answers in vain. */
static void end_requests(xipc_link *link)
{
    xipci_numbered *at = xipci_table_take_any(&link->requests);

    while (at) {
        xipc_request *request = (xipc_request *)at;

        request->is_in_table = 0;
        atomic_store_explicit(&request->is_canceled, 1, memory_order_relaxed);
        if (!request->is_whole) {
            link->holds--;
            xipci_request_free(request);
        }
        at = xipci_table_take_any(&link->requests);
    }
    while (link->outbox) {
        xipc_request *request = link->outbox;

        link->outbox = request->next;
        request->kept_size = 0;
        link->holds--;
        xipci_request_free(request);
    }
    link->outbox_end = &link->outbox;
}

/*
 * Without the latch. Who calls it sees to it that the link stays. The line goes
 * when nobody can come to know it any more: neither a poller of the service's,
 * nor one of the user's. And only then the service may let go of the link.
 */
static void bury(xipc_link *link)
{
    xipcos_patience patience = {XIPC_NOW, NULL};
    xipci_line *line;

    xipci_call_link_latch(link);
    line = link->line;
    if (link->end == XIPC_E_CLOSED) {
        patience.deadline = link->part_by;
    }
    link->line = NULL;
    end_calls(link);
    end_requests(link);
    xipci_call_link_wake_all(link);
    link->is_to_stir = 0; /* they are taken up again, below */
    xipci_latch_give(&link->latch);
    xipci_call_link_arrange(link);
    if (line && line->kind->finish) {
        xipci_poller_stir(&link->object); /* it may take a while */
        (void)line->kind->finish(line, &patience);
    }
    xipci_poller_let_go(&link->object);
    if (line) {
        line->kind->close(line);
    }
    xipci_poller_take_up(&link->object);
    xipci_latch_take(&link->latch);
    link->is_buried = 1;
    xipci_latch_give(&link->latch);
    if (link->service) {
        xipci_service_alarm(link->service);
    }
}

/*
 * Everything that is to be done after something was done with the latch, so
 * that no latch is held across it.
 */
void xipci_call_link_unlatch_and_act(xipc_link *link)
{
    int must_bury = link->state == XIPCI_LINK_ENDED && !link->is_receiving &&
                    !link->is_sending && !link->is_parting;
    int must_unmute = link->is_muted && !link->is_receiving;
    int must_stir = link->is_to_stir;
    int is_last = link->holds == 0;

    if (must_bury) {
        link->state = XIPCI_LINK_BURIED;
    }
    if (must_unmute) {
        link->is_muted = 0;
    }
    /* What follows needs it, and may be the last that does. */
    link->holds += must_bury || must_unmute || must_stir;
    link->is_to_stir = 0;
    xipci_latch_give(&link->latch);
    if (!must_bury && !must_unmute && !must_stir) {
        if (is_last) {
            discard(link);
        }
        return;
    }
    if (must_stir) {
        xipci_poller_stir(&link->object);
    }
    if (must_unmute) {
        xipci_call_link_arrange(link);
    }
    if (must_bury) {
        bury(link);
    }
    xipci_call_link_drop(link);
}

/* ---- for its users ---- */

static xipc_status hang_up(xipc_link *link)
{
    xipc_status status = xipci_call_link_check(link);

    if (status == XIPC_OK) {
        xipci_call_link_end(link, XIPC_E_CLOSED, "this side has ended it");
    }
    return status;
}

xipc_status xipc_link_hang_up(xipc_link *link)
{
    return xipci_answer(hang_up(link));
}

static xipc_status keep(xipc_link *link)
{
    xipc_status status = xipci_call_link_check(link);

    if (status == XIPC_OK) {
        xipci_call_link_hold(link);
    }
    return status;
}

xipc_status xipc_link_keep(xipc_link *link)
{
    return xipci_answer(keep(link));
}

void xipc_link_close(xipc_link *link)
{
    if (!link) {
        return;
    }
    if (!xipci_object_is_own(&link->object)) {
        xipci_call_link_forget(
            link,
            1 + (link->is_accepted ? 0 : xipci_call_link_forget_place(link)));
        return;
    }
    if (!link->is_accepted) {
        xipci_call_link_part(
            link, xipci_call_part_by(), "this side has ended it");
    }
    xipci_call_link_drop(link);
}

static xipc_status get_info(const xipc_link *link, xipc_link_info *info)
{
    xipc_link *self = (xipc_link *)link;
    xipc_status status = xipci_call_link_check(link);

    if (status != XIPC_OK) {
        return status;
    }
    if (!info || info->info_size != sizeof *info) {
        return xipci_invalid(
            "info is NULL or its size unknown; use XIPC_LINK_INFO_INIT");
    }
    xipci_call_link_latch(self);
    info->calls = link->call_count;
    info->requests = link->request_total;
    info->late_replies = link->late_count;
    info->payload_max = link->their_payload_max;
    info->request_max = link->their_request_max;
    xipci_call_link_unlatch(self);
    return XIPC_OK;
}

xipc_status xipc_link_get_info(const xipc_link *link, xipc_link_info *info)
{
    return xipci_answer(get_info(link, info));
}
