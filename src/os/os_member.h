/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OS contract: a number for each process that has a section open, and the
 * kernel's word on which of them live.
 *
 * A number is given once in a section's life: what a dead process left its
 * number in can never be mistaken for a living one's. Behind the number stands
 * something that the kernel drops with the process (a lock, a handle), and a
 * forked child does not have it.
 *
 * Each backend defines every function here. Core has already checked the
 * arguments: the section is open for writing.
 */
#ifndef XIPCOS_MEMBER_H
#define XIPCOS_MEMBER_H

#include "os/os_section.h"

/* Numbers are 1 to this. */
#define XIPCOS_MEMBER_MAX 0x3fffffffU

/*
 * The right to make something in the section, one thread of all processes at a
 * time; the kernel takes it from a process that dies. Short: never held across
 * a wait.
 *
 * XIPC_E_AGAIN  somebody else has it
 */
xipc_status xipcos_member_claim(xipcos_section *section);
void xipcos_member_unclaim(xipcos_section *section);

/*
 * This process's number, drawn when it is asked for the first time. Called
 * with the claim.
 *
 * XIPC_E_LIMIT          all numbers are used up
 * XIPC_E_NOT_SUPPORTED  a section of this sort has no numbers
 * XIPC_E_CORRUPT, XIPC_E_NO_MEMORY, XIPC_E_OS
 */
xipc_status xipcos_member_join(xipcos_section *section, uint32_t *member_out);

/*
 * Whether the process lives to which another xipcos_member_join() gave that
 * number, 1 also if that cannot be found out. It need not be a number that was
 * given. Any thread.
 */
int xipcos_member_lives(xipcos_section *section, uint32_t member);

#endif
