/* SPDX-License-Identifier: Apache-2.0 */
/* Part of ring.pml: core/ring_producer.c. */

#define AT (position + pending)

inline look_for_room()
{
    d_step {
        assert(((position - taken) & 255) + pending < SIZE);
        credit = SIZE - (position - taken) - pending
    }
}

/* Sequentially consistent, and what follows it is a look at `taken`. */
inline tell_wanted()
{
#ifdef BREAK_SEQUENCE
    d_step { is_wanted_stored = true; wanted_stored = AT + want - SIZE }
#else
    d_step { ALL_LANDED(me) -> wanted = AT + want - SIZE }
#endif
}

inline find_room(is_thorough)
{
    look_for_room();
    if
    :: is_thorough && credit < want && want > need ->
        want = need;
        tell_wanted()
#ifndef BREAK_LOWER
        ; look_for_room()
#endif
    :: else
    fi;
    if
    :: credit >= want -> result = DONE
    :: else ->
        see_peer(is_thorough);
        if
        :: is_there -> result = AGAIN
        :: else ->
            look_for_room();
            result = (credit >= need -> DONE : DIED);
            assert(result == DONE ||
                SIZE - (position - left_taken) - pending < need)
        fi;
        unsee_peer()
    fi
}

/* The deadline has passed: another look, and no more. */
inline end_if_late()
{
#ifdef DEADLINE
    if
    :: is_late ->
        find_room(true);
        is_late = false;
        if
        :: result == AGAIN -> result = TIMEOUT
        :: else
        fi
    :: else
    fi
#else
    skip
#endif
}

#ifdef BREAK_WANTED
#define TELL_THEN(look) look; tell_wanted()
#else
#define TELL_THEN(look) tell_wanted(); look
#endif

#ifdef POLLER
inline wait_for_room()
{
    want = need;
    find_room(true);
    do
    :: result != AGAIN -> break
    :: else ->
        put_up_guard();
        d_step { ALL_LANDED(me) -> is_armed[me] = true };
        TELL_THEN(find_room(true));
        if
        :: result == AGAIN ->
            await_bell(size > LONGEST);
            find_room(true);
            end_if_late()
        :: else
        fi
    od
}
#else
inline wait_for_room()
{
    if
    :: want = need
#ifdef STREAM
    :: pending == 0 && need < SIZE - 1 -> want = SIZE - 1
#endif
    fi;
    TELL_THEN(find_room(false));
    if
    :: result != AGAIN -> may_take_down_guard()
    :: else ->
        put_up_guard();
        do
        :: result != AGAIN -> break
        :: else ->
            ENTER_THEN(find_room(has_slept));
            if
            :: result == AGAIN -> sleep(want > need, size > LONGEST)
            :: else
            fi;
            leave();
            has_slept = true;
            end_if_late()
        od;
        has_slept = false
    fi
}
#endif

#ifdef BREAK_ROOM
#define ROOM_FOR_ZERO 0
#else
#define ROOM_FOR_ZERO 1
#endif

/* Room, and a record there, of `size`. */
inline reserve()
{
    d_step {
        total = size + 1;
        rest = SIZE - AT % SIZE;
        need = total + ROOM_FOR_ZERO + (total > rest -> rest : 0)
    };
    result = DONE;
    if
    :: need > SIZE - pending -> result = NO_SPACE
    :: need <= SIZE - pending && need > credit ->
        look_for_room();
        if
        :: need > credit -> wait_for_room()
        :: else
        fi
    :: else
    fi;
    if
    :: result == DONE ->
        if
        :: n > 0 && last == position -> first_word = last_size + 1
        :: n > 0 && last != position -> store(last, last_size + 1)
        :: else
        fi;
        if
        :: total > rest -> pad()
        :: else
        fi;
        d_step {
            last = AT;
            last_size = size;
            start[committed + n] = last;
            size_of[committed + n] = size;
            pending = pending + total;
            credit = credit - total;
            n++
        };
        write_contents()
    :: else
    fi;
    d_step { size = 0; total = 0; rest = 0; need = 0; want = 0 }
}

inline pad()
{
#ifdef BREAK_PAD
    store(AT, PAD);
#else
    if
    :: pending == 0 -> first_word = PAD
    :: else -> store(AT, PAD)
    fi;
#endif
    d_step { pending = pending + rest; credit = credit - rest }
}

inline write_contents()
{
    d_step {
        stores + size <= DEPTH ->
            do
            :: i < size ->
                STORES(last + 1 + i, CONTENTS(committed + n - 1, i), RELAXED);
                i++
            :: else -> break
            od;
            i = 0
    }
}

#ifdef BREAK_BATCH
#define STORE_LAST skip
#else
#define STORE_LAST store(last, last_size + 1)
#endif

inline commit()
{
#if !defined(BREAK_ZERO) && !defined(BREAK_LATE)
    store(AT, 0);
#endif
    if
    :: last != position -> STORE_LAST
    :: else -> first_word = last_size + 1
    fi;
#ifdef BREAK_WAKE
    tell_peer();
#endif
    d_step {
        stores < DEPTH ->
            STORES(position, first_word, RELEASE);
            committed = committed + n;
            end_of_all = AT
    };
#ifdef BREAK_BATCH
    if
    :: last != position -> store(last, last_size + 1)
    :: else
    fi;
#endif
#ifdef BREAK_LATE
    store(AT, 0);
#endif
    d_step {
        position = AT; pending = 0; n = 0;
        first_word = 0; last = 0; last_size = 0
    };
#ifndef BREAK_WAKE
    tell_peer()
#endif
}

inline cancel()
{
    d_step {
        credit = credit + pending; pending = 0; n = 0; last = 0; last_size = 0;
        start[committed] = 0; size_of[committed] = 0; first_word = 0
    }
}

/* From `taken` to the zero. */
inline resume_producer()
{
    position = taken;
#ifndef BREAK_RESUME
    do
    :: WORD(position) == 0 -> break
    :: WORD(position) == PAD -> position = position + SIZE - position % SIZE
    :: else -> position = position + WORD(position)
    od;
#endif
    assert(position == end_of_all)
}

inline forget()
{
    d_step {
        do
        :: committed + i < MESSAGES ->
            start[committed + i] = 0; size_of[committed + i] = 0; i++
        :: else -> break
        od;
        i = 0;
        position = 0; pending = 0; n = 0; credit = 0; want = 0; need = 0;
        size = 0; total = 0; rest = 0; first_word = 0; last = 0;
        last_size = 0; result = 0; known = 0; left_taken = 0;
        left_committed = 0; is_there = false; is_guarded = false;
        has_slept = false; is_late = false
    }
}

proctype producer(byte me)
{
    byte position, pending, n, credit, want, need, size, total, rest;
    byte first_word, last, last_size, result, known, left_taken;
    byte left_committed, i;
    bool is_there, is_guarded, has_slept, is_late;

    do
    :: {
        if
        :: incarnation[me] > 1 -> resume_producer(); take_side()
        :: else -> credit = SIZE; position = START
        fi;
        do
        :: committed + n < MESSAGES && n < BATCH && result != NO_SPACE ->
            if
            :: size = 0
            :: size = 1
#if LONGEST > 1
            :: size = 2
#endif
#ifdef DEADLINE
            :: n == 0 -> size = LONGEST + 1
#endif
            fi;
            reserve();
            if
#ifdef DEADLINE
            :: result == DONE && last_size > LONGEST -> cancel()
#endif
            :: result == DIED && is_gone[1 - me] -> break
            :: else
            fi
        :: n > 0 -> commit(); result = DONE
        :: committed == MESSAGES && n == 0 ->
#ifndef HOLD
            if
            :: true
            :: true -> timeout; assert(released == committed || is_gone[1 - me])
            fi;
#endif
            d_step { ALL_LANDED(me) -> number[me] = LEFT };
            wake_peer();
            break
        od
    } DIES(me);
    if
    :: is_dead[me] ->
        forget();
        if
        :: is_gone[me] = true; break
        :: d_step { is_dead[me] = false; incarnation[me]++ }
        fi
    :: else -> break
    fi
    od
}
