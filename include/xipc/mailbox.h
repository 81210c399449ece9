/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mailbox is a queue of messages with a name: any process that knows it sends
 * to it, any process receives from it, and each message goes to exactly one
 * receiver.
 *
 *     process 1                            process 2, 3, ...
 *     xipc_mailbox_create("jobs", ...)     xipc_mailbox_open("jobs", ...)
 *     xipc_mailbox_receive(box, buffer,    xipc_mailbox_send(box, data, size,
 *         sizeof buffer, &size, NULL,          NULL, xipc_after_ms(250))
 *         XIPC_FOREVER)
 *
 * The highest priority comes first, and within one priority what was sent
 * first. How many messages fit is the box's capacity: a number; or none, and
 * then a send is over when a receiver has taken the message; or as many as
 * memory allows.
 *
 * Without a copy: a sender reserves room, writes there, and commits; a receiver
 * takes, reads there, and releases.
 *
 * The death of a sender or a receiver at any instruction blocks nobody. What a
 * send that returned XIPC_OK had sent is received once. A message whose
 * receiver died before it had all of it comes again, to another receiver, as if
 * nothing had happened; and in a box with XIPC_MAILBOX_ACKED also one that was
 * taken and not released, marked XIPC_MESSAGE_REDELIVERED.
 *
 * A handle may be used by many threads at once, except that closing it must be
 * its last use. No call is safe in a signal handler. A signal does not shorten
 * or lengthen a wait. xipc_interrupt(xipc_mailbox_object(box)) ends the waits
 * on that handle with XIPC_E_CANCELED.
 *
 * In a poller (xipc_poller_add()) a box is XIPC_READABLE when there is a
 * message, and XIPC_WRITABLE when there is room for one; one of capacity 0 is
 * never XIPC_WRITABLE. One that its owner has ended is both, and XIPC_HUNG_UP.
 *
 * All of this is so in shared memory, where a box is unless it is asked for
 * otherwise (XIPC_PROVIDER_SHM). It can also be a message queue of the system's
 * (XIPC_PROVIDER_NATIVE), which every process pays for with a system call for
 * each message, and which does not do all of it. What it does, it does as said
 * here; what it does not, xipc_capability() tells before (mailbox.native and
 * what follows it), and the calls answer with XIPC_E_NOT_SUPPORTED:
 *
 *     capacity      1 to the system's limit, and so is message_max; with a name
 *                   of ours that is 32 bytes less
 *     blocks        none: reserve, commit, cancel, take, release, return
 *     death         a receiver that dies receiving takes the message with it
 *     a buffer too  the message stays with the handle that asked, in front of
 *     short         all others, and ends with it
 *     sequence      of those that were received
 *     priority,     where the system has them; where it has not, only the
 *     receivers     creator's handle receives, and the box is his
 *                   (XIPC_MAILBOX_OWNED)
 *     an owner      none after him while others have it open: create is
 *                   XIPC_E_EXISTS until they close it
 *     depth         with a "native:" name where only the creator's handle
 *                   receives: 0 for all others
 *
 * With a name of ours it is transient. With a "native:" name it is the system's
 * queue and nothing else, for programs that do not use the library: a message
 * is as they send it, of the envelope only the priority is told and the rest
 * is 0, there are no flags and no type, and it lives as the system lets it: on
 * POSIX ("native:/jobs") until xipc_remove(), on Windows ("native:jobs", a
 * mailslot) as long as the handle that created it.
 *
 * What calls on a handle may return besides what stands at each:
 *
 *     XIPC_E_INVALID  the handle is NULL
 *     XIPC_E_FORKED   the handle was inherited through fork()
 *     XIPC_E_CLOSED   the box was its owner's (XIPC_MAILBOX_OWNED), who has
 *                     closed it or died; what was in it is gone
 *     XIPC_E_CORRUPT  another process scribbled on the box, or has been stopped
 *                     in the middle of a change to it for longer than a second;
 *                     in a native one's queue was somebody else's message,
 *                     which is gone
 *     XIPC_E_NOT_SUPPORTED
 *                     a native box does not do that
 */
#ifndef XIPC_MAILBOX_H
#define XIPC_MAILBOX_H

#include <xipc/base.h>
#include <xipc/name.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct xipc_mailbox xipc_mailbox;

/* For a box's capacity: as many messages as `byte_max` has room for. */
#define XIPC_UNBOUNDED UINT32_MAX

/* Of xipc_mailbox_options: what its initialiser sets, and the most. */
#define XIPC_MAILBOX_CAPACITY_DEFAULT    64u
#define XIPC_MAILBOX_CAPACITY_MAX        ((uint32_t)1 << 24)
#define XIPC_MAILBOX_MESSAGE_MAX_DEFAULT 1024u
#define XIPC_MAILBOX_MESSAGE_MAX_LIMIT   ((uint32_t)1 << 30)
#define XIPC_MAILBOX_BYTE_MAX_DEFAULT    ((uint64_t)256 << 20)

/* Priorities are 0 to this; the highest comes first. */
#define XIPC_PRIORITY_MAX 31u

/* What a send does when a bounded box is full. */
typedef enum xipc_overflow {
    XIPC_OVERFLOW_WAIT = 0, /* waits for room */
    /* XIPC_E_AGAIN at once, whatever the deadline. With capacity 0: unless a
       receiver is waiting. */
    XIPC_OVERFLOW_FAIL = 1,
    /* The oldest of the lowest priority that is there is dropped and counted;
       the send never waits. Not for capacity 0 or XIPC_UNBOUNDED. */
    XIPC_OVERFLOW_DROP_OLDEST = 2
} xipc_overflow;

/* Where the messages lie. */
typedef enum xipc_provider {
    XIPC_PROVIDER_AUTO = 0,  /* a "native:" name: native; else shm */
    XIPC_PROVIDER_SHM = 1,   /* in shared memory */
    XIPC_PROVIDER_NATIVE = 2 /* in a message queue of the system's */
} xipc_provider;

enum {
    /* Every message has exactly message_max bytes; another size is
       XIPC_E_INVALID. */
    XIPC_MAILBOX_FIXED_SIZE = 1 << 0,
    /* One receiver at a time: whoever receives or takes first, until it closes
       its handle or dies. For the others that is XIPC_E_BUSY. */
    XIPC_MAILBOX_EXCLUSIVE = 1 << 1,
    /* The box is that of the process that creates it: it ends when that closes
       its handle or dies, for everybody (XIPC_E_CLOSED). Then its name is free,
       also while others have it open; but as long as they do only for a box
       with the same options, in XIPC_SCOPE_USER and in shared memory, else
       XIPC_E_EXISTS. Transient only. */
    XIPC_MAILBOX_OWNED = 1 << 2,
    /* What was taken and not released when its receiver died, or closed its
       handle, comes again. */
    XIPC_MAILBOX_ACKED = 1 << 3
};

typedef struct xipc_mailbox_options {
    size_t options_size; /* set by XIPC_MAILBOX_OPTIONS_INIT */
    xipc_naming naming;
    /* Of the box, so create only. */
    uint32_t flags;         /* XIPC_MAILBOX_* */
    xipc_overflow overflow; /* XIPC_OVERFLOW_WAIT */
    uint32_t capacity;      /* messages; 0: none; XIPC_UNBOUNDED */
    uint32_t message_max;   /* bytes of the longest message; may be 0 */
    uint64_t byte_max;      /* of an unbounded box: bytes of memory at most */
    /* Create; to open, what it must be, or XIPC_PROVIDER_AUTO. */
    xipc_provider provider;
} xipc_mailbox_options;

#define XIPC_MAILBOX_OPTIONS_INIT                                            \
    {                                                                        \
        sizeof(xipc_mailbox_options),                                        \
            {XIPC_SCOPE_USER, XIPC_ACCESS_PRIVATE, XIPC_TRANSIENT,           \
             XIPC_TRUST_SELF},                                               \
            0, XIPC_OVERFLOW_WAIT, XIPC_MAILBOX_CAPACITY_DEFAULT,            \
            XIPC_MAILBOX_MESSAGE_MAX_DEFAULT, XIPC_MAILBOX_BYTE_MAX_DEFAULT, \
            XIPC_PROVIDER_AUTO                                               \
    }

/* What a sender says of a message. */
typedef struct xipc_postage {
    size_t postage_size; /* set by XIPC_POSTAGE_INIT */
    uint32_t type;       /* means what senders and receivers agree on; 0 */
    uint32_t priority;   /* 0 */
} xipc_postage;

#define XIPC_POSTAGE_INIT          \
    {                              \
        sizeof(xipc_postage), 0, 0 \
    }

enum {
    /* It was taken before, by a receiver that died or closed its handle without
       releasing it. */
    XIPC_MESSAGE_REDELIVERED = 1 << 0
};

/* What a receiver is told of a message. The library vouches for none of it: it
 * is what the sender's process wrote. */
typedef struct xipc_envelope {
    size_t envelope_size;    /* set by XIPC_ENVELOPE_INIT */
    uint32_t type;           /* the sender's postage */
    uint32_t priority;       /* the sender's postage */
    uint32_t flags;          /* XIPC_MESSAGE_* */
    uint32_t sender_process; /* the system's number of it */
    uint64_t sender_user;    /* POSIX: the user id; Windows: the last number of
                                the user's SID */
    uint64_t sequence;       /* of the box's messages, which from 1 on; of a box
                                of capacity 0, of those that were taken */
    int64_t sent_at;         /* nanoseconds on the clock of deadlines */
} xipc_envelope;

#define XIPC_ENVELOPE_INIT                         \
    {                                              \
        sizeof(xipc_envelope), 0, 0, 0, 0, 0, 0, 0 \
    }

/*
 * create takes a name that no mailbox has, open joins the box that has it,
 * open_or_create does either in one step and says in `*created_out` (may be
 * NULL) which.
 *
 * `options` may be NULL for the defaults. All but the naming is the box's own:
 * whoever opens it gets it as it was made. A bounded box reserves all of its
 * memory: for each message, and some more that are being written or read,
 * message_max and 64 bytes, rounded up to whole 64 bytes. An unbounded one
 * grows as it is needed and gives the memory back when it is empty
 * (XIPC_FEATURE_MAILBOX_SHRINK). Access for reading only is access to nothing
 * here. With a "native:" name `overflow` is the handle's own, lifetime and
 * trust say nothing, and any other scope and access than the default is
 * XIPC_E_INVALID.
 *
 * XIPC_OK               `*mailbox_out` is yours; xipc_mailbox_close() ends it
 * XIPC_E_EXISTS         create: the name is taken
 * XIPC_E_NOT_FOUND      open: nothing has that name, or its owner has ended it
 * XIPC_E_NO_SPACE       too little room for its memory, or for what all of
 *                       this user's queues may have together
 * XIPC_E_NO_MEMORY      no memory or handles left for this process
 * XIPC_E_ACCESS         the system refuses the scope, or the box is another
 *                       user's
 * XIPC_E_INCOMPATIBLE   made by another layout version, byte order or kind, or
 *                       open: with another provider than was asked for
 * XIPC_E_CORRUPT        what stands under that name makes no sense
 * XIPC_E_LIMIT          too many processes had it open in its life; native: a
 *                       larger queue than the system allows, or one more. The
 *                       detail says which limit, and where it is set
 * XIPC_E_NOT_SUPPORTED  see xipc_capability()
 * XIPC_E_TIMEOUT        another process was making, removing or joining it and
 *                       was not done by `deadline` (XIPC_NOW: XIPC_E_AGAIN)
 * XIPC_E_NAME, XIPC_E_INVALID
 *
 * XIPC_E_INVALID is among others: unknown flags, a capacity, message_max or
 * byte_max out of range, XIPC_OVERFLOW_DROP_OLDEST with capacity 0 or
 * XIPC_UNBOUNDED, XIPC_MAILBOX_OWNED with XIPC_PERSISTENT.
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_mailbox_create(
    const char *name,
    const xipc_mailbox_options *options,
    xipc_deadline deadline,
    xipc_mailbox **mailbox_out);
XIPC_API XIPC_MUST_USE xipc_status xipc_mailbox_open(
    const char *name,
    const xipc_mailbox_options *options,
    xipc_deadline deadline,
    xipc_mailbox **mailbox_out);
XIPC_API XIPC_MUST_USE xipc_status xipc_mailbox_open_or_create(
    const char *name,
    const xipc_mailbox_options *options,
    xipc_deadline deadline,
    xipc_mailbox **mailbox_out,
    int *created_out);

/*
 * What is reserved is given up, and what is taken is released, except in a box
 * with XIPC_MAILBOX_ACKED, where it comes again. Accepts NULL. In a forked
 * child it frees the child's copy only.
 */
XIPC_API void xipc_mailbox_close(xipc_mailbox *mailbox);

/*
 * Sends a message of `size` bytes, which may be 0, and then `data` may be NULL.
 * `postage` may be NULL for type and priority 0. Whole, or not at all: on any
 * status but XIPC_OK nobody will ever receive it.
 *
 * XIPC_OK          it is in the box; of a box of capacity 0, taken
 * XIPC_E_TOO_BIG   it is longer than the box's message_max
 * XIPC_E_TIMEOUT   the box was full, or nobody took the message, until
 *                  `deadline` (XIPC_NOW: XIPC_E_AGAIN). To a box of capacity 0
 *                  XIPC_NOW sends only if somebody is waiting for a message.
 * XIPC_E_AGAIN     the box is full, and its overflow XIPC_OVERFLOW_FAIL
 * XIPC_E_NO_SPACE  an unbounded box has byte_max bytes, or there is no more
 *                  memory; the detail says which
 * XIPC_E_CANCELED  xipc_interrupt()
 * XIPC_E_INVALID   `data` is NULL, an unknown postage_size, a priority above
 *                  XIPC_PRIORITY_MAX, or another size than a box of
 *                  XIPC_MAILBOX_FIXED_SIZE has
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_mailbox_send(
    xipc_mailbox *mailbox,
    const void *data,
    size_t size,
    const xipc_postage *postage,
    xipc_deadline deadline);

/*
 * Receives the next message: `*size_out` bytes of it in `buffer`, which may be
 * NULL if `capacity` is 0. `envelope` may be NULL. In any box, also one with
 * XIPC_MAILBOX_ACKED, the message is released when this returns XIPC_OK.
 *
 * XIPC_OK           `*size_out` and `*envelope` tell of it
 * XIPC_E_TOO_SMALL  it has `*size_out` bytes, more than `capacity`; it stays
 * XIPC_E_TIMEOUT    there was none until `deadline` (XIPC_NOW: XIPC_E_AGAIN)
 * XIPC_E_BUSY       another one is the exclusive receiver
 * XIPC_E_CANCELED   xipc_interrupt()
 * XIPC_E_INVALID    NULL, or an unknown envelope_size
 *
 * On any other status but XIPC_OK and XIPC_E_TOO_SMALL `*size_out` is left
 * alone, and `*envelope` on any but XIPC_OK. What is in `buffer` behind the
 * message is unspecified.
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_mailbox_receive(
    xipc_mailbox *mailbox,
    void *buffer,
    size_t capacity,
    size_t *size_out,
    xipc_envelope *envelope,
    xipc_deadline deadline);

/*
 * Room for a message of up to `size` bytes, on a multiple of 8, in the box
 * itself: this handle's until it is committed or canceled, by any thread. It
 * counts as a message in the box, and its contents are unspecified.
 *
 * Statuses as for xipc_mailbox_send(). In a box of capacity 0 it waits for
 * memory only, not for a receiver.
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_mailbox_reserve(
    xipc_mailbox *mailbox,
    size_t size,
    void **data_out,
    xipc_deadline deadline);

/*
 * Sends what was written to `data`, which came from xipc_mailbox_reserve(); at
 * most as many bytes as were reserved. It waits in a box of capacity 0 only.
 *
 * XIPC_OK          sent; `data` must not be touched again
 * XIPC_E_TIMEOUT, XIPC_E_AGAIN, XIPC_E_CANCELED
 *                  a box of capacity 0: nobody took it; still reserved
 * XIPC_E_INVALID   nothing is reserved there, `size` is more than was reserved,
 *                  or as for xipc_mailbox_send(); still reserved
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_mailbox_commit(
    xipc_mailbox *mailbox,
    void *data,
    size_t size,
    const xipc_postage *postage,
    xipc_deadline deadline);

/*
 * Gives the room up.
 *
 * XIPC_E_INVALID  nothing is reserved there
 * XIPC_E_TIMEOUT  a process that has been stopped keeps the box from changing
 *                 for longer than a second; still reserved
 */
XIPC_API xipc_status xipc_mailbox_cancel(xipc_mailbox *mailbox, void *data);

/*
 * The next message where it is, on a multiple of 8: this handle's until it is
 * released, by any thread. The sender's process could still write to it: if
 * that is not trusted, copy first and look then. `envelope` may be NULL.
 *
 * Statuses as for xipc_mailbox_receive(), without XIPC_E_TOO_SMALL; outputs are
 * left alone on any but XIPC_OK.
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_mailbox_take(
    xipc_mailbox *mailbox,
    const void **data_out,
    size_t *size_out,
    xipc_envelope *envelope,
    xipc_deadline deadline);

/*
 * Ends the message: its receiver has done with it what it had to
 * (XIPC_MAILBOX_ACKED), and its room is free.
 *
 * XIPC_E_INVALID  nothing is taken there
 */
XIPC_API xipc_status
xipc_mailbox_release(xipc_mailbox *mailbox, const void *data);

/*
 * Puts the message back, as the death of its receiver would in a box with
 * XIPC_MAILBOX_ACKED: it comes again, before what was sent after it with the
 * same priority, marked XIPC_MESSAGE_REDELIVERED. In any box; it takes nobody's
 * place there, so there may be one more than its capacity for a while.
 *
 * XIPC_E_INVALID  nothing is taken there
 * XIPC_E_TIMEOUT  as for xipc_mailbox_cancel(); still taken
 */
XIPC_API xipc_status
xipc_mailbox_return(xipc_mailbox *mailbox, const void *data);

/* The box's own, as it was made; 0 for NULL. */
XIPC_API uint32_t xipc_mailbox_capacity(const xipc_mailbox *mailbox);
XIPC_API uint32_t xipc_mailbox_message_max(const xipc_mailbox *mailbox);
XIPC_API uint32_t xipc_mailbox_flags(const xipc_mailbox *mailbox);

/* XIPC_PROVIDER_SHM or XIPC_PROVIDER_NATIVE; XIPC_PROVIDER_AUTO for NULL. */
XIPC_API xipc_provider xipc_mailbox_provider(const xipc_mailbox *mailbox);

/* Messages waiting, and those that XIPC_OVERFLOW_DROP_OLDEST has dropped, as
 * they were a moment ago; 0 for NULL. */
XIPC_API uint64_t xipc_mailbox_depth(const xipc_mailbox *mailbox);
XIPC_API uint64_t xipc_mailbox_dropped(const xipc_mailbox *mailbox);

/* The handle as what all handles are; the same pointer's other face. */
XIPC_API xipc_object *xipc_mailbox_object(xipc_mailbox *mailbox);

#ifdef __cplusplus
}
#endif

#endif
