/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Containers: processes that do not see each other, whose numbers mean nothing
 * to each other, and that share nothing but the place where names stand.
 */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__linux__)
#include <sched.h>
#endif

#include "posix/attack_kit.h"

#if defined(CLONE_NEWPID)

enum { SIZE = 65536 };

typedef struct container {
    int flags; /* CLONE_NEW... */
    attack_role *role;
    atomic_int is_refused; /* the host does not allow such a container */
    atomic_int is_ready;
    atomic_int pid_outside;
    atomic_int pid_inside;
} container;

/* The first child of a process that asked for it is number 1 inside. */
static void runs_a_container(void *context)
{
    container *self = context;
    int status = 0;
    pid_t pid;

    if (!attack_unshare(self->flags)) {
        atomic_store(&self->is_refused, 1);
        return;
    }
    pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        atomic_store(&self->pid_inside, (int)getpid());
        self->role(self);
        _exit(0);
    }
    atomic_store(&self->pid_outside, (int)pid);
    while (waitpid(pid, &status, 0) < 0) {
        REQUIRE(errno == EINTR);
    }
    REQUIRE(
        (WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
        (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
}

static pid_t container_start(container *self, int flags, attack_role *role)
{
    pid_t pid;

    self->flags = flags;
    self->role = role;
    pid = attack_start(0, runs_a_container, self);
    while (!atomic_load(&self->is_ready) ||
           atomic_load(&self->pid_outside) == 0) {
        if (atomic_load(&self->is_refused)) {
            attack_join(pid);
            spec_skip("this user may not make such a container");
        }
        sched_yield();
    }
    return pid;
}

static void holds_until_killed(void *context)
{
    container *self = context;
    xipc_section *section = section_saying("shared", "from inside");

    atomic_store(&self->is_ready, 1);
    while (section) {
        pause();
    }
}

static void what_a_container_holds_is_live_here(int flags)
{
    container *self = attack_memory(sizeof(*self));
    pid_t pid = container_start(self, flags, holds_until_killed);
    xipc_section *section = UNTOUCHED;

    REQUIRE_UINT(1, (uint64_t)atomic_load(&self->pid_inside));
    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_USER, NULL));
    require_holders("shared", 1);
    REQUIRE(!sighted(XIPC_SCOPE_USER, "shared").listing.is_stale);
    REQUIRE_STATUS(
        XIPC_E_EXISTS,
        xipc_section_create("shared", SIZE, NULL, XIPC_FOREVER, &section));
    section = section_opened("shared");
    require_section_says(section, "from inside");
    require_holders("shared", 2);
    xipc_section_close(section);
    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_USER, NULL));
    require_holders("shared", 1);

    REQUIRE(kill((pid_t)atomic_load(&self->pid_outside), SIGKILL) == 0);
    attack_join(pid);

    require_absent("shared");
    xipc_section_close(section_created("shared", SIZE));
    attack_memory_free(self, sizeof(*self));
}

SPEC(
    what_a_container_holds_is_live_here_and_gone_when_it_is_killed,
    "LIFE-6 LIFE-1")
{
    what_a_container_holds_is_live_here(
        geteuid() == 0 ? CLONE_NEWPID : CLONE_NEWPID | CLONE_NEWUSER);
}

SPEC(what_a_container_with_users_of_its_own_holds_is_live_here, "LIFE-6 LIFE-1")
{
    what_a_container_holds_is_live_here(CLONE_NEWPID | CLONE_NEWUSER);
}

static void looks_from_inside(void *context)
{
    container *self = context;
    xipc_section *section;

    atomic_store(&self->is_ready, 1);
    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_USER, NULL));
    require_holders("shared", 1);
    section = section_opened("shared");
    require_section_says(section, "from outside");
    xipc_section_close(section);
    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_USER, NULL));
}

SPEC(what_is_held_here_is_live_in_a_container, "LIFE-6 LIFE-1")
{
    container *self = attack_memory(sizeof(*self));
    xipc_section *section = section_saying("shared", "from outside");
    pid_t pid = container_start(
        self, geteuid() == 0 ? CLONE_NEWPID : CLONE_NEWPID | CLONE_NEWUSER,
        looks_from_inside);

    attack_join(pid);

    require_section_says(section, "from outside");
    require_holders("shared", 1);
    xipc_section_close(section);
    require_absent("shared");
    attack_memory_free(self, sizeof(*self));
}

#endif
