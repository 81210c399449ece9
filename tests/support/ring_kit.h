/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the specs of rings say over and over. Every function here fails the case
 * if it cannot do what it says.
 *
 * Places are those of sync_kit.h: "a" has that name, "@a" stands inside the
 * section "a".
 *
 * Messages have numbers, and bytes have positions in their stream; what stands
 * in them follows from that, so whoever reads them can tell that they are the
 * right ones.
 */
#ifndef RING_KIT_H
#define RING_KIT_H

#include <xipc/ring.h>

#include "support/sync_kit.h"

/* Where a ring stands in a section of the kit's. */
#define RING_OFFSET (3 * XIPC_RING_ALIGNMENT)

#define RING_WAIT_COUNT 3
extern const xipc_ring_wait ring_waits[RING_WAIT_COUNT];

/* Runs the body for each way to wait. */
typedef void wait_body(xipc_ring_wait wait);
void for_each_wait(wait_body *body);

xipc_ring_options
ring_shaped(uint64_t capacity, xipc_ring_mode mode, xipc_ring_wait wait);
/* Of messages, or of bytes; adaptive. */
xipc_ring_options ring_of_messages(uint64_t capacity);
xipc_ring_options ring_of_bytes(uint64_t capacity);

/* `options` may be NULL. */
xipc_ring *ring_made(
    const char *place, xipc_ring_role role, const xipc_ring_options *options);
xipc_ring *ring_joined(const char *place, xipc_ring_role role);
xipc_status
ring_try_join(const char *place, xipc_ring_role role, xipc_ring **ring_out);

/* Whoever was killed has let go of a side within a second (GEN-11); on some
 * systems not yet when his process is over. So BUSY is waited out that long. */
xipc_status
ring_join_soon(const char *place, xipc_ring_role role, xipc_ring **ring_out);

/* Both sides, in this process. */
typedef struct sides {
    xipc_ring *producer;
    xipc_ring *consumer;
} sides;

sides sides_made(const char *place, const xipc_ring_options *options);
void sides_closed(sides *self);

/* --- contents --- */

void message_fill(void *bytes, size_t size, uint64_t number);
int message_is(const void *bytes, size_t size, uint64_t number);
void stream_fill(void *bytes, size_t size, uint64_t position);
int stream_is(const void *bytes, size_t size, uint64_t position);

/* The sizes that the messages of a run have, whatever their numbers: some 0,
 * some `max`, most small. */
size_t message_size(uint64_t number, size_t max);

/* --- one message, one piece --- */

xipc_status
ring_send(xipc_ring *ring, uint64_t number, size_t size, xipc_deadline when);
/* Requires of what arrives that it is this. */
xipc_status
ring_receive(xipc_ring *ring, uint64_t number, size_t size, xipc_deadline when);
/* Reserves and fills. */
xipc_status
ring_reserve(xipc_ring *ring, uint64_t number, size_t size, xipc_deadline when);
xipc_status
ring_peek(xipc_ring *ring, uint64_t number, size_t size, xipc_deadline when);
/* What was written, or read and required to be this. */
xipc_status ring_write(
    xipc_ring *ring,
    uint64_t position,
    size_t size,
    size_t *count_out,
    xipc_deadline when);
xipc_status ring_read(
    xipc_ring *ring,
    uint64_t position,
    size_t capacity,
    size_t *count_out,
    xipc_deadline when);

/* XIPC_NOW, and it works. */
void sends(xipc_ring *ring, uint64_t number, size_t size);
void receives(xipc_ring *ring, uint64_t number, size_t size);
/* XIPC_NOW: there is nothing, or no room, and the other side is there. */
void require_empty(xipc_ring *ring);
void require_full(xipc_ring *ring, size_t size);

/* Sends messages of that size from `number` on until there is no room; how many
 * they were. */
uint64_t fill_up(xipc_ring *ring, uint64_t number, size_t size);

/* Where in the producer's memory the next block would be. */
const unsigned char *next_place(xipc_ring *producer);

/* Dice that nobody threw before, or those of XIPC_SEED; the report has them. */
uint32_t dice_cast(void);

/* Some milliseconds in which others may come to where they wait. What is
 * required afterwards must not depend on it. */
void let_pass(int64_t ms);

/* Whether so much time has not passed since. */
int is_within(int64_t since_ns, int64_t ns);

/* --- what one who dies leaves in writing --- */

/* The section "ledger". Numbers or positions: how far whoever dies has surely
 * come, and how far he may have come. */
typedef struct ring_ledger {
    _Atomic uint64_t done;
    _Atomic uint64_t tried;
    _Atomic uint32_t is_over; /* nobody comes any more */
} ring_ledger;

xipc_map *ledger_made(void);
xipc_map *ledger_joined(void);
ring_ledger *ledger_of(const xipc_map *map);
/* Nothing is done of what begins there. */
void ledger_set(ring_ledger *ledger, uint64_t start);

/* --- ring_call.c: calls that wait, and such in threads --- */

/* One call that waits when there is nothing, or no room. */
typedef xipc_status ring_verb(xipc_ring *ring, xipc_deadline when);

typedef struct ring_deed {
    const char *doing;
    ring_verb *verb;
    xipc_ring_role role;
    xipc_ring_mode mode;
} ring_deed;

/* send, reserve, write, receive, peek, read; 16 bytes each. */
#define RING_DEED_COUNT 6
extern const ring_deed ring_deeds[RING_DEED_COUNT];

typedef void deed_body(const ring_deed *deed, xipc_ring_wait wait);
/* Runs the body for each of them and each way to wait. */
void for_each_deed(deed_body *body);

/* The side that does it, of a ring where it has to wait. */
xipc_ring *
ring_to_wait_at(const char *place, const ring_deed *deed, xipc_ring_wait wait);
xipc_ring_role other_role(xipc_ring_role role);

typedef struct ring_call {
    xipc_ring *ring;
    ring_verb *verb;
    xipc_deadline deadline;
    xipc_status status;
    spec_thread *thread;
} ring_call;

void ring_call_begin(
    ring_call *call, ring_verb *verb, xipc_ring *ring, xipc_deadline deadline);
/* Waits until it is over. */
xipc_status ring_call_end(ring_call *call);

/* --- ring_hand.c: another process that is one side and does as it is told ---
 */

/*
 * It joins when it is first told to do something. An order is a verb, numbers,
 * and "now" or a number of milliseconds behind them; without that it waits for
 * ever. The answer is the name of the status, as of the hands of sync_kit.h:
 * hand_does(), hand_answers(), hand_ends() and hand_leaves() do for both.
 *
 *     open                          joins, and nothing else
 *     close                         the next order joins anew
 *     peer WHEN                     xipc_ring_wait_peer()
 *     send NUMBER SIZE WHEN         receive NUMBER SIZE WHEN
 *     reserve NUMBER SIZE WHEN      peek NUMBER SIZE WHEN
 *     commit SIZE                   release
 *     cancel                        rewind
 *     write POSITION SIZE WHEN      read POSITION SIZE WHEN
 *     pour POSITION SIZE            drain POSITION SIZE
 *     produce NUMBER COUNT MAX      consume NUMBER COUNT MAX
 *
 * `write` and `read` require that all of it went at once, `pour` and `drain` go
 * on in pieces until it has. `produce` and `consume` take message_size(), and
 * stop at the first status that is not XIPC_OK, which they tell; hand_count()
 * is then how many went.
 */
spec_peer *ring_hand_at(const char *place, xipc_ring_role role);
/* One that finds it in the anonymous section of this native handle. */
spec_peer *ring_hand_given(xipc_native_handle native, xipc_ring_role role);
uint64_t hand_count(spec_peer *hand);
/* 1 if it can do it, 0 if it says this instead; nothing else. */
int hand_does_or(spec_peer *hand, const char *order, xipc_status otherwise);

#define ring_made(...)   (spec_at(__FILE__, __LINE__), ring_made(__VA_ARGS__))
#define ring_joined(...) (spec_at(__FILE__, __LINE__), ring_joined(__VA_ARGS__))
#define ring_receive(...) \
    (spec_at(__FILE__, __LINE__), ring_receive(__VA_ARGS__))
#define ring_peek(...)  (spec_at(__FILE__, __LINE__), ring_peek(__VA_ARGS__))
#define ring_read(...)  (spec_at(__FILE__, __LINE__), ring_read(__VA_ARGS__))
#define sides_made(...) (spec_at(__FILE__, __LINE__), sides_made(__VA_ARGS__))
#define sends(...)      (spec_at(__FILE__, __LINE__), sends(__VA_ARGS__))
#define receives(...)   (spec_at(__FILE__, __LINE__), receives(__VA_ARGS__))
#define require_empty(...) \
    (spec_at(__FILE__, __LINE__), require_empty(__VA_ARGS__))
#define require_full(...) \
    (spec_at(__FILE__, __LINE__), require_full(__VA_ARGS__))
#define fill_up(...) (spec_at(__FILE__, __LINE__), fill_up(__VA_ARGS__))
#define ring_to_wait_at(...) \
    (spec_at(__FILE__, __LINE__), ring_to_wait_at(__VA_ARGS__))
#define ring_call_end(...) \
    (spec_at(__FILE__, __LINE__), ring_call_end(__VA_ARGS__))
#define ring_hand_at(...) \
    (spec_at(__FILE__, __LINE__), ring_hand_at(__VA_ARGS__))
#define ring_hand_given(...) \
    (spec_at(__FILE__, __LINE__), ring_hand_given(__VA_ARGS__))
#define hand_count(...) (spec_at(__FILE__, __LINE__), hand_count(__VA_ARGS__))

#define hand_does_or(...) \
    (spec_at(__FILE__, __LINE__), hand_does_or(__VA_ARGS__))

#endif
