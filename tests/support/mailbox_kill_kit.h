/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the specs say over and over that kill senders and receivers of the
 * mailbox "a". Every function here fails the case if it cannot do what it says.
 *
 * Messages have numbers in the order of their sending, and the sizes that
 * message_size() gives them. Whoever dies writes down how far he surely came
 * and how far he may have come; the survivor, which is the case itself, asks
 * the box about the rest.
 */
#ifndef MAILBOX_KILL_KIT_H
#define MAILBOX_KILL_KIT_H

#include "support/kill_anywhere.h"
#include "support/mailbox_kit.h"

/* Sent by the survivor, behind all that the dead may have sent. */
#define BOX_MARKER ((uint64_t)UINT32_MAX)

enum { BOX_LONGEST = 96, BOX_BATCH = 3, BOX_VAIN_MS = 2 };

/* The section "ledger". All but the last two: the first number for which this
 * has not happened. Sending and receiving use `tried` and `done`, what is taken
 * and released all four; `letting` of who sends is his first one. */
typedef struct box_ledger {
    _Atomic uint64_t tried;     /* the call was begun */
    _Atomic uint64_t taken;     /* it was taken */
    _Atomic uint64_t letting;   /* its release was begun */
    _Atomic uint64_t done;      /* it is over */
    _Atomic uint64_t other;     /* the case's own */
    _Atomic uint32_t is_over;   /* nobody dies any more */
    _Atomic uint32_t has_ended; /* so has who was to end, or to come */
    /* Where he receives to: the survivor sees whether he had all of it. */
    unsigned char room[BOX_LONGEST];
} box_ledger;

xipc_map *box_ledger_made(void);
xipc_map *box_ledger_joined(void);
box_ledger *box_ledger_of(const xipc_map *map);
void box_ledger_set(box_ledger *ledger, uint64_t start);

/* --- the one that survives --- */

typedef struct survivor {
    xipc_mailbox *box;
    xipc_map *map;
    box_ledger *page;
    uint64_t next;     /* the first that is not accounted for */
    uint64_t end;      /* the first that it has not sent */
    uint64_t sequence; /* of what it received last */
    uint64_t block_count;
    int is_dropping;
    int is_gapless; /* it receives all of them, so no sequence is missing */
} survivor;

/* Makes the box. */
survivor survivor_of(const xipc_mailbox_options *options);
void survivor_ends(survivor *self);

/* Sends number `end`. */
void survivor_sends(survivor *self);
/* Receives whichever comes, if one does until then; waits out for a second that
 * the dead are still the exclusive receiver. */
xipc_status survivor_gets(survivor *self, box_mail *mail, xipc_deadline when);
/* Receives all up to a marker that it sends: numbers from `next` on, each once
 * and in order. The first that was not there. */
uint64_t survivor_drains(survivor *self);

/* Has as many messages in hand at once as when the box was new, so nothing of
 * it is lost; fills it to its capacity, and empties it. Nothing must be in it
 * before, and nothing is afterwards. */
void require_whole_again(survivor *self);

/* Plans: nothing is written down, and of what was sent from `next` on all that
 * is done has come, at most what was tried, and the box is whole. */
void nothing_is_written(void *context);
void all_that_was_sent_comes_once(void *context);

/* --- the one that dies --- */

/* What it sends is ready before: of that no instruction matters. */
typedef struct mortal {
    xipc_mailbox *box;
    xipc_map *map;
    box_ledger *page;
    uint64_t first;
    uint64_t next;
    unsigned char bytes[BOX_BATCH][BOX_LONGEST];
    size_t sizes[BOX_BATCH];
} mortal;

/* Without, and with the box. */
mortal mortal_here(void);
mortal mortal_joined(void);
void mortal_ends(mortal *self);

void mortal_tries(mortal *self);
void mortal_has_done(mortal *self);
/* The next one. */
void mortal_sends(mortal *self);

/* What it got is looked at later. */
typedef struct box_parcel {
    unsigned char bytes[BOX_LONGEST];
    size_t size;
    xipc_envelope envelope;
} box_parcel;

void mortal_receives(mortal *self, box_parcel *parcel);
void require_parcel(const box_parcel *parcel, uint64_t number);

#endif
