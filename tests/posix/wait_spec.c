/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting for a process that is in the middle of removing, making or growing.
 * Here such a process is one that has the lock which that takes and does not
 * let go (posix_lease.h says where the locks are).
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "posix/attack_kit.h"

#define GROW_BYTE (GATE_BYTE - 1)
#define GATE_BYTE ((off_t)1 << 62)
#define NS_PER_MS INT64_C(1000000)

/* Locks the file of argument 0 for growing, or to take its name away. */
PEER(a_process_that_does_not_let_go)
{
    int is_growing = strcmp(spec_argument(1), "growing") == 0;
    int fd = open(spec_argument(0), O_RDWR | O_CLOEXEC);
    struct flock lock = {
        .l_type = F_WRLCK,
        .l_whence = SEEK_SET,
        .l_start = is_growing ? GROW_BYTE : GATE_BYTE,
        .l_len = 1};

    REQUIRE(fd >= 0);
    REQUIRE(fcntl(fd, F_SETLK, &lock) == 0);
    spec_tell(NULL, "locked");
    spec_expect(NULL, "let go");
    close(fd);
}

static spec_peer *holding_up(const char *name, const char *doing)
{
    char path[ATTACK_PATH_SIZE];
    spec_peer *peer;

    native_path_of(XIPC_SCOPE_USER, name, path);
    peer = START(a_process_that_does_not_let_go, path, doing);
    spec_expect(peer, "locked");
    return peer;
}

static void let_go(spec_peer *peer)
{
    spec_tell(peer, "let go");
    spec_join(peer);
}

/* A persistent section "a" that somebody is removing. */
static spec_peer *being_removed(void)
{
    xipc_section_close(section_created_with("a", 1, lasting(XIPC_PERSISTENT)));
    return holding_up("a", "removing");
}

PEER(a_process_that_leaves_something_stale)
{
    xipc_section *section = section_created("a", 1);

    REQUIRE(xipc_section_size(section) > 0);
    spec_tell(NULL, "created");
    spec_expect(NULL, "never told");
}

/*
 * A stale section "a" whose name somebody is taking away. He is at it before
 * its holder dies, or another process's sweep might be first.
 */
static spec_peer *being_cleared(void)
{
    spec_peer *holder = START(a_process_that_leaves_something_stale);
    spec_peer *peer;

    spec_expect(holder, "created");
    peer = holding_up("a", "removing");
    spec_kill(holder);
    return peer;
}

static xipc_status open_it(xipc_deadline deadline)
{
    xipc_section *section = UNTOUCHED;
    xipc_status status = xipc_section_open("a", NULL, deadline, &section);

    REQUIRE((status == XIPC_OK) == (section != UNTOUCHED));
    if (status == XIPC_OK) {
        xipc_section_close(section);
    }
    return status;
}

static xipc_status create_it(xipc_deadline deadline)
{
    xipc_section *section = UNTOUCHED;
    xipc_status status = xipc_section_create("a", 1, NULL, deadline, &section);

    REQUIRE((status == XIPC_OK) == (section != UNTOUCHED));
    if (status == XIPC_OK) {
        xipc_section_close(section);
    }
    return status;
}

static xipc_status open_or_create_it(xipc_deadline deadline)
{
    xipc_section *section = UNTOUCHED;
    int created = 77;
    xipc_status status =
        xipc_section_open_or_create("a", 1, NULL, deadline, &section, &created);

    REQUIRE((status == XIPC_OK) == (section != UNTOUCHED));
    REQUIRE((status == XIPC_OK) == (created != 77));
    if (status == XIPC_OK) {
        xipc_section_close(section);
    }
    return status;
}

static xipc_status remove_it(xipc_deadline deadline)
{
    return xipc_remove(XIPC_KIND_SECTION, "a", XIPC_SCOPE_USER, deadline);
}

/* Neither polling nor a deadline gets through, and neither gives up early. */
static void require_waits(xipc_status (*call)(xipc_deadline deadline))
{
    xipc_deadline deadline;
    int64_t begun = spec_now_ns();

    REQUIRE_STATUS(XIPC_E_AGAIN, call(XIPC_NOW));
    deadline = xipc_after_ms(40);
    REQUIRE_STATUS(XIPC_E_TIMEOUT, call(deadline));
    REQUIRE(xipc_after_ms(0) >= deadline);
    REQUIRE(spec_now_ns() - begun >= 40 * NS_PER_MS);
    REQUIRE_STATUS(XIPC_E_TIMEOUT, call(xipc_after_ms(-1)));
}

SPEC(an_open_waits_for_a_process_that_is_clearing_the_name, "GEN-4 LIFE-4")
{
    spec_peer *peer = being_cleared();

    require_waits(open_it);

    let_go(peer);
    REQUIRE_STATUS(XIPC_E_NOT_FOUND, open_it(XIPC_NOW));
}

SPEC(a_create_waits_for_a_process_that_is_clearing_the_name, "GEN-4 LIFE-1")
{
    spec_peer *peer = being_cleared();

    require_waits(create_it);

    let_go(peer);
    REQUIRE_OK(create_it(XIPC_NOW));
}

SPEC(an_open_or_create_waits_for_a_process_that_is_clearing, "GEN-4 LIFE-3")
{
    spec_peer *peer = being_cleared();

    require_waits(open_or_create_it);

    let_go(peer);
    REQUIRE_OK(open_or_create_it(XIPC_NOW));
}

SPEC(a_remove_waits_for_a_process_that_is_removing, "GEN-4 LIFE-5")
{
    spec_peer *peer = being_removed();

    require_waits(remove_it);

    let_go(peer);
    REQUIRE_OK(remove_it(XIPC_NOW));
}

SPEC(a_remover_that_is_killed_holds_up_nobody, "GEN-11 LIFE-5")
{
    spec_kill(being_removed());

    REQUIRE_OK(remove_it(XIPC_NOW));
}

SPEC(one_that_is_killed_while_clearing_a_name_holds_up_nobody, "GEN-11 LIFE-1")
{
    spec_kill(being_cleared());

    REQUIRE_OK(create_it(XIPC_NOW));
}

static void create_in_its_own_time(void *context)
{
    *(xipc_status *)context = create_it(XIPC_FOREVER);
}

SPEC(a_create_forever_gets_through_when_it_can, "GEN-4 LIFE-4")
{
    spec_peer *peer = being_cleared();
    xipc_status status = XIPC_E_OS;
    spec_thread *thread = spec_thread_start(create_in_its_own_time, &status);

    let_go(peer);
    spec_thread_join(thread);

    REQUIRE_STATUS(XIPC_OK, status);
}

static volatile sig_atomic_t signal_count;

static void count_signal(int number)
{
    (void)number;
    signal_count++;
}

/* A signal each millisecond, without SA_RESTART; stopped by 0. */
static void signals_every_ms(suseconds_t ms)
{
    struct sigaction action;
    struct itimerval timer = {{0, ms * 1000}, {0, ms * 1000}};

    memset(&action, 0, sizeof action);
    action.sa_handler = count_signal;
    REQUIRE(sigaction(SIGALRM, &action, NULL) == 0);
    REQUIRE(setitimer(ITIMER_REAL, &timer, NULL) == 0);
}

SPEC(signals_do_not_shorten_a_wait, "GEN-3 GEN-4")
{
    spec_peer *peer = being_cleared();

    signal_count = 0;
    signals_every_ms(1);
    require_waits(open_it);
    signals_every_ms(0);

    REQUIRE(signal_count > 0);
    let_go(peer);
}

/* A growable section "a" that this process holds and another is growing. */
static xipc_section *being_grown(spec_peer **peer_out)
{
    xipc_section *section =
        section_created_with("a", 65536, growing_to(1 << 20));

    *peer_out = holding_up("a", "growing");
    return section;
}

static xipc_section *growing;

static xipc_status grow_it(xipc_deadline deadline)
{
    return xipc_section_grow(growing, 1 << 20, deadline);
}

SPEC(a_growth_waits_for_a_process_that_is_growing, "GEN-4 SHM-6")
{
    spec_peer *peer;

    growing = being_grown(&peer);

    require_waits(grow_it);

    REQUIRE_UINT(65536, xipc_section_size(growing));
    let_go(peer);
    REQUIRE_OK(grow_it(XIPC_NOW));
    REQUIRE_UINT(1 << 20, xipc_section_size(growing));
    xipc_section_close(growing);
}

SPEC(a_grower_that_is_killed_holds_up_nobody, "GEN-11 SHM-6")
{
    spec_peer *peer;

    growing = being_grown(&peer);
    spec_kill(peer);

    REQUIRE_OK(grow_it(XIPC_NOW));
    xipc_section_close(growing);
}

static void grow_in_its_own_time(void *context)
{
    *(xipc_status *)context = grow_it(XIPC_FOREVER);
}

SPEC(an_interrupt_ends_a_growth_that_waits_forever, "GEN-5 SHM-6")
{
    spec_peer *peer;
    xipc_status status = XIPC_OK;
    spec_thread *thread;

    growing = being_grown(&peer);
    thread = spec_thread_start(grow_in_its_own_time, &status);
    REQUIRE_OK(xipc_interrupt(xipc_section_object(growing)));
    spec_thread_join(thread);

    REQUIRE_STATUS(XIPC_E_CANCELED, status);
    REQUIRE_UINT(65536, xipc_section_size(growing));
    let_go(peer);
    xipc_section_close(growing);
}

SPEC(an_interrupt_lasts_until_it_is_cleared, "GEN-5 SHM-6")
{
    spec_peer *peer;
    xipc_object *object;

    growing = being_grown(&peer);
    object = xipc_section_object(growing);
    REQUIRE_OK(xipc_interrupt(object));
    REQUIRE_STATUS(XIPC_E_CANCELED, grow_it(XIPC_FOREVER));
    REQUIRE_STATUS(XIPC_E_CANCELED, grow_it(xipc_after_ms(60000)));
    REQUIRE_OK(xipc_interrupt_clear(object));

    REQUIRE_STATUS(XIPC_E_TIMEOUT, grow_it(xipc_after_ms(10)));
    let_go(peer);
    REQUIRE_OK(grow_it(XIPC_FOREVER));
    xipc_section_close(growing);
}

SPEC(an_interrupt_leaves_other_handles_alone, "GEN-5 SHM-6")
{
    spec_peer *peer;
    xipc_section *other;

    growing = being_grown(&peer);
    other = section_opened("a");
    REQUIRE_OK(xipc_interrupt(xipc_section_object(other)));

    REQUIRE_STATUS(XIPC_E_TIMEOUT, grow_it(xipc_after_ms(10)));
    REQUIRE_STATUS(
        XIPC_E_CANCELED, xipc_section_grow(other, 1 << 20, XIPC_FOREVER));
    let_go(peer);
    xipc_section_close(other);
    xipc_section_close(growing);
}
