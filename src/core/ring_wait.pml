/* SPDX-License-Identifier: Apache-2.0 */
/* Part of ring.pml: core/ring_wait.c. */

/* After a change, whether the other side has to be looked at; and the fence. */
#ifdef BREAK_FENCE
#define FENCE true
#else
#define FENCE ALL_LANDED(me)
#endif

inline tell_peer()
{
#ifdef BARRIER
    if
    :: !guard[1 - me]
    :: guard[1 - me] ->
#endif
        FENCE;
        if
        :: me == P || IS_REACHED(position, wanted) -> wake_peer()
        :: else
        fi
#ifdef BARRIER
    fi
#endif
}

/* Once it is up it stays, until a wait was over without sleep. */
#ifdef BARRIER
inline put_up_guard()
{
    if
    :: !is_guarded ->
#ifdef BREAK_GUARD
        d_step { land_all(1 - me) };
#endif
        d_step { ALL_LANDED(me) -> guard[me] = true };
#if !defined(BREAK_BARRIER) && !defined(BREAK_GUARD)
        d_step { land_all(1 - me) };
#endif
        is_guarded = true
    :: else
    fi
}

inline may_take_down_guard()
{
    if
#ifdef BREAK_RAISE
    :: d_step { is_guarded -> guard[me] = false }
#else
    :: d_step { is_guarded -> is_guarded = false; guard[me] = false }
#endif
    :: true
    fi
}
#else
#define put_up_guard()        skip
#define may_take_down_guard() skip
#endif

/* Of the other side; what it left is known to the model at that moment. */
inline see_peer(is_thorough)
{
    d_step {
        known = number[1 - me];
        is_there = (known != LEFT);
        left_taken = taken;
        left_committed = committed
    };
    if
    :: is_there && (is_thorough) ->
        d_step {
            is_there = LIVES(1 - me, known);
            left_taken = taken;
            left_committed = committed_by_dead
        }
    :: else
    fi
}

inline unsee_peer()
{
    d_step { known = 0; is_there = false; left_taken = 0; left_committed = 0 }
}

#ifdef DEADLINE
#define TIME_IS_UP :: d_step { may_end -> is_late = true }
#else
#define TIME_IS_UP
#endif

/* When a slice of sleep ends is told above. */
inline sleep(is_greedy, may_end)
{
    if
    :: is_woken[me] SLICE_ENDS || is_greedy
    TIME_IS_UP
    fi
}

/* The poller arms its place, looks, and waits for the bell. */
inline await_bell(may_end)
{
    if
    :: d_step { is_rung[me] -> is_rung[me] = false }
    :: d_step { is_unrung[me] SLICE_ENDS -> is_unrung[me] = false }
    TIME_IS_UP
    fi
}

/* Whoever comes new tells all who wait. */
inline take_side()
{
#ifdef BARRIER
    guard[me] = false;
#endif
    number[me] = incarnation[me];
    wake_peer()
}
