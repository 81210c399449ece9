/* SPDX-License-Identifier: Apache-2.0 */
/* What the calls of a link lie in: tables by number, and bytes in pieces. */
#include <stdlib.h>
#include <string.h>

#include "core/call.h"
#include "core/failure.h"
#include "os/os_handle.h"

/* ---- by number ---- */

static xipci_numbered **bucket(const xipci_call_table *table, uint64_t call)
{
    return (xipci_numbered **)&table->buckets[call % XIPCI_CALL_BUCKETS];
}

void xipci_table_put(xipci_call_table *table, xipci_numbered *numbered)
{
    xipci_numbered **at = bucket(table, numbered->call);

    numbered->next = *at;
    *at = numbered;
}

xipci_numbered *xipci_table_find(const xipci_call_table *table, uint64_t call)
{
    xipci_numbered *at = *bucket(table, call);

    while (at && at->call != call) {
        at = at->next;
    }
    return at;
}

void xipci_table_take(xipci_call_table *table, xipci_numbered *numbered)
{
    xipci_numbered **at = bucket(table, numbered->call);

    while (*at != numbered) {
        at = &(*at)->next;
    }
    *at = numbered->next;
}

xipci_numbered *xipci_table_take_any(xipci_call_table *table)
{
    for (size_t at = 0; at < XIPCI_CALL_BUCKETS; at++) {
        xipci_numbered *first = table->buckets[at];

        if (first) {
            table->buckets[at] = first->next;
            return first;
        }
    }
    return NULL;
}

/* ---- in pieces ---- */

/* Of a cargo that is kept for the next one. */
#define KEPT_MAX 16384

#define CAPACITY_MIN 64

void xipci_natives_close(const intptr_t *natives, uint32_t count)
{
    for (uint32_t at = 0; at < count; at++) {
        if (natives[at] != XIPCI_NO_NATIVE) {
            xipcos_handle_drop(natives[at]);
        }
    }
}

/* Twice what has come at most, so that nobody makes us keep room for what he
 * does not send. */
static xipc_status make_room(xipci_cargo *cargo, size_t size)
{
    size_t capacity = cargo->capacity;
    unsigned char *bytes;

    if (size <= capacity) {
        return XIPC_OK;
    }
    capacity = capacity > size / 2 ? capacity * 2 : size;
    if (capacity > cargo->total && cargo->total >= size) {
        capacity = cargo->total;
    }
    if (capacity < CAPACITY_MIN) {
        capacity = CAPACITY_MIN;
    }
    bytes = realloc(cargo->bytes, capacity);
    if (!bytes) {
        return xipci_fail(
            XIPC_E_NO_MEMORY, XIPC_KIND_CALL, "",
            "no memory for %zu bytes of a message", capacity);
    }
    cargo->bytes = bytes;
    cargo->capacity = capacity;
    return XIPC_OK;
}

/* Whether it is the next piece, by its head. */
static int
is_next(const xipci_cargo *cargo, const xipci_frame *frame, size_t total)
{
    int is_first = (frame->flags & XIPCI_FRAME_FIRST) != 0;
    int is_last = (frame->flags & XIPCI_FRAME_LAST) != 0;

    if (!is_first && (cargo->size == 0 || frame->handle_count > 0)) {
        return 0;
    }
    if (!is_last && frame->size == 0) {
        return 0;
    }
    return frame->size <= total - cargo->size &&
           (cargo->size + frame->size == total) == is_last;
}

/* Its size is counted at once: a head alone tells whether it is right. */
static xipc_status
count(xipci_cargo *cargo, const xipci_frame *frame, size_t max, size_t *at_out)
{
    if ((frame->flags & XIPCI_FRAME_FIRST) != 0) {
        cargo->size = 0;
        cargo->total = frame->total;
    }
    if (cargo->total > max || !is_next(cargo, frame, cargo->total)) {
        return xipci_fail(
            XIPC_E_CORRUPT, XIPC_KIND_CALL, "",
            "a piece of %u bytes does not fit where it came", frame->size);
    }
    *at_out = cargo->size;
    cargo->size += frame->size;
    return XIPC_OK;
}

xipc_status xipci_cargo_add(
    xipci_cargo *cargo,
    const xipci_frame *frame,
    const void *body,
    const intptr_t *natives,
    size_t max)
{
    size_t at = 0;
    xipc_status status = count(cargo, frame, max, &at);

    if (status != XIPC_OK) {
        xipci_natives_close(natives, frame->handle_count);
        return status;
    }
    if (frame->handle_count > 0) {
        memcpy(
            cargo->natives, natives, frame->handle_count * sizeof natives[0]);
        cargo->handle_count = frame->handle_count;
    }
    status = make_room(cargo, cargo->size);
    if (status == XIPC_OK && frame->size > 0) {
        memcpy(cargo->bytes + at, body, frame->size);
    }
    return status;
}

xipc_status xipci_cargo_skip(
    xipci_cargo *cargo,
    const xipci_frame *frame,
    const intptr_t *natives,
    size_t max)
{
    size_t at = 0;

    xipci_natives_close(natives, frame->handle_count);
    return count(cargo, frame, max, &at);
}

void xipci_cargo_release(xipci_cargo *cargo)
{
    xipci_natives_close(cargo->natives, cargo->handle_count);
    cargo->handle_count = 0;
    free(cargo->bytes);
    cargo->bytes = NULL;
    cargo->capacity = 0;
}

void xipci_cargo_clear(xipci_cargo *cargo)
{
    xipci_natives_close(cargo->natives, cargo->handle_count);
    cargo->handle_count = 0;
    cargo->size = 0;
    cargo->total = 0;
    if (cargo->capacity > KEPT_MAX) {
        free(cargo->bytes);
        cargo->bytes = NULL;
        cargo->capacity = 0;
    }
}

void xipci_cargo_free(xipci_cargo *cargo)
{
    xipci_cargo_clear(cargo);
    free(cargo->bytes);
    cargo->bytes = NULL;
    cargo->capacity = 0;
}

/* ---- calls and requests that are used again ---- */

/* So many are kept of a link. */
#define FREE_REQUESTS_MAX 16

xipc_pending *xipci_pending_new(xipc_link *link)
{
    xipc_pending *pending = link->free_pendings;

    if (pending) {
        link->free_pendings = pending->next_free;
        pending->next_free = NULL;
        return pending;
    }
    pending = calloc(1, sizeof *pending);
    if (pending) {
        pending->link = link;
    }
    return pending;
}

/* What a new one does not set is as it was made. */
void xipci_pending_free(xipc_pending *pending)
{
    xipc_link *link = pending->link;

    xipci_cargo_clear(&pending->cargo);
    pending->is_done = 0;
    pending->is_awaited = 0;
    pending->is_receiver = 0;
    pending->has_turn = 0;
    pending->is_at_hand = 0;
    pending->is_refused = 0;
    pending->has_begun = 0;
    pending->answer = NULL;
    pending->waiter = NULL;
    pending->trouble = XIPC_OK;
    pending->next_free = link->free_pendings;
    link->free_pendings = pending;
}

xipc_request *xipci_request_new(xipc_link *link)
{
    xipc_request *request = link->free_requests;

    if (request) {
        link->free_requests = request->next;
        link->free_request_count--;
        request->next = NULL;
        return request;
    }
    request = calloc(1, sizeof *request);
    if (request) {
        request->link = link;
    }
    return request;
}

static void discard_request(xipc_request *request)
{
    xipci_cargo_free(&request->cargo);
    free(request);
}

void xipci_request_free(xipc_request *request)
{
    xipc_link *link = request->link;

    while (request->kept_count > 0) {
        xipcos_handle_close(request->kept_natives[--request->kept_count]);
    }
    free(request->kept);
    request->kept = NULL;
    if (link->free_request_count == FREE_REQUESTS_MAX) {
        discard_request(request);
        return;
    }
    xipci_cargo_clear(&request->cargo);
    request->trouble = XIPC_OK;
    atomic_store_explicit(&request->is_canceled, 0, memory_order_relaxed);
    request->next = link->free_requests;
    link->free_requests = request;
    link->free_request_count++;
}

void xipci_call_link_free_all(xipc_link *link)
{
    while (link->free_pendings) {
        xipc_pending *pending = link->free_pendings;

        link->free_pendings = pending->next_free;
        xipci_cargo_free(&pending->cargo);
        free(pending);
    }
    while (link->free_requests) {
        xipc_request *request = link->free_requests;

        link->free_requests = request->next;
        discard_request(request);
    }
}
