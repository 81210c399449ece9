/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking for a while before going to sleep.
 *
 * To fall asleep and be woken takes longer than most answers. So a side that
 * waits first looks: some turns without letting go of the processor, which is
 * the quickest where the other side runs on another one; then some in which it
 * lets others run first, which is the quickest where both share one. Either is
 * done as long as it pays: after a few failures it is left out, and only tried
 * now and then, ever more seldom. So who waits for long soon sleeps at once,
 * and an idle side costs nothing.
 *
 * Two that wait for each other may both sleep only because the other one does:
 * to wake him takes longer than to look. So a try that is made seldom
 * lasts longer, and as long as only that pays it goes on so: until the other
 * one makes his try, and finds this one awake.
 */
#ifndef XIPC_CORE_LOOK_H
#define XIPC_CORE_LOOK_H

#include <stdatomic.h>

#include "core/park.h"

/* How often a way of looking has failed in a row, and for how many waits more
 * it is left out. Relaxed: threads that share a handle may mix them up, which
 * costs some turns. */
typedef struct xipci_patience {
    _Atomic uint32_t failures;
    _Atomic uint32_t leave_out;
    _Atomic uint32_t is_long; /* the last time only looking for long paid */
} xipci_patience;

/* All zeros is one that has not failed yet. */
typedef struct xipci_lookout {
    xipci_patience pausing;
    xipci_patience yielding;
} xipci_lookout;

/*
 * Makes attempts without letting go of the processor, one after `step` turns,
 * until one does not say XIPC_E_AGAIN or about `turns` are over.
 */
xipc_status
xipci_look_pausing(xipci_attempt *attempt, void *context, int turns, int step);

/* Both ways, as long as each pays. XIPC_E_AGAIN: it is time to sleep. */
xipc_status xipci_look(
    xipci_lookout *lookout, xipci_attempt *attempt, void *context, int step);

#endif
