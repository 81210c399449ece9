/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include <inttypes.h>
#include <string.h>

static void put(json *self, const char *text)
{
    (void)fputs(text, self->file);
}

/*
 * How many bytes the character at `bytes` has, or 0 if that is not UTF-8. Too
 * long forms and halves of pairs are not.
 */
static size_t character_size(const unsigned char *bytes, size_t size)
{
    static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t value;
    size_t length = 1;

    if (bytes[0] < 0x80) {
        return 1;
    }
    if (bytes[0] >= 0xc2 && bytes[0] < 0xe0) {
        length = 2;
    } else if (bytes[0] >= 0xe0 && bytes[0] < 0xf0) {
        length = 3;
    } else if (bytes[0] >= 0xf0 && bytes[0] < 0xf5) {
        length = 4;
    }
    if (length == 1 || length > size) {
        return 0;
    }
    value = bytes[0] & (0xffu >> (length + 1));
    for (size_t at = 1; at < length; at++) {
        if ((bytes[at] & 0xc0) != 0x80) {
            return 0;
        }
        value = value << 6 | (bytes[at] & 0x3f);
    }
    if (value < lowest[length] || value > 0x10ffff ||
        (value >= 0xd800 && value < 0xe000)) {
        return 0;
    }
    return length;
}

static void put_character(json *self, const unsigned char *bytes, size_t size)
{
    if (bytes[0] == '"' || bytes[0] == '\\') {
        (void)fprintf(self->file, "\\%c", bytes[0]);
    } else if (bytes[0] == '\n') {
        put(self, "\\n");
    } else if (bytes[0] == '\t') {
        put(self, "\\t");
    } else if (bytes[0] < 0x20 || bytes[0] == 0x7f) {
        (void)fprintf(self->file, "\\u%04x", bytes[0]);
    } else {
        (void)fwrite(bytes, 1, size, self->file);
    }
}

static void put_quoted(json *self, const char *text, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t at = 0;

    put(self, "\"");
    while (at < size) {
        size_t length = character_size(bytes + at, size - at);

        if (length == 0) {
            put(self, "\\ufffd");
            at++;
        } else {
            put_character(self, bytes + at, length);
            at += length;
        }
    }
    put(self, "\"");
}

static void begin_value(json *self, const char *key)
{
    if (self->needs_comma) {
        put(self, ", ");
    }
    self->needs_comma = 1;
    if (key) {
        put_quoted(self, key, strlen(key));
        put(self, ": ");
    }
}

void json_object_begin(json *self, const char *key)
{
    begin_value(self, key);
    put(self, "{");
    self->needs_comma = 0;
}

void json_object_end(json *self)
{
    put(self, "}");
    self->needs_comma = 1;
}

void json_array_begin(json *self, const char *key)
{
    begin_value(self, key);
    put(self, "[");
    self->needs_comma = 0;
}

void json_array_end(json *self)
{
    put(self, "]");
    self->needs_comma = 1;
}

void json_text(json *self, const char *key, const char *text)
{
    begin_value(self, key);
    put_quoted(self, text, strlen(text));
}

void json_number(json *self, const char *key, uint64_t value)
{
    begin_value(self, key);
    (void)fprintf(self->file, "%" PRIu64, value);
}

void json_signed(json *self, const char *key, int64_t value)
{
    begin_value(self, key);
    (void)fprintf(self->file, "%" PRId64, value);
}

void json_rate(json *self, const char *key, double value)
{
    begin_value(self, key);
    (void)fprintf(self->file, "%.3f", value);
}

void json_truth(json *self, const char *key, int value)
{
    begin_value(self, key);
    put(self, value ? "true" : "false");
}

void json_null(json *self, const char *key)
{
    begin_value(self, key);
    put(self, "null");
}

static void put_base64(json *self, const unsigned char *bytes, size_t size)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t at = 0; at < size; at += 3) {
        uint32_t group = (uint32_t)bytes[at] << 16;
        size_t left = size - at;

        group |= left > 1 ? (uint32_t)bytes[at + 1] << 8 : 0;
        group |= left > 2 ? (uint32_t)bytes[at + 2] : 0;
        (void)fprintf(
            self->file, "%c%c%c%c", digits[group >> 18],
            digits[group >> 12 & 63], left > 1 ? digits[group >> 6 & 63] : '=',
            left > 2 ? digits[group & 63] : '=');
    }
}

static int is_text(const unsigned char *bytes, size_t size)
{
    size_t at = 0;

    while (at < size) {
        size_t length = character_size(bytes + at, size - at);

        if (length == 0 || bytes[at] == 0) {
            return 0;
        }
        at += length;
    }
    return 1;
}

void json_bytes(
    json *self,
    const char *text_key,
    const char *base64_key,
    const void *bytes,
    size_t size)
{
    if (is_text(bytes, size)) {
        begin_value(self, text_key);
        put_quoted(self, bytes, size);
        return;
    }
    begin_value(self, base64_key);
    put(self, "\"");
    put_base64(self, bytes, size);
    put(self, "\"");
}

void json_end(json *self)
{
    put(self, "\n");
    (void)fflush(self->file);
    self->needs_comma = 0;
}
