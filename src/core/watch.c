/* SPDX-License-Identifier: Apache-2.0 */
#include "core/watch.h"

#include "os/os_bell.h"

static uint64_t value_of(uint32_t bell, uint32_t token)
{
    return (uint64_t)bell << 32 | token;
}

static int exchange(_Atomic uint64_t *place, uint64_t from, uint64_t to)
{
    return atomic_compare_exchange_strong_explicit(
        place, &from, to, memory_order_seq_cst, memory_order_relaxed);
}

/* Frees the place of a poller whose bell is gone. */
static void free_dead(_Atomic uint64_t *place)
{
    uint64_t seen = atomic_load_explicit(place, memory_order_relaxed);

    if (seen != 0 && !xipcos_bell_lives((uint32_t)(seen >> 32))) {
        exchange(place, seen, 0);
    }
}

static int take_free(xipci_watch *watch, uint64_t value, unsigned *place_out)
{
    for (unsigned place = 0; place < XIPCI_WATCH_COUNT; place++) {
        if (exchange(&watch->places[place], 0, value)) {
            *place_out = place;
            return 1;
        }
    }
    return 0;
}

int xipci_watch_join(
    xipci_watch *watch, uint32_t bell, uint32_t token, unsigned *place_out)
{
    uint64_t value = value_of(bell, token);

    if (take_free(watch, value, place_out)) {
        return 1;
    }
    for (unsigned place = 0; place < XIPCI_WATCH_COUNT; place++) {
        free_dead(&watch->places[place]);
    }
    return take_free(watch, value, place_out);
}

void xipci_watch_leave(
    xipci_watch *watch, uint32_t bell, uint32_t token, unsigned place)
{
    atomic_fetch_and_explicit(
        &watch->armed, ~(UINT32_C(1) << place), memory_order_seq_cst);
    exchange(&watch->places[place], value_of(bell, token), 0);
}

void xipci_watch_arm(xipci_watch *watch, unsigned place)
{
    atomic_fetch_or_explicit(
        &watch->armed, UINT32_C(1) << place, memory_order_seq_cst);
}

int xipci_watch_is_armed(const xipci_watch *watch, unsigned place)
{
    /* Relaxed: asked now and then, and again. */
    return (atomic_load_explicit(&watch->armed, memory_order_relaxed) >> place &
            1) != 0;
}

/* The value is what another process wrote: whoever has that bell is rung for
 * nothing at worst. */
static void ring_place(_Atomic uint64_t *place)
{
    uint64_t value = atomic_load_explicit(place, memory_order_seq_cst);

    if (value != 0 &&
        !xipcos_bell_ring((uint32_t)(value >> 32), (uint32_t)value)) {
        free_dead(place);
    }
}

void xipci_watch_ring(xipci_watch *watch)
{
    uint32_t armed = atomic_load_explicit(&watch->armed, memory_order_seq_cst);

    if (armed == 0) {
        return;
    }
    armed = atomic_exchange_explicit(&watch->armed, 0, memory_order_seq_cst);
    for (unsigned place = 0; place < XIPCI_WATCH_COUNT; place++) {
        if ((armed >> place & 1) != 0) {
            ring_place(&watch->places[place]);
        }
    }
}
