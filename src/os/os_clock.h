/* SPDX-License-Identifier: Apache-2.0 */
/* OS contract: the clock every deadline is measured on. */
#ifndef XIPCOS_CLOCK_H
#define XIPCOS_CLOCK_H

#include <xipc/base.h>

/* Nanoseconds since a fixed moment, greater than 0. Never goes backwards. */
int64_t xipcos_clock_ns(void);

/* Nanoseconds since 1970 began, by the clock that people set: for people. */
int64_t xipcos_clock_wall_ns(void);

/* As xipcos_clock_ns() to some milliseconds, and cheaper: only to be compared
 * with others of its own. */
int64_t xipcos_clock_about_ns(void);

/*
 * For the rare wait on a process that is in the middle of something short and
 * has nothing to wake us with: sleeps a little, longer with each `round` (0,
 * 1, 2, ...), never past `deadline` by more than the clock's own coarseness.
 *
 * XIPC_OK         look again
 * XIPC_E_AGAIN    `deadline` is XIPC_NOW; it did not sleep
 * XIPC_E_TIMEOUT  `deadline` has passed; it did not sleep
 */
xipc_status xipcos_clock_pause(unsigned round, xipc_deadline deadline);

#endif
