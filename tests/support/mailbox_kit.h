/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the specs of mailboxes say over and over. Every function here fails the
 * case if it cannot do what it says.
 *
 * A message has a number, which is its type; what stands in it follows from
 * that (message_fill() of ring_kit.h), so whoever receives it can tell that it
 * is the right one.
 */
#ifndef MAILBOX_KIT_H
#define MAILBOX_KIT_H

#include <xipc/mailbox.h>

#include "support/ring_kit.h"

/*
 * A case over boxes of both providers is two: the plain one, and a second one
 * whose name begins with "natively", in which every box that is made with the
 * options below lies in a queue of the system, also in the case's peers. A
 * queue has not much room, so box_of() makes it smaller. What a case needs of
 * queues beyond the least that all have, box_needs() says.
 */
#define BOX_SPEC(sentence, clauses)    \
    static void sentence##_body(void); \
    SPEC(sentence, clauses)            \
    {                                  \
        sentence##_body();             \
    }                                  \
    SPEC(natively_##sentence, clauses) \
    {                                  \
        box_natively();                \
        sentence##_body();             \
    }                                  \
    static void sentence##_body(void)

void box_natively(void);
int box_is_native(void);
void box_needs(xipc_feature feature);
/* That capacity, or as much as a queue surely has. */
enum { BOX_ROOM_NATIVE = 8 };
uint32_t box_room(uint32_t capacity);
/* Whether there are boxes of that capacity. */
int box_can_have(uint32_t capacity);
/* What stands for no options: NULL, or natively those of a queue. */
const xipc_mailbox_options *box_options(void);

xipc_mailbox_options box_of(uint32_t capacity, uint32_t message_max);
/* Of 16 messages of 256 bytes, with that. */
xipc_mailbox_options box_flagged(uint32_t flags);
xipc_mailbox_options box_overflowing(uint32_t capacity, xipc_overflow overflow);
xipc_mailbox_options box_lasting(xipc_lifetime lifetime);

/* `options` may be NULL. */
xipc_mailbox *box_made(const char *name, const xipc_mailbox_options *options);
/* Of `capacity` messages of 256 bytes. */
xipc_mailbox *box_sized(const char *name, uint32_t capacity);
xipc_mailbox *box_joined(const char *name);

/* Runs the body for boxes without room, with little, with much, and with as
 * much as is needed. */
typedef void capacity_body(uint32_t capacity);
void for_each_capacity(capacity_body *body);

/* --- one message --- */

typedef struct box_mail {
    uint64_t number;
    size_t size;
    xipc_envelope envelope;
} box_mail;

xipc_status
box_send(xipc_mailbox *box, uint64_t number, size_t size, xipc_deadline when);
xipc_status box_send_at(
    xipc_mailbox *box,
    uint64_t number,
    size_t size,
    uint32_t priority,
    xipc_deadline when);

/* Whichever is next; requires that it is what its number says. */
xipc_status box_fetch(xipc_mailbox *box, box_mail *mail, xipc_deadline when);
/* Requires of what comes that it is this. */
xipc_status box_receive(
    xipc_mailbox *box, uint64_t number, size_t size, xipc_deadline when);

/* Reserves and fills. */
xipc_status box_reserve(
    xipc_mailbox *box,
    uint64_t number,
    size_t size,
    void **data_out,
    xipc_deadline when);
/* With the number as its type. */
xipc_status box_commit(
    xipc_mailbox *box,
    void *data,
    uint64_t number,
    size_t size,
    xipc_deadline when);
/* As box_fetch(), where it is. */
xipc_status box_take(
    xipc_mailbox *box,
    box_mail *mail,
    const void **data_out,
    xipc_deadline when);

/* XIPC_NOW, and it works. */
void box_sends(xipc_mailbox *box, uint64_t number, size_t size);
void box_receives(xipc_mailbox *box, uint64_t number, size_t size);
box_mail box_gives(xipc_mailbox *box);
void *box_reserves(xipc_mailbox *box, uint64_t number, size_t size);
void box_commits(xipc_mailbox *box, void *data, uint64_t number, size_t size);
const void *box_takes(xipc_mailbox *box, uint64_t number, size_t size);

/* XIPC_NOW: there is nothing, or no room. */
void require_no_message(xipc_mailbox *box);
void require_no_room(xipc_mailbox *box, size_t size);

/* Sends messages of that size from `number` on until there is no room; how many
 * they were. */
uint64_t box_fill(xipc_mailbox *box, uint64_t number, size_t size);
/* Receives these. */
void box_empty(xipc_mailbox *box, uint64_t number, uint64_t count, size_t size);

/* Waits until so many messages are waiting. */
void require_depth(const xipc_mailbox *box, uint64_t depth);

/* --- calls that wait, and such in threads --- */

/* One call that waits when there is nothing, or no room, or nobody. */
typedef xipc_status box_verb(xipc_mailbox *box, xipc_deadline when);

typedef struct box_deed {
    const char *doing;
    box_verb *verb;
    uint32_t capacity;
    int is_sending;
} box_deed;

/* send, reserve, receive and take; and of a box without room send, commit,
 * receive and take. 16 bytes each; what is reserved is canceled again, and what
 * is taken released. */
#define BOX_DEED_COUNT 8
extern const box_deed box_deeds[BOX_DEED_COUNT];

typedef void box_deed_body(const box_deed *deed);
void for_each_box_deed(box_deed_body *body);

/* A box where it has to wait. */
xipc_mailbox *box_to_wait_at(const char *name, const box_deed *deed);
/* Lets one such call come to its end; on another handle, or the same. */
void box_answer(xipc_mailbox *box, const box_deed *deed);

typedef struct box_call {
    xipc_mailbox *box;
    box_verb *verb;
    xipc_deadline deadline;
    xipc_status status;
    spec_thread *thread;
} box_call;

void box_call_begin(
    box_call *call, box_verb *verb, xipc_mailbox *box, xipc_deadline deadline);
/* Waits until it is over. */
xipc_status box_call_end(box_call *call);

/* --- each message once --- */

/* The section "tally": how often each number was received, by whomever. */
enum { TALLY_MAX = 65536 };
typedef struct tally {
    _Atomic uint32_t times[TALLY_MAX];
    _Atomic uint32_t failed_count; /* sends that did not, of a case's own */
} tally;

xipc_map *tally_made(void);
xipc_map *tally_joined(void);
tally *tally_of(const xipc_map *map);
/* Requires that nobody has received it. */
void tally_mark(tally *self, uint64_t number);
/* Whether it was received; requires that it was once at most. */
int tally_has(const tally *self, uint64_t number);

/* --- mailbox_hand.c: another process that does as it is told --- */

/*
 * It joins when it is first told to do something. An order is a verb, numbers,
 * and "now" or a number of milliseconds behind them; without that it waits for
 * ever. The answer is the name of the status, as of the hands of sync_kit.h:
 * hand_does(), hand_answers(), hand_ends() and hand_leaves() do for all.
 *
 *     open                          joins, and nothing else
 *     close                         the next order joins anew
 *     own                           makes it, and it is this process's
 *     send NUMBER SIZE WHEN         receive NUMBER SIZE WHEN
 *     post NUMBER SIZE PRIORITY WHEN
 *     fetch WHEN                    whichever is next; hand_count() says which
 *     reserve NUMBER SIZE WHEN      take NUMBER SIZE WHEN
 *     commit NUMBER SIZE WHEN       release
 *     cancel                        return
 *     produce NUMBER COUNT MAX      consume NUMBER COUNT MAX
 *
 * `produce` and `consume` take message_size() and wait for ever; they stop at
 * the first status that is not XIPC_OK, which they tell; hand_count() is then
 * how many went.
 */
spec_peer *box_hand_at(const char *name);

#define box_made(...)    (spec_at(__FILE__, __LINE__), box_made(__VA_ARGS__))
#define box_sized(...)   (spec_at(__FILE__, __LINE__), box_sized(__VA_ARGS__))
#define box_joined(...)  (spec_at(__FILE__, __LINE__), box_joined(__VA_ARGS__))
#define box_fetch(...)   (spec_at(__FILE__, __LINE__), box_fetch(__VA_ARGS__))
#define box_receive(...) (spec_at(__FILE__, __LINE__), box_receive(__VA_ARGS__))
#define box_take(...)    (spec_at(__FILE__, __LINE__), box_take(__VA_ARGS__))
#define box_sends(...)   (spec_at(__FILE__, __LINE__), box_sends(__VA_ARGS__))
#define box_gives(...)   (spec_at(__FILE__, __LINE__), box_gives(__VA_ARGS__))
#define box_receives(...) \
    (spec_at(__FILE__, __LINE__), box_receives(__VA_ARGS__))
#define box_reserves(...) \
    (spec_at(__FILE__, __LINE__), box_reserves(__VA_ARGS__))
#define box_commits(...) (spec_at(__FILE__, __LINE__), box_commits(__VA_ARGS__))
#define box_takes(...)   (spec_at(__FILE__, __LINE__), box_takes(__VA_ARGS__))
#define require_no_message(...) \
    (spec_at(__FILE__, __LINE__), require_no_message(__VA_ARGS__))
#define require_no_room(...) \
    (spec_at(__FILE__, __LINE__), require_no_room(__VA_ARGS__))
#define box_fill(...)  (spec_at(__FILE__, __LINE__), box_fill(__VA_ARGS__))
#define box_empty(...) (spec_at(__FILE__, __LINE__), box_empty(__VA_ARGS__))
#define require_depth(...) \
    (spec_at(__FILE__, __LINE__), require_depth(__VA_ARGS__))
#define box_answer(...) (spec_at(__FILE__, __LINE__), box_answer(__VA_ARGS__))
#define box_call_end(...) \
    (spec_at(__FILE__, __LINE__), box_call_end(__VA_ARGS__))
#define tally_mark(...)  (spec_at(__FILE__, __LINE__), tally_mark(__VA_ARGS__))
#define tally_has(...)   (spec_at(__FILE__, __LINE__), tally_has(__VA_ARGS__))
#define box_hand_at(...) (spec_at(__FILE__, __LINE__), box_hand_at(__VA_ARGS__))

#endif
