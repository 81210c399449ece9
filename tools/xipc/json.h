/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes JSON: commas, quotes and escapes are its business. `key` is NULL in an
 * array and for the outermost value.
 */
#ifndef JSON_H
#define JSON_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct json {
    FILE *file;
    int needs_comma;
} json;

void json_object_begin(json *self, const char *key);
void json_object_end(json *self);
void json_array_begin(json *self, const char *key);
void json_array_end(json *self);

/* What is not UTF-8 in it becomes U+FFFD. */
void json_text(json *self, const char *key, const char *text);
void json_number(json *self, const char *key, uint64_t value);
void json_signed(json *self, const char *key, int64_t value);
void json_rate(json *self, const char *key, double value);
void json_truth(json *self, const char *key, int value);
void json_null(json *self, const char *key);

/* Bytes of any sort: a text under `text_key` if they are UTF-8 without a zero,
 * else base64 under `base64_key`. */
void json_bytes(
    json *self,
    const char *text_key,
    const char *base64_key,
    const void *bytes,
    size_t size);

/* Behind the outermost value. */
void json_end(json *self);

#endif
