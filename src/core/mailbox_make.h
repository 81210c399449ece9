/* SPDX-License-Identifier: Apache-2.0 */
/* Between mailbox.c and mailbox_layout.c, and not for others. */
#ifndef XIPC_CORE_MAILBOX_MAKE_H
#define XIPC_CORE_MAILBOX_MAKE_H

#include "core/mailbox.h"

/* "XB" and the layout version, or 0 of one that is being made. */
extern const xipci_marks xipci_box_marks;

/* What create and open have in common; `*options` may become the default. */
xipc_status xipci_box_check_call(
    const char *name,
    const xipc_mailbox_options **options,
    xipc_mailbox **mailbox_out);

/* A new box's. */
void xipci_box_fill_head(
    xipci_box_head *head, const xipc_mailbox_options *options);

/* The memory that it needs. XIPC_E_INVALID: that cannot be addressed. */
xipc_status xipci_box_plan_memory(
    const char *name, xipci_box_head *head, xipcos_section_plan *memory);

/* Of a head that is mapped: private copies of what never changes, if it makes
 * sense. */
xipc_status xipci_box_read_head(xipc_mailbox *box);

/* ---- mailbox_owner.c ---- */

/* With the claim. */
void xipci_box_become_owner(xipc_mailbox *box);

/* XIPC_E_NOT_FOUND: there is none any more. */
xipc_status xipci_box_meet_owner(xipc_mailbox *box, xipc_deadline deadline);

/* Whether it had an owner who is at his end. */
int xipci_box_is_ended(const xipc_mailbox *box);

/*
 * With the claim: becomes the next owner of one that is at its end, and empty
 * then. For as long as its locks are not to be had it waits with the claim, a
 * second at most.
 *
 * XIPC_E_EXISTS   it is not at its end
 * XIPC_E_TIMEOUT, XIPC_E_AGAIN, XIPC_E_CORRUPT
 */
xipc_status xipci_box_take_over(xipc_mailbox *box, xipc_deadline deadline);

#endif
