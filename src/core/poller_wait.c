/* SPDX-License-Identifier: Apache-2.0 */
/* One wait: the hot ones, what the system says is ready, and the bell. */
#include <limits.h>

#include "core/failure.h"
#include "core/park.h"
#include "core/poller.h"
#include "os/os_clock.h"
#include "os/os_thread.h"

#define AT_ONCE   64
#define TURNS_MAX 64
#define SOME      32

/* The longest that a look at those of which the system tells all may take. */
#define LOOK_MAX_NS 2000000

/* So often the bell alone is reason enough to look again. */
#define BELL_TURNS_MAX 3

/* The longest sleep while objects are waited for: by then is found what nobody
 * rang for because it was killed first. */
#define SLICE_MAX_NS (2 * (int64_t)XIPCI_SLICE_MAX_NS)

typedef struct poller_wait {
    xipc_poller *poller;
    xipc_ready *ready;
    size_t capacity;
    size_t count;
} poller_wait;

static int is_full(const poller_wait *wait)
{
    return wait->count == wait->capacity;
}

static void tell(poller_wait *wait, const xipci_entry *entry, uint32_t events)
{
    wait->ready[wait->count].cookie = entry->cookie;
    wait->ready[wait->count].events = events;
    wait->count++;
}

static uint32_t look(const xipci_entry *entry)
{
    uint32_t events = entry->object->waitable->look(entry->object);

    if ((events & XIPCI_HUNG_UP_IS_HALF) != 0 &&
        (events & entry->events) == 0) {
        return 0;
    }
    return events & (entry->events | XIPC_HUNG_UP);
}

/* With the lock. Takes the first of those that are hot off, and puts it back
 * behind the others if it is ready; if not, it is armed and looked at again. */
static uint32_t look_at_first(xipc_poller *poller)
{
    xipci_entry *entry = poller->hot;
    uint32_t events = look(entry);

    xipci_entry_cool(entry);
    if (events == 0 && entry->watch) {
        xipci_watch_arm(entry->watch, entry->place);
        events = look(entry);
    }
    if (events != 0) {
        xipci_entry_heat(entry);
    }
    return events;
}

/* With the lock. Whether any is ready; it is then the first one. */
static int any_is_ready(xipc_poller *poller)
{
    while (poller->hot && look(poller->hot) == 0) {
        look_at_first(poller);
    }
    return poller->hot != NULL;
}

/* With the lock. Each once, in turn, so that nobody starves. */
static void tell_hot(poller_wait *wait)
{
    for (size_t left = wait->poller->hot_count; left > 0 && !is_full(wait);
         left--) {
        const xipci_entry *entry = wait->poller->hot;
        uint32_t events = look_at_first(wait->poller);

        if (events != 0) {
            tell(wait, entry, events);
        }
    }
}

/* The system tells all of it, and nobody rings: to look at it is a call to the
 * system. */
static int is_told(const xipci_entry *entry)
{
    return entry && entry->is_told && !entry->watch;
}

static xipci_entry *next_entry(const xipc_poller *poller, uint32_t *cursor)
{
    *cursor = *cursor + 1 < poller->capacity ? *cursor + 1 : 1;
    return poller->table[*cursor];
}

/* With the lock. Whoever made it ready, or disarmed it, may not have rung. */
static void heat_if_missed(xipci_entry *entry)
{
    if (entry && entry->object &&
        ((entry->watch && !xipci_watch_is_armed(entry->watch, entry->place)) ||
         look(entry) != 0)) {
        xipci_entry_heat(entry);
    }
}

/* Of these a look that finds something is a rare thing, and may be dear: as
 * many as there is time for, the others next time. */
static void look_at_told(xipc_poller *poller)
{
    int64_t begin = xipcos_clock_ns();

    for (uint32_t turn = 1; turn < poller->capacity; turn++) {
        xipci_entry *entry = next_entry(poller, &poller->told_cursor);

        if (is_told(entry)) {
            heat_if_missed(entry);
        }
        if (turn % SOME == 0 && xipcos_clock_ns() - begin >= LOOK_MAX_NS) {
            break;
        }
    }
}

static void look_around(xipc_poller *poller)
{
    for (uint32_t token = 1; token < poller->capacity; token++) {
        if (!is_told(poller->table[token])) {
            heat_if_missed(poller->table[token]);
        }
    }
    look_at_told(poller);
}

/* The next few. Who always has something to tell, or never sleeps, so comes
 * round as well. */
static void look_at_some(xipc_poller *poller)
{
    for (int turn = 0; turn < SOME && poller->watched_count > 0; turn++) {
        xipci_entry *entry = next_entry(poller, &poller->cursor);

        if (!is_told(entry)) {
            heat_if_missed(entry);
        }
    }
}

/* With the lock. A token is what anybody may have sent. */
static void hear_token(xipc_poller *poller, uint32_t token)
{
    xipci_entry *entry = xipci_entry_of_token(poller, token);

    if (token == XIPCOS_TOKEN_MAX) {
        look_around(poller);
    } else if (entry && entry->object) {
        xipci_entry_heat(entry);
    }
}

/* With the lock. What is rung meanwhile may be left for the next wait, so that
 * nobody who rings without end keeps us here. */
static void hear_bell(xipc_poller *poller)
{
    uint32_t tokens[AT_ONCE];
    size_t count = AT_ONCE;
    int has_lost = 0;

    for (int turn = 0; turn < TURNS_MAX && count == AT_ONCE; turn++) {
        count = xipcos_bell_take(poller->bell, tokens, AT_ONCE, &has_lost);
        for (size_t at = 0; at < count; at++) {
            hear_token(poller, tokens[at]);
        }
        if (has_lost) {
            look_around(poller);
        }
    }
}

/* With the lock. An entry may have been removed since the system looked.
 * Whether the bell was among them, or the beat. */
static int
tell_polled(poller_wait *wait, const xipcos_polled *polled, size_t count)
{
    int was_rung = 0;

    for (size_t at = 0; at < count; at++) {
        xipci_entry *entry =
            xipci_entry_of_token(wait->poller, polled[at].token);

        if (polled[at].token == 0) {
            was_rung = 1;
            hear_bell(wait->poller);
        } else if (polled[at].token == XIPCOS_TOKEN_MAX) {
            was_rung = 1;
            look_around(wait->poller);
        } else if (entry && !entry->object) {
            tell(wait, entry, polled[at].events);
        } else if (entry) {
            xipci_entry_heat(entry);
        }
    }
    return was_rung;
}

/*
 * With the lock. How much of the answer native handles may fill: every other
 * time all of it, else what objects that are ready leave.
 */
static size_t room_for_native(poller_wait *wait, int is_object_ready)
{
    size_t room = wait->capacity;

    wait->poller->is_native_turn = !wait->poller->is_native_turn;
    if (is_object_ready && !wait->poller->is_native_turn) {
        room /= 2;
    }
    return room < AT_ONCE ? room : AT_ONCE;
}

static int is_interrupted(const xipc_poller *poller)
{
    return atomic_load_explicit(
               &poller->object.is_interrupted, memory_order_seq_cst) != 0;
}

/* With the lock. The other loop and the other threads are to be told too. */
static void pass_on(const xipc_poller *poller)
{
    int is_for_threads = poller->waiter_count > 0 &&
                         (poller->hot_count > 0 || is_interrupted(poller));

    if (is_for_threads || (poller->is_driven && poller->hot_count > 0)) {
        xipcos_bell_wake(poller->bell);
    }
}

/*
 * With the lock. All after a slice in which nothing came, and where the time is
 * known, when that is long ago; else the next few.
 */
static void look_for_missed(xipc_poller *poller, int64_t now, int is_slice_over)
{
    if (is_slice_over || (now != 0 && now >= poller->look_around_at)) {
        look_around(poller);
        poller->look_around_at = now + XIPCI_SLICE_MAX_NS;
    } else {
        look_at_some(poller);
    }
}

/* What one wait goes through. */
typedef struct wait_time {
    int64_t now;   /* 0: no clock is read */
    int64_t left;  /* to the deadline */
    int64_t slice; /* the longest sleep, if objects are waited for */
} wait_time;

static int64_t sleep_ns(poller_wait *wait, const wait_time *time)
{
    if (any_is_ready(wait->poller)) {
        return 0;
    }
    return wait->poller->watched_count > 0 && time->left > time->slice
               ? time->slice
               : time->left;
}

/* Looks, sleeps if there is nothing, and tells. Whether the bell was heard,
 * which may have been told instead of something else that is ready. */
static int wait_once(poller_wait *wait, wait_time *time)
{
    xipc_poller *poller = wait->poller;
    xipcos_polled polled[AT_ONCE];
    size_t count = 0;
    int is_slice_over;
    int was_rung;
    int64_t ns;
    size_t room;

    xipcos_thread_lock();
    ns = sleep_ns(wait, time);
    room = room_for_native(wait, poller->hot != NULL);
    poller->waiter_count++;
    xipcos_thread_unlock();
    if (room > 0) {
        count = xipcos_poller_wait(poller->native, polled, room, ns);
    }
    xipcos_thread_lock();
    poller->waiter_count--;
    was_rung = tell_polled(wait, polled, count);
    is_slice_over = count == 0 && ns == time->slice;
    look_for_missed(poller, time->now, is_slice_over);
    tell_hot(wait);
    pass_on(poller);
    xipcos_thread_unlock();
    if (is_slice_over) {
        time->slice =
            time->slice * 2 < SLICE_MAX_NS ? time->slice * 2 : SLICE_MAX_NS;
    }
    return was_rung;
}

static void read_clock(wait_time *time, xipc_deadline deadline)
{
    if (deadline != XIPC_NOW && deadline != XIPC_FOREVER) {
        time->now = xipcos_clock_ns();
        time->left = deadline > time->now ? deadline - time->now : 0;
    }
}

/* Nothing was told: what the wait ends with, or XIPC_OK if it goes on. */
static xipc_status
end_of_wait(const poller_wait *wait, const wait_time *time, xipc_deadline end)
{
    if (end == XIPC_NOW) {
        return xipci_poller_fail(XIPC_E_AGAIN, "nothing was ready");
    }
    if (is_interrupted(wait->poller)) {
        return xipci_poller_fail(
            XIPC_E_CANCELED, "xipc_interrupt() ended the wait");
    }
    if (time->left == 0) {
        return xipci_poller_fail(
            XIPC_E_TIMEOUT, "nothing was ready until the deadline");
    }
    return XIPC_OK;
}

static xipc_status wait_until(poller_wait *wait, xipc_deadline deadline)
{
    wait_time time = {0, deadline, XIPCI_SLICE_FIRST_NS};
    xipc_status status = XIPC_OK;
    int bell_turns = 0;

    while (status == XIPC_OK) {
        wait_time once;
        int was_rung;

        read_clock(&time, deadline);
        once = time;
        if (is_interrupted(wait->poller)) {
            once.left = 0;
        }
        was_rung = wait_once(wait, &once);
        time.slice = once.slice;
        if (wait->count > 0) {
            break;
        }
        if (!was_rung || ++bell_turns == BELL_TURNS_MAX) {
            bell_turns = 0;
            status = end_of_wait(wait, &time, deadline);
        }
    }
    return status;
}

static xipc_status wait_checked(
    xipc_poller *poller,
    xipc_ready *ready,
    size_t capacity,
    xipc_deadline deadline,
    size_t *count_out)
{
    poller_wait wait = {poller, ready, capacity, 0};
    xipc_status status = xipci_poller_check(poller);

    if (status == XIPC_OK && (!ready || !count_out || capacity == 0)) {
        status = xipci_invalid("ready or count_out is NULL, or no room");
    }
    if (status == XIPC_OK) {
        status = wait_until(&wait, deadline);
    }
    if (status == XIPC_OK) {
        *count_out = wait.count;
    }
    return status;
}

xipc_status xipc_poller_wait(
    xipc_poller *poller,
    xipc_ready *ready,
    size_t capacity,
    xipc_deadline deadline,
    size_t *count_out)
{
    return xipci_answer(
        wait_checked(poller, ready, capacity, deadline, count_out));
}
