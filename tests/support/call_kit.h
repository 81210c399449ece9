/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the specs of calls say over and over. Every function here fails the case
 * if it cannot do what it says.
 */
#ifndef CALL_KIT_H
#define CALL_KIT_H

#include <stdatomic.h>

#include <xipc/call.h>

#include "support/ring_kit.h"

/* The methods of the kit's services. */
enum {
    ECHO = 1,    /* the same bytes; its result is how many */
    FAIL = 2,    /* with the status that the request says */
    HOLD = 3,    /* is kept: held() gives it to the case */
    WATCH = 4,   /* runs until it is cancelled, and counts that */
    COUNT = 5,   /* counts */
    BACK = 6,    /* calls ECHO back over the link, and gives what comes */
    FILL = 7,    /* the request's number and size make the reply */
    NOTHING = 8, /* returns without an answer */
    UNKNOWN = 99
};

#define HELD_MAX 256

/* What the handlers leave for the case. Any thread. */
typedef struct call_board {
    _Atomic uint32_t counted;
    _Atomic uint32_t watching;
    _Atomic uint32_t canceled;
    _Atomic uint32_t came;
    _Atomic uint32_t closed; /* links that ended in good order */
    _Atomic uint32_t died;
    _Atomic uint32_t cut; /* ... in another way */
    _Atomic int32_t why;  /* the last of those */
    _Atomic uint32_t held_count;
    _Atomic(xipc_request *) held[HELD_MAX];
    _Atomic(xipc_link *) last_link;
    uint32_t held_taken;
} call_board;

/* Runs the body for both sorts of address, told as spec_within(). */
typedef void call_body(const char *address);
void with_both_sorts(call_body *body);
int is_remote(const char *address);

/* A service with the kit's methods that listens, and one link to it. */
typedef struct call_pair {
    call_board board;
    xipc_service *service;
    xipc_call_listener *listener;
    char address[XIPC_CALL_ADDRESS_SIZE];
    xipc_link *link;
} call_pair;

void calls_begin(call_pair *self, const char *address);
/* Both may be NULL. on_link and context are the kit's. */
void calls_begin_with(
    call_pair *self,
    const char *address,
    const xipc_service_options *service_options,
    const xipc_call_options *options);
void calls_end(call_pair *self);

xipc_service *serving(call_board *board, const xipc_service_options *options);
xipc_link *linked(const char *address);
/* A deadline that only a broken library lets pass. */
xipc_deadline in_time(void);

/* Waits for it, as long as it takes a broken library. */
void await_number(_Atomic uint32_t *number, uint32_t want);

/* The next one that HOLD kept. */
xipc_request *held(call_board *board);

/* Calls ECHO with so many bytes of that number, and checks what comes. */
void echoes(xipc_link *link, uint64_t number, size_t size);
xipc_status
echo(xipc_link *link, uint64_t number, size_t size, xipc_deadline deadline);
/* Any call, nothing with it, its reply not wanted. */
xipc_status
call_plain(xipc_link *link, uint32_t method, xipc_deadline deadline);

/* A call in a thread of its own. */
typedef struct call_thread {
    xipc_link *link;
    xipc_deadline deadline;
    uint32_t method;
    xipc_status status;
    spec_thread *thread;
} call_thread;

void call_begins(
    call_thread *self, xipc_link *link, uint32_t method, xipc_deadline end);
xipc_status call_ends(call_thread *self);

/* --- call_hand.c: another process that does as it is told --- */

/*
 * An order is a verb and what stands behind it. The answer is the name of the
 * status, or what is asked for.
 *
 *     serve ADDRESS       answers with the address
 *     connect ADDRESS     call METHOD       (it waits for ever)
 *     begin METHOD        (in a thread; it is not waited for)
 *     await WHAT          counted, watching: until it is 1
 *     close
 */
spec_peer *call_hand(void);
/* One that serves there; `address` is where. */
spec_peer *call_server(const char *where, char address[XIPC_CALL_ADDRESS_SIZE]);

#define calls_begin(...) (spec_at(__FILE__, __LINE__), calls_begin(__VA_ARGS__))
#define calls_begin_with(...) \
    (spec_at(__FILE__, __LINE__), calls_begin_with(__VA_ARGS__))
#define calls_end(...) (spec_at(__FILE__, __LINE__), calls_end(__VA_ARGS__))
#define linked(...)    (spec_at(__FILE__, __LINE__), linked(__VA_ARGS__))
#define await_number(...) \
    (spec_at(__FILE__, __LINE__), await_number(__VA_ARGS__))
#define held(...)      (spec_at(__FILE__, __LINE__), held(__VA_ARGS__))
#define echoes(...)    (spec_at(__FILE__, __LINE__), echoes(__VA_ARGS__))
#define call_ends(...) (spec_at(__FILE__, __LINE__), call_ends(__VA_ARGS__))

#endif
