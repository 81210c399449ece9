/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files and the standard streams, as bytes. What fails is said at once, with
 * the file's name.
 */
#ifndef STREAM_H
#define STREAM_H

#include <stddef.h>
#include <stdint.h>

#define STREAM_SIZE_UNKNOWN UINT64_MAX

typedef struct stream stream;

/* NULL and "-". */
int stream_is_standard(const char *path);

/* Of a path, or the standard input or output. NULL if it cannot be opened.
 * A file that is written is made, or emptied. */
stream *stream_open_to_read(const char *path);
stream *stream_open_to_write(const char *path);

/* Whether a file can be read there, as far as that is known before it is. 0, or
 * -1 after it said why not. */
int stream_try_to_read(const char *path);

/* Whether a file can be written there, as far as that is known before it is:
 * nothing is made or changed, and what is no file is taken for one that can.
 * 0, or -1 after it said why not. */
int stream_try_to_write(const char *path);

/* "standard input", or its path. */
const char *stream_name(const stream *self);

/* STREAM_SIZE_UNKNOWN of what is no file. */
uint64_t stream_size(const stream *self);

/* Bytes read, 0 at the end, -1 if that failed or somebody asked to stop. */
int64_t stream_read(stream *self, void *buffer, size_t capacity);

/* The same, until the buffer is full or the end. */
int64_t stream_fill(stream *self, void *buffer, size_t capacity);

/* 0, or -1. */
int stream_write(stream *self, const void *bytes, size_t size);

/* 0, or -1: what was written did not arrive. Accepts NULL. */
int stream_close(stream *self);

#endif
