/* SPDX-License-Identifier: Apache-2.0 */
/* Part of mailbox.pml: core/mailbox_repair.c, and the ways into a circle and
 * out of it, which are alike on both sides. */

/* What a side puts into its circle; what it makes of what it gets from the
 * other one; and what is somebody's. */
#define GIVEN(which) ((which) == S -> SENT : RETURNED)
#define GOT(which)   ((which) == S -> FREE : QUEUED)
#define HELD(which)  ((which) == S -> RESERVED : TAKEN)

inline set_got(block)
{
    assert((set[side] & BIT(block)) == 0);
    kind[block] = GOT(side);
    member[block] = 0;
    set[side] = set[side] | BIT(block)
}

/* While the lock's side alone may change its state. */
inline unlink(block)
{
    assert(kind[block] == GOT(side) && (set[side] & BIT(block)) != 0);
    set[side] = set[side] & ~BIT(block)
}

inline get_one()
{
    d_step { x = GET_ENTRY(side) - 1 };
#ifdef BREAK_ZERO
    GET_ENTRY(side) = 0;
#endif
    d_step {
        assert(kind[x] == GIVEN(1 - side));
        assert(NUMBER(1 - side, x) == got[side] + 1);
        set_got(x)
    };
#ifndef BREAK_ZERO
    GET_ENTRY(side) = 0;
#endif
    d_step { got[side]++; x = NONE }
}

inline get_all()
{
    do
    :: GET_ENTRY(side) != 0 -> get_one()
    :: else -> break
    od
}

/* The moment that decides. */
inline set_given(block)
{
    d_step {
        kind[block] = GIVEN(side);
        member[block] = 0
    }
}

#ifdef BREAK_FULL
#define HAS_PLACE true
#else
#define HAS_PLACE (PUT_ENTRY(side) == 0)
#endif

/* Where HAS_PLACE. */
inline give(block)
{
#ifndef BREAK_NUMBER
    NUMBER(side, block) = put[side] + 1;
#endif
#ifdef BREAK_ENTRY
    PUT_ENTRY(side) = block + 1;
#endif
    set_given(block);
#ifdef BREAK_NUMBER
    NUMBER(side, block) = put[side] + 1;
#endif
#ifdef BREAK_END
    put[side]++;
    entry[side * SIZE + (put[side] - 1) % SIZE] = block + 1
#else
#ifndef BREAK_ENTRY
    PUT_ENTRY(side) = block + 1;
#endif
    put[side]++
#endif
}

/* ---- repair ------------------------------------------------------------- */

inline find(condition)
{
    d_step {
        x = 0;
        do
        :: x == BLOCKS -> x = NONE; break
        :: x < BLOCKS ->
            if
            :: condition -> break
            :: else -> x++
            fi
        od
    }
}

#ifdef BREAK_OWN
#define IS_GIVEN true
#else
#define IS_GIVEN                                      \
    (kind[x] != GOT(side) && kind[x] != HELD(side) && \
        (side == S || kind[x] != DONE))
#endif

inline repair_put()
{
    find(NUMBER(side, x) == put[side] + 1 && IS_GIVEN);
    if
    :: x != NONE ->
#ifdef BREAK_LOOK
        seen = kind[x];
        if
        :: seen == GIVEN(side) && PUT_ENTRY(side) == 0 ->
            PUT_ENTRY(side) = x + 1
        :: else
        fi;
#else
        seen = PUT_ENTRY(side);
        if
        :: seen == 0 && kind[x] == GIVEN(side) -> PUT_ENTRY(side) = x + 1
        :: else
        fi;
#endif
        d_step { put[side]++; x = NONE; seen = 0 }
    :: else
    fi
}

#if defined(BREAK_LAP)
inline repair_got()
{
    seen = GET_ENTRY(side);
    find(NUMBER(1 - side, x) == got[side] + 1 && kind[x] == GOT(side));
    if
    :: seen != 0 && (kind[seen - 1] != GIVEN(1 - side) ||
            NUMBER(1 - side, seen - 1) != got[side] + 1) ->
        GET_ENTRY(side) = 0;
        got[side]++
    :: seen == 0 && x != NONE -> got[side]++
    :: else
    fi;
    d_step { x = NONE; seen = 0 }
}
#elif defined(BREAK_ANY)
inline repair_got()
{
    x = 0;
    do
    :: x == BLOCKS -> break
    :: x < BLOCKS ->
        seen = kind[x];
        if
        :: NUMBER(1 - side, x) == got[side] + 1 &&
                (side == S -> seen == FREE :
                    seen != SENT && seen != RESERVED) ->
            if
            :: GET_ENTRY(side) == x + 1 -> GET_ENTRY(side) = 0
            :: else
            fi;
            got[side]++;
            break
        :: else -> x++
        fi
    od;
    x = NONE;
    seen = 0
}
#else
#ifdef BREAK_UNCOUNTED
#define IS_WITHOUT_ENTRY (GET_ENTRY(side) != x + 1)
#else
#define IS_WITHOUT_ENTRY false
#endif

inline repair_got()
{
    find(NUMBER(1 - side, x) == got[side] + 1 && kind[x] == GOT(side));
    if
    :: x == NONE || IS_WITHOUT_ENTRY
    :: else ->
        d_step {
            if
            :: GET_ENTRY(side) == x + 1 -> GET_ENTRY(side) = 0
            :: else
            fi
        };
        d_step { got[side]++; x = NONE }
    fi
}
#endif

inline repair()
{
    repair_put();
    repair_got();
#if defined(SHRINK) && !defined(BREAK_SHRINK)
    d_step { put[R] = (side == R && got[S] > put[R] -> got[S] : put[R]) };
#endif
    d_step {
        set[side] = 0;
        for (x : 0 .. BLOCKS - 1) {
            if
            :: kind[x] == GOT(side) -> set[side] = set[side] | BIT(x)
            :: else
            fi
        }
        x = NONE
    }
}

/* ---- what is somebody's who died, or DONE ------------------------------- */

#define IS_DEADS(block, side) \
    (kind[block] == HELD(side) && is_dead[member[block]])
#define IS_OVER(block, side) \
    (IS_DEADS(block, side) || (side == R && kind[block] == DONE))
#if BLOCKS == 1
#define IS_LEFT_OVER(side) IS_OVER(0, side)
#elif BLOCKS == 2
#define IS_LEFT_OVER(side) (IS_OVER(0, side) || IS_OVER(1, side))
#else
#define IS_LEFT_OVER(side) \
    (IS_OVER(0, side) || IS_OVER(1, side) || IS_OVER(2, side))
#endif

#define NEEDS_CARE(side) (OWNER_DIED(side) || IS_LEFT_OVER(side))
#define HAS_SOME(side)   (set[side] != 0 || GET_ENTRY(side) != 0)

inline mark(block)
{
#ifdef ACKED
    if
    :: side == R -> is_marked[block] = true
    :: else
    fi
#else
    skip
#endif
}

/* As if it had not been taken, but for the mark. */
inline put_back(block)
{
#ifdef BREAK_MARK
    d_step { set_got(block) };
    mark(block)
#else
    mark(block);
    d_step { set_got(block) }
#endif
}

#if defined(TAKE) || defined(BREAK_FREED)
#define IS_RETURNED(block) (side == R)
#else
#define IS_RETURNED(block) (side == R && kind[block] == DONE)
#endif

/* What there is no place for in the circle stays as it is for now. Who is dead
 * changes nothing any more; so first that, and then the state. */
inline reap()
{
#ifdef BREAK_JUDGED
    find(kind[x] == HELD(side));
    if
    :: x != NONE && is_dead[member[x]] -> put_back(x)
    :: else
    fi;
#endif
    do
    :: IS_LEFT_OVER(side) ->
        find(IS_OVER(x, side));
        if
        :: IS_RETURNED(x) && HAS_PLACE -> give(x)
        :: IS_RETURNED(x) && !HAS_PLACE -> break
        :: !IS_RETURNED(x) -> put_back(x)
        fi
    :: else -> break
    od;
    x = NONE
}
