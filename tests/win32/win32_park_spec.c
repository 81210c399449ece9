/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The account of those who sleep and the numbers of those who live, where the
 * dead left something in them, or somebody scribbled on them, or took the
 * kernel's names first.
 */
#include <stdio.h>
#include <string.h>

#include "os/os_member.h"
#include "os/os_park.h"
#include "support/section_kit.h"
#include "win32/win32_section.h"

enum { MS = 1000000, SPOT_OFFSET = 64 };

#define ONE_WAKE (UINT64_C(1) << 32)

static uint8_t sample_head[XIPCOS_HEAD_SIZE] = "the head";

/* An anonymous section, a second handle of it, and a spot. */
typedef struct stage {
    xipcos_section *section;
    xipcos_section *again;
    void *data;
    xipcos_spot *spot;
    xipcos_park park;
} stage;

static stage stage_set(void)
{
    xipcos_section_plan plan = {
        .size = WIN32_PAGE_SIZE,
        .max_size = WIN32_PAGE_SIZE,
        .head = sample_head};
    stage here = {0};

    REQUIRE_OK(xipcos_section_create_anonymous(&plan, &here.section));
    REQUIRE_OK(xipcos_section_adopt(
        xipcos_section_native_handle(here.section), &here.again));
    REQUIRE_OK(
        xipcos_section_map(here.section, 0, WIN32_PAGE_SIZE, 1, &here.data));
    here.spot = (xipcos_spot *)((char *)here.data + SPOT_OFFSET);
    REQUIRE_OK(
        xipcos_park_open(here.section, SPOT_OFFSET, here.spot, &here.park));
    return here;
}

static void stage_cleared(stage *here)
{
    xipcos_park_close(&here->park);
    xipcos_section_unmap(here->data, WIN32_PAGE_SIZE);
    xipcos_section_close(here->again);
    xipcos_section_close(here->section);
}

static uint64_t account_of(const stage *here)
{
    return atomic_load(&here->spot->account);
}

static uint32_t owed_at(const stage *here)
{
    return (uint32_t)account_of(here);
}

/* Whether a sleeper who need not be woken is. */
static int sleeps_for_nothing(stage *here)
{
    uint64_t ticket = xipcos_park_enter(&here->park);
    int was_woken = xipcos_park_sleep(&here->park, ticket, MS);

    xipcos_park_leave(&here->park, ticket, was_woken);
    return was_woken;
}

SPEC(who_came_and_left_owes_nobody_anything, "SYNC-5")
{
    stage here = stage_set();

    REQUIRE(!sleeps_for_nothing(&here));
    REQUIRE_UINT(0, account_of(&here));
    xipcos_park_wake(&here.park, UINT32_MAX);
    REQUIRE_UINT(0, account_of(&here));

    stage_cleared(&here);
}

SPEC(a_wake_up_before_the_sleep_is_not_lost, "SYNC-4")
{
    stage here = stage_set();
    uint64_t ticket = xipcos_park_enter(&here.park);

    xipcos_park_wake(&here.park, 1);

    REQUIRE(xipcos_park_sleep(&here.park, ticket, INT64_MAX));
    xipcos_park_leave(&here.park, ticket, 1);
    REQUIRE(!sleeps_for_nothing(&here));
    REQUIRE_UINT(0, owed_at(&here));
    stage_cleared(&here);
}

SPEC(the_dead_cost_a_wake_up_and_a_look_each_and_are_forgotten, "SYNC-4")
{
    enum { DEAD = 3 };
    stage here = stage_set();
    uint64_t account;

    for (int dead = 0; dead < DEAD; dead++) {
        xipcos_park_enter(&here.park);
    }
    for (int dead = 0; dead < DEAD; dead++) {
        xipcos_park_wake(&here.park, 1);
    }
    account = account_of(&here);
    xipcos_park_wake(&here.park, 1);
    REQUIRE_UINT(account, account_of(&here));

    REQUIRE(sleeps_for_nothing(&here));
    REQUIRE(!sleeps_for_nothing(&here));
    REQUIRE_UINT(0, owed_at(&here));
    stage_cleared(&here);
}

SPEC(what_many_dead_are_owed_is_forgotten_at_once, "SYNC-4")
{
    enum { DEAD = 100000, WAKES = 20, LOOKS = 10 };
    stage here = stage_set();
    int looks = 0;

    for (int dead = 0; dead < DEAD; dead++) {
        xipcos_park_enter(&here.park);
    }
    for (int wake = 0; wake < WAKES; wake++) {
        xipcos_park_wake(&here.park, 1);
    }
    REQUIRE_UINT(0, owed_at(&here));

    while (looks < LOOKS && sleeps_for_nothing(&here)) {
        looks++;
    }
    REQUIRE(looks < LOOKS);
    stage_cleared(&here);
}

SPEC(who_leaves_with_an_old_ticket_takes_nothing_from_others, "SYNC-4")
{
    stage here = stage_set();
    uint64_t old = xipcos_park_enter(&here.park);
    uint64_t fresh;

    /* As a waker leaves it that dies before it wakes. */
    atomic_store(&here.spot->account, ONE_WAKE);
    fresh = xipcos_park_enter(&here.park);
    xipcos_park_leave(&here.park, old, 0);
    REQUIRE_UINT(1, owed_at(&here));

    xipcos_park_wake(&here.park, 1);
    REQUIRE(xipcos_park_sleep(&here.park, fresh, INT64_MAX));
    xipcos_park_leave(&here.park, fresh, 1);
    stage_cleared(&here);
}

static void sleep_until_woken(void *context)
{
    stage *here = context;
    uint64_t ticket = xipcos_park_enter(&here->park);

    REQUIRE(xipcos_park_sleep(&here->park, ticket, INT64_MAX));
    xipcos_park_leave(&here->park, ticket, 1);
}

SPEC(a_scribbled_account_costs_neither_a_hang_nor_the_next_wake_up, "GEN-10")
{
    static const uint64_t nonsense[] = {
        UINT32_MAX,
        UINT64_MAX,
        UINT64_MAX - 1,
        ONE_WAKE,
        ONE_WAKE - 2,
        UINT64_C(0x8000000080000000),
        UINT64_C(0xffffffff00000000)};
    stage here = stage_set();
    spec_thread *sleeper;

    for (size_t at = 0; at < sizeof nonsense / sizeof nonsense[0]; at++) {
        atomic_store(&here.spot->account, nonsense[at]);
        xipcos_park_wake(&here.park, 1);
        atomic_store(&here.spot->account, nonsense[at]);
        sleeps_for_nothing(&here);
        xipcos_park_wake(&here.park, UINT32_MAX);
        sleeps_for_nothing(&here);
        xipcos_park_wake(&here.park, UINT32_MAX);
    }

    while (sleeps_for_nothing(&here)) {
    }
    sleeper = spec_thread_start(sleep_until_woken, &here);
    while (owed_at(&here) == 0) {
        Sleep(0);
    }
    xipcos_park_wake(&here.park, 1);
    spec_thread_join(sleeper);
    stage_cleared(&here);
}

static HANDLE squatter_at(const stage *here, const char *tail)
{
    wchar_t name[WIN32_KERNEL_NAME_COUNT];
    HANDLE squatter;

    REQUIRE_OK(win32_section_kernel_name(here->section, tail, name));
    squatter = CreateEventW(NULL, TRUE, FALSE, name);
    REQUIRE(squatter != NULL);
    return squatter;
}

SPEC(another_thing_under_a_spots_or_a_claims_name_is_refused, "NAME-8 GEN-9")
{
    stage here = stage_set();
    HANDLE spot = squatter_at(&here, "-p80");
    HANDLE claim = squatter_at(&here, "-c");
    xipcos_park park = {0};

    REQUIRE_STATUS(
        XIPC_E_ACCESS,
        xipcos_park_open(here.section, 2 * SPOT_OFFSET, here.spot, &park));
    REQUIRE_STATUS(XIPC_E_ACCESS, xipcos_member_claim(here.section));
    xipcos_park_close(&park);

    CloseHandle(spot);
    CloseHandle(claim);
    REQUIRE_OK(xipcos_member_claim(here.section));
    xipcos_member_unclaim(here.section);
    stage_cleared(&here);
}

static uint32_t joined(xipcos_section *section)
{
    uint32_t member = 0;

    REQUIRE_OK(xipcos_member_claim(section));
    REQUIRE_OK(xipcos_member_join(section, &member));
    xipcos_member_unclaim(section);
    return member;
}

SPEC(a_number_that_somebody_has_is_not_drawn, "GEN-10 SYNC-1")
{
    stage here = stage_set();
    HANDLE first = squatter_at(&here, "-m1");
    HANDLE second = squatter_at(&here, "-m2");

    REQUIRE_UINT(3, joined(here.section));
    REQUIRE_UINT(3, here.section->prefix->last_member);

    REQUIRE(xipcos_member_lives(here.section, 2));
    CloseHandle(second);
    REQUIRE(!xipcos_member_lives(here.section, 2));
    REQUIRE(!xipcos_member_lives(here.section, 0));
    CloseHandle(first);
    stage_cleared(&here);
}

SPEC(a_process_has_one_number_however_often_it_opened_a_section, "SYNC-1")
{
    stage here = stage_set();
    uint32_t member = joined(here.section);

    REQUIRE_UINT(member, joined(here.again));
    REQUIRE(xipcos_member_lives(here.again, member));
    stage_cleared(&here);
}

SPEC(numbers_end_where_the_prefix_says_so, "GEN-10")
{
    static const uint32_t ends[] = {
        XIPCOS_MEMBER_MAX, XIPCOS_MEMBER_MAX + 1, UINT32_MAX};
    stage here = stage_set();
    uint32_t member = 7;

    REQUIRE_OK(xipcos_member_claim(here.section));
    for (size_t at = 0; at < sizeof ends / sizeof ends[0]; at++) {
        here.section->prefix->last_member = ends[at];
        REQUIRE_STATUS(XIPC_E_LIMIT, xipcos_member_join(here.section, &member));
    }
    REQUIRE_UINT(7, member);
    here.section->prefix->last_member = XIPCOS_MEMBER_MAX - 1;
    REQUIRE_OK(xipcos_member_join(here.section, &member));
    REQUIRE_UINT(XIPCOS_MEMBER_MAX, member);
    xipcos_member_unclaim(here.section);
    stage_cleared(&here);
}

/* `section` of one thread is claimed; another thread tries `again`. */
static void claim_in_vain(void *context)
{
    REQUIRE_STATUS(XIPC_E_AGAIN, xipcos_member_claim(context));
}

static void require_one_claim(xipcos_section *section, xipcos_section *again)
{
    REQUIRE_OK(xipcos_member_claim(section));
    spec_thread_join(spec_thread_start(claim_in_vain, again));
    spec_thread_join(spec_thread_start(claim_in_vain, section));
    xipcos_member_unclaim(section);
    REQUIRE_OK(xipcos_member_claim(again));
    xipcos_member_unclaim(again);
}

SPEC(one_thread_at_a_time_has_the_claim, "SYNC-1")
{
    stage here = stage_set();

    require_one_claim(here.section, here.again);
    stage_cleared(&here);
}

static void claim_and_end(void *context)
{
    REQUIRE_OK(xipcos_member_claim(context));
}

SPEC(the_claim_of_a_thread_that_ended_is_free, "SYNC-1")
{
    stage here = stage_set();
    HANDLE left;

    spec_thread_join(spec_thread_start(claim_and_end, here.section));
    left = here.section->claim;

    REQUIRE_OK(xipcos_member_claim(here.again));
    xipcos_member_unclaim(here.again);
    CloseHandle(left);
    stage_cleared(&here);
}

SPEC(a_native_section_is_one_by_whatever_name_it_is_opened, "SYNC-2")
{
    char name[64];
    xipcos_section *section = NULL;
    xipcos_section *again = NULL;
    uint32_t member = 7;

    snprintf(
        name, sizeof name, "Local\\xipc native %lu", GetCurrentProcessId());
    REQUIRE_OK(xipcos_section_create_native(name, WIN32_PAGE_SIZE, &section));
    REQUIRE_OK(xipcos_section_open_native(strchr(name, 'x'), 0, &again));

    require_one_claim(section, again);
    REQUIRE_UINT(section->instance, again->instance);
    REQUIRE_STATUS(XIPC_E_NOT_SUPPORTED, xipcos_member_join(section, &member));
    REQUIRE_UINT(7, member);

    xipcos_section_close(again);
    xipcos_section_close(section);
}
