/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the specs of pollers say over and over. Every function here fails the
 * case if it cannot do what it says.
 *
 * A thing is what a poller can wait for in shared memory, of any kind.
 */
#ifndef POLLER_KIT_H
#define POLLER_KIT_H

#include "support/sync_kit.h"

/* Room in an answer; more than nearly all cases have in a poller. */
enum { ANSWER_MAX = 64 };

typedef enum thing_kind {
    THING_AUTO,   /* an automatic event */
    THING_MANUAL, /* a manual one */
    THING_COUNT   /* a semaphore */
} thing_kind;

typedef struct thing {
    thing_kind kind;
    xipc_event *event;
    xipc_semaphore *semaphore;
} thing;

/* Runs the body for each kind, with a name and inside a section. */
typedef void thing_body(thing_kind kind, const char *place);
void with_all_things(thing_body *body);

/* Where things are, as for all objects of the kit. They are not ready. */
thing thing_made(thing_kind kind, const char *place);
thing thing_joined(thing_kind kind, const char *place);
void thing_closed(thing *self);
xipc_object *thing_object(const thing *self);

void make_ready(const thing *self);
/* Takes what make_ready() gave. */
void take_it(const thing *self);
/* What a hand is told to make it ready, and to take it. */
const char *order_ready(thing_kind kind);
const char *order_take(thing_kind kind);

/* An automatic event in the section, for those who need many. */
xipc_event *event_placed(xipc_section *section, uint64_t offset);
xipc_event *event_found(xipc_section *section, uint64_t offset);

/* Empty. */
xipc_poller *poller_made(void);
/* XIPC_READABLE. */
void poller_takes(xipc_poller *poller, xipc_object *object, void *cookie);
void poller_drops(xipc_poller *poller, xipc_object *object);
xipc_poller *poller_of(const thing *self, void *cookie);

typedef struct answer {
    size_t count;
    xipc_ready ready[ANSWER_MAX];
} answer;

/* Waits until something is ready; requires that all of it is for reading, and
 * that nothing is told twice. */
answer told(xipc_poller *poller);
answer told_at_most(xipc_poller *poller, size_t capacity);
/* The events told with it; 0: it was not told. */
uint32_t told_of(const answer *self, const void *cookie);

/* The answer is exactly this. */
void require_told(xipc_poller *poller, const void *cookie);
void require_told_both(
    xipc_poller *poller, const void *one, const void *another);
/* Nothing is ready, and a wait leaves its outputs alone. */
void require_silent(xipc_poller *poller);

/* A wait in a thread of its own. */
typedef struct poll_call {
    xipc_poller *poller;
    xipc_deadline deadline;
    xipc_status status;
    answer answer;
    spec_thread *thread;
} poll_call;

void poll_begin(poll_call *call, xipc_poller *poller, xipc_deadline deadline);
/* Waits until it is over. */
xipc_status poll_end(poll_call *call);

/* Fills all places at the object but `left`; and empties them. */
enum { PLACE_COUNT = 8 };
typedef struct crowd {
    xipc_poller *pollers[PLACE_COUNT];
    unsigned count;
} crowd;
crowd crowd_at(xipc_object *object, unsigned left);
void crowd_leaves(crowd *self);

#define told(...) (spec_at(__FILE__, __LINE__), told(__VA_ARGS__))
#define told_at_most(...) \
    (spec_at(__FILE__, __LINE__), told_at_most(__VA_ARGS__))
#define require_told(...) \
    (spec_at(__FILE__, __LINE__), require_told(__VA_ARGS__))
#define require_told_both(...) \
    (spec_at(__FILE__, __LINE__), require_told_both(__VA_ARGS__))
#define require_silent(...) \
    (spec_at(__FILE__, __LINE__), require_silent(__VA_ARGS__))
#define poll_end(...) (spec_at(__FILE__, __LINE__), poll_end(__VA_ARGS__))

#endif
