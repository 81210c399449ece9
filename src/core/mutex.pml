/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Model of core/mutex.c over park.pml, which tells how to read it.
 *
 * Three threads lock and unlock, each of a process of its own; with -DTHREADS
 * the second and the third are of one. To be the owner is a duty, since nobody
 * wakes the others when he is killed. Checked is besides that nobody is
 * forgotten:
 *
 *   - whoever becomes the owner is the only one who lives
 *   - he is told that the last one died if that is so, and only then
 *   - nobody becomes the owner of what was unlocked in doubt
 *   - no thread takes for its own what it has not locked
 *
 *     holds -DROUNDS=2
 *     holds -DDEATHS=1
 *     holds -DTHREADS
 *     fails -DTHREADS -DBREAK_THREAD   a thread's number alone tells it apart
 *     fails -DTHREADS -DROUNDS=2 -DBREAK_LOST  wakes one when it is lost
 *     fails -DDEATHS=1 -DBREAK_EXCHANGE  takes over from whoever is there
 *     fails -DDEATHS=1 -DBREAK_DOUBT   unlocks in doubt as ever
 *     fails -DDEATHS=1 -DBREAK_NUMBERS a number is used again
 *
 *     holds -DWIN32 -DROUNDS=2
 *     holds -DWIN32 -DDEATHS=2
 *     holds -DWIN32 -DTHREADS -DDEATHS=1
 */
#define OPERATIONS_ONLY
#define WAITERS 3
#define WAKERS  0
#include "park.pml"

#ifndef ROUNDS
#define ROUNDS 1 /* of the first thread; the others' are one */
#endif

#define DOUBT       8
#define LOST        16
#define OWNER(word) (word & 7)

byte word;
byte owner;
byte gone;

/* What is so, whatever the words say. */
byte holder; /* 1 more than who it is; 0: nobody */
bool holder_died;
bool is_lost;

/* Numbers of the processes, and of the threads in each. */
#if defined(THREADS)
#define NUMBER(who) (who == 0 -> 1 : 2)
#define THREAD(who) (who == 2 -> 2 : 1)
#elif defined(BREAK_NUMBERS)
#define NUMBER(who) (who == 1 -> 2 : 1)
#define THREAD(who) 1
#else
#define NUMBER(who) (who + 1)
#define THREAD(who) 1
#endif

#define LIVES(number)                        \
    ((NUMBER(0) == number && !is_dead[0]) || \
     (NUMBER(1) == number && !is_dead[1]) || \
     (NUMBER(2) == number && !is_dead[2]))

/* What tells the owner's threads apart, and from all others ever. */
#ifdef BREAK_THREAD
#define SELF THREAD(me)
#else
#define SELF (me + 1)
#endif

/* In the step that makes him the owner. */
#define BECOMES_OWNER(flag)                  \
    assert(holder == 0 || holder_died);      \
    assert(holder_died == (flag == DOUBT));  \
    assert(!is_lost);                        \
    word = NUMBER(me) | flag;                \
    holder = me + 1; holder_died = false;    \
    has_duty[me] = true; is_owner = true

#ifdef BREAK_EXCHANGE
#define IS_AS_JUDGED true
#else
#define IS_AS_JUDGED (word == seen)
#endif

/* Neither free nor lost. */
inline judge_owner()
{
    assert(OWNER(seen) != NUMBER(me) || owner != SELF);
    if
    :: d_step { LIVES(OWNER(seen)) -> has_duty[me] = false }
    :: !LIVES(OWNER(seen)) ->
        atomic {
            if
            :: IS_AS_JUDGED -> BECOMES_OWNER(DOUBT)
            :: else -> has_duty[me] = false
            fi
        }
    fi
}

/* The attempt before a sleep. */
inline take()
{
    atomic {
        if
        :: word == 0 -> BECOMES_OWNER(0)
        :: else -> seen = word
        fi
    };
    if
    :: is_owner
    :: !is_owner && (seen & LOST) != 0 -> rounds = 0
    :: !is_owner && (seen & LOST) == 0 -> judge_owner()
    fi;
    seen = 0;
    if
    :: is_owner -> owner = SELF
    :: !is_owner
    fi
}

#ifdef BREAK_DOUBT
#define UNLOCKED 0
#else
#define UNLOCKED ((word & DOUBT) != 0 -> LOST : 0)
#endif
#ifdef BREAK_LOST
#define MOST 1
#else
#define MOST (left == LOST -> ALL : 1)
#endif

/* What he leaves in the word says who is worth waking. */
inline release(new_word)
{
    left = new_word;
    owner = 0;
    d_step {
        is_lost = ((word & DOUBT) != 0 && left != DOUBT);
        holder = 0; is_owner = false;
        holder_died = (left == DOUBT);
        word = left
    };
    wake(MOST);
    left = 0
}

/* As it is; or after it was recovered; or because the thread ends, after which
 * another may begin. */
inline unlock()
{
    assert(OWNER(word) == NUMBER(me) && owner == SELF);
    if
    :: release(UNLOCKED)
    :: (word & DOUBT) != 0 -> word = word & ~DOUBT; release(0)
#ifdef THREADS
    :: release(DOUBT)
#endif
    fi
}

#if DEATHS
#define DIES unless { is_dead[me] }
#else
#define DIES
#endif

proctype locker(byte me; byte rounds)
{
    PARK;
    SLEEPER;
    byte seen, left;
    bool is_owner;

#ifdef BREAK_NUMBERS
end:
    me != 2 || is_dead[0];
#endif
    {
        do
        :: rounds == 0 -> break
        :: rounds > 0 ->
            do
            :: is_owner || rounds == 0 -> break
            :: atomic { !is_owner && rounds > 0 && word == 0 ->
                    BECOMES_OWNER(0) };
                owner = SELF
            :: !is_owner && rounds > 0 ->
                enter();
                take();
                if
                :: is_owner || rounds == 0
                :: !is_owner && rounds > 0 -> sleep()
                fi;
                leave()
            od;
            if
            :: is_owner ->
                unlock();
                rounds--
            :: !is_owner
            fi
        od
    } DIES;
    atomic { STOPS_SLEEPING(me); gone++ }
}

#define KILL(who)                                   \
    is_dead[who] = true; STOPS_SLEEPING(who);       \
    holder_died = holder_died || holder == who + 1; \
    died_on_duty = died_on_duty + has_duty[who];    \
    has_duty[who] = false

#if DEATHS
active proctype killer()
{
end:
    do
    :: atomic { deaths < DEATHS && !is_dead[0] -> deaths++; KILL(0) }
#ifdef THREADS
    :: atomic { deaths < DEATHS && !is_dead[1] -> deaths++; KILL(1); KILL(2) }
#else
    :: atomic { deaths < DEATHS && !is_dead[1] -> deaths++; KILL(1) }
    :: atomic { deaths < DEATHS && !is_dead[2] -> deaths++; KILL(2) }
#endif
    od
}
#endif

init
{
    atomic {
        run locker(0, ROUNDS);
        run locker(1, 1);
        run locker(2, 1)
    }
}
