/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A service: its methods, its threads, and the requests that wait for them. One
 * of the threads leads (call_lead.c): it waits for all links, and puts what
 * comes into the queue. Whoever takes a request from there wakes another thread
 * if there is more to do, or nobody leads.
 */
#include <stdlib.h>

#include "core/call_service.h"
#include "core/failure.h"
#include "core/park.h"
#include "core/waitable.h"
#include "os/os_clock.h"

static const xipc_service_options default_options = XIPC_SERVICE_OPTIONS_INIT;

/* ---- idle threads; with the latch ---- */

static void put_idler(xipc_service *service, xipci_idler *idler)
{
    idler->next = service->idlers;
    idler->link = &service->idlers;
    if (idler->next) {
        idler->next->link = &idler->next;
    }
    service->idlers = idler;
}

static void take_idler(xipci_idler *idler)
{
    if (idler->link) {
        *idler->link = idler->next;
        if (idler->next) {
            idler->next->link = idler->link;
        }
        idler->link = NULL;
    }
}

/* Who slept last is the warmest. */
static void wake_idler(xipc_service *service)
{
    xipci_idler *idler = service->idlers;

    if (idler) {
        take_idler(idler);
        xipcos_sleeper_wake(idler->sleeper);
    }
}

static void wake_all(xipc_service *service)
{
    xipci_latch_take(&service->latch);
    while (service->idlers) {
        wake_idler(service);
    }
    xipci_latch_give(&service->latch);
    xipci_service_alarm(service);
}

/* ---- the queue ---- */

void xipci_service_alarm(xipc_service *service)
{
    atomic_store_explicit(&service->is_alarmed, 1, memory_order_seq_cst);
    xipci_poller_stir(&service->alarm);
}

void xipci_service_put(xipc_service *service, xipc_request *request)
{
    request->next = NULL;
    *service->found_end = request;
    service->found_end = &request->next;
}

/* With the latch: what who leads has found. */
static void queue_found(xipc_service *service)
{
    if (service->found) {
        *service->queue_end = service->found;
        service->queue_end = service->found_end;
        service->found = NULL;
        service->found_end = &service->found;
    }
}

int xipci_service_enqueue(xipc_service *service, xipc_request *request)
{
    int is_alarm;

    request->next = NULL;
    xipci_latch_take(&service->latch);
    if (service->is_closed) {
        xipci_latch_give(&service->latch);
        return 0;
    }
    *service->queue_end = request;
    service->queue_end = &request->next;
    is_alarm = service->is_led && !service->idlers;
    wake_idler(service);
    xipci_latch_give(&service->latch);
    if (is_alarm) {
        xipci_service_alarm(service);
    }
    return 1;
}

/* With the latch. */
static xipc_request *take_queued(xipc_service *service)
{
    xipc_request *request = service->queue;

    if (request) {
        service->queue = request->next;
        if (!service->queue) {
            service->queue_end = &service->queue;
        }
        if (service->queue || !service->is_led) {
            wake_idler(service);
        }
        xipci_service_find_method(service, request);
    }
    return request;
}

static int is_interrupted(const xipc_service *service)
{
    return atomic_load_explicit(
        &service->object.is_interrupted, memory_order_seq_cst);
}

/* XIPC_OK: there is time. */
static xipc_status
time_left(const xipc_service *service, xipc_deadline deadline)
{
    if (service->worker_count == 0 && deadline != XIPC_NOW &&
        is_interrupted(service)) {
        return XIPC_E_CANCELED;
    }
    if (deadline == XIPC_NOW) {
        return XIPC_E_AGAIN;
    }
    if (deadline == XIPC_FOREVER) {
        return XIPC_OK;
    }
    return deadline <= xipcos_clock_ns() ? XIPC_E_TIMEOUT : XIPC_OK;
}

/* With the latch, which is given meanwhile. */
static xipc_status lead(xipc_service *service, xipc_deadline deadline)
{
    xipc_status status;

    service->is_led = 1;
    xipci_latch_give(&service->latch);
    status = xipci_service_lead(service, deadline);
    xipci_latch_take(&service->latch);
    service->is_led = 0;
    queue_found(service);
    return status;
}

/* With the latch, which is given meanwhile. */
static xipc_status
idle(xipc_service *service, xipci_idler *idler, xipc_deadline deadline)
{
    if (deadline == XIPC_NOW) {
        return XIPC_E_AGAIN;
    }
    put_idler(service, idler);
    xipci_latch_give(&service->latch);
    xipcos_sleeper_sleep(idler->sleeper, deadline);
    xipci_latch_take(&service->latch);
    take_idler(idler);
    return XIPC_OK;
}

/* The next request; `idler` is this thread's. */
static xipc_status next_request(
    xipc_service *service,
    xipci_idler *idler,
    xipc_deadline deadline,
    xipc_request **request_out)
{
    xipc_status status = XIPC_OK;

    xipci_latch_take(&service->latch);
    for (;;) {
        *request_out = take_queued(service);
        if (*request_out || status != XIPC_OK) {
            break;
        }
        if (service->is_closed) {
            status = XIPC_E_CLOSED;
            break;
        }
        status = service->is_led ? idle(service, idler, deadline)
                                 : lead(service, deadline);
        if (status == XIPC_OK) {
            status = time_left(service, deadline);
        }
    }
    if (!*request_out && !service->is_led) {
        wake_idler(service); /* who leads now goes */
    }
    xipci_latch_give(&service->latch);
    return *request_out ? XIPC_OK : status;
}

/* ---- handlers ---- */

static void refuse(xipc_request *request, xipc_status status)
{
    request->sending =
        (xipci_sending){.frame.method = (uint32_t)(int32_t)status};
    (void)xipci_send_answer(request);
}

/* While a handler runs it may answer, and then the request is gone. */
static void run(xipc_request *request)
{
    int is_settled = 0;

    request->is_settled_out = &is_settled;
    request->handler(request->context, request);
    if (!is_settled) {
        request->is_settled_out = NULL;
        refuse(request, XIPC_OK);
    }
}

/* 0: it has no handler, and is to be taken. */
static int serve(const xipc_service *service, xipc_request *request)
{
    if (request->trouble != XIPC_OK) {
        refuse(request, request->trouble);
        return 1;
    }
    if (request->handler) {
        run(request);
        return 1;
    }
    if (service->worker_count == 0) {
        return 0;
    }
    refuse(request, XIPC_E_NOT_FOUND);
    return 1;
}

static int is_closed(xipc_service *service)
{
    int is_closed;

    xipci_latch_take(&service->latch);
    is_closed = service->is_closed;
    xipci_latch_give(&service->latch);
    return is_closed;
}

static void work(void *context)
{
    xipc_service *service = context;
    xipci_serving serving;
    xipci_idler idler = {0};
    xipc_request *request = NULL;

    xipc_status status = xipcos_sleeper_create(&idler.sleeper);
    unsigned round = 0;

    xipci_serving_begin(&serving, service);

    /* What fails for want of memory may go on later. */
    while (status != XIPC_OK && !is_closed(service)) {
        (void)xipcos_clock_pause(round++, XIPC_FOREVER);
        status = xipcos_sleeper_create(&idler.sleeper);
    }
    while (status != XIPC_E_CLOSED && idler.sleeper) {
        status = next_request(service, &idler, XIPC_FOREVER, &request);
        if (status == XIPC_OK) {
            round = 0;
            (void)serve(service, request);
        } else if (status != XIPC_E_CLOSED) {
            (void)xipcos_clock_pause(round++, XIPC_FOREVER);
        }
    }
    xipcos_sleeper_free(idler.sleeper);
    xipci_serving_end(&serving);
}

/* ---- by hand ---- */

xipc_status xipci_service_check(const xipc_service *service)
{
    if (!service) {
        return xipci_invalid("the service is NULL");
    }
    return xipci_object_check(&service->object);
}

static xipc_status
take(xipc_service *service, xipc_deadline deadline, xipc_request **request_out)
{
    xipci_serving serving;
    xipci_idler idler = {0};
    xipc_request *request = NULL;
    xipc_status status = xipcos_sleeper_create(&idler.sleeper);

    xipci_serving_begin(&serving, service);
    while (status == XIPC_OK) {
        status = next_request(service, &idler, deadline, &request);
        if (status == XIPC_OK && !serve(service, request)) {
            *request_out = request;
            break;
        }
    }
    xipci_serving_end(&serving);
    xipcos_sleeper_free(idler.sleeper);
    return status == XIPC_OK || status == XIPC_E_NO_MEMORY
               ? status
               : xipci_park_result(&service->object, status, "no request came");
}

static xipc_status take_checked(
    xipc_service *service, xipc_deadline deadline, xipc_request **request_out)
{
    xipc_status status = xipci_service_check(service);

    if (status != XIPC_OK) {
        return status;
    }
    if (!request_out) {
        return xipci_invalid("request_out is NULL");
    }
    if (service->worker_count > 0) {
        return xipci_object_fail(
            &service->object, XIPC_E_INVALID,
            "its threads take its requests: workers must be 0");
    }
    return take(service, deadline, request_out);
}

xipc_status xipc_service_take(
    xipc_service *service, xipc_deadline deadline, xipc_request **request_out)
{
    return xipci_answer(take_checked(service, deadline, request_out));
}

xipc_object *xipc_service_object(xipc_service *service)
{
    return service ? &service->object : NULL;
}

/* ---- its life ---- */

static void wake(xipc_object *object)
{
    wake_all((xipc_service *)object);
}

void xipci_service_free(xipc_service *service)
{
    xipci_poller_forget(&service->object);
    xipci_poller_forget(&service->alarm);
    xipc_poller_close(service->poller);
    free(service->methods);
    free(service->workers);
    free(service);
}

void xipci_service_hold(xipc_service *service)
{
    atomic_fetch_add_explicit(&service->holds, 1, memory_order_relaxed);
}

void xipci_service_drop(xipc_service *service)
{
    if (atomic_fetch_sub_explicit(&service->holds, 1, memory_order_acq_rel) ==
        1) {
        xipci_service_free(service);
    }
}

static xipc_status check_options(const xipc_service_options *options)
{
    if (options->options_size != sizeof *options) {
        return xipci_invalid(
            "options_size is unknown; use XIPC_SERVICE_OPTIONS_INIT");
    }
    if (options->workers > XIPC_CALL_WORKER_LIMIT) {
        return xipci_invalid(
            "%u workers; %u at most", options->workers, XIPC_CALL_WORKER_LIMIT);
    }
    if (options->request_max == 0 ||
        options->request_max > XIPC_CALL_REQUEST_LIMIT) {
        return xipci_invalid(
            "a request_max of %u; 1 to %u", options->request_max,
            XIPC_CALL_REQUEST_LIMIT);
    }
    return options->link_max > 0 ? XIPC_OK : xipci_invalid("a link_max of 0");
}

/* NULL: no memory. */
static xipc_service *new_service(const xipc_service_options *options)
{
    xipc_service *service = calloc(1, sizeof *service);

    if (!service) {
        return NULL;
    }
    service->workers = calloc(options->workers + 1, sizeof(void *));
    if (!service->workers) {
        free(service);
        return NULL;
    }
    xipci_object_init(&service->object, XIPC_KIND_CALL, "");
    service->object.wake = wake;
    service->holds = 1;
    service->request_max = options->request_max;
    service->link_max = options->link_max;
    service->on_link = options->on_link;
    service->context = options->context;
    service->queue_end = &service->queue;
    service->found_end = &service->found;
    return service;
}

static xipc_status start_workers(xipc_service *service, uint32_t worker_count)
{
    xipc_status status = XIPC_OK;

    /* Before the first: it decides who takes requests. */
    service->worker_count = worker_count;
    for (uint32_t at = 0; at < worker_count && status == XIPC_OK; at++) {
        status = xipcos_worker_start(work, service, &service->workers[at]);
    }
    return status;
}

static xipc_status
create(const xipc_service_options *options, xipc_service **service_out)
{
    xipc_service *service;
    xipc_status status;

    if (!service_out) {
        return xipci_invalid("service_out is NULL");
    }
    options = options ? options : &default_options;
    status = check_options(options);
    if (status != XIPC_OK) {
        return status;
    }
    service = new_service(options);
    if (!service) {
        return xipci_fail(
            XIPC_E_NO_MEMORY, XIPC_KIND_CALL, "", "no memory for a service");
    }
    status = xipci_service_begin(service);
    if (status == XIPC_OK) {
        status = start_workers(service, options->workers);
    }
    if (status != XIPC_OK) {
        xipc_service_close(service);
        return status;
    }
    *service_out = service;
    return XIPC_OK;
}

xipc_status xipc_service_create(
    const xipc_service_options *options, xipc_service **service_out)
{
    return xipci_answer(create(options, service_out));
}

/* What nobody has taken is freed with its link, which has ended. */
static void drop_queued(xipc_service *service)
{
    xipc_request *request;

    do {
        xipci_latch_take(&service->latch);
        request = take_queued(service);
        xipci_latch_give(&service->latch);
        if (request) {
            refuse(request, XIPC_E_CANCELED);
        }
    } while (request);
}

static void close_own(xipc_service *service)
{
    xipci_serving serving;

    xipci_serving_begin(&serving, service);
    xipci_latch_take(&service->latch);
    service->part_by = xipci_call_part_by();
    service->is_closed = 1;
    xipci_latch_give(&service->latch);
    xipci_service_end_links(service);
    wake_all(service);
    for (uint32_t at = 0; at < service->worker_count; at++) {
        xipcos_worker_join(service->workers[at]);
    }
    xipci_service_bury(service);
    drop_queued(service);
    xipci_serving_end(&serving);
    xipci_service_drop(service);
}

void xipc_service_close(xipc_service *service)
{
    if (!service) {
        return;
    }
    if (!xipci_object_is_own(&service->object)) {
        xipci_service_forget(service);
    } else if (xipci_is_serving(service)) {
        (void)xipci_answer(xipci_object_fail(
            &service->object, XIPC_E_INVALID,
            "its handlers and on_link cannot close it; have another thread do "
            "so"));
    } else {
        close_own(service);
    }
}
