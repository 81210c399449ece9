/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OS contract: threads of the library's own, and to sleep until another thread
 * of this process wakes us.
 *
 * Each backend defines every function here. Core has already checked the
 * arguments. A call that fails has left a fault (os_fault.h).
 */
#ifndef XIPCOS_WORKER_H
#define XIPCOS_WORKER_H

#include <xipc/base.h>

/* ---- threads ---- */

typedef struct xipcos_worker xipcos_worker;
typedef void xipcos_work(void *context);

/* Runs `work` in a thread that takes no signals of the process.
 * XIPC_E_NO_MEMORY, XIPC_E_LIMIT, XIPC_E_OS. */
xipc_status xipcos_worker_start(
    xipcos_work *work, void *context, xipcos_worker **worker_out);

/* Waits until the work is done, and frees it. Accepts NULL. */
void xipcos_worker_join(xipcos_worker *worker);

/* In a forked child, where the thread is not: frees it alone. */
void xipcos_worker_forget(xipcos_worker *worker);

/* ---- sleep ---- */

/* One thread sleeps at it at a time; any may wake. */
typedef struct xipcos_sleeper xipcos_sleeper;

/* XIPC_E_NO_MEMORY, XIPC_E_OS. */
xipc_status xipcos_sleeper_create(xipcos_sleeper **sleeper_out);

/* Accepts NULL. Nobody sleeps there any more. */
void xipcos_sleeper_free(xipcos_sleeper *sleeper);

/*
 * Sleeps until it is woken, until `deadline`, or for no reason at all. A wake
 * that came since the last sleep ends this one at once, and counts once. What
 * was written before the wake is seen after the sleep that it ended.
 */
void xipcos_sleeper_sleep(xipcos_sleeper *sleeper, xipc_deadline deadline);

void xipcos_sleeper_wake(xipcos_sleeper *sleeper);

#endif
