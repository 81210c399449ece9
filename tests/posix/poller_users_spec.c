/* SPDX-License-Identifier: Apache-2.0 */
/* Whose processes may ring a poller's bell, and what they may not. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/poller.h"
#include "posix/bell_kit.h"

/* A cookie. */
static char a;

static mode_t mode_of(const xipc_poller *poller)
{
    char path[ATTACK_PATH_SIZE];
    struct stat file;

    bell_path(poller, path);
    REQUIRE(lstat(path, &file) == 0);
    REQUIRE(S_ISFIFO(file.st_mode));
    REQUIRE(file.st_uid == geteuid());
    return file.st_mode & 07777;
}

SPEC(nobody_else_rings_a_poller_of_private_objects, "WAIT-2 NAME-5")
{
    static const mode_t masks[] = {022, 0, 0777, 0277};
    thing one = thing_made(THING_AUTO, "a");

    for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++) {
        mode_t before = umask(masks[i]);
        xipc_poller *poller = poller_of(&one, &a);

        umask(before);
        REQUIRE_UINT(0600, mode_of(poller));
        make_ready(&one);
        require_told(poller, &a);
        take_it(&one);
        xipc_poller_close(poller);
    }

    thing_closed(&one);
}

static xipc_event *machine_event(void)
{
    xipc_sync_options options = XIPC_SYNC_OPTIONS_INIT;
    xipc_event *event = NULL;

    options.naming.scope = XIPC_SCOPE_MACHINE;
    options.naming.access = XIPC_ACCESS_EVERYONE_WRITE;
    options.naming.trust = XIPC_TRUST_EVERYONE;
    REQUIRE_OK(xipc_event_open_or_create(
        "machine", XIPC_EVENT_MANUAL, &options, XIPC_FOREVER, &event, NULL));
    return event;
}

SPEC(all_may_ring_a_poller_of_an_object_of_the_machine, "WAIT-2 NAME-5 NAME-6")
{
    xipc_event *event = machine_event();
    xipc_section_options options = scoped(XIPC_SCOPE_MACHINE);
    xipc_section *section = section_created_with("places", 4096, options);
    xipc_event *placed = event_placed(section, 0);
    xipc_poller *poller = poller_made();

    poller_takes(poller, xipc_event_object(event), &a);
    REQUIRE_UINT(0622, mode_of(poller));
    xipc_poller_close(poller);
    poller = poller_made();
    REQUIRE_UINT(0600, mode_of(poller));
    poller_takes(poller, xipc_event_object(placed), &a);
    REQUIRE_UINT(0622, mode_of(poller));

    xipc_poller_close(poller);
    xipc_event_close(placed);
    xipc_section_close(section);
    xipc_event_close(event);
}

static void stranger_sets_it(void *context)
{
    xipc_event *event = machine_event();

    (void)context;
    REQUIRE_OK(xipc_event_set(event));
    xipc_event_close(event);
}

/* Nothing else wakes who sleeps at the handle. */
SPEC(what_another_user_sets_wakes_a_loop_of_another_kind, "WAIT-2 WAIT-3")
{
    xipc_status status = XIPC_E_AGAIN;
    xipc_native_handle handle;
    xipc_event *event;
    xipc_poller *poller;
    xipc_ready ready;
    size_t count;

    attack_needs_users();
    SPEC_NEEDS(XIPC_FEATURE_POLLER_HANDLE);
    event = machine_event();
    poller = poller_made();
    poller_takes(poller, xipc_event_object(event), &a);
    REQUIRE_OK(xipc_poller_native_handle(poller, &handle));
    require_silent(poller);
    attack_run(attack_stranger(), stranger_sets_it, NULL);
    while (status == XIPC_E_AGAIN) {
        REQUIRE_UINT(0, native_wait(&handle, 1, -1));
        status = xipc_poller_wait(poller, &ready, 1, XIPC_NOW, &count);
    }
    REQUIRE_OK(status);
    REQUIRE(ready.cookie == &a);

    xipc_poller_close(poller);
    xipc_event_close(event);
    attack_users_gone();
}

static void stranger_rings(void *context)
{
    const uint32_t *numbers = context;

    REQUIRE(!xipcos_bell_ring(numbers[0], 1));
    REQUIRE(xipcos_bell_ring(numbers[1], 1));
    REQUIRE(xipcos_bell_lives(numbers[0]));
    REQUIRE(xipcos_bell_lives(numbers[1]));
}

SPEC(another_users_process_rings_a_bell_that_is_open_to_all, "WAIT-2 NAME-5")
{
    xipc_poller *pollers[2];
    uint32_t numbers[2];
    xipc_event *event;

    attack_needs_users();
    event = machine_event();
    for (int i = 0; i < 2; i++) {
        pollers[i] = poller_made();
        numbers[i] = xipcos_bell_number(pollers[i]->bell);
    }
    poller_takes(pollers[1], xipc_event_object(event), &a);
    attack_run(attack_stranger(), stranger_rings, numbers);

    xipc_poller_close(pollers[1]);
    xipc_poller_close(pollers[0]);
    xipc_event_close(event);
    attack_users_gone();
}

SPEC(what_another_user_sets_is_told, "WAIT-2")
{
    xipc_event *event;
    xipc_poller *poller;

    attack_needs_users();
    event = machine_event();
    poller = poller_made();
    poller_takes(poller, xipc_event_object(event), &a);
    for (int i = 0; i < 3; i++) {
        require_silent(poller);
        attack_run(attack_stranger(), stranger_sets_it, NULL);
        require_told(poller, &a);
        REQUIRE_OK(xipc_event_reset(event));
    }

    xipc_poller_close(poller);
    xipc_event_close(event);
    attack_users_gone();
}

static void stranger_tries_a_private_bell(void *context)
{
    assault *plan = context;

    REQUIRE(open(plan->path, O_WRONLY | O_NONBLOCK | O_CLOEXEC) < 0);
    REQUIRE(errno == EACCES);
    REQUIRE(open(plan->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC) < 0);
    REQUIRE(unlink(plan->path) < 0);
}

static void stranger_tries_a_public_bell(void *context)
{
    assault *plan = context;
    int fd = open(plan->path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);

    REQUIRE(fd >= 0);
    REQUIRE(write(fd, "odd", 3) == 3);
    close(fd);
    REQUIRE(open(plan->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC) < 0);
    REQUIRE(chmod(plan->path, 0666) < 0);
    REQUIRE(unlink(plan->path) < 0);
    REQUIRE(rename(plan->path, "stolen") < 0);
}

SPEC(another_user_hears_no_bell_and_takes_none_away, "WAIT-2 NAME-5 NAME-8")
{
    xipc_event *event;
    xipc_poller *poller;
    assault *plan;

    attack_needs_users();
    event = machine_event();
    poller = poller_made();
    plan = assault_on(poller);
    attack_run(attack_stranger(), stranger_tries_a_private_bell, plan);
    poller_takes(poller, xipc_event_object(event), &a);
    require_silent(poller);
    attack_run(attack_stranger(), stranger_tries_a_public_bell, plan);
    REQUIRE_OK(xipc_event_set(event));
    require_told(poller, &a);

    assault_over(plan);
    xipc_poller_close(poller);
    xipc_event_close(event);
    attack_users_gone();
}
