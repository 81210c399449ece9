/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Model of core/call_wait.c: who waits at a link, and who receives for
 * all.
 *
 * Callers wait for a credit, for the role to send, and for their replies, and
 * may give up at any time; of those who wait for what comes over the line one
 * receives. The other side answers in any order. With -DLEADER the link has a
 * service too: the other side sends one request, which whoever receives takes
 * in, and a thread that leads waits at a poller, where the link stands while
 * nobody else receives (call_lead.c).
 *
 * What is done with the latch is one step here, and where two of them are done
 * while it is held once, others may come between them. A sleeper keeps one
 * wake. All callers have to come to an end, and so has the request; who receives
 * looks up for a frame, for a nudge, or because he gives up.
 *
 *     holds
 *     holds -DCREDITS=2
 *     holds -DGIVE_UPS=2
 *     holds -DCREDITS=2 -DGIVE_UPS=1
 *     holds -DLEADER -DCALLERS=2
 *     holds -DLEADER -DCALLERS=2 -DGIVE_UPS=2
 *     fails -DCREDITS=2 -DBREAK_PASS_ON  leaves without waking the next one
 *     fails -DGIVE_UPS=1 -DBREAK_NUDGE   gives a credit back in silence
 *     fails -DCREDITS=2 -DBREAK_ROLE     gives the role to send up in silence
 *     fails -DCREDITS=2 -DBREAK_LIST     is in the list only once asleep
 *     fails -DCREDITS=2 -DGIVE_UPS=1 -DBREAK_LEAVE  stays in the list when late
 *     fails -DLEADER -DCALLERS=2 -DBREAK_UNMUTE  leaves the link muted
 */
#ifndef CALLERS
#define CALLERS 3
#endif
#ifndef CREDITS
#define CREDITS 1
#endif
#ifndef GIVE_UPS
#define GIVE_UPS 0
#endif

#define NOBODY 255

/* What is waited for. */
#define NOTHING 0
#define CREDIT  1
#define ROLE    2
#define RESULT  3

byte credits = CREDITS;
bool is_receiving;
bool is_sending;
bool is_nudged;
byte wants[CALLERS]; /* in the list, for that; NOTHING: in no list */
bool token[CALLERS]; /* its sleeper was woken */
bool has_credit[CALLERS];
bool is_done[CALLERS];

/* Over the line: requests there, replies and a request here. */
bool is_asked[CALLERS];
bool is_answered[CALLERS];
bool is_request;
bool is_taken; /* the request */

byte give_ups;
byte gone;

/* The service's poller. */
bool is_muted;
bool is_polled = true;

/* The steps below stand within others; `at` is each process's own. */

#define WAKE(who)            \
    wants[who] = NOTHING;    \
    token[who] = true

/* The first in the list that wants it; which one does not matter. */
inline wake_first(what)
{
    at = 0;
    do
    :: at < CALLERS && wants[at] != what -> at++
    :: else -> break
    od;
    if
    :: at < CALLERS -> WAKE(at)
    :: else -> skip
    fi;
    at = 0
}

inline pass_on()
{
    at = 0;
    do
    :: at < CALLERS && (wants[at] == NOTHING || wants[at] == ROLE) -> at++
    :: else -> break
    od;
    if
    :: at < CALLERS && !is_receiving -> WAKE(at)
    :: else -> skip
    fi;
    at = 0
}

/* One that was woken once is in no list. */
inline take_reply(who)
{
    is_answered[who] = false;
    is_done[who] = true;
    credits++;
    if
    :: wants[who] == RESULT -> WAKE(who)
    :: else -> skip
    fi;
    wake_first(CREDIT)
}

/* What is to be done after the latch is given: the link is waited for again. */
inline unmute()
{
#ifdef LEADER
#ifndef BREAK_UNMUTE
    if
    :: atomic { is_muted && !is_receiving -> is_muted = false };
        arrange()
    :: else -> skip
    fi
#else
    skip
#endif
#else
    skip
#endif
}

inline arrange()
{
    atomic { is_polled = !is_muted }
}

#define IS_FRAME                              \
    (is_answered[0] || is_answered[1] ||      \
     is_answered[CALLERS - 1] || is_request)

#define TAKE_IN                                                    \
    :: atomic { is_answered[0] -> take_reply(0) }                  \
    :: atomic { is_answered[1] -> take_reply(1) }                  \
    :: atomic { CALLERS > 2 && is_answered[CALLERS - 1] ->         \
           take_reply(CALLERS - 1) }                               \
    :: atomic { is_request -> is_request = false; is_taken = true }

/* With the role to receive. */
inline receive()
{
    if
    TAKE_IN
    :: atomic { is_nudged -> is_nudged = false }
    :: atomic { give_ups < GIVE_UPS -> give_ups++; is_late = true }
    fi;
    atomic { is_receiving = false };
    unmute()
}

inline sleep_for(what)
{
#ifndef BREAK_LIST
    if
    :: atomic { token[me] -> token[me] = false }
    :: atomic { give_ups < GIVE_UPS -> give_ups++; is_late = true }
    fi;
#else
    atomic { wants[me] = what };
    atomic { token[me] -> token[me] = false };
#endif
#ifdef BREAK_LEAVE
    atomic { !is_late -> wants[me] = NOTHING } unless { is_late }
#else
    atomic { wants[me] = NOTHING }
#endif
}

#ifdef BREAK_LIST
#define LISTS(what)
#else
#define LISTS(what) wants[me] = what
#endif

/* Until it is so, or he is late. */
#define WAIT_FOR(what, test, take)                                       \
    do                                                                   \
    :: atomic { test -> take };                                          \
        break                                                            \
    :: atomic { is_late && !(test) -> skip };                            \
        break                                                            \
    :: atomic { !is_late && !(test) && is_receiving -> LISTS(what) };    \
        sleep_for(what)                                                  \
    :: atomic { !is_late && !(test) && !is_receiving ->                  \
           is_receiving = true; is_nudged = false };                     \
        receive()                                                        \
    od

#ifdef BREAK_PASS_ON
#define PASS_ON skip
#else
#define PASS_ON atomic { pass_on() }
#endif

/* Whoever waits for a credit may be asleep where he receives. */
inline give_credit_back()
{
    atomic {
        has_credit[me] = false;
        credits++;
        wake_first(CREDIT);
#ifndef BREAK_NUDGE
        is_nudged = is_receiving
#endif
    }
}

proctype caller(byte me)
{
    byte at;
    bool is_late;
    bool is_sent;

    WAIT_FOR(CREDIT, credits > 0, credits--; has_credit[me] = true);
    PASS_ON;
    if
    :: has_credit[me] ->
        do
        :: atomic { !is_sending -> is_sending = true };
            atomic { is_asked[me] = true };
            is_sent = true;
            atomic {
                is_sending = false;
#ifndef BREAK_ROLE
                wake_first(ROLE)
#endif
            };
            break
        :: atomic { !is_late && is_sending -> LISTS(ROLE) };
            sleep_for(ROLE)
        :: atomic { is_late && is_sending -> skip };
            break
        od;
        PASS_ON
    :: else -> skip
    fi;
    if
    :: has_credit[me] && !is_sent -> give_credit_back()
    :: is_sent ->
        WAIT_FOR(RESULT, is_done[me], skip);
        PASS_ON
    :: else -> skip
    fi;
    atomic { is_late = false; is_sent = false; has_credit[me] = false };
    atomic { gone++ }
}

active proctype other_side()
{
end:
    do
    :: atomic { is_asked[0] -> is_asked[0] = false; is_answered[0] = true }
    :: atomic { is_asked[1] -> is_asked[1] = false; is_answered[1] = true }
    :: atomic { CALLERS > 2 && is_asked[CALLERS - 1] ->
           is_asked[CALLERS - 1] = false; is_answered[CALLERS - 1] = true }
    od
}

#ifdef LEADER
proctype asker()
{
    is_request = true;
    is_taken
}

/* Woken while a frame is there and the link is in the poller. */
active proctype leader()
{
    byte at;

end:
    do
    :: IS_FRAME && is_polled ->
        if
        :: atomic { !is_receiving -> is_receiving = true };
            if
            TAKE_IN
            :: else -> skip
            fi;
            atomic { is_receiving = false; pass_on() };
            unmute()
        :: atomic { is_receiving -> is_muted = true };
            arrange();
            unmute()
        fi
    od
}
#endif

init
{
    atomic {
        byte who;

        for (who : 0 .. CALLERS - 1) { run caller(who) }
        who = 0;
#ifdef LEADER
        run asker()
#endif
    }
}
