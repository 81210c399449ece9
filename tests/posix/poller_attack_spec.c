/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may ring a poller's bell may ring it with anything, at any rate, and may
 * hear what was meant for its owner. The poller tells what is ready all the
 * same.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "posix/bell_kit.h"
#include "support/kill_anywhere.h"

enum { ATTACKER_COUNT = 4 };

/* Cookies. */
static char a;
static char b;

static uint32_t dice;

static void throw_anew(void)
{
    dice =
        (uint32_t)kill_setting("XIPC_SEED", (unsigned long)spec_now_ns()) | 1;
    spec_note("XIPC_SEED=%u", dice);
}

/* Opened as any foreign program would. */
static int bell_opened(const xipc_poller *poller)
{
    char path[ATTACK_PATH_SIZE];
    int fd;

    bell_path(poller, path);
    fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    REQUIRE(fd >= 0);
    return fd;
}

static void ring_nonsense(int fd, size_t size)
{
    unsigned char bytes[512];

    REQUIRE(size <= sizeof bytes);
    for (size_t at = 0; at < size; at++) {
        bytes[at] = (unsigned char)thrown(&dice, 256);
    }
    REQUIRE(write(fd, bytes, size) == (ssize_t)size || errno == EAGAIN);
}

SPEC(a_bell_rung_with_nonsense_tells_nothing_and_misses_nothing, "GEN-10")
{
    thing one = thing_made(THING_AUTO, "a");
    thing other = thing_made(THING_COUNT, "b");
    xipc_poller *poller = poller_of(&one, &a);
    int fd = bell_opened(poller);

    poller_takes(poller, thing_object(&other), &b);
    throw_anew();
    for (int i = 0; i < 100; i++) {
        require_silent(poller);
        ring_nonsense(fd, 1 + thrown(&dice, i % 2 == 0 ? 8 : 512));
        if (i % 3 == 0) {
            require_silent(poller);
        }
        make_ready(&one);
        ring_nonsense(fd, 1 + thrown(&dice, 8));
        require_told(poller, &a);
        take_it(&one);
    }

    close(fd);
    xipc_poller_close(poller);
    thing_closed(&other);
    thing_closed(&one);
}

/* What comes after an odd number of bytes is a token no more. */
static void nonsense_and_another_loop(void)
{
    thing one = thing_made(THING_AUTO, "a");
    xipc_poller *poller = poller_of(&one, &a);
    int fd = bell_opened(poller);
    xipc_native_handle handle;

    REQUIRE_OK(xipc_poller_native_handle(poller, &handle));
    throw_anew();
    for (int i = 0; i < 100; i++) {
        xipc_status status = XIPC_E_AGAIN;
        xipc_ready ready;
        size_t count;

        require_silent(poller);
        ring_nonsense(fd, 1 + thrown(&dice, 300));
        make_ready(&one);
        while (status == XIPC_E_AGAIN) {
            REQUIRE_UINT(0, native_wait(&handle, 1, -1));
            status = xipc_poller_wait(poller, &ready, 1, XIPC_NOW, &count);
        }
        REQUIRE_OK(status);
        REQUIRE(ready.cookie == &a);
        take_it(&one);
    }

    close(fd);
    xipc_poller_close(poller);
    thing_closed(&one);
}

SPEC(nonsense_does_not_keep_a_loop_of_another_kind_from_waking, "GEN-10 WAIT-3")
{
    SPEC_NEEDS(XIPC_FEATURE_POLLER_HANDLE);
    nonsense_and_another_loop();
}

/* Rings without a pause, for as long as it lives. */
static void rings_all_the_time(void *context)
{
    static const unsigned char bytes[4096];
    assault *plan = context;
    int fd = open(plan->path, O_WRONLY | O_CLOEXEC);

    REQUIRE(fd >= 0);
#if defined(F_SETPIPE_SZ)
    (void)fcntl(fd, F_SETPIPE_SZ, 1 << 20); /* the more, the longer it rings */
#endif
    for (;;) {
        REQUIRE(write(fd, bytes, sizeof bytes) > 0);
        atomic_store(&plan->is_on, 1);
    }
}

static int64_t waits_under_fire(xipc_poller *poller, const thing *one)
{
    int64_t start = spec_now_ns();
    xipc_ready ready;
    size_t count;

    for (int i = 0; i < 20; i++) {
        thing other = thing_made(THING_AUTO, "other");

        require_silent(poller);
        REQUIRE_STATUS(
            XIPC_E_TIMEOUT,
            xipc_poller_wait(poller, &ready, 1, xipc_after_ms(2), &count));
        poller_takes(poller, thing_object(&other), &b);
        make_ready(one);
        require_told(poller, &a);
        take_it(one);
        thing_closed(&other);
    }
    return spec_now_ns() - start;
}

SPEC(a_bell_that_rings_all_the_time_holds_up_nobody, "GEN-10 GEN-4")
{
    thing one = thing_made(THING_AUTO, "a");
    xipc_poller *poller = poller_of(&one, &a);
    assault *plan = assault_on(poller);
    pid_t attackers[ATTACKER_COUNT];
    unsigned slow_count = 0;

    for (int i = 0; i < ATTACKER_COUNT; i++) {
        attackers[i] = assault_begins(plan, rings_all_the_time);
    }
    while (waits_under_fire(poller, &one) > 20 * NS_PER_S) {
        slow_count++;
        REQUIRE(slow_count < 3);
    }
    for (int i = 0; i < ATTACKER_COUNT; i++) {
        attack_kill(attackers[i]);
    }
    require_silent(poller);

    assault_over(plan);
    xipc_poller_close(poller);
    thing_closed(&one);
}

/* Takes whatever was rung, before the owner hears it. */
static void hears_it_first(void *context)
{
    assault *plan = context;
    int fd = open(plan->path, O_RDONLY | O_CLOEXEC);
    char bytes[4096];

    REQUIRE(fd >= 0);
    atomic_store(&plan->is_on, 1);
    while (read(fd, bytes, sizeof bytes) > 0) {
    }
}

SPEC(a_bell_that_another_process_hears_first_delays_and_loses_nothing, "GEN-10")
{
    thing one = thing_made(THING_AUTO, "a");
    xipc_poller *poller = poller_of(&one, &a);
    assault *plan = assault_on(poller);
    pid_t attacker = assault_begins(plan, hears_it_first);

    for (int i = 0; i < 20; i++) {
        require_silent(poller);
        make_ready(&one);
        require_told(poller, &a);
        take_it(&one);
    }
    attack_kill(attacker);

    assault_over(plan);
    xipc_poller_close(poller);
    thing_closed(&one);
}

#if defined(F_SETPIPE_SZ)
/* As the system makes them for who has many pipes. */
SPEC(a_bell_too_small_for_all_that_ring_loses_nothing, "WAIT-1 WAIT-4")
{
    enum { COUNT = 5000, SMALL = 4096 };
    static xipc_event *events[COUNT];
    xipc_section *section =
        section_created("many", (uint64_t)COUNT * XIPC_SYNC_SIZE);
    xipc_poller *poller = poller_made();
    int fd = bell_opened(poller);
    unsigned told_count = 0;

    REQUIRE(fcntl(fd, F_SETPIPE_SZ, SMALL) >= 0);
    for (unsigned i = 0; i < COUNT; i++) {
        events[i] = event_placed(section, (uint64_t)i * XIPC_SYNC_SIZE);
        poller_takes(poller, xipc_event_object(events[i]), events[i]);
    }
    require_silent(poller);
    for (unsigned i = 0; i < COUNT; i++) {
        REQUIRE_OK(xipc_event_set(events[i]));
    }
    while (told_count < COUNT) {
        answer some = told(poller);

        for (size_t at = 0; at < some.count; at++) {
            REQUIRE_OK(xipc_event_wait(some.ready[at].cookie, XIPC_NOW));
            told_count++;
        }
    }
    require_silent(poller);

    close(fd);
    for (unsigned i = 0; i < COUNT; i++) {
        xipc_event_close(events[i]);
    }
    xipc_poller_close(poller);
    xipc_section_close(section);
}
#endif
