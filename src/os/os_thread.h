/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OS contract: which thread this is, and word of its end.
 *
 * Each backend defines every function here. Any thread.
 */
#ifndef XIPCOS_THREAD_H
#define XIPCOS_THREAD_H

#include <stdint.h>

/*
 * This thread's number: not 0, its own as long as the process lives, and the
 * same in a child that it forks. A thread that ends after it has asked runs
 * `on_exit` with its number, the first one that any thread of this process
 * gave here.
 */
typedef void xipcos_thread_exit(uint32_t number);

uint32_t xipcos_thread_number(xipcos_thread_exit *on_exit);

/* One lock of this process. Short, never held across a call that waits; free
 * in a forked child. */
void xipcos_thread_lock(void);
void xipcos_thread_unlock(void);

/* Lets whoever else waits for this processor have it first. */
void xipcos_thread_yield(void);

#endif
