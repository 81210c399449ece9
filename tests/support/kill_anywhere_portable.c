/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kills at the numbered points of a library that was built with
 * XIPC_CRASH_POINTS: XIPC_CRASH_AT=k in a peer's environment ends it at the
 * k-th point it comes to.
 *
 * A role that comes to no point is killed at moments that chance chooses.
 */
#include "support/kill_anywhere.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(_WIN32)
#include <windows.h>
#else
#include <errno.h>
#include <sys/types.h>
#include <sys/wait.h>
#endif

enum { CRASHED_EXIT_CODE = 137, CHANCE_ROUNDS = 25, CHANCE_NS_MAX = 3000000 };

#if defined(_WIN32)

static void crash_at(const char *point)
{
    _putenv_s("XIPC_CRASH_AT", point);
}

/* Waits for the end of the process, which is still spec's to free. */
static int exit_code_of(const spec_peer *peer)
{
    HANDLE process = OpenProcess(
        SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION, FALSE,
        (DWORD)spec_peer_id(peer));
    DWORD exit_code = 0;

    REQUIRE(process != NULL);
    REQUIRE(WaitForSingleObject(process, INFINITE) == WAIT_OBJECT_0);
    REQUIRE(GetExitCodeProcess(process, &exit_code));
    CloseHandle(process);
    return (int)exit_code;
}

#else

static void crash_at(const char *point)
{
    setenv("XIPC_CRASH_AT", point, 1);
}

static int exit_code_of(const spec_peer *peer)
{
    siginfo_t ended;

    memset(&ended, 0, sizeof(ended));
    while (waitid(P_PID, (id_t)spec_peer_id(peer), &ended, WEXITED | WNOWAIT) !=
           0) {
        REQUIRE(errno == EINTR);
    }
    return ended.si_code == CLD_EXITED ? ended.si_status : -1;
}

#endif

static int is_left_to_chance(void)
{
    return strcmp(spec_argument(0), "chance") == 0;
}

void kill_enter(void)
{
    if (!is_left_to_chance()) {
        crash_at(spec_argument(0));
    }
}

void kill_begin(void)
{
    if (is_left_to_chance()) {
        spec_tell(NULL, "begin");
    }
}

void kill_end(void)
{
    if (is_left_to_chance()) {
        spec_tell(NULL, "end");
        spec_expect(NULL, "this never comes");
    }
}

static spec_peer *
prepared_start(const spec_entry *role, const kill_plan *plan, const char *how)
{
    const char *const arguments[] = {how, NULL};

    if (plan->prepare) {
        plan->prepare(plan->context);
    }
    return spec_start(role->name, arguments);
}

static unsigned
kill_at_every_point(const spec_entry *role, const kill_plan *plan)
{
    char place[160];
    char point[16];
    unsigned number = 1;
    spec_peer *peer;
    int exit_code;

    for (;;) {
        snprintf(point, sizeof(point), "%u", number);
        peer = prepared_start(role, plan, point);
        exit_code = exit_code_of(peer);
        if (exit_code != CRASHED_EXIT_CODE) {
            break;
        }
        spec_kill(peer);
        snprintf(
            place, sizeof(place), "%s, killed at crash point %u", role->name,
            number);
        number += kill_check(plan, place) ? 0 : 1;
    }
    spec_join(peer);
    snprintf(place, sizeof(place), "%s, not killed", role->name);
    kill_check(plan, place);
    spec_note("%s: killed at all %u crash points", role->name, number - 1);
    return number - 1;
}

static unsigned kill_by_chance(const spec_entry *role, const kill_plan *plan)
{
    char place[160];
    uint32_t turn = (uint32_t)spec_now_ns();
    int64_t moment;
    unsigned round;
    spec_peer *peer;

    for (round = 0; round < CHANCE_ROUNDS; round++) {
        peer = prepared_start(role, plan, "chance");
        spec_expect(peer, "begin");
        turn += UINT32_C(2654435769);
        moment =
            spec_now_ns() + (int64_t)(((uint64_t)turn * CHANCE_NS_MAX) >> 32);
        while (spec_now_ns() < moment) {
        }
        spec_kill(peer);
        snprintf(place, sizeof(place), "%s, killed by chance", role->name);
        kill_check(plan, place);
    }
    spec_note(
        "%s: no crash point on its way, killed by chance %u times", role->name,
        round);
    return round;
}

unsigned kill_anywhere(const spec_entry *role, const kill_plan *plan)
{
    unsigned death_count = kill_at_every_point(role, plan);

    return death_count > 0 ? death_count : kill_by_chance(role, plan);
}
