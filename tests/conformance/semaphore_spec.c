/* SPDX-License-Identifier: Apache-2.0 */
/* Counting what there is. */
#include "support/sync_kit.h"

#define HAND_COUNT 4

static void require_count(xipc_semaphore *semaphore, uint32_t want)
{
    REQUIRE_UINT(want, xipc_semaphore_count(semaphore));
}

/* Takes what the count says is there, and no more. */
static void require_takes(xipc_semaphore *semaphore, uint32_t count)
{
    require_count(semaphore, count);
    for (uint32_t i = 0; i < count; i++) {
        REQUIRE_OK(xipc_semaphore_wait(semaphore, XIPC_NOW));
    }
    require_count(semaphore, 0);
    REQUIRE_STATUS(XIPC_E_AGAIN, xipc_semaphore_wait(semaphore, XIPC_NOW));
}

static void as_made(const char *place)
{
    xipc_semaphore *semaphore = semaphore_made(place, 3, 5);
    xipc_semaphore *opened = semaphore_joined(place);

    require_count(semaphore, 3);
    require_count(opened, 3);
    REQUIRE_UINT(5, xipc_semaphore_max(semaphore));
    REQUIRE_UINT(5, xipc_semaphore_max(opened));
    require_takes(opened, 3);
    require_count(semaphore, 0);

    xipc_semaphore_close(opened);
    xipc_semaphore_close(semaphore);
}

SPEC(a_semaphore_has_the_count_and_the_maximum_it_was_made_with, "SYNC-2")
{
    in_both_forms(as_made);
}

static void require_makes(uint32_t initial, uint32_t max)
{
    xipc_semaphore *semaphore = semaphore_made("a", initial, max);

    require_count(semaphore, initial);
    REQUIRE_UINT(max, xipc_semaphore_max(semaphore));
    xipc_semaphore_close(semaphore);
}

SPEC(a_semaphore_may_be_empty_or_full_or_huge, "SYNC-2")
{
    require_makes(0, 1);
    require_makes(1, 1);
    require_makes(0, UINT32_MAX);
    require_makes(UINT32_MAX, UINT32_MAX);
    require_makes(UINT32_MAX - 1, UINT32_MAX);
    require_makes(UINT32_MAX / 2 + 1, UINT32_MAX / 2 + 1);
}

static void counting(const char *place)
{
    xipc_semaphore *semaphore = semaphore_made(place, 0, 100);

    REQUIRE_OK(xipc_semaphore_post(semaphore, 1));
    require_count(semaphore, 1);
    REQUIRE_OK(xipc_semaphore_post(semaphore, 6));
    require_takes(semaphore, 7);
    REQUIRE_OK(xipc_semaphore_post(semaphore, 100));
    require_takes(semaphore, 100);

    xipc_semaphore_close(semaphore);
}

SPEC(a_post_adds_and_a_wait_takes_one, "SYNC-2")
{
    in_both_forms(counting);
}

static void above_the_maximum(const char *place)
{
    xipc_semaphore *semaphore = semaphore_made(place, 2, 5);

    REQUIRE_STATUS(XIPC_E_LIMIT, xipc_semaphore_post(semaphore, 4));
    REQUIRE_STATUS(XIPC_E_LIMIT, xipc_semaphore_post(semaphore, UINT32_MAX));
    REQUIRE_STATUS(
        XIPC_E_LIMIT, xipc_semaphore_post(semaphore, UINT32_MAX - 1));
    require_count(semaphore, 2);
    REQUIRE_OK(xipc_semaphore_post(semaphore, 3));
    REQUIRE_STATUS(XIPC_E_LIMIT, xipc_semaphore_post(semaphore, 1));
    require_takes(semaphore, 5);

    xipc_semaphore_close(semaphore);
}

SPEC(a_post_that_would_pass_the_maximum_adds_nothing, "SYNC-2 GEN-1")
{
    in_both_forms(above_the_maximum);
}

SPEC(a_count_does_not_run_over_where_numbers_end, "SYNC-2 GEN-7")
{
    xipc_semaphore *semaphore = semaphore_made("a", 1, UINT32_MAX);

    REQUIRE_STATUS(XIPC_E_LIMIT, xipc_semaphore_post(semaphore, UINT32_MAX));
    require_count(semaphore, 1);
    REQUIRE_OK(xipc_semaphore_post(semaphore, UINT32_MAX - 1));
    require_count(semaphore, UINT32_MAX);
    REQUIRE_STATUS(XIPC_E_LIMIT, xipc_semaphore_post(semaphore, 1));
    REQUIRE_STATUS(XIPC_E_LIMIT, xipc_semaphore_post(semaphore, UINT32_MAX));
    REQUIRE_OK(xipc_semaphore_wait(semaphore, XIPC_FOREVER));
    require_count(semaphore, UINT32_MAX - 1);

    xipc_semaphore_close(semaphore);
}

static void empty(const char *place)
{
    static const int64_t distances[] = {0, 1, 9, 10, 11, 35, 250};
    xipc_semaphore *semaphore = semaphore_made(place, 0, 1);

    REQUIRE_STATUS(XIPC_E_AGAIN, xipc_semaphore_wait(semaphore, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, xipc_semaphore_wait(semaphore, xipc_after_ms(-1000)));
    for (size_t i = 0; i < sizeof distances / sizeof distances[0]; i++) {
        xipc_deadline deadline = xipc_after_ms(distances[i]);

        REQUIRE_STATUS(
            XIPC_E_TIMEOUT, xipc_semaphore_wait(semaphore, deadline));
        REQUIRE(xipc_after_ms(0) >= deadline);
    }
    require_count(semaphore, 0);
    REQUIRE_OK(xipc_semaphore_post(semaphore, 1));
    REQUIRE_OK(xipc_semaphore_wait(semaphore, xipc_after_ms(-1000)));

    xipc_semaphore_close(semaphore);
}

SPEC(a_wait_in_vain_gives_up_no_earlier_than_its_deadline, "SYNC-2 GEN-4")
{
    in_both_forms(empty);
}

static void across(const char *place)
{
    xipc_semaphore *semaphore = semaphore_made(place, 0, 2);
    spec_peer *hand = hand_at(place);

    hand_does(hand, "take now", XIPC_E_AGAIN);
    REQUIRE_OK(xipc_semaphore_post(semaphore, 2));
    hand_does(hand, "take now", XIPC_OK);
    hand_does(hand, "take", XIPC_OK);
    hand_does(hand, "take 20", XIPC_E_TIMEOUT);
    hand_does(hand, "post", XIPC_OK);
    hand_does(hand, "post", XIPC_OK);
    hand_does(hand, "post", XIPC_E_LIMIT);
    require_takes(semaphore, 2);

    hand_ends(hand);
    xipc_semaphore_close(semaphore);
}

SPEC(processes_count_together, "SYNC-2")
{
    in_both_forms(across);
}

static void waiting(const char *place)
{
    sync_set set = {.semaphore = semaphore_made(place, 0, 2)};
    spec_peer *hand = hand_at(place);
    sync_call call;

    hand_does(hand, "take now", XIPC_E_AGAIN);
    spec_tell(hand, "take");
    REQUIRE_OK(xipc_semaphore_post(set.semaphore, 1));
    hand_answers(hand, XIPC_OK);
    call_begin(&call, do_take, set, XIPC_FOREVER);
    hand_does(hand, "post", XIPC_OK);
    REQUIRE_OK(call_end(&call));

    require_takes(set.semaphore, 0);
    hand_ends(hand);
    xipc_semaphore_close(set.semaphore);
}

SPEC(a_post_lets_a_waiter_through, "SYNC-2")
{
    for (int i = 0; i < 20; i++) {
        in_both_forms(waiting);
    }
}

/* As many hands as there are, all told to take one. */
static void all_take(spec_peer **hands, const char *place)
{
    for (int i = 0; i < HAND_COUNT; i++) {
        hands[i] = hand_at(place);
        hand_does(hands[i], "take now", XIPC_E_AGAIN);
        spec_tell(hands[i], i % 2 == 0 ? "take" : "take 60000");
    }
}

static void all_have_taken(spec_peer **hands)
{
    for (int i = 0; i < HAND_COUNT; i++) {
        hand_answers(hands[i], XIPC_OK);
        hand_ends(hands[i]);
    }
}

static void one_post_for_all(const char *place)
{
    xipc_semaphore *semaphore = semaphore_made(place, 0, 100);
    spec_peer *hands[HAND_COUNT];

    all_take(hands, place);
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, xipc_semaphore_wait(semaphore, xipc_after_ms(20)));
    REQUIRE_OK(xipc_semaphore_post(semaphore, HAND_COUNT + 3));

    all_have_taken(hands);
    require_takes(semaphore, 3);
    xipc_semaphore_close(semaphore);
}

SPEC(a_post_for_all_lets_all_waiters_through, "SYNC-2")
{
    in_both_forms(one_post_for_all);
}

static void one_post_each(const char *place)
{
    xipc_semaphore *semaphore = semaphore_made(place, 0, 100);
    spec_peer *hands[HAND_COUNT];

    all_take(hands, place);
    for (int i = 0; i < HAND_COUNT; i++) {
        REQUIRE_OK(xipc_semaphore_post(semaphore, 1));
    }

    all_have_taken(hands);
    require_takes(semaphore, 0);
    xipc_semaphore_close(semaphore);
}

SPEC(as_many_posts_as_waiters_let_all_of_them_through, "SYNC-2")
{
    in_both_forms(one_post_each);
}

/* Threads that wait, and how many came through. */
typedef struct turnstile {
    xipc_semaphore *semaphore;
    atomic_uint count;
} turnstile;

static void come_through(void *context)
{
    turnstile *gate = context;

    REQUIRE_OK(xipc_semaphore_wait(gate->semaphore, XIPC_FOREVER));
    atomic_fetch_add(&gate->count, 1);
}

static void one_by_one(const char *place)
{
    turnstile gate = {.semaphore = semaphore_made(place, 0, 10)};
    spec_thread *threads[HAND_COUNT];

    atomic_init(&gate.count, 0);
    for (int i = 0; i < HAND_COUNT; i++) {
        threads[i] = spec_thread_start(come_through, &gate);
    }
    for (unsigned i = 1; i <= HAND_COUNT; i++) {
        REQUIRE_OK(xipc_semaphore_post(gate.semaphore, 1));
        while (atomic_load(&gate.count) < i) {
            /* the watchdog ends it */
        }
        REQUIRE_STATUS(
            XIPC_E_TIMEOUT,
            xipc_semaphore_wait(gate.semaphore, xipc_after_ms(15)));
        REQUIRE_UINT(i, atomic_load(&gate.count));
    }
    for (int i = 0; i < HAND_COUNT; i++) {
        spec_thread_join(threads[i]);
    }

    require_takes(gate.semaphore, 0);
    xipc_semaphore_close(gate.semaphore);
}

SPEC(each_post_lets_one_thread_through_and_no_other, "SYNC-2 GEN-6")
{
    in_both_forms(one_by_one);
}

static void taker_dies(const char *place)
{
    xipc_semaphore *semaphore = semaphore_made(place, 2, 2);
    spec_peer *hand = hand_at(place);

    hand_does(hand, "take", XIPC_OK);
    spec_kill(hand);

    require_takes(semaphore, 1);
    REQUIRE_OK(xipc_semaphore_post(semaphore, 2));
    require_takes(semaphore, 2);
    xipc_semaphore_close(semaphore);
}

SPEC(what_a_process_took_goes_with_it, "SYNC-2 GEN-11")
{
    in_both_forms(taker_dies);
}

static int64_t waiter_dies(const char *place)
{
    xipc_semaphore *semaphore = semaphore_made(place, 0, 2);
    spec_peer *first = hand_at(place);
    spec_peer *second = hand_at(place);
    int64_t start;
    int64_t took;

    hand_does(first, "take now", XIPC_E_AGAIN);
    hand_does(second, "take now", XIPC_E_AGAIN);
    spec_tell(first, "take");
    spec_tell(second, "take");
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, xipc_semaphore_wait(semaphore, xipc_after_ms(15)));
    spec_kill(first);
    start = spec_now_ns();
    REQUIRE_OK(xipc_semaphore_post(semaphore, 1));
    hand_answers(second, XIPC_OK);
    took = spec_now_ns() - start;

    require_takes(semaphore, 0);
    hand_ends(second);
    xipc_semaphore_close(semaphore);
    return took;
}

static void waiters_die(const char *place)
{
    for (int i = 0; i < 5; i++) {
        within_a_second(waiter_dies, place);
    }
}

SPEC(a_killed_waiter_keeps_nothing_from_the_others, "SYNC-2 GEN-11")
{
    in_both_forms(waiters_die);
}

SPEC(an_existing_semaphore_keeps_its_count_and_maximum, "SYNC-2 LIFE-3")
{
    xipc_semaphore *semaphore = semaphore_made("a", 3, 5);
    xipc_semaphore *joined = NULL;
    int created = 77;

    REQUIRE_OK(xipc_semaphore_open_or_create(
        "a", 7, 9, NULL, XIPC_FOREVER, &joined, &created));

    REQUIRE(created == 0);
    REQUIRE_UINT(5, xipc_semaphore_max(joined));
    require_takes(joined, 3);
    xipc_semaphore_close(joined);
    xipc_semaphore_close(semaphore);
}

SPEC(a_persistent_semaphore_keeps_its_count, "SYNC-2 LIFE-2")
{
    xipc_sync_options options = sync_lasting(XIPC_PERSISTENT);
    xipc_semaphore *semaphore = NULL;
    spec_peer *hand = hand_at("a");

    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    REQUIRE_OK(
        xipc_semaphore_create("a", 3, 8, &options, XIPC_FOREVER, &semaphore));
    REQUIRE_OK(xipc_semaphore_post(semaphore, 2));
    xipc_semaphore_close(semaphore);
    hand_does(hand, "take", XIPC_OK);
    spec_kill(hand);

    semaphore = semaphore_joined("a");
    REQUIRE_UINT(8, xipc_semaphore_max(semaphore));
    require_takes(semaphore, 4);
    REQUIRE_OK(xipc_semaphore_post(semaphore, 8));
    xipc_semaphore_close(semaphore);
    REQUIRE_OK(
        xipc_remove(XIPC_KIND_SEMAPHORE, "a", XIPC_SCOPE_USER, XIPC_FOREVER));
}

SPEC(a_transient_semaphore_forgets_its_count, "SYNC-2 LIFE-1")
{
    xipc_semaphore *semaphore = semaphore_made("a", 3, 5);

    REQUIRE_OK(xipc_semaphore_wait(semaphore, XIPC_NOW));
    xipc_semaphore_close(semaphore);
    semaphore = semaphore_made("a", 1, 1);

    require_takes(semaphore, 1);
    xipc_semaphore_close(semaphore);
}
