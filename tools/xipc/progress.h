/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far it is: one line on the standard error, if that is a terminal and it
 * takes longer than a second (--progress).
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdint.h>

/* `total` may be STREAM_SIZE_UNKNOWN. */
void progress_begin(const char *name, uint64_t total);
void progress_total(uint64_t total);
void progress_add(uint64_t bytes);
/* Leaves the last state, if anything was shown. */
void progress_end(void);

#endif
