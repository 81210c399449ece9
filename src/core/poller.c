/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two sorts of things are waited for. Native handles the system waits for, and
 * says which are ready. Objects in shared memory ring this poller's bell, which
 * is one more native handle: those that rang are hot, and are looked at; those
 * that are not ready are armed again (core/watch.h) and cool off. So a wait
 * costs as much as there is ready, whatever else there is.
 */
#include "core/poller.h"

#include <stdlib.h>

#include "core/failure.h"
#include "core/park.h"
#include "os/os_thread.h"

#define ALL_EVENTS  (XIPC_READABLE | XIPC_WRITABLE)
#define NATIVES_MAX 2

xipc_status xipci_poller_fail(xipc_status status, const char *why)
{
    return xipcos_fault(status, 0, "poller: %s", why);
}

xipc_status xipci_poller_check(const xipc_poller *poller)
{
    if (!poller) {
        return xipci_invalid("the poller is NULL");
    }
    if (!xipci_object_is_own(&poller->object)) {
        return xipci_poller_fail(
            XIPC_E_FORKED,
            "the handle belongs to the parent process; create another one");
    }
    return XIPC_OK;
}

/* Ends the sleep of whoever waits. */
static void wake(xipc_object *object)
{
    xipcos_bell_wake(((xipc_poller *)object)->bell);
}

static xipc_status create(xipc_poller **poller_out)
{
    xipc_poller *poller;
    xipc_status status;

    if (!poller_out) {
        return xipci_invalid("poller_out is NULL");
    }
    poller = calloc(1, sizeof *poller);
    if (!poller) {
        return xipci_poller_fail(XIPC_E_NO_MEMORY, "no memory for a handle");
    }
    xipci_object_init(&poller->object, (xipc_kind)0, "");
    poller->object.wake = wake;
    poller->hot_end = &poller->hot;
    status = xipcos_bell_create(&poller->bell);
    if (status == XIPC_OK) {
        status = xipcos_poller_create(poller->bell, &poller->native);
    }
    if (status != XIPC_OK) {
        free(poller);
        return status;
    }
    *poller_out = poller;
    return XIPC_OK;
}

xipc_status xipc_poller_create(xipc_poller **poller_out)
{
    return xipci_answer(create(poller_out));
}

xipc_object *xipc_poller_object(xipc_poller *poller)
{
    return poller ? &poller->object : NULL;
}

/* ---- what is in it; with the lock ---- */

static xipci_entry *
entry_of_object(const xipc_poller *poller, const xipc_object *object)
{
    xipci_entry *entry = object->entries;

    while (entry && entry->poller != poller) {
        entry = entry->next_of_object;
    }
    return entry;
}

static void leave_natives(xipci_entry *entry)
{
    for (int at = 0; at < entry->native_count; at++) {
        xipcos_poller_remove(
            entry->poller->native, entry->natives[at], entry->token);
    }
    entry->native_count = 0;
    entry->is_told = 0;
}

static void leave_places(xipci_entry *entry)
{
    const xipc_poller *poller = entry->poller;

    if (entry->watch) {
        xipci_watch_leave(
            entry->watch, xipcos_bell_number(poller->bell), entry->token,
            entry->place);
    }
    leave_natives(entry);
}

/* Leaves its place, unless it was taken before a fork. */
static void drop_object(xipci_entry *entry)
{
    xipci_entry **at = &entry->object->entries;

    while (*at != entry) {
        at = &(*at)->next_of_object;
    }
    *at = entry->next_of_object;
    if (xipci_object_is_own(&entry->poller->object)) {
        leave_places(entry);
    }
    entry->poller->watched_count--;
    xipci_entry_free(entry);
}

/* What the system waits for: one handle, or two for two events. */
static xipc_status take_natives(xipci_entry *entry)
{
    const xipci_waitable *waitable = entry->object->waitable;
    uint32_t left = waitable->native ? entry->events : 0;

    while (left != 0 && entry->native_count < NATIVES_MAX) {
        intptr_t native;
        uint32_t told = waitable->native(entry->object, left, &native) & left;
        xipc_status status;

        if (told == 0) {
            break;
        }
        status = xipcos_poller_add(
            entry->poller->native, native, told | XIPCOS_POLLED_OURS,
            entry->token);
        if (status != XIPC_OK) {
            leave_places(entry);
            return xipci_object_relay(entry->object, status);
        }
        entry->natives[entry->native_count++] = native;
        left &= ~told;
    }
    entry->is_told = left == 0 && entry->native_count > 0;
    return XIPC_OK;
}

/* Where it will be told that the object is ready. */
static xipc_status take_places(xipci_entry *entry)
{
    const xipci_waitable *waitable = entry->object->waitable;
    const xipc_poller *poller = entry->poller;
    xipc_status status = take_natives(entry);

    if (status != XIPC_OK) {
        return status;
    }
    entry->watch = waitable->watch(entry->object);
    if (!entry->watch || xipci_watch_join(
                             entry->watch, xipcos_bell_number(poller->bell),
                             entry->token, &entry->place)) {
        return XIPC_OK;
    }
    entry->watch = NULL;
    leave_places(entry);
    return xipci_fail(
        XIPC_E_LIMIT, entry->object->kind, entry->object->name,
        "%d pollers wait for it, which is the limit", XIPCI_WATCH_COUNT);
}

static xipc_status add_object(
    xipc_poller *poller, xipc_object *object, uint32_t events, void *cookie)
{
    xipci_entry *entry;
    xipc_status status;

    if (entry_of_object(poller, object)) {
        return xipci_fail(
            XIPC_E_EXISTS, object->kind, object->name,
            "it is in this poller already");
    }
    entry = xipci_entry_new(poller, events, cookie);
    if (!entry) {
        return xipci_poller_fail(
            XIPC_E_NO_MEMORY, "no memory for one more object");
    }
    entry->object = object;
    status = take_places(entry);
    if (status != XIPC_OK) {
        xipci_entry_free(entry);
        return status;
    }
    entry->next_of_object = object->entries;
    object->entries = entry;
    poller->watched_count++;
    if (object->waitable->prepare) {
        object->waitable->prepare(object);
    }
    xipci_entry_heat(entry); /* it may be ready now */
    return XIPC_OK;
}

static xipc_status
add_native(xipc_poller *poller, intptr_t native, uint32_t events, void *cookie)
{
    xipci_entry *entry;
    xipc_status status;

    if (xipci_entry_of_native(poller, native)) {
        return xipci_poller_fail(
            XIPC_E_EXISTS, "the native handle is in it already");
    }
    entry = xipci_entry_new(poller, events, cookie);
    if (!entry) {
        return xipci_poller_fail(
            XIPC_E_NO_MEMORY, "no memory for one more handle");
    }
    xipci_entry_index_native(entry, native);
    status = xipcos_poller_add(poller->native, native, events, entry->token);
    if (status != XIPC_OK) {
        xipci_entry_free(entry);
    }
    return status;
}

static void drop_native(xipci_entry *entry)
{
    xipcos_poller_remove(entry->poller->native, entry->native, entry->token);
    xipci_entry_free(entry);
}

/* ---- adding and removing ---- */

static xipc_status check_events(uint32_t events, uint32_t possible)
{
    if (events == 0 || (events & ~(uint32_t)ALL_EVENTS) != 0) {
        return xipci_poller_fail(XIPC_E_INVALID, "no events, or unknown ones");
    }
    if ((events & ~possible) != 0) {
        return xipci_poller_fail(
            XIPC_E_NOT_SUPPORTED, "an event that this does not have");
    }
    return XIPC_OK;
}

static xipc_status check_object(const xipc_object *object, uint32_t events)
{
    xipc_status status;

    if (!object) {
        return xipci_invalid("the object is NULL");
    }
    status = xipci_object_check(object);
    if (status == XIPC_OK) {
        status = check_events(events, ALL_EVENTS);
    }
    if (status != XIPC_OK) {
        return status;
    }
    if (!object->waitable) {
        return xipci_fail(
            XIPC_E_NOT_SUPPORTED, object->kind, object->name,
            "what is of this kind cannot be waited for in a poller");
    }
    return check_events(events, object->waitable->events);
}

static xipc_status
add(xipc_poller *poller, xipc_object *object, uint32_t events, void *cookie)
{
    xipc_status status = xipci_poller_check(poller);

    if (status == XIPC_OK) {
        status = check_object(object, events);
    }
    if (status != XIPC_OK) {
        return status;
    }
    if (object->scope == XIPC_SCOPE_MACHINE) {
        status = xipcos_bell_open_to_all(poller->bell);
        if (status != XIPC_OK) {
            return xipci_object_relay(object, status);
        }
    }
    xipcos_thread_lock();
    status = add_object(poller, object, events, cookie);
    if (status == XIPC_OK && (poller->waiter_count > 0 || poller->is_driven)) {
        wake(&poller->object); /* whoever sleeps there looks at it too */
    }
    xipcos_thread_unlock();
    return status;
}

xipc_status xipc_poller_add(
    xipc_poller *poller, xipc_object *object, uint32_t events, void *cookie)
{
    return xipci_answer(add(poller, object, events, cookie));
}

static xipc_status remove_object(xipc_poller *poller, xipc_object *object)
{
    xipci_entry *entry;
    xipc_status status = xipci_poller_check(poller);

    if (!object) {
        return xipci_invalid("the object is NULL");
    }
    if (status != XIPC_OK) {
        return status;
    }
    xipcos_thread_lock();
    entry = entry_of_object(poller, object);
    if (entry) {
        drop_object(entry);
    }
    xipcos_thread_unlock();
    return entry
               ? XIPC_OK
               : xipci_poller_fail(XIPC_E_NOT_FOUND, "the object is not in it");
}

xipc_status xipc_poller_remove(xipc_poller *poller, xipc_object *object)
{
    return xipci_answer(remove_object(poller, object));
}

static xipc_status add_handle(
    xipc_poller *poller,
    xipc_native_handle native,
    uint32_t events,
    void *cookie)
{
    xipc_status status = xipci_poller_check(poller);

    if (status == XIPC_OK) {
        status = check_events(events, ALL_EVENTS);
    }
    if (status != XIPC_OK) {
        return status;
    }
    xipcos_thread_lock();
    status = add_native(poller, native, events, cookie);
    xipcos_thread_unlock();
    return status;
}

xipc_status xipc_poller_add_native(
    xipc_poller *poller,
    xipc_native_handle native,
    uint32_t events,
    void *cookie)
{
    return xipci_answer(add_handle(poller, native, events, cookie));
}

static xipc_status remove_handle(xipc_poller *poller, xipc_native_handle native)
{
    xipci_entry *entry;
    xipc_status status = xipci_poller_check(poller);

    if (status != XIPC_OK) {
        return status;
    }
    xipcos_thread_lock();
    entry = xipci_entry_of_native(poller, native);
    if (entry) {
        drop_native(entry);
    }
    xipcos_thread_unlock();
    return entry ? XIPC_OK
                 : xipci_poller_fail(
                       XIPC_E_NOT_FOUND, "the native handle is not in it");
}

xipc_status
xipc_poller_remove_native(xipc_poller *poller, xipc_native_handle native)
{
    return xipci_answer(remove_handle(poller, native));
}

void xipci_poller_let_go(xipc_object *object)
{
    xipcos_thread_lock();
    for (xipci_entry *entry = object->entries; entry;
         entry = entry->next_of_object) {
        leave_places(entry);
        entry->watch = NULL;
    }
    xipcos_thread_unlock();
}

/* Where there is no memory to wait for it, every look around finds it. */
void xipci_poller_take_up(xipc_object *object)
{
    xipcos_thread_lock();
    for (xipci_entry *entry = object->entries; entry;
         entry = entry->next_of_object) {
        (void)take_places(entry);
    }
    xipcos_thread_unlock();
    xipci_poller_stir(object);
}

void xipci_poller_stir(xipc_object *object)
{
    xipcos_thread_lock();
    for (xipci_entry *entry = object->entries; entry;
         entry = entry->next_of_object) {
        xipci_entry_heat(entry);
        wake(&entry->poller->object);
    }
    xipcos_thread_unlock();
}

void xipci_poller_forget(xipc_object *object)
{
    xipcos_thread_lock();
    while (object->entries) {
        drop_object(object->entries);
    }
    xipcos_thread_unlock();
}

void xipc_poller_close(xipc_poller *poller)
{
    if (!poller) {
        return;
    }
    xipcos_thread_lock();
    for (uint32_t token = 1; token < poller->capacity; token++) {
        xipci_entry *entry = poller->table[token];

        if (entry && entry->object) {
            drop_object(entry);
        } else if (entry) {
            xipci_entry_free(entry);
        }
    }
    xipcos_thread_unlock();
    xipcos_poller_close(poller->native);
    free(poller->table);
    free(poller->buckets);
    free(poller);
}

/*
 * With the lock. The other loop sleeps as long as nobody rings, and who is
 * killed before he rings does not: so it is woken now and then, to look.
 */
static xipc_status start_beat(xipc_poller *poller)
{
    xipc_status status = XIPC_OK;

    if (!poller->is_driven) {
        status = xipcos_poller_beat(poller->native, XIPCI_SLICE_MAX_NS);
        poller->is_driven = status == XIPC_OK;
    }
    return status;
}

static xipc_status
get_native_handle(xipc_poller *poller, xipc_native_handle *native_out)
{
    xipc_native_handle native = -1;
    xipc_status status = xipci_poller_check(poller);

    if (!native_out) {
        return xipci_invalid("native_out is NULL");
    }
    if (status == XIPC_OK) {
        status = xipcos_poller_native_handle(poller->native, &native);
    }
    if (status == XIPC_OK) {
        xipcos_thread_lock();
        status = start_beat(poller);
        xipcos_thread_unlock();
    }
    if (status == XIPC_OK) {
        wake(&poller->object);
        *native_out = native;
    }
    return status;
}

xipc_status
xipc_poller_native_handle(xipc_poller *poller, xipc_native_handle *native_out)
{
    return xipci_answer(get_native_handle(poller, native_out));
}
