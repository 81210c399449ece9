/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the specs of mutex, semaphore, event and condition say over and over.
 * Every function here fails the case if it cannot do what it says.
 *
 * A place says where an object is: "a" has that name, "@a" stands inside the
 * section "a". A body that is told a place proves the same of both forms.
 */
#ifndef SYNC_KIT_H
#define SYNC_KIT_H

#include <stdatomic.h>

#include <xipc/sync.h>

#include "support/section_kit.h"

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  INT64_C(1000000000)

/* Where each kind stands in a section of the kit's. */
enum {
    MUTEX_OFFSET = 0,
    SEMAPHORE_OFFSET = 3 * XIPC_SYNC_SIZE,
    EVENT_OFFSET = 5 * XIPC_SYNC_SIZE,
    CONDITION_OFFSET = 64 * XIPC_SYNC_SIZE
};

/* Runs the body for a named object and for one inside a section. */
typedef void place_body(const char *place);
void in_both_forms(place_body *body);

/* The section of that name, made when it is not there. */
xipc_section *table_of(const char *name);

xipc_mutex *mutex_made(const char *place);
xipc_mutex *mutex_joined(const char *place);
xipc_semaphore *
semaphore_made(const char *place, uint32_t initial, uint32_t max);
xipc_semaphore *semaphore_joined(const char *place);
xipc_event *event_made(const char *place, xipc_event_mode mode);
xipc_event *event_joined(const char *place);
xipc_condition *condition_made(const char *place);
xipc_condition *condition_joined(const char *place);

/* --- sync_kind.c: one call for all kinds --- */

/* Which of them it is, a xipc_kind says. */
typedef union sync_handle {
    void *any;
    xipc_mutex *mutex;
    xipc_semaphore *semaphore;
    xipc_event *event;
    xipc_condition *condition;
} sync_handle;

#define SYNC_KIND_COUNT 4
extern const xipc_kind sync_kinds[SYNC_KIND_COUNT];

typedef void kind_body(xipc_kind kind);
void for_each_kind(kind_body *body);

xipc_sync_options sync_lasting(xipc_lifetime lifetime);

/* A semaphore is made with a count of 1 of at most 1, an event automatic.
 * `handle_out` may be NULL, to see what becomes of that. */
xipc_status sync_create(
    xipc_kind kind,
    const char *name,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    sync_handle *handle_out);
xipc_status sync_open(
    xipc_kind kind,
    const char *name,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    sync_handle *handle_out);
xipc_status sync_open_or_create(
    xipc_kind kind,
    const char *name,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    sync_handle *handle_out,
    int *created_out);
xipc_status sync_create_at(
    xipc_kind kind,
    xipc_section *section,
    uint64_t offset,
    xipc_deadline deadline,
    sync_handle *handle_out);
xipc_status sync_open_at(
    xipc_kind kind,
    xipc_section *section,
    uint64_t offset,
    xipc_deadline deadline,
    sync_handle *handle_out);
void sync_close(xipc_kind kind, sync_handle handle);
xipc_object *sync_object(xipc_kind kind, sync_handle handle);

/* --- what a thread or another process can be told to do --- */

/* One of each kind, as far as somebody has them. */
typedef struct sync_set {
    xipc_mutex *mutex;
    xipc_semaphore *semaphore;
    xipc_event *event;
    xipc_condition *condition;
} sync_set;

/* A mutex and a condition. */
sync_set pair_made(const char *place);
void pair_closed(sync_set set);

typedef xipc_status sync_verb(const sync_set *set, xipc_deadline deadline);

sync_verb do_lock;
sync_verb do_take;  /* xipc_semaphore_wait() */
sync_verb do_pass;  /* xipc_event_wait() */
sync_verb do_await; /* xipc_condition_wait() */
/* Locks, puts in order what a dead owner left, unlocks; what locking said. */
sync_verb do_visit;
/* Awaits and unlocks as above; what awaiting said. With `attend`, locks before.
 */
sync_verb do_linger;
sync_verb do_attend;

/* A call in a thread of its own. */
typedef struct sync_call {
    sync_set set;
    sync_verb *verb;
    xipc_deadline deadline;
    xipc_status status;
    atomic_int is_over;
    spec_thread *thread;
} sync_call;

void call_begin(
    sync_call *call, sync_verb *verb, sync_set set, xipc_deadline deadline);
/* Waits until it is over. */
xipc_status call_end(sync_call *call);

/* --- sync_hand.c --- */

/*
 * A hand: another process that joins what is at `place` when it is first told
 * to use it. It is told a verb, "now" behind it for XIPC_NOW or a number of
 * milliseconds, and answers with the name of the status:
 *
 *     lock unlock recover visit  the mutex
 *     drop                       closes the mutex; the next order joins anew
 *     take post                  the semaphore, by one
 *     pass set reset             the event
 *     await linger attend        the condition
 *     notify rouse               the same; rouse notifies all
 */
spec_peer *hand_at(const char *place);
/* One that finds all in the anonymous section of this native handle. */
spec_peer *hand_given(xipc_native_handle native);
/* One that has the mutex locked. */
spec_peer *owner_at(const char *place);
/* Tells it, and requires that answer. */
void hand_does(spec_peer *hand, const char *order, xipc_status want);
void hand_answers(spec_peer *hand, xipc_status want);
xipc_status hand_answer(spec_peer *hand);
/* Closes all it has, or ends without closing anything. */
void hand_ends(spec_peer *hand);
void hand_leaves(spec_peer *hand);

/* --- what is the case --- */

/* 1 if this one was told of a death, 0 if all is well, and nothing else. */
unsigned deaths_told(xipc_status status);

/* The last words of one who dies, a number; another process reads them. */
xipc_map *words_made(void);
xipc_map *words_joined(void);
void words_say(const xipc_map *words, uint32_t number);
uint32_t words_said(const xipc_map *words);

/* Somebody has it, and keeps it for some milliseconds. */
void require_locked(xipc_mutex *mutex);
/* Nobody has it, and nobody died with it. */
void require_unlocked(xipc_mutex *mutex);
/* Its last owner died with it: told so within a second, and put in order. */
void require_owner_died(xipc_mutex *mutex);

/*
 * What must be done within a second of a death. `round` returns the nanoseconds
 * that it took. A crowded machine is slow once; the third slow round in a row
 * fails the case.
 */
typedef int64_t timed_round(const char *place);
void within_a_second(timed_round *round, const char *place);

/* A hand that fails the case does so where it was told to. */
#define hand_at(...)    (spec_at(__FILE__, __LINE__), hand_at(__VA_ARGS__))
#define owner_at(...)   (spec_at(__FILE__, __LINE__), owner_at(__VA_ARGS__))
#define hand_given(...) (spec_at(__FILE__, __LINE__), hand_given(__VA_ARGS__))
#define hand_does(...)  (spec_at(__FILE__, __LINE__), hand_does(__VA_ARGS__))
#define hand_answers(...) \
    (spec_at(__FILE__, __LINE__), hand_answers(__VA_ARGS__))
#define hand_answer(...) (spec_at(__FILE__, __LINE__), hand_answer(__VA_ARGS__))
#define hand_ends(...)   (spec_at(__FILE__, __LINE__), hand_ends(__VA_ARGS__))
#define hand_leaves(...) (spec_at(__FILE__, __LINE__), hand_leaves(__VA_ARGS__))

#endif
