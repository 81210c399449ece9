/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread that ends with the process and not before. What Linux calls the
 * death of a parent is that of the thread which started the child; so children
 * that are to die with this process are started by this one.
 *
 * It is made when it is first needed, sleeps otherwise, and takes no signals.
 * What a thread has for itself (processors, priority) a child has of it.
 */
#ifndef XIPC_POSIX_KEEPER_H
#define XIPC_POSIX_KEEPER_H

/* Does it there and returns what it returned; or errno if there is no thread.
 */
int posix_keeper_do(int (*deed)(void *context), void *context);

#endif
