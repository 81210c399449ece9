/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that is written and does not look whole before it is: until then its
 * name is PATH.part, and what stood under PATH stays. What is no file, as a
 * device or the standard output, is written as it is.
 */
#ifndef WHOLE_H
#define WHOLE_H

#include "stream.h"

typedef struct whole_file {
    stream *stream;
    const char *path;
    char *part; /* NULL: it is written as it is */
} whole_file;

/* Codes, after they said what failed. */
int whole_open(whole_file *self, const char *path);
/* All of it is written: closes it, and gives it its name. */
int whole_finish(whole_file *self);

/* Closes it, and takes away what there is if it was not finished. */
void whole_drop(whole_file *self);

/* ---- what differs between systems ---- */

/* Whether that is a file, or can become one. */
int whole_is_file(const char *path);
/* `part`, still empty, may be read by whom `path` may, if that is there. */
void whole_protect(const char *part, const char *path);
/* 0, or -1 after it said why not. */
int whole_place(const char *part, const char *path);
void whole_remove(const char *part);

#endif
