/* SPDX-License-Identifier: Apache-2.0 */
/* Part of mailbox.pml: core/mailbox_room.c and core/mailbox_sender.c. */

/* The sender's next message. */
#define NEXT_TASK (id < MESSAGES -> RESERVE : END)
#define GO_ON     b = NONE; sequence = 0; id = id + SENDERS; UNLOCK(NEXT_TASK)

inline reserve()
{
    if
    :: set[S] == 0 -> reap(); get_all()
    :: else
    fi;
    if
    :: d_step { set[S] == 0 -> UNLOCK(AWAIT_ROOM) }
    :: else ->
        find((set[S] & BIT(x)) != 0);
        d_step { b = x; x = NONE; unlink(b) };
        d_step {
            kind[b] = RESERVED;
            member[b] = me;
            UNLOCK(COMMIT)
        };
        d_step { message[b] = id; is_marked[b] = false }
    fi
}

inline commit()
{
    assert(kind[b] == RESERVED && member[b] == me);
    if
    :: d_step { !HAS_PLACE -> UNLOCK(HELP_EXIT); then = COMMIT }
    :: HAS_PLACE ->
#ifdef RENDEZVOUS
        sequence = put[S] + 1;
        give(b);
        d_step { UNLOCK(AWAIT_TAKER) }
#else
        give(b);
        d_step { is_acknowledged[id] = true; GO_ON }
#endif
    fi
}

#ifdef BREAK_EXIT
#define EXIT_NEEDS_CARE false
#else
#define EXIT_NEEDS_CARE NEEDS_CARE(R)
#endif

/* Nobody is left to receive, so the box has to be full. */
inline end_full()
{
    d_step {
        for (x : 0 .. BLOCKS - 1) {
            assert(kind[x] == SENT || kind[x] == QUEUED || kind[x] == RESERVED)
        }
        x = NONE;
        task = END
    }
}

inline await_room()
{
    if
    :: HAS_SOME(S) || NEEDS_CARE(S) -> task = RESERVE
    :: d_step { EXIT_NEEDS_CARE -> task = HELP_EXIT; then = RESERVE }
#ifdef DROP
    :: task = DROP_ONE
#else
    :: atomic { left[R] == 0 && owner[S] == 0 && !HAS_SOME(S) &&
            !IS_LEFT_OVER(S) && (owner[R] == 0 || OWNER_DIED(R)) &&
            !EXIT_NEEDS_CARE -> end_full() }
#endif
    fi
}

#ifdef DROP
inline drop_one()
{
    get_all();
    find_first();
    if
    :: d_step { x == NONE -> UNLOCK(END) }
    :: d_step { x != NONE && !HAS_PLACE ->
            UNLOCK(HELP_ENTRANCE); then = RESERVE }
    :: x != NONE && HAS_PLACE ->
        d_step { is_dropped[message[x]] = true; kind[x] = DONE; member[x] = me };
#ifdef BREAK_UNLINK
        give(x);
        d_step { assert(kind[x] == DONE); set[side] = set[side] & ~BIT(x) };
#else
        d_step { assert(kind[x] == DONE); set[side] = set[side] & ~BIT(x) };
        give(x);
#endif
        d_step { UNLOCK(RESERVE) }
    fi
}
#endif

#ifdef RENDEZVOUS
#ifdef BREAK_SEQUENCE
#define IS_SAME true
#else
#define IS_SAME (NUMBER(S, b) == sequence)
#endif
#ifdef BREAK_SEEN
#define WAS_SEEN false
#else
#define WAS_SEEN is_marked[b]
#endif

/* Still the sender's own message, which nobody has taken. */
#define IS_UNTAKEN \
    ((kind[b] == SENT || kind[b] == QUEUED) && IS_SAME && !WAS_SEEN)

inline await_taker()
{
    if
    :: d_step { !IS_UNTAKEN ->
            is_acknowledged[id] = true;
            b = NONE; sequence = 0; id = id + SENDERS; task = NEXT_TASK }
    :: task = TAKE_BACK
    fi
}

inline take_back()
{
#ifndef BREAK_MOVE
    get_all();
#endif
    if
    :: d_step { !IS_UNTAKEN -> is_acknowledged[id] = true; GO_ON }
    :: else ->
#ifndef BREAK_MOVE
        d_step { unlink(b) };
#endif
        d_step {
            kind[b] = RESERVED;
            member[b] = me;
            assert(!is_seen[id]);
            is_taken_back[id] = true;
            UNLOCK(CANCEL)
        }
    fi
}

inline cancel()
{
    assert(kind[b] == RESERVED && member[b] == me);
    d_step { set_got(b); GO_ON }
}
#endif
