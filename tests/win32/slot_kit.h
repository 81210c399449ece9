/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the specs of mailslots say over and over. Every function here fails the
 * case if it cannot do what it says.
 */
#ifndef SLOT_KIT_H
#define SLOT_KIT_H

#include "support/mailbox_kit.h"

/* Bytes of the longest message, also of mailslot_plain.c. */
enum { SLOT_LONGEST = 200 };

/* Of a box with a name of ours. */
xipc_mailbox_options slot_box_of(uint32_t capacity);

/* One byte; each a box_verb. */
xipc_status slot_send(xipc_mailbox *box, xipc_deadline when);
xipc_status slot_receive(xipc_mailbox *box, xipc_deadline when);

/* Another process, which has made the box, of capacity 4; until it is killed.
 */
spec_peer *slot_owner_at(const char *name);

#define slot_owner_at(...) \
    (spec_at(__FILE__, __LINE__), slot_owner_at(__VA_ARGS__))

#endif
