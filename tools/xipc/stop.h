/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ctrl-C, and its like, end whatever the program waits for, so that it can
 * clean up and go. A second one ends it at once.
 */
#ifndef STOP_H
#define STOP_H

#include <xipc/xipc.h>

/* Before the program has other threads, and before it opens anything. */
void stop_begin(void);
/* Behind everything: nothing is waited for any more. */
void stop_end(void);

int stop_asked(void);

/*
 * What the program waits at from now on: xipc_interrupt() is called for it when
 * somebody asks, or at once if somebody has. NULL: nothing; before the object
 * is closed.
 */
void stop_watch(xipc_object *object);

#endif
