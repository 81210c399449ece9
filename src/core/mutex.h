/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mutexes that this process has open, so that a thread that ends gives up
 * those it has locked. Asked when a thread ends, not when it locks: that costs
 * nothing.
 */
#ifndef XIPC_CORE_MUTEX_H
#define XIPC_CORE_MUTEX_H

#include "core/sync.h"

void xipci_mutex_enlist(xipci_sync *sync);
void xipci_mutex_delist(xipci_sync *sync);

/* This thread's number, and when it ends xipci_mutex_thread_died() is told. */
uint32_t xipci_mutex_thread(void);

/* If that thread of this process has it: nobody has it, in doubt. */
void xipci_mutex_thread_died(xipci_sync *sync, uint32_t thread);

/* The condition's: whether its owner is dead, or it is lost, so that nobody can
 * be trusted to notify. */
int xipci_mutex_is_orphaned(const xipc_mutex *mutex);

/* The condition's: gives the mutex up, and takes it again whatever happens. */
xipc_status xipci_mutex_yield(xipc_mutex *mutex);
xipc_status xipci_mutex_retake(xipc_mutex *mutex);

#endif
