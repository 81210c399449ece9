/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Model of core/mailbox.h and the files behind it: where each block is, and
 * what death leaves there. For spin; park.pml tells how to read it. Who waits
 * looks in slices, so here he just goes on when there is something to be found.
 *
 * Three files of the model have the names of those that they are about.
 *
 * Senders send one message each, or ROUNDS; receivers receive until no sender
 * is left. When all have gone, one who cannot die puts in order what they left,
 * receives what is there, and looks whether all is as it was in the beginning.
 * Checked is:
 *
 *   - what was acknowledged is received once; again only if it is marked, or if
 *     its receiver had not all of it
 *   - whose sending failed is received by nobody
 *   - a block is somebody's only as long as it is nobody else's; none is in a
 *     circle, a list or the stack twice; and in the end all are free
 *   - the numbers of messages have no gaps, and come out of the circle in order
 *   - a sender waits only while the box is really full, a receiver only while
 *     nothing acknowledged is there
 *
 * All see the same here. Where the language promises less, release and acquire
 * have to make it so: BREAK_ZERO, BREAK_ENTRY, BREAK_NUMBER and BREAK_LOOK are
 * what comes of it where they are missing.
 *
 * Lists and the stack are sets: a repair makes them again, so nothing depends
 * on their links except that a block is taken out of them while it is still
 * the lock's.
 *
 *     BLOCKS, SIZE        how many there are, and places in each circle
 *     SENDERS, RECEIVERS  how many there are; the second ones begin later
 *     ROUNDS              messages of each sender
 *     DEATHS              so many may be killed, each before any of its steps
 *     TAKE                receivers take and release; else they copy
 *     ACKED               the same, in a box with XIPC_MAILBOX_ACKED; they may
 *                         return a message
 *     DROP                senders drop the oldest message if there is no room
 *     SHRINK              who has received may make the box forget what free
 *                         blocks were
 *     RENDEZVOUS          senders wait until the message is taken, or take it
 *                         back
 *
 *     holds -DDEATHS=2
 *     holds -DDEATHS=2 -DSIZE=2
 *     holds -DDEATHS=2 -DBLOCKS=1
 *     holds -DDEATHS=2 -DROUNDS=2 -DRECEIVERS=1
 *     holds -DDEATHS=2 -DROUNDS=3 -DSENDERS=1 -DBLOCKS=3 -DSIZE=2
 *     fails -DBREAK_FULL     does not look whether the circle is full
 *     fails -DBREAK_ENTRY    stores the entry before the state
 *     fails -DDEATHS=1 -DBREAK_NUMBER  stores the state before the number
 *     fails -DDEATHS=1 -DBREAK_END     counts before the entry is stored
 *     fails -DDEATHS=1 -DBREAK_ZERO    zeroes the entry before the state
 *     fails -DDEATHS=2 -DBREAK_EXCHANGE  takes over from whoever is there
 *     fails -DDEATHS=1 -DBREAK_REPAIR  takes over and does not repair
 *     fails -DDEATHS=1 -DBREAK_LOOK    looks at the entry after the state
 *     fails -DDEATHS=1 -DBREAK_OWN     believes in a number before the state
 *     fails -DDEATHS=1 -DBREAK_UNCOUNTED  counts only what has its entry still
 *     fails -DDEATHS=1 -DBREAK_LAP     goes by the entry, not by the block
 *     fails -DDEATHS=1 -DBLOCKS=1 -DBREAK_ANY  believes that all came out that
 *                            is not going in
 *     fails -DDEATHS=1 -DBREAK_JUDGED  sees the state, and then that he is dead
 *     fails -DDEATHS=1 -DBREAK_FREED   returns what a dead one had not received
 *
 *     holds -DTAKE -DDEATHS=2 -DBLOCKS=1
 *     holds -DTAKE -DDEATHS=2 -DROUNDS=3 -DSENDERS=1
 *     fails -DTAKE -DDEATHS=1 -DBLOCKS=1 -DRECEIVERS=1 -DBREAK_EXIT  a sender
 *                            does not look after the exit
 *
 *     holds -DACKED -DDEATHS=1
 *     holds -DACKED -DDEATHS=2 -DBLOCKS=1
 *     fails -DACKED -DDEATHS=2 -DBREAK_MARK  marks it after it is queued
 *
 *     holds -DDROP -DDEATHS=2 -DBLOCKS=1
 *     fails -DDROP -DBLOCKS=1 -DROUNDS=2 -DBREAK_UNLINK  returns it before it
 *                            leaves its list
 *
 *     holds -DSHRINK -DDEATHS=2 -DBLOCKS=1
 *     fails -DSHRINK -DDEATHS=1 -DBLOCKS=1 -DBREAK_SHRINK  goes by the blocks
 *                            alone
 *
 *     holds -DRENDEZVOUS -DDEATHS=2 -DRECEIVERS=1
 *     holds -DRENDEZVOUS -DDEATHS=1 -DBLOCKS=1
 *     holds -DRENDEZVOUS -DACKED -DDEATHS=2 -DRECEIVERS=1
 *     fails -DRENDEZVOUS -DBREAK_MOVE  takes back before the circle is moved
 *     fails -DRENDEZVOUS -DBLOCKS=1 -DBREAK_SEQUENCE  takes back another's
 *     fails -DRENDEZVOUS -DACKED -DBREAK_SEEN  takes back what was seen
 */
#ifndef BLOCKS
#define BLOCKS 2
#endif
#ifndef SIZE
#define SIZE 1
#endif
#ifndef SENDERS
#define SENDERS 2
#endif
#ifndef RECEIVERS
#define RECEIVERS 2
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#ifndef DEATHS
#define DEATHS 0
#endif

#define PEOPLE   (SENDERS + RECEIVERS)
#define MESSAGES (SENDERS * ROUNDS)
#define NONE     9

/* What a process is about to do; up to LOCKED with a lock, see LOCK_OF. */
#define RESERVE       0
#define COMMIT        1
#define CANCEL        2
#define HELP_ENTRANCE 3
#define TAKE_ONE      4
#define GIVE_BACK     5
#define TAKE_BACK     6
#define DROP_ONE      7
#define HELP_EXIT     8
#define LOCKED        8
#define AWAIT_ROOM    9
#define AWAIT_MESSAGE 10
#define AWAIT_TAKER   11
#define FINISH        12
#define END           13

/* The sides: the entrance and the exit. */
#define S 0
#define R 1

#define LOCK_OF(what) (what <= HELP_ENTRANCE -> S : R)
#define SIDE_OF(who)  (who < SENDERS -> S : R)

/* ---- what is shared ----------------------------------------------------- */

#define FREE     0
#define RESERVED 1 /* or SPARE */
#define SENT     2
#define QUEUED   3
#define TAKEN    4 /* or TAKING, without TAKE and ACKED */
#define DONE     5 /* its receiver needs it no more; set without the lock */
#define RETURNED 6

/* A block; `kind` and `member` are one word, its state. */
byte kind[BLOCKS], member[BLOCKS];
bool is_marked[BLOCKS];
byte number[2 * BLOCKS]; /* `sequence`, and `returned` */

/* What a lock guards: where its side puts into one circle, gets from the other
 * one, and which blocks are in its stack, or lists. */
byte owner[2]; /* 1 more than who it is; 0: nobody */
byte put[2], got[2];
byte set[2];

/* The circles `sent` and `returned`. */
byte entry[2 * SIZE];

#define NUMBER(side, block) number[(side) * BLOCKS + block]
#define PUT_ENTRY(side)     entry[(side) * SIZE + put[side] % SIZE]
#define GET_ENTRY(side)     entry[(1 - side) * SIZE + got[side] % SIZE]
#define BIT(block)          (1 << (block))
#define ALL                 (BIT(BLOCKS) - 1)

/* ---- the kernel --------------------------------------------------------- */

byte deaths;
byte dying = NONE;
bool is_dead[PEOPLE + 1], is_gone[PEOPLE];
byte gone, left[2]; /* how many have, and of each side have not */
bool has_begun[2];

#define OWNER_DIED(side) (owner[side] != 0 && is_dead[owner[side] - 1])

/* Who is killed goes at once, so that the model has fewer states. Spin counts
 * init, which kills, as the first process. */
#if DEATHS
#define DIES     unless { dying == me }
#define MAY_MOVE provided (dying == NONE || dying == _pid - 1)
#else
#define DIES
#define MAY_MOVE
#endif

/* ---- what is so, whatever the blocks say -------------------------------- */

byte message[BLOCKS]; /* what was written there */
bool is_acknowledged[MESSAGES], is_taken_back[MESSAGES];
bool is_seen[MESSAGES], is_finished[MESSAGES], is_dropped[MESSAGES];

/* The receiver's program has it. */
inline hand_out(block)
{
    assert(!is_seen[message[block]] || is_marked[block]);
    assert(!is_taken_back[message[block]] && !is_dropped[message[block]]);
    is_seen[message[block]] = true
}

inline note_finished(block)
{
    assert(!is_finished[message[block]]);
    is_finished[message[block]] = true
}

/* And what comes next. */
#define UNLOCK(next)                            \
    assert(owner[side] == me + 1);              \
    owner[side] = 0; side = 0; x = NONE; task = next

#include "mailbox_repair.pml"
#include "mailbox_sender.pml"
#include "mailbox_receiver.pml"

/* ---- all of them -------------------------------------------------------- */

#ifdef BREAK_REPAIR
#define REPAIR skip
#else
#define REPAIR repair()
#endif

inline lock()
{
    side = LOCK_OF(task);
    if
    :: d_step { owner[side] == 0 ->
            owner[side] = me + 1; has_begun[SIDE_OF(me)] = true }
#ifdef BREAK_EXCHANGE
    :: OWNER_DIED(side) -> owner[side] = me + 1; REPAIR
#else
    :: d_step { OWNER_DIED(side) -> owner[side] = me + 1 }; REPAIR
#endif
    fi
}

/* For the other side, whose circle is full or whose dead are in the way. */
inline help()
{
    reap();
    get_all();
#ifdef SHRINK
    if
    :: d_step { side == S && set[S] == ALL ->
            for (x : 0 .. BLOCKS - 1) { NUMBER(S, x) = 0; NUMBER(R, x) = 0 }
        }
    :: else
    fi;
#endif
    atomic { UNLOCK(then); then = 0 }
}

inline check_end()
{
    assert(put[S] == got[R] && put[R] == got[S]);
    assert(set[R] == 0 && set[S] == ALL);
    for (x : 0 .. BLOCKS - 1) { assert(kind[x] == FREE) }
    for (x : 0 .. 2 * SIZE - 1) { assert(entry[x] == 0) }
    for (x : 0 .. MESSAGES - 1) {
        assert(!is_acknowledged[x] || is_finished[x] || is_dropped[x]);
        assert(!is_taken_back[x] || !is_seen[x])
    }
}

/* The first of each side; the second, which is like it, when it has begun; and
 * when all have gone, the last one. */
#define MAY_BEGIN                                           \
    (me == PEOPLE -> gone == PEOPLE :                       \
        me == 0 || me == SENDERS || has_begun[SIDE_OF(me)] || \
        is_gone[(SIDE_OF(me) == S -> 0 : SENDERS)])

proctype process(byte me) MAY_MOVE
{
    byte side, task, then, b = NONE, x = NONE, seen, id, sequence, rounds;

    {
        d_step { MAY_BEGIN ->
            task = (me < SENDERS -> RESERVE : TAKE_ONE);
            id = (me < SENDERS -> me : 0)
        };
        do
        :: task <= LOCKED ->
            lock();
            if
            :: task == RESERVE -> reserve()
            :: task == COMMIT -> commit()
            :: task == TAKE_ONE -> take_one()
            :: task == HELP_ENTRANCE || task == HELP_EXIT -> help()
#ifdef ACKED
            :: task == GIVE_BACK -> give_back()
#endif
#ifdef DROP
            :: task == DROP_ONE -> drop_one()
#endif
#ifdef RENDEZVOUS
            :: task == TAKE_BACK -> take_back()
            :: task == CANCEL -> cancel()
#endif
            fi
        :: task == FINISH -> finish()
        :: task == AWAIT_ROOM -> await_room()
        :: task == AWAIT_MESSAGE -> await_message()
#ifdef RENDEZVOUS
        :: task == AWAIT_TAKER -> await_taker()
#endif
        :: task == END -> break
        od
    } DIES;
    atomic {
        if
        :: me < PEOPLE ->
            dying = NONE; is_gone[me] = true; gone++; left[SIDE_OF(me)]--
        :: else -> check_end()
        fi;
        side = 0; task = 0; then = 0; b = 0; x = 0; seen = 0; id = 0;
        sequence = 0; rounds = 0
    }
}

#define KILL(who)                                                   \
    :: d_step { deaths < DEATHS && dying == NONE && !is_gone[who] -> \
           is_dead[who] = true; dying = who; deaths++ }

init
{
    atomic {
        byte at;

        left[S] = SENDERS;
        left[R] = RECEIVERS;
        set[S] = ALL;
        for (at : 0 .. PEOPLE) { run process(at) }
        at = 0
    }
#if DEATHS
end:
    do
    KILL(0)
    KILL(1)
#if PEOPLE > 2
    KILL(2)
#endif
#if PEOPLE > 3
    KILL(3)
#endif
    od
#endif
}
