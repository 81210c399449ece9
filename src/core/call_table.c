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

/* ---- memory that is used again ---- */

/* So much may be kept of each. */
#define SMALL_MAX ((size_t)16 << 10)

/*
 * And of those that are larger so many bytes in this process. Many allocators
 * get memory of that size from the system each time, and to touch it for the
 * first time takes longer than to copy what comes.
 */
#define LARGE_MAX ((size_t)8 << 20)

/* What the larger ones have that are kept. Any thread adds what it keeps, and
 * takes away what is used again or freed; relaxed: it is only a bound. */
static atomic_size_t large_bytes;

static void room_free(xipci_room *room)
{
    free(room->bytes);
    *room = (xipci_room){NULL, 0};
}

/* It is its object's that is free no longer. */
static void room_use(const xipci_room *room)
{
    if (room->capacity > SMALL_MAX) {
        atomic_fetch_sub_explicit(
            &large_bytes, room->capacity, memory_order_relaxed);
    }
}

/* It is a free object's from now on. */
static void room_keep(xipci_room *room)
{
    size_t before;

    if (room->capacity <= SMALL_MAX) {
        return;
    }
    before = atomic_fetch_add_explicit(
        &large_bytes, room->capacity, memory_order_relaxed);
    if (before + room->capacity > LARGE_MAX) {
        room_use(room);
        room_free(room);
    }
}

unsigned char *xipci_room_for(xipci_room *room, size_t size)
{
    if (size > room->capacity) {
        room_free(room);
        room->bytes = malloc(size);
        room->capacity = room->bytes ? size : 0;
    }
    return room->bytes;
}

/* ---- in pieces ---- */

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
    size_t capacity = cargo->room.capacity;
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
    bytes = realloc(cargo->room.bytes, capacity);
    if (!bytes) {
        return xipci_fail(
            XIPC_E_NO_MEMORY, XIPC_KIND_CALL, "",
            "no memory for %zu bytes of a message", capacity);
    }
    cargo->room = (xipci_room){bytes, capacity};
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
        memcpy(cargo->room.bytes + at, body, frame->size);
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
    room_free(&cargo->room);
}

void xipci_cargo_clear(xipci_cargo *cargo)
{
    xipci_natives_close(cargo->natives, cargo->handle_count);
    cargo->handle_count = 0;
    cargo->size = 0;
    cargo->total = 0;
}

void xipci_cargo_free(xipci_cargo *cargo)
{
    xipci_cargo_clear(cargo);
    room_free(&cargo->room);
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
        room_use(&pending->cargo.room);
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
    room_keep(&pending->cargo.room);
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
        room_use(&request->cargo.room);
        room_use(&request->kept);
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
    room_free(&request->kept);
    free(request);
}

void xipci_request_free(xipc_request *request)
{
    xipc_link *link = request->link;

    while (request->kept_count > 0) {
        xipcos_handle_close(request->kept_natives[--request->kept_count]);
    }
    if (link->free_request_count == FREE_REQUESTS_MAX) {
        discard_request(request);
        return;
    }
    xipci_cargo_clear(&request->cargo);
    room_keep(&request->cargo.room);
    room_keep(&request->kept);
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
        room_use(&pending->cargo.room);
        xipci_cargo_free(&pending->cargo);
        free(pending);
    }
    while (link->free_requests) {
        xipc_request *request = link->free_requests;

        link->free_requests = request->next;
        room_use(&request->cargo.room);
        room_use(&request->kept);
        discard_request(request);
    }
}
