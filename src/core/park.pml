/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Model of core/park.h over the accounts of posix_park.c and, with -DWIN32,
 * win32_park.c; for spin.
 *
 * Waiters take from a word what wakers add to it, as a semaphore's do. What
 * stands alone, or in one d_step or atomic, is one step: an atomic operation on
 * shared words, or a system call. Spin tries every order of the steps, in each
 * of which all see the same: what sequentially consistent operations are.
 *
 * As much is added as is wanted. So whoever still sleeps when nothing moves any
 * more was forgotten; spin calls that an invalid end state. When all have gone,
 * the account has to be empty, or to become so by what comes next.
 *
 * A sleeper's slice ends only after somebody died who had a duty: to wake, or
 * to look because he was woken. So the model also shows what slices are for,
 * and that no other death needs them.
 *
 *     WAITERS, WAKERS  how many there are
 *     TAKES, POSTS     of the first waiter and of the first waker; each other
 *                      takes or adds one
 *     DEATHS           so many may be killed, each before any of its steps
 *     DEADLINE         the first waiter may give up
 *     INTERRUPT        the first waiter is interrupted
 *     STALE            so many who died long ago are still in the account
 *
 * ci/matrix.sh models runs what this list says, in each model; what fails is a
 * mistake made on purpose, which the model has to find:
 *
 *     holds
 *     holds -DTAKES=2 -DPOSTS=2
 *     holds -DWAITERS=3 -DWAKERS=1 -DPOSTS=3
 *     holds -DDEADLINE
 *     holds -DINTERRUPT -DWAKERS=1 -DPOSTS=2
 *     holds -DSTALE=1
 *     holds -DDEATHS=1
 *     holds -DDEATHS=2 -DWAKERS=1 -DPOSTS=2
 *     fails -DBREAK_ORDER      looks before entering
 *     fails -DBREAK_COMPARE    sleeps whatever the sequence is
 *     fails -DBREAK_SEQUENCE   reads the sequence after entering
 *     fails -DBREAK_EPOCH      leaves an epoch that is not his
 *     fails -DBREAK_ENTRIES    begins an epoch although others have entered
 *     fails -DSTALE=1 -DBREAK_MEND  begins none
 *
 *     holds -DWIN32
 *     holds -DWIN32 -DTAKES=2 -DPOSTS=2
 *     holds -DWIN32 -DWAITERS=3 -DWAKERS=1 -DPOSTS=3
 *     holds -DWIN32 -DDEADLINE
 *     holds -DWIN32 -DINTERRUPT -DWAKERS=1 -DPOSTS=2
 *     holds -DWIN32 -DSTALE=1
 *     holds -DWIN32 -DSTALE=1 -DLYING_MAX=1
 *     holds -DWIN32 -DDEATHS=1
 *     holds -DWIN32 -DDEATHS=2 -DWAKERS=1 -DPOSTS=2
 *     fails -DWIN32 -DBREAK_ORDER
 *     fails -DWIN32 -DSTALE=1 -DBREAK_FORGET  forgets who entered since
 *     fails -DWIN32 -DSTALE=1 -DBREAK_THROW   keeps what is for nobody
 *
 * And what Windows does not promise. It costs a slice if it ever happens:
 *
 *     fails -DWIN32 -DSTALE=1 -DBREAK_WINDOW  a thread stops between its look
 *                              at the ticket and its sleep
 *     fails -DWIN32 -DWAITERS=3 -DWAKERS=1 -DPOSTS=3 -DBREAK_QUEUE  a token
 *                              goes to another than who has slept longest
 *
 * The other models take from here all but the processes.
 */
#ifndef WAITERS
#define WAITERS 2
#endif
#ifndef WAKERS
#define WAKERS 2
#endif
#ifndef TAKES
#define TAKES 1
#endif
#ifndef POSTS
#define POSTS 1
#endif
#ifndef DEATHS
#define DEATHS 0
#endif
#ifndef STALE
#define STALE 0
#endif

#ifdef INTERRUPT
#define PEOPLE (WAITERS + WAKERS + 1)
#else
#define PEOPLE (WAITERS + WAKERS)
#endif
#define ALL 9

byte deaths;
bool is_dead[PEOPLE];
bool has_duty[PEOPLE];
byte died_on_duty;

/* ---- the kernel --------------------------------------------------------- */

bool is_asleep[PEOPLE];

#define WAKES(who) is_asleep[who] = false; has_duty[who] = true

#if defined(WIN32) && !defined(BREAK_QUEUE)
/* Who has slept longest is woken first. */
chan queue = [WAITERS] of { byte };
byte first;

#define FALLS_ASLEEP is_asleep[me] = true; queue!me
#define STOPS_SLEEPING(who)                                       \
    if                                                            \
    :: is_asleep[who] -> is_asleep[who] = false; queue??eval(who) \
    :: else                                                       \
    fi
#define WAKES_ONE_IF(condition, then) \
    :: condition && len(queue) > 0 -> queue?first; WAKES(first); first = 0; then
#else
/* Anybody may be woken first. */
#define FALLS_ASLEEP         is_asleep[me] = true
#define STOPS_SLEEPING(who)  is_asleep[who] = false
#if WAITERS > 2
#define WAKES_ONE_IF(condition, then)              \
    :: condition && is_asleep[0] -> WAKES(0); then \
    :: condition && is_asleep[1] -> WAKES(1); then \
    :: condition && is_asleep[2] -> WAKES(2); then
#else
#define WAKES_ONE_IF(condition, then)              \
    :: condition && is_asleep[0] -> WAKES(0); then \
    :: condition && is_asleep[1] -> WAKES(1); then
#endif
#endif

/* What a sleeper keeps between its steps. */
#define SLEEPER bool was_woken, had_slice, gave_up; byte slices

/* What else ends a sleep. A slice ends by chance while others move, once; and
 * when nobody moves, once for each death that can be the reason. */
#if DEATHS
#define SLICE_ENDS                                                   \
    :: atomic { is_asleep[me] && died_on_duty > 0 && !had_slice ->   \
           STOPS_SLEEPING(me); was_woken = false; had_slice = true } \
    :: atomic { timeout && is_asleep[me] && slices < died_on_duty -> \
           STOPS_SLEEPING(me); was_woken = false; slices++ }
#else
#define SLICE_ENDS
#endif
#ifdef DEADLINE
#define TIME_IS_UP                                                 \
    :: atomic { is_asleep[me] && me == 0 ->                        \
           STOPS_SLEEPING(me); was_woken = false; gave_up = true }
#else
#define TIME_IS_UP
#endif

#ifndef WIN32

/* ---- posix_park.c ------------------------------------------------------- */

byte sequence;
byte count = STALE, epoch, entries;

#define PARK                                                  \
    byte seen_sequence, seen_epoch, seen_count, seen_entries; \
    byte woken

inline enter()
{
#ifndef BREAK_SEQUENCE
    seen_sequence = sequence;
#endif
    d_step { count++; entries++; seen_epoch = epoch };
#ifdef BREAK_SEQUENCE
    seen_sequence = sequence;
#endif
}

#ifdef BREAK_COMPARE
#define MAY_SLEEP true
#else
#define MAY_SLEEP (sequence == seen_sequence)
#endif

inline sleep()
{
    atomic {
        was_woken = true;
        if
        :: MAY_SLEEP -> FALLS_ASLEEP
        :: else
        fi
    };
    if
    :: !is_asleep[me]
    SLICE_ENDS
    TIME_IS_UP
    fi
}

#ifdef BREAK_EPOCH
#define COUNTS_ME (count > 0)
#else
#define COUNTS_ME (count > 0 && epoch == seen_epoch)
#endif

inline leave()
{
    atomic {
        if
        :: COUNTS_ME -> count--
        :: else
        fi;
        seen_epoch = 0; seen_sequence = 0; was_woken = false
    }
}

#ifdef BREAK_ENTRIES
#define IS_AS_SEEN (count == seen_count && epoch == seen_epoch)
#else
#define IS_AS_SEEN \
    (count == seen_count && epoch == seen_epoch && entries == seen_entries)
#endif
#ifdef BREAK_MEND
#define BEGINS_EPOCH false
#else
#define BEGINS_EPOCH (woken == 0 && IS_AS_SEEN)
#endif

inline wake(most)
{
    if
    :: d_step { count == 0 -> has_duty[me] = false }
    :: d_step { count > 0 ->
            seen_count = count; seen_epoch = epoch; seen_entries = entries };
        sequence++;
        atomic {
            do
            WAKES_ONE_IF(woken < most, woken++)
            :: else -> break
            od;
            has_duty[me] = false
        };
        atomic {
            if
            :: BEGINS_EPOCH -> count = 0; epoch++
            :: else
            fi;
            woken = 0; seen_count = 0; seen_epoch = 0; seen_entries = 0
        }
    fi
}

/* When all have gone, the first wake-up rids the account of the dead. */
inline mend()
{
    if
    :: deaths + STALE > 0 -> wake(1)
    :: else
    fi;
    assert(count == 0)
}

#else

/* ---- win32_park.c ------------------------------------------------------- */

/* The semaphore never has both tokens and sleepers. */
byte owed = STALE, wakes;
byte tokens = STALE;

#ifndef LYING_MAX
#define LYING_MAX 0
#endif

#define PARK                              \
    byte ticket, taken, lying, seen_owed; \
    byte seen_wakes; bool is_off

inline enter()
{
    d_step { owed++; ticket = wakes }
}

#ifdef BREAK_FORGET
#define FORGETS true
#else
#define FORGETS (owed == seen_owed && wakes == seen_wakes)
#endif

#define TAKES_TOKEN tokens > 0 -> tokens--; has_duty[me] = true

/*
 * That nothing comes between the look at the ticket and the sleep is what the
 * code cannot promise, and costs a slice when it happens: BREAK_WINDOW.
 */
inline sleep()
{
    if
    :: atomic { wakes != ticket -> was_woken = true };
        atomic {
            if
            :: TAKES_TOKEN
            :: else
            fi
        }
    :: atomic { wakes == ticket -> was_woken = true;
#ifdef BREAK_WINDOW
        };
        atomic {
#endif
            if
            :: TAKES_TOKEN
            :: else -> FALLS_ASLEEP
            fi
        };
        if
        :: !is_asleep[me]
        SLICE_ENDS
        TIME_IS_UP
        fi
    fi
}

inline leave()
{
    atomic {
        is_off = (wakes == ticket && owed > 0);
        owed = owed - is_off
    };
#ifndef BREAK_THROW
    do
    :: d_step { is_off && was_woken && tokens > 0 -> tokens-- }
    :: atomic { !is_off || !was_woken || tokens == 0 -> break }
    od;
#endif
    atomic { is_off = false; was_woken = false; ticket = 0 }
}

inline wake(most)
{
    if
    :: d_step { owed == 0 -> has_duty[me] = false }
    :: atomic { owed > 0 ->
            taken = (owed < most -> owed : most);
            owed = owed - taken;
            wakes++;
            seen_owed = owed;
            seen_wakes = wakes
        };
        atomic {
            lying = tokens;
            do
            WAKES_ONE_IF(taken > 0, taken--)
            :: else -> break
            od;
            tokens = tokens + taken;
            taken = 0;
            has_duty[me] = false
        };
        atomic {
            if
            :: lying > LYING_MAX && FORGETS -> owed = 0; wakes++
            :: else
            fi;
            lying = 0; seen_owed = 0; seen_wakes = 0
        }
    fi
}

/* When all have gone, wake-ups make tokens of what is owed, and the next
 * sleeper throws them away. */
inline mend()
{
    do
    :: owed > 0 -> wake(1)
    :: owed == 0 -> break
    od;
    if
    :: tokens > 0 -> enter(); sleep(); leave()
    :: else
    fi;
    assert(owed == 0 && tokens == 0)
}
#endif

#ifndef OPERATIONS_ONLY

/* ---- core/park.c -------------------------------------------------------- */

byte word;
byte gone;
bool is_interrupted; /* the first waiter */

/* The attempt. */
#define LOOK(then)                            \
    atomic {                                  \
        has_duty[me] = false;                 \
        if                                    \
        :: word > 0 -> word--; rounds--; then \
        :: else                               \
        fi                                    \
    }

/* Who is interrupted passes the wake-up on: it may have been for another. */
#ifdef INTERRUPT
#define CANCELED (me == 0 && is_interrupted)
#else
#define CANCELED false
#endif

#if DEATHS
#define DIES unless { is_dead[me] }
#define DIES_OR_WAITS_IN_VAIN \
    unless { is_dead[me] || (timeout && deaths > 0 && word == 0) }
#else
#define DIES
#define DIES_OR_WAITS_IN_VAIN
#endif

proctype waiter(byte me; byte rounds)
{
    PARK;
    SLEEPER;

    {
        do
        :: rounds == 0 -> break
        :: d_step { rounds > 0 && word > 0 ->
                word--; rounds--; has_duty[me] = false }
        :: rounds > 0 && !gave_up ->
#ifdef BREAK_ORDER
            LOOK(goto done);
            enter();
#else
            enter();
            LOOK(goto leaving);
#endif
            if
            :: CANCELED -> gave_up = true; goto leaving
            :: !CANCELED
            fi;
            sleep();
leaving:
            leave()
        :: rounds > 0 && gave_up ->
            if
            :: CANCELED -> wake(1)
            :: !CANCELED -> LOOK(skip)
            fi;
            rounds = 0
        od;
done:
        skip
    } DIES_OR_WAITS_IN_VAIN;
    atomic { STOPS_SLEEPING(me); gone++ }
}

proctype waker(byte me; byte rounds)
{
    PARK;

    {
        do
        :: rounds == 0 -> break
        :: d_step { rounds > 0 -> rounds--; word++; has_duty[me] = true };
            wake(1)
        od
    } DIES;
    gone++
}

proctype interrupter(byte me)
{
    PARK;

    is_interrupted = true;
    wake(ALL);
    gone++
}

#define KILL(who)                                       \
    :: atomic { !is_dead[who] && deaths < DEATHS ->     \
           is_dead[who] = true; STOPS_SLEEPING(who);    \
           died_on_duty = died_on_duty + has_duty[who]; \
           has_duty[who] = false; deaths++ }

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

/* Takes the first waiter's part when all have gone. */
proctype survivor(byte me)
{
    PARK;
    SLEEPER;

    gone == PEOPLE;
    mend()
}

init
{
    atomic {
        byte at;

        run waiter(0, TAKES);
        for (at : 1 .. WAITERS - 1) { run waiter(at, 1) }
        run waker(WAITERS, POSTS);
        for (at : WAITERS + 1 .. WAITERS + WAKERS - 1) { run waker(at, 1) }
#ifdef INTERRUPT
        run interrupter(PEOPLE - 1);
#endif
        run survivor(0);
        at = 0
    }
}
#endif
