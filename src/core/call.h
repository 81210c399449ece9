/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine of calls: what goes over lines (call_line.h), and who waits.
 *
 * A link has two roles, each taken by one thread at a time: to receive, and to
 * send. Whoever waits for something that comes over the link receives for all
 * who wait, if nobody does so (call_wait.c); whoever sends hands on what others
 * have put into the outbox meanwhile (call_send.c). Between its pieces and
 * frames the latch guards what is the link's, and is never held across a call
 * that waits, nor together with another lock but the process's, which is taken
 * first.
 *
 * A link that has ended is buried once nobody has a role: then its calls are
 * over, its line is closed, and the service is told. So who has a role may use
 * the line, and the calls that are in the tables, without the latch.
 *
 *     frame     who sends it          call          method       result
 *     hello     each side, first      the version   payload_max  request_max
 *     refusal   instead of a hello                  the status
 *     request   the caller            its number    the method
 *     post      the caller            its number    the method
 *     reply     who answers           its number    the status   the handler's
 *     cancel    the caller            its number
 *     credit    who answers                         so many posts are done
 *
 * Requests, posts and replies go in pieces, the first and the last one marked
 * (they may be the same), with other frames between them.
 */
#ifndef XIPC_CORE_CALL_H
#define XIPC_CORE_CALL_H

#include <stdatomic.h>

#include <xipc/call.h>

#include "core/call_line.h"
#include "core/call_ring.h"
#include "core/latch.h"
#include "core/look.h"
#include "os/os_worker.h"

#define XIPCI_CALL_VERSION 1

enum {
    XIPCI_FRAME_HELLO = 1,
    XIPCI_FRAME_REFUSAL = 2,
    XIPCI_FRAME_REQUEST = 3,
    XIPCI_FRAME_POST = 4,
    XIPCI_FRAME_REPLY = 5,
    XIPCI_FRAME_CANCEL = 6,
    XIPCI_FRAME_CREDIT = 7
};

enum { XIPCI_FRAME_FIRST = 1 << 0, XIPCI_FRAME_LAST = 1 << 1 };

/* What has a number, in a table by number. */
typedef struct xipci_numbered {
    uint64_t call;
    struct xipci_numbered *next;
} xipci_numbered;

/* Frames in one turn, so that nobody who sends without end keeps a thread. */
#define XIPCI_PUMP_MAX 64

/*
 * What one link may have begun at once in bytes, by the payload_max of the side
 * that answers; who calls waits, who breaks it is cut off.
 */
#define XIPCI_BYTES_MIN ((uint64_t)1 << 20)

/* Handles that one link's requests may keep here: others need some, too. */
#define XIPCI_HANDLES_KEPT_MAX 256

/* A body that is copied with the latch; longer ones are without. */
#define XIPCI_SHORT_MAX 1024

#define XIPCI_CALL_BUCKETS 64

typedef struct xipci_call_table {
    xipci_numbered *buckets[XIPCI_CALL_BUCKETS];
} xipci_call_table;

/* Memory of one call that its object keeps for the next one, as far as
 * call_table.c lets it. */
typedef struct xipci_room {
    unsigned char *bytes;
    size_t capacity;
} xipci_room;

/* What comes in pieces. It grows with what has come, never by what was
 * announced alone. */
typedef struct xipci_cargo {
    xipci_room room;
    size_t size;  /* that have come */
    size_t total; /* that will */
    uint32_t handle_count;
    intptr_t natives[XIPC_CALL_HANDLE_MAX];
} xipci_cargo;

/* What goes in pieces. */
typedef struct xipci_sending {
    xipci_frame frame; /* the next piece's head */
    const unsigned char *bytes;
    size_t size;
    size_t sent;
    const intptr_t *natives;
    int is_begun; /* the first piece is sent */
} xipci_sending;

/*
 * A call at the side that made it. Whoever made it holds it until he has its
 * result; it is in the table until the reply has come, and freed when neither.
 */
struct xipc_pending {
    xipci_numbered numbered; /* first */
    xipc_link *link;
    xipci_sending sending;
    /* Guarded by the latch: */
    int is_held;
    int is_in_table;
    int is_done;      /* `status` is the result */
    int is_awaited;   /* by the thread that sends it */
    int has_turn;     /* to be sent, from the beginning */
    int is_to_cancel; /* it is in the list of cancels */
    xipc_status status;
    struct xipci_waiter *waiter; /* who waits for this one */
    xipc_pending *next_cancel;
    xipc_pending *next;       /* of those submitted, or of those of them done */
    xipc_pending **list_link; /* NULL: it is in none of the two */
    xipc_deadline deadline;
    void *cookie;
    int is_receiver; /* its thread has the role to receive already */
    /* Of who receives, until it is done: */
    xipci_cargo cargo;
    /* Where the thread that waits for this call, and receives, puts the reply
       without keeping it first. */
    xipc_call_answer *answer;
    int is_at_hand; /* the reply is there */
    int is_refused; /* the other side answered so */
    int32_t result;
    int has_begun;       /* the reply's first piece has come */
    xipc_status trouble; /* why it cannot be given, though it came */
    xipc_pending *next_free;
};

/* One at the side that answers it. */
struct xipc_request {
    xipci_numbered numbered; /* first */
    xipc_link *link;
    uint32_t method;
    xipc_handler *handler; /* once it is taken from the queue; NULL: none */
    void *context;
    int is_one_way;
    int is_whole; /* all of it has come: the service's from then on */
    int is_in_table;
    int is_counted;      /* among those that are not answered */
    uint32_t bytes;      /* of it, as they were announced */
    uint32_t handles;    /* ... that are kept */
    int *is_settled_out; /* while its handler runs, and nobody else has it */
    /* Written by who receives, with the latch, read by the handler: relaxed, it
       is only news. */
    atomic_int is_canceled;
    xipc_status trouble; /* why it cannot be run, though it came */
    xipci_cargo cargo;
    /* Its answer, in the outbox: */
    xipci_sending sending;
    size_t kept_size;
    xipci_room kept; /* a copy of what is still to be sent */
    intptr_t kept_natives[XIPC_CALL_HANDLE_MAX];
    uint32_t kept_count;
    xipc_request *next; /* in the service's queue, the outbox, those free */
};

/* ---- who waits at a link ---- */

typedef enum xipci_want {
    XIPCI_WANTS_RESULT, /* of a certain call, whose waiter it is */
    XIPCI_WANTS_ANY,    /* the end of any that was submitted */
    XIPCI_WANTS_CREDIT,
    XIPCI_WANTS_ROLE /* to send */
} xipci_want;

typedef struct xipci_waiter {
    xipcos_sleeper *sleeper;
    xipci_want want;
    int may_receive; /* it is woken when the role to receive is free, too */
    struct xipci_waiter *next;
    struct xipci_waiter **link; /* NULL: it is in no list */
} xipci_waiter;

/* What a test says, which is asked with the latch. */
typedef enum xipci_verdict {
    XIPCI_IT_IS_SO, /* and it was taken, if it is something to take */
    XIPCI_NOT_YET,  /* and it comes over the line */
    XIPCI_NOT_HERE  /* and another thread of this process will see to it */
} xipci_verdict;

/* `*want_out` says what is waited for, if it is not so. */
typedef xipci_verdict
xipci_call_link_test(xipc_link *link, void *context, xipci_want *want_out);

typedef struct xipci_waiting {
    xipc_link *link;
    xipci_call_link_test *test;
    void *context;
    xipc_deadline deadline;
    xipc_pending *pending; /* whose reply is waited for; NULL: none */
    int is_receiver;       /* this thread has the role to receive */
} xipci_waiting;

typedef enum xipci_call_link_state {
    XIPCI_LINK_RISING,  /* its line is being made */
    XIPCI_LINK_GREETED, /* ... and this side waits for the hello */
    XIPCI_LINK_UP,
    XIPCI_LINK_ENDED,
    XIPCI_LINK_BURIED
} xipci_call_link_state;

struct xipc_link {
    xipc_object object;
    xipc_service *service; /* that answers; NULL: none. Held by the link */
    uint32_t request_max;  /* what this side takes */
    uint32_t payload_max;
    int is_accepted;          /* it came to the service */
    xipc_status other_status; /* of who is there */
    xipcos_other other;
    /* Why those who use the line without the latch are to look up, by the
       thread with that role. Sequentially consistent: whoever sets one wakes
       the line after it. */
    atomic_int receive_nudge;
    atomic_int send_nudge;
    /* How its service waits for it: the thread that leads alone. */
    xipc_object *polled[2]; /* guarded by the service's door */
    uint32_t polled_events[2];
    int is_costly;  /* its line's */
    int is_told;    /* on_link was told that it came */
    int is_refused; /* there are too many */
    int is_greeting;
    xipc_deadline greet_by;
    xipc_link *next_of_service;
    xipc_link **service_link;
    int is_end_told; /* guarded by the service's latch */

    xipci_latch latch;
    /* Guarded by it: handles, requests, and the service. Whoever takes the last
       one away frees the link. */
    unsigned holds;
    int is_to_stir; /* the pollers, once the latch is given */
    /* Guarded by it, except that whoever has a role may use the line: */
    xipci_line *line; /* NULL: closed */
    xipci_call_link_state state;
    xipc_status end; /* why it ended */
    /* So long whoever buries it waits for room for what is half sent and for
       the last word; XIPC_NOW unless it was closed. */
    xipc_deadline part_by;
    char end_words[96];
    int is_receiving;
    int is_led; /* ... who leads the service */
    int is_sending;
    int is_parting;   /* who closes it buries it, and waits for both roles */
    int is_muted;     /* the service does not wait for it for now */
    int is_detached;  /* nor ever again */
    int wants_room;   /* the service waits for room, too */
    uint32_t credits; /* requests that may be begun now */
    uint32_t their_request_max;
    uint32_t their_payload_max;
    uint32_t request_count; /* begun here, and not answered */
    uint32_t posts_done;    /* here, and not told yet */
    uint32_t posts_begun;   /* by this side, and not told to be done */
    int is_behind;          /* its line has kept something back */
    uint32_t free_request_count;
    uint64_t bytes_begun; /* of requests and posts, not known to be done */
    uint64_t posts_bytes_begun; /* of these, those of posts */
    uint64_t bytes_max;         /* of them, as the other side takes */
    xipc_deadline next_expiry;  /* of those submitted, or earlier */
    int is_buried; /* all of that is done, and the service may let go of it */
    uint64_t next_call;
    uint64_t last_request;
    uint64_t request_bytes;   /* theirs, as they were announced */
    uint32_t request_handles; /* theirs, that are kept */
    uint64_t posts_bytes;     /* theirs */
    uint64_t outbox_bytes;    /* kept for the other side */
    xipci_call_table pendings;
    xipci_call_table requests;
    xipc_request *outbox; /* answers to be sent, in turn */
    xipc_request **outbox_end;
    xipc_pending *cancels; /* to be sent */
    xipc_pending *done;    /* submitted ones, not collected, the first first */
    xipc_pending **done_end;
    xipc_pending *submitted; /* not done, not collected */
    xipc_pending *taking;    /* its reply is taken in without the latch */
    xipci_waiter *waiters;   /* who sleeps, the first first */
    xipci_waiter **waiters_end;
    xipci_waiter *promised; /* who gets the role to send next; NULL: anybody */
    xipci_waiter *free_waiters;
    xipc_pending *free_pendings;
    xipc_request *free_requests;
    uint64_t call_count;
    uint64_t request_total;
    uint64_t late_count;
};

/* ---- call_link.c: a link's life ---- */

xipc_status xipci_call_link_new(
    const char *address,
    xipc_service *service,
    const xipc_call_options *options,
    xipci_line *line,
    xipc_link **link_out);
void xipci_call_link_hold(xipc_link *link);
void xipci_call_link_drop(xipc_link *link);

/* In a forked child: frees the copy. */
void xipci_call_link_forget(xipc_link *link, unsigned holds);
/* And takes it out of the service's list; how many holds that is. */
unsigned xipci_call_link_forget_place(xipc_link *link);

xipc_status xipci_call_link_check(const xipc_link *link);

/* It has ended, and why, unless it had before. `words` are for people; NULL:
 * those of the last fault. Any thread, with roles or not. */
void xipci_call_link_end(
    xipc_link *link, xipc_status status, const char *words);

static inline void xipci_call_link_latch(xipc_link *link)
{
    xipci_latch_take(&link->latch);
}

void xipci_call_link_unlatch_and_act(xipc_link *link);

/* And does what is then to be done without it: if the link has ended, and
 * nobody has a role, it is buried; if nobody holds it, it is gone. */
static inline void xipci_call_link_unlatch(xipc_link *link)
{
    if (link->state == XIPCI_LINK_UP && link->holds > 0 &&
        (link->is_muted | link->is_to_stir) == 0) {
        xipci_latch_give(&link->latch);
    } else {
        xipci_call_link_unlatch_and_act(link);
    }
}

/* It is closed by this side: it has ended in good order, and its last word has
 * until then to go. By a thread with no role, which buries it, so that nobody
 * else waits for that: who leads has other links, too. */
void xipci_call_link_part(
    xipc_link *link, xipc_deadline until, const char *words);

/* Until when that may take, from now on. */
xipc_deadline xipci_call_part_by(void);

/* The status it ended with, with its fault. */
xipc_status xipci_call_link_tell_end(const xipc_link *link);

/* ---- call_table.c: what has a number, and pieces ---- */

void xipci_table_put(xipci_call_table *table, xipci_numbered *numbered);
xipci_numbered *xipci_table_find(const xipci_call_table *table, uint64_t call);
void xipci_table_take(xipci_call_table *table, xipci_numbered *numbered);
/* Any of them, taken out; NULL: there are none. */
xipci_numbered *xipci_table_take_any(xipci_call_table *table);

/* For so many bytes, whatever was in it; NULL: there is no memory. */
unsigned char *xipci_room_for(xipci_room *room, size_t size);

/* One more piece. XIPC_E_CORRUPT: it is not the next one of something of at
 * most `max` bytes; XIPC_E_NO_MEMORY: it was counted, not kept. Takes the
 * handles. */
xipc_status xipci_cargo_add(
    xipci_cargo *cargo,
    const xipci_frame *frame,
    const void *body,
    const intptr_t *natives,
    size_t max);
/* Counts a piece that nobody wants, likewise. */
xipc_status xipci_cargo_skip(
    xipci_cargo *cargo,
    const xipci_frame *frame,
    const intptr_t *natives,
    size_t max);
/* Gives bytes and handles back, and goes on counting. */
void xipci_cargo_release(xipci_cargo *cargo);
/* For the next one: closes handles that nobody took, gives much memory back. */
void xipci_cargo_clear(xipci_cargo *cargo);
void xipci_cargo_free(xipci_cargo *cargo);
void xipci_natives_close(const intptr_t *natives, uint32_t count);

/* With the latch: a new one, or one that was freed before; back. NULL: no
 * memory. */
xipc_pending *xipci_pending_new(xipc_link *link);
void xipci_pending_free(xipc_pending *pending);
xipc_request *xipci_request_new(xipc_link *link);
void xipci_request_free(xipc_request *request);
void xipci_call_link_free_all(xipc_link *link);

/* ---- call_wait.c: waiting at a link ---- */

/*
 * Waits until the test says so, receiving for all who wait where nobody does.
 * The status of the link's end, if it comes before; XIPC_E_AGAIN,
 * XIPC_E_TIMEOUT, XIPC_E_CANCELED without a fault.
 */
xipc_status xipci_call_link_wait(const xipci_waiting *wait);

/* Receives what is there, without waiting. 1: something was; 2: and there may
 * be more. */
int xipci_call_link_pump(xipc_link *link, int is_leader, int max);

/* Of who leads, and looks again and again: one frame, if one is there. 1:
 * something was. */
int xipci_call_link_look(xipc_link *link);

/* With the latch: takes the role to receive, if nobody has it. */
int xipci_call_link_take_receiving(xipc_link *link);

/* With the latch: wakes the first who wants it; all of them; the first who may
 * receive, if nobody does. */
xipci_waiter *xipci_call_link_first(xipc_link *link, xipci_want want);
void xipci_call_link_wake(xipc_link *link, xipci_want want);
void xipci_call_link_wake_each(xipc_link *link, xipci_want want);
void xipci_call_link_wake_all(xipc_link *link);
void xipci_call_link_pass_on(xipc_link *link);
void xipci_waiter_wake(xipc_link *link, xipci_waiter *waiter);
void xipci_waiters_free(xipc_link *link);

/* Ends the sleep of whoever receives, or sends. With the latch. */
void xipci_call_link_nudge(xipc_link *link);

/* ---- call_receive.c: what comes over a link ---- */

/* With the role to receive, and the latch, which may be given meanwhile: one
 * frame. `own` is the call that this thread waits for, or NULL. Else than
 * XIPC_OK the link has broken the rules. */
xipc_status xipci_call_link_take_frame(
    xipc_link *link,
    const xipci_frame *frame,
    const void *body,
    intptr_t *natives,
    xipc_pending *own);

/* Whether a handler may answer with it. */
int xipci_status_is_answer(xipc_status status);

/* With the latch: what a call took when it began, or posts that are done, may
 * be begun again. */
void xipci_call_link_give_credit(
    xipc_link *link, uint32_t count, uint64_t bytes);

/* With the latch: posts are done, and it is time to tell. */
int xipci_call_link_owes_credit(const xipc_link *link);

/* With the latch: to one of the two lists, or out of either. */
void xipci_pending_enlist(xipc_pending *pending);
void xipci_pending_delist(xipc_pending *pending);

/* With the latch. A call has its result. */
void xipci_pending_end(xipc_pending *pending, xipc_status status);
/* With the latch. Nobody waits for it any more; `status` is its result if it is
 * still held. */
void xipci_pending_give_up(xipc_pending *pending, xipc_status status);
/* With the latch. Who held it does not any more. */
void xipci_pending_let_go(xipc_pending *pending);
/* With the latch. Ends those that were submitted and whose deadline has passed,
 * and says when the next one's does. */
xipc_deadline xipci_call_link_expire(xipc_link *link);

/* ---- call_send.c: what goes over a link ---- */

/* Sends a request or a post, all of it, with what `pending` has to be sent. On
 * any status but XIPC_OK it is over. */
xipc_status
xipci_send_call(xipc_link *link, xipc_pending *pending, xipc_deadline deadline);

/* With the latch: begins to send it, if that can be at once. */
int xipci_call_link_try_turn(xipc_link *link, xipc_pending *pending);

/* Sends an answer, or what can be sent of it now; the rest is kept. Takes the
 * request over. */
xipc_status xipci_send_answer(xipc_request *request);

/* Sends what is to be sent, without waiting, unless somebody does so. */
void xipci_call_link_flush(xipc_link *link);

#endif
