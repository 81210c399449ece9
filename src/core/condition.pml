/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Model of core/condition.c over park.pml, which tells how to read it.
 *
 * Waiters wait until there is something to take; wakers add something and
 * notify one, or with -DNOTIFY_ALL add enough for all and notify all. The mutex
 * is one word here: mutex.pml is about how it is locked, and that the death of
 * its owner sets it free.
 *
 * As much is added as is wanted. So whoever is asleep when nothing moves any
 * more began to wait before something was added and notified, and missed it.
 *
 *     holds
 *     holds -DSTALE=1
 *     holds -DDEATHS=1
 *     holds -DNOTIFY_ALL -DWAKERS=1 -DWAITERS=3 -DDEATHS=1
 *     fails -DBREAK_BEFORE     reads the word after unlocking
 *     fails -DBREAK_NOTIFY     wakes before it raises the word
 *     fails -DBREAK_MUTEX      adds without the mutex
 *     fails -DNOTIFY_ALL -DWAKERS=1 -DBREAK_ALL  wakes only one
 *
 *     holds -DWIN32
 *     holds -DWIN32 -DSTALE=1
 *     holds -DWIN32 -DDEATHS=1
 *     holds -DWIN32 -DNOTIFY_ALL -DWAKERS=1 -DWAITERS=3 -DDEATHS=1
 */
#define OPERATIONS_ONLY
#include "park.pml"

byte mutex; /* 1 more than who has it */
byte word;  /* counts notifications */
byte store; /* what they wait for, under the mutex */
byte gone;

/* A waker adds and then notifies. One that is killed in between has notified
 * nobody: those who wait may wait in vain. */
bool has_news[PEOPLE];
bool is_unsaid;

inline lock()
{
    d_step { mutex == 0 -> mutex = me + 1 }
}

#define UNLOCKS mutex = 0

/* As in core/park.c. */
inline wait_for_notification()
{
    do
    :: word != before -> break
    :: word == before ->
        enter();
        if
        :: d_step { word == before -> has_duty[me] = false };
            sleep();
            leave()
        :: word != before ->
            leave();
            break
        fi
    od
}

inline wait_condition()
{
#ifdef BREAK_BEFORE
    UNLOCKS;
    before = word;
#else
    before = word;
    UNLOCKS;
#endif
    wait_for_notification();
    before = 0;
    lock()
}

inline notify(most)
{
#ifdef BREAK_NOTIFY
    wake(most);
    d_step { word++; has_news[me] = false }
#else
    d_step { word++; has_news[me] = false; has_duty[me] = true };
    wake(most)
#endif
}

#if DEATHS
#define DIES unless { is_dead[me] }
#define DIES_OR_WAITS_IN_VAIN \
    unless {                     \
        is_dead[me] ||           \
        (timeout && deaths > 0 && (store == 0 || is_unsaid)) }
#else
#define DIES
#define DIES_OR_WAITS_IN_VAIN
#endif

proctype waiter(byte me)
{
    PARK;
    SLEEPER;
    byte before;

    {
        lock();
        do
        :: d_step { store > 0 -> store--; has_duty[me] = false; UNLOCKS };
            break
        :: d_step { store == 0 -> has_duty[me] = false };
            wait_condition()
        od
    } DIES_OR_WAITS_IN_VAIN;
    atomic { STOPS_SLEEPING(me); gone++ }
}

#ifdef NOTIFY_ALL
#define ADDED WAITERS
#ifdef BREAK_ALL
#define MOST 1
#else
#define MOST ALL
#endif
#else
#define ADDED 1
#define MOST  1
#endif

proctype waker(byte me)
{
    PARK;

    {
#ifndef BREAK_MUTEX
        lock();
#endif
        d_step { store = store + ADDED; has_news[me] = true };
#ifndef BREAK_MUTEX
        UNLOCKS;
#endif
        notify(MOST)
    } DIES;
    gone++
}

#define KILL(who)                                               \
    :: atomic { !is_dead[who] && deaths < DEATHS ->             \
           is_dead[who] = true; STOPS_SLEEPING(who);            \
           died_on_duty = died_on_duty + has_duty[who];         \
           has_duty[who] = false; deaths++;                     \
           is_unsaid = is_unsaid || has_news[who];              \
           if                                                   \
           :: mutex == who + 1 -> UNLOCKS                       \
           :: else                                              \
           fi }

#if DEATHS
active proctype killer()
{
end:
    do
    KILL(0)
    KILL(1)
    KILL(2)
#if PEOPLE > 3
    KILL(3)
#endif
    od
}
#endif

init
{
    atomic {
        byte at;

        for (at : 0 .. WAITERS - 1) { run waiter(at) }
        for (at : WAITERS .. PEOPLE - 1) { run waker(at) }
        at = 0
    }
}
