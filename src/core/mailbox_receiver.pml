/* SPDX-License-Identifier: Apache-2.0 */
/* Part of mailbox.pml: core/mailbox_list.c and core/mailbox_receiver.c. */

/* In the lists; NONE. */
inline find_first()
{
    d_step {
        seen = NONE;
        for (x : 0 .. BLOCKS - 1) {
            if
            :: (set[R] & BIT(x)) == 0
            :: (set[R] & BIT(x)) != 0 && seen == NONE -> seen = x
            :: (set[R] & BIT(x)) != 0 && seen != NONE ->
                seen = (NUMBER(S, x) < NUMBER(S, seen) -> x : seen)
            fi
        }
        x = seen;
        seen = 0
    }
}

inline take_one()
{
    reap();
    get_all();
    find_first();
    if
    :: d_step { x == NONE && IS_LEFT_OVER(R) ->
            UNLOCK(HELP_ENTRANCE); then = TAKE_ONE }
    :: d_step { x == NONE && !IS_LEFT_OVER(R) -> UNLOCK(AWAIT_MESSAGE) }
    :: x != NONE ->
        d_step { b = x; unlink(b) };
        d_step {
            kind[b] = TAKEN;
            member[b] = me;
#if defined(TAKE) || defined(ACKED)
            hand_out(b);
#endif
#ifdef TAKE
            note_finished(b);
#endif
            UNLOCK(FINISH)
        }
#ifdef ACKED
        ;
        if
        :: task = GIVE_BACK
        :: true
        fi
#endif
    fi
}

inline finish()
{
    d_step {
        assert(kind[b] == TAKEN && member[b] == me);
        kind[b] = DONE;
#ifndef TAKE
        note_finished(b);
#endif
#if !defined(TAKE) && !defined(ACKED)
        hand_out(b);
#endif
        b = NONE;
        task = TAKE_ONE
    }
#ifdef SHRINK
    ;
    if
    :: d_step { task = HELP_ENTRANCE; then = TAKE_ONE }
    :: true
    fi
#endif
}

/* Once for each message, or there would be no end. */
inline give_back()
{
    if
    :: d_step { is_marked[b] -> UNLOCK(FINISH) }
    :: !is_marked[b] -> put_back(b); d_step { b = NONE; UNLOCK(TAKE_ONE) }
    fi
}

/* Nobody is left to send, so nothing that was acknowledged may be there. */
inline end_empty()
{
    d_step {
        for (x : 0 .. BLOCKS - 1) {
            assert((kind[x] != SENT && kind[x] != QUEUED) ||
                !is_acknowledged[message[x]])
        }
        x = NONE;
        task = END
    }
}

/* The last process looks after both sides, twice. */
inline await_message()
{
    if
    :: HAS_SOME(R) || NEEDS_CARE(R) -> task = TAKE_ONE
    :: d_step { me == PEOPLE && rounds < 2 && !HAS_SOME(R) && !NEEDS_CARE(R) ->
            rounds++; task = HELP_ENTRANCE; then = TAKE_ONE }
    :: atomic { (me < PEOPLE || rounds == 2) && left[S] == 0 && !HAS_SOME(R) &&
            !IS_LEFT_OVER(R) && owner[R] == 0 -> end_empty() }
    fi
}
