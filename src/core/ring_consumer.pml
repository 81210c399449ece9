/* SPDX-License-Identifier: Apache-2.0 */
/* Part of ring.pml: core/ring_consumer.c. */

#ifdef BREAK_TAKEN
#define FORGETS_RELEASED false
#else
#define FORGETS_RELEASED true /* so that the model has fewer states */
#endif

inline store_taken(behind, count)
{
    d_step {
        is_taken_stored = true;
        taken_stored = behind;
        position = behind;
        do
        :: i < count && FORGETS_RELEASED ->
            start[released + i] = 0;
            size_of[released + i] = 0;
            i++
        :: else -> break
        od;
        i = 0;
        released = released + count
    };
    tell_peer()
}

/* The next word, over a pad. */
inline find_word()
{
    word = WORD(AT);
    if
    :: word == PAD ->
        assert(released + n < committed && AT % SIZE != 0);
        rest = SIZE - AT % SIZE;
        if
        :: pending > 0 -> pending = pending + rest
        :: else -> store_taken(position + rest, 0)
        fi;
        rest = 0;
        word = WORD(AT)
    :: else
    fi;
    if
    :: word == 0 -> result = AGAIN
    :: else ->
        assert(released + n < committed);
        assert(AT == start[released + n]);
        assert(word == size_of[released + n] + 1);
        result = DONE
    fi
}

inline find_record(is_thorough)
{
    find_word();
    if
    :: result == AGAIN ->
        see_peer(is_thorough);
        if
        :: is_there
        :: else ->
#ifndef BREAK_DEATH
            find_word();
#endif
            if
            :: result == AGAIN ->
                assert(released + n >= left_committed);
                result = (known == LEFT -> CLOSED : DIED)
            :: else
            fi
        fi;
        unsee_peer()
    :: else
    fi
}

#ifdef POLLER
inline wait_for_record()
{
    find_record(true);
    do
    :: result != AGAIN -> break
    :: else ->
        put_up_guard();
        d_step { ALL_LANDED(me) -> is_armed[me] = true };
        find_record(true);
        if
        :: result == AGAIN -> await_bell(false); find_record(true)
        :: else
        fi
    od
}
#else
inline wait_for_record()
{
    find_record(false);
    if
    :: result != AGAIN -> may_take_down_guard()
    :: else ->
        put_up_guard();
        do
        :: result != AGAIN -> break
        :: else ->
            ENTER_THEN(find_record(has_slept));
            if
            :: result == AGAIN -> sleep(false, false)
            :: else
            fi;
            leave();
            has_slept = true
        od;
        has_slept = false
    fi
}
#endif

inline peek()
{
    d_step { pending = pending + word; n++; word = 0 }
}

/* Of all that is peeked at, from that message on. */
inline read_contents(from)
{
    d_step {
        do
        :: i < n ->
            assert(size_of[from + i] < 1 ||
                WORD(start[from + i] + 1) == CONTENTS(from + i, 0));
            assert(size_of[from + i] < 2 ||
                WORD(start[from + i] + 2) == CONTENTS(from + i, 1));
            i++
        :: else -> break
        od;
        i = 0
    }
}

inline release()
{
#ifdef BREAK_TAKEN
    store_taken(AT, n);
    read_contents(released - n);
#else
    read_contents(released);
    store_taken(AT, n);
#endif
    pending = 0;
    n = 0
}

proctype consumer(byte me)
{
    byte position, pending, n, word, rest, result, known, left_taken;
    byte left_committed, i;
    bool is_there, is_guarded, has_slept, is_late;

    do
    :: {
        if
        :: incarnation[me] > 1 -> position = taken; take_side()
        :: else -> position = START
        fi;
        do
        :: n < MUST_HAVE ->
            wait_for_record();
            if
            :: result == DONE -> peek()
            :: result != DONE && n > 0 -> release()
            :: n == 0 && (result == CLOSED || is_gone[1 - me]) &&
                    result != DONE -> break
            :: n == 0 && result == DIED && !is_gone[1 - me]
            fi
        :: n == 1 && MUST_HAVE == 1 ->
            find_word();
            if
            :: result == DONE -> peek()
            :: else
            fi
        :: n >= MUST_HAVE -> release()
        od
    } DIES(me);
    if
    :: is_dead[me] ->
        d_step {
            position = 0; pending = 0; n = 0; word = 0; rest = 0; result = 0;
            known = 0; left_taken = 0; left_committed = 0; is_there = false;
            is_guarded = false; has_slept = false
        };
        if
        :: is_gone[me] = true; break
        :: d_step { is_dead[me] = false; incarnation[me]++ }
        fi
    :: else -> break
    fi
    od
}
