/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a poller learns that an object in shared memory has become ready.
 *
 * Each such object has a few places for pollers of whatever process. A poller
 * takes one, for as long as it has the object, and writes there whose bell is
 * to be rung and with what token. Then it arms its place and looks at the
 * object; whoever makes the object ready looks afterwards whether any place is
 * armed, disarms what is, and rings:
 *
 *     poller                               whoever makes it ready
 *     1  arm the place                     1  change the words
 *     2  look at the words                 2  if any place is armed: disarm
 *     3  wait for the bell                 3  ring
 *
 * Both 1 and both 2 are sequentially consistent: so either the poller sees the
 * change, or its bell is rung. A place that has been rung is not armed: until
 * its poller has looked, whatever happens to the object costs nothing more. And
 * nobody waiting costs one load.
 *
 * Who is killed between 1 and 3 rings no bell; so a poller looks now and then
 * at everything, whether it is ready or not armed any more. Who is killed while
 * he waits leaves his place taken; the next one who rings there, or who looks
 * for a place, finds that there is no such bell and frees it.
 */
#ifndef XIPC_CORE_WATCH_H
#define XIPC_CORE_WATCH_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <xipc/base.h>

#define XIPCI_WATCH_COUNT 8

/*
 * Shared. Bit n of `armed` belongs to place n: set by the poller that has it,
 * cleared by whoever rings. A place is 0, or a bell's number and below it a
 * token: taken and freed by compare and exchange, read by whoever rings.
 */
typedef struct xipci_watch {
    alignas(8) _Atomic uint32_t armed;
    uint32_t unused;
    _Atomic uint64_t places[XIPCI_WATCH_COUNT];
} xipci_watch;

_Static_assert(sizeof(xipci_watch) == 72, "part of the layout");

/* Takes a place that is free, or a dead poller's. 0: all are taken. */
int xipci_watch_join(
    xipci_watch *watch, uint32_t bell, uint32_t token, unsigned *place_out);
void xipci_watch_leave(
    xipci_watch *watch, uint32_t bell, uint32_t token, unsigned place);

void xipci_watch_arm(xipci_watch *watch, unsigned place);
int xipci_watch_is_armed(const xipci_watch *watch, unsigned place);

/* After a sequentially consistent change. */
void xipci_watch_ring(xipci_watch *watch);

#endif
