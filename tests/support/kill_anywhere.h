/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kills a process after its first step, a fresh one after its second, and so
 * on until one comes to its end, and after each death asks the survivor, which
 * is the case itself, whether the library kept its promises.
 *
 *     KILLED(creates_a_section)
 *     {
 *         ... what comes before
 *         kill_begin();
 *         ... xipc_section_create("a", ...)
 *         kill_end();
 *     }
 *
 *     SPEC(a_creator_may_die_anywhere, "GEN-11")
 *     {
 *         kill_plan plan = {NULL, the_name_is_free_for_all, NULL, NULL};
 *
 *         KILL_ANYWHERE(creates_a_section, &plan);
 *     }
 *
 * What a step is depends on the host. With ptrace: the entry and the exit of
 * every system call, and single instructions. Elsewhere: the numbered points
 * of a library built with XIPC_CRASH_POINTS.
 *
 * In the environment, XIPC_KILL_EVERY=n kills after every n-th instruction, 1
 * being all of them. Without it a sample is taken, spread evenly over the role
 * from a random place on, for as long as XIPC_KILL_MS allows (4000).
 */
#ifndef KILL_ANYWHERE_H
#define KILL_ANYWHERE_H

#include "support/spec.h"

typedef void kill_step(void *context);

/* All run in the surviving process. Those that are NULL are left out. */
typedef struct kill_plan {
    kill_step *prepare; /* before each role is started */
    kill_step *check;   /* after each death and after the last role's own end;
                           must pass within a second */
    kill_step *tidy;    /* after the check */
    void *context;
} kill_plan;

#define KILLED(role)        \
    static void role(void); \
    PEER(role##_in_peer)    \
    {                       \
        kill_enter();       \
        role();             \
    }                       \
    static void role(void)

#define KILL_ANYWHERE(role, plan) kill_anywhere(&role##_in_peer_entry, plan)

/*
 * Runs the role again and again. Fails the case if the host has no way to stop
 * a process at a step. Returns the number of deaths, at least one.
 */
unsigned kill_anywhere(const spec_entry *role, const kill_plan *plan);

/* The role says where the interesting part begins and that it has ended. What
 * it does after the end is not killed. */
void kill_begin(void);
void kill_end(void);

/* Called by KILLED() before the role. */
void kill_enter(void);

/*
 * Runs the plan's check. `place` says where the role was killed; it is told if
 * the check fails. Returns 1 if the same death has to be died again, because
 * the check took over a second. A promise that is broken is broken each time,
 * a crowded machine is slow once: the third time in a row fails the case.
 */
int kill_check(const kill_plan *plan, const char *place);

/* A number from the environment; `otherwise` if it is not there. */
unsigned long kill_setting(const char *variable, unsigned long otherwise);

#endif
