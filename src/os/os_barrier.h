/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OS contract: a fence that one process executes for all others.
 *
 * Two sides that each write a word and then look at the other's need a fence
 * between the two, on either side. Where one of them does it all the time and
 * the other one seldom, the seldom one can pay for both: it has the system make
 * every processor that runs a process which has joined execute a fence.
 *
 * Each backend defines every function here. Any thread.
 */
#ifndef XIPCOS_BARRIER_H
#define XIPCOS_BARRIER_H

/* This process takes part from now on; 0: there is no such thing here. */
int xipcos_barrier_join(void);

/*
 * When it returns, every thread of every process that has joined has executed a
 * full fence at some moment since it was called, or was not running. Of a
 * process that has joined.
 */
void xipcos_barrier_all(void);

#endif
