/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Model of core/ring.h and the files behind it: what is in the ring, who waits
 * for it, and what death leaves. For spin; park.pml tells how to read it, and
 * what enter, sleep, leave and wake are made of. Here each of them is one step.
 *
 * Three files of the model have the names of those that they are about.
 *
 * A ring of SIZE words. The producer sends MESSAGES messages of 0 to LONGEST
 * words, each size and each batch of two chosen at will, and closes its side.
 * The consumer peeks at one or two and releases them, until it is told that the
 * ring is closed. Checked is:
 *
 *   - what the consumer finds is the next message, whole, and committed
 *   - it is still there when the consumer releases it
 *   - a side is told that the other one is gone only when it has had all that
 *     the other one left
 *   - whoever takes a dead one's place goes on where it was
 *   - nobody is forgotten: a slice of sleep ends only while the other side is
 *     dead, or for a producer that waits for more than it needs
 *
 * Not all see the same: what the producer stores, and the consumer's `taken`,
 * is for a while seen by the one who stored it alone, and comes to the others
 * in any order that the language allows: stores with release after all that was
 * stored before, others when they like. A fence waits until all has come, and
 * so does a sequentially consistent store that is followed by such a load. Of
 * loads it takes the order in which they are written. What a process that died
 * had stored has come when it is seen to be dead.
 *
 *     BARRIER   as where os/os_barrier.h has one; else the fence is always made
 *     POLLER    both sides wait in a poller
 *     DEATHS    so many may be killed, each before any of its steps; for each
 *               there may come another, or not
 *     HOLD      the consumer keeps a message until it has the next one; so that
 *               there is room for that, none has more than one word
 *     STREAM    the producer may wait for more than it needs
 *     DEADLINE  the producer may wait for a longer message's room and give up,
 *               or reserve it and cancel
 *     START     where in the ring it begins
 *
 *     holds
 *     holds -DMESSAGES=2 -DSTART=4 -DDEATHS=1
 *     holds -DHOLD -DMESSAGES=4 -DSTREAM
 *     holds -DHOLD -DDEADLINE
 *     fails -DBREAK_ZERO     does not zero the next word
 *     fails -DBREAK_LATE     zeroes it after the word is written
 *     fails -DBREAK_RELEASE  writes the word without release
 *     fails -DBREAK_BATCH    commits several from the first one on
 *     fails -DBREAK_PAD      gives a pad away before what follows it
 *     fails -DBREAK_ROOM     forgets that the next word needs room
 *     fails -DBREAK_TAKEN    gives back before it has read
 *     fails -DBREAK_WAKE     wakes before the change
 *     fails -DBREAK_FENCE    looks without a fence who sleeps
 *     fails -DBREAK_ORDER    looks before entering
 *     fails -DDEATHS=1 -DBREAK_RESUME  does not walk to where the dead one was
 *     fails -DDEATHS=1 -DBREAK_DEATH   believes in a death, and looks no more
 *     fails -DHOLD -DMESSAGES=4 -DSTREAM -DBREAK_LOWER     wants less, and does
 *                            not look again
 *     fails -DHOLD -DMESSAGES=4 -DSTREAM -DBREAK_SEQUENCE  stores `wanted` with
 *                            release only
 *
 *     holds -DBARRIER
 *     holds -DBARRIER -DMESSAGES=2 -DSTART=4 -DDEATHS=1
 *     fails -DBARRIER -DBREAK_BARRIER  puts up the guard without the barrier
 *     fails -DBARRIER -DBREAK_GUARD    puts it up after the barrier
 *     fails -DBARRIER -DBREAK_RAISE    does not put it up again
 *     fails -DBARRIER -DBREAK_FENCE
 *
 *     holds -DPOLLER
 *     holds -DPOLLER -DMESSAGES=2 -DSTART=4 -DDEATHS=1
 *     holds -DPOLLER -DBARRIER -DMESSAGES=2
 *     holds -DPOLLER -DHOLD -DDEADLINE
 *     fails -DPOLLER -DHOLD -DMESSAGES=4 -DDEADLINE -DBREAK_SEQUENCE
 *     fails -DPOLLER -DHOLD -DMESSAGES=4 -DDEADLINE -DBREAK_WANTED  tells what
 *                            it wants after it has looked
 */
#ifdef HOLD
#define LONGEST 1
#endif
#ifndef LONGEST
#define LONGEST 2
#endif
#ifndef MESSAGES
#define MESSAGES 3
#endif
#ifndef DEATHS
#define DEATHS 0
#endif
#ifndef START
#define START 0
#endif
#ifndef DEPTH
#define DEPTH 3 /* stores on their way */
#endif

/* What the producer reserves, and the consumer peeks at, before it goes on. */
#ifdef HOLD
#define BATCH     1
#define MUST_HAVE 2
#else
#define BATCH     2
#define MUST_HAVE 1
#endif

#define SIZE 6 /* twice the longest record, see data_size() in core/ring.c */
#define PAD  99
#define LEFT 99

/* The sides. */
#define P 0
#define C 1

/* What a call says. */
#define DONE   0
#define AGAIN  1
#define DIED   2
#define CLOSED 3
#define NO_SPACE 4
#define TIMEOUT 5

/* ---- what both sides share ---------------------------------------------- */

byte data[SIZE];
byte taken = START;
byte wanted = START;
bool guard[2];
byte number[2] = 1;

#define WORD(at) data[(at) % SIZE]
/* How `taken` and `wanted` are compared. */
#define IS_REACHED(by, what) (((by - what) & 255) < 128)

/* ---- stores on their way ------------------------------------------------ */

/* The producer's. */
byte stores;
byte place[DEPTH], value[DEPTH];
bool is_release[DEPTH];

/* The consumer's. */
bool is_taken_stored;
byte taken_stored;

#define RELAXED false
#ifdef BREAK_RELEASE
#define RELEASE false
#else
#define RELEASE true
#endif

#define STORES(at, what, how)             \
    place[stores] = (at) % SIZE;          \
    value[stores] = what;                 \
    is_release[stores] = how;             \
    stores++

inline store(at, what)
{
    d_step { stores < DEPTH -> STORES(at, what, RELAXED) }
}

/* One of them comes. */
inline land(which)
{
    data[place[which]] = value[which];
    i = which;
    do
    :: i + 1 < stores ->
        place[i] = place[i + 1];
        value[i] = value[i + 1];
        is_release[i] = is_release[i + 1];
        i++
    :: else -> break
    od;
    stores--;
    place[stores] = 0; value[stores] = 0; is_release[stores] = false; i = 0
}

#ifdef BREAK_SEQUENCE
bool is_wanted_stored;
byte wanted_stored;

#define LAND_WANTED                                                    \
    stores == 0 && is_wanted_stored ->                                 \
        wanted = wanted_stored; is_wanted_stored = false; wanted_stored = 0
#define ALL_OF_P (stores == 0 && !is_wanted_stored)
#else
#define LAND_WANTED false
#define ALL_OF_P    (stores == 0)
#endif

inline land_taken()
{
    if
    :: is_taken_stored ->
        taken = taken_stored; is_taken_stored = false; taken_stored = 0
    :: else
    fi
}

inline land_all(who)
{
    if
    :: who == P ->
        do
        :: stores > 0 -> land(0)
        :: LAND_WANTED
        :: else -> break
        od
    :: else -> land_taken()
    fi
}

#define PASSES(which, before) \
    (!is_release[which] && place[which] != place[before])

active proctype memory()
{
    byte i;

end:
    do
    :: d_step { stores > 0 -> land(0) }
    :: d_step { stores > 1 && PASSES(1, 0) -> land(1) }
    :: d_step { stores > 2 && PASSES(2, 0) && PASSES(2, 1) -> land(2) }
    :: d_step { is_taken_stored -> land_taken() }
    :: d_step { LAND_WANTED }
    od
}

#define ALL_LANDED(who) (who == P -> ALL_OF_P : !is_taken_stored)

/* ---- the kernel --------------------------------------------------------- */

byte deaths;
byte incarnation[2] = 1;
bool is_dead[2];
bool is_gone[2]; /* for good */

bool is_in[2], is_woken[2]; /* where a side sleeps */
bool is_armed[2], is_rung[2]; /* and where its poller does */

/* Who was killed after it disarmed the other's poller and before it rang. */
bool owes_ring[2], is_unrung[2];

#define LIVES(who, known) (known == incarnation[who] && !is_dead[who])

#if DEATHS
#define DIES(who)  unless { is_dead[who] }
#define SLICE_ENDS || is_dead[1 - me]
#else
#define DIES(who)
#define SLICE_ENDS
#endif

inline enter()
{
    d_step { ALL_LANDED(me) -> is_in[me] = true; is_woken[me] = false }
}

#ifdef BREAK_ORDER
#define ENTER_THEN(look) look; enter()
#else
#define ENTER_THEN(look) enter(); look
#endif

inline leave()
{
    d_step { is_in[me] = false; is_woken[me] = false }
}

inline ring_bell()
{
    if
    :: d_step { is_armed[1 - me] ->
            is_armed[1 - me] = false; owes_ring[me] = true };
        d_step { is_rung[1 - me] = true; owes_ring[me] = false }
    :: !is_armed[1 - me]
    fi
}

inline wake_peer()
{
#ifdef POLLER
    ring_bell()
#else
    d_step { is_woken[1 - me] = is_in[1 - me] }
#endif
}

/* ---- what really is in the ring ----------------------------------------- */

byte start[MESSAGES], size_of[MESSAGES];
byte committed, released;
byte end_of_all = START;        /* the position behind what is committed */
byte committed_by_dead; /* and all this had landed */

#define CONTENTS(message, index) (16 + 2 * (message) + (index))

#include "ring_wait.pml"
#include "ring_producer.pml"
#include "ring_consumer.pml"

/* ---- all of them -------------------------------------------------------- */

#define KILL(who)                                             \
    :: d_step { !is_dead[who] && deaths < DEATHS ->           \
           is_dead[who] = true; deaths++; land_all(who);      \
           is_in[who] = false; is_woken[who] = false;         \
           is_armed[who] = false; is_rung[who] = false;       \
           is_unrung[1 - who] = owes_ring[who];               \
           owes_ring[who] = false;                            \
           if                                                 \
           :: who == P -> committed_by_dead = committed       \
           :: else                                            \
           fi }

#if DEATHS
active proctype killer()
{
    byte i;

end:
    do
    KILL(P)
    KILL(C)
    od
}
#endif

init
{
    atomic { run producer(P); run consumer(C) }
}
