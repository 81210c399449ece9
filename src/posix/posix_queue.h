/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue that goes with an object's file.
 *
 * Its name follows from the file's: the last part of its path, its device and
 * its number there. So no two objects mean one queue, whatever directory they
 * stand in, and whoever takes the file's name away can tell which queue to take
 * away before it; that it has one the file's mode says (POSIX_QUEUE_MARK),
 * which only its owner can change.
 */
#ifndef XIPC_POSIX_QUEUE_H
#define XIPC_POSIX_QUEUE_H

#include <sys/stat.h>

#include "os/os_queue.h"

/* Means nothing else on a file that is no directory and no program. */
#define POSIX_QUEUE_MARK S_ISVTX

/* Takes the queue's name away, if there is one; at the gate of that file, whose
 * name is `path`. */
void posix_queue_unlink(const struct stat *file, const char *path);

/* Why the system did not make it. */
xipc_status posix_queue_explain(int os_error, const xipcos_queue_plan *plan);

#endif
