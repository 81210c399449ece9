/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Model of core/mailbox_credit.c: senders who may die anywhere, and a receiver.
 *
 *   - there are no more messages than there is room for, and one for each death
 *     that left one uncounted, until the box has been empty since
 *   - nobody waits for room that is there, or for a lock that the dead have
 *
 * A wait is a look that is repeated, as the slices of core/park.h make it. The
 * lock is taken over from the dead at once.
 *
 *     holds -DDEATHS=0
 *     holds -DDEATHS=1
 *     holds -DDEATHS=2
 *     holds -DDEATHS=1 -DCAPACITY=2
 *     fails -DDEATHS=1 -DBREAK_ORDER  counts before it writes
 *     fails -DDEATHS=0 -DBREAK_LOOK   no second look, with the lock
 *     fails -DDEATHS=1 -DBREAK_LOCK   nobody takes over the lock
 */
#ifndef CAPACITY
#define CAPACITY 1
#endif

#define SENDERS 3
#define EACH    2
#define ROOM    (SENDERS * EACH)

/* What the box shares. */
byte owner; /* 0, or a sender's number and 1 */
byte sent;
byte taken;
chan slot = [ROOM] of { byte };

/* What only the model knows. */
bool is_dead[SENDERS];
byte deaths;
byte done;
byte excess; /* by so many messages the box may be over its capacity */

#ifdef BREAK_LOCK
#define IS_FREE (owner == 0)
#else
#define IS_FREE (owner == 0 || is_dead[owner - 1])
#endif

inline may_die(is_uncounted)
{
    if
    :: deaths < DEATHS ->
        d_step {
            deaths++;
            is_dead[me] = true;
            excess = excess + (is_uncounted -> 1 : 0)
        };
        goto end
    :: true
    fi
}

/* Two loads, `taken` first. */
inline look()
{
    seen = taken;
    number = sent;
    has_room = (number <= seen || number - seen < CAPACITY)
}

inline give_number()
{
    number = (number > seen -> number : seen) + 1
}

inline write()
{
    d_step {
        slot ! number;
        assert(len(slot) <= CAPACITY + excess)
    }
}

proctype sender(byte me)
{
    byte number;
    byte seen;
    byte left = EACH;
    bool has_room;

    do
    :: left == 0 -> break
    :: left > 0 ->
        look();
        if
        :: !has_room -> sent <= taken || sent - taken < CAPACITY
        :: has_room ->
            d_step { IS_FREE -> owner = me + 1 };
            may_die(false);
#ifdef BREAK_LOOK
            number = sent;
#else
            look();
#endif
            if
            :: has_room ->
                give_number();
#ifdef BREAK_ORDER
                sent = number;
                may_die(false);
                write();
#else
                write();
                may_die(true);
                sent = number;
#endif
                may_die(false);
                left--
            :: else
            fi;
            owner = 0
        fi
    od;
end:
    done++
}

active proctype receiver()
{
    byte number;

    do
    :: d_step { slot ? number ->
            taken = (number > taken -> number : taken);
            excess = (len(slot) == 0 && taken <= sent -> 0 : excess)
        }
    :: done == SENDERS && len(slot) == 0 -> break
    od;
    assert(sent <= taken)
}

init
{
    atomic {
        run sender(0);
        run sender(1);
        run sender(2)
    }
}
