/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/json_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 32, KEY_SIZE = 64 };

/* Each of these steps over what it reads, and returns NULL if that is not
 * there. */
static const char *skip_value(const char *at, int depth);

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

static int is_hex(char one)
{
    return one != '\0' && strchr("0123456789abcdefABCDEF", one) != NULL;
}

static const char *skip_escape(const char *at)
{
    if (*at != '\0' && strchr("\"\\/bfnrt", *at)) {
        return at + 1;
    }
    if (*at != 'u') {
        return NULL;
    }
    for (int digit = 1; digit <= 4; digit++) {
        if (!is_hex(at[digit])) {
            return NULL;
        }
    }
    return at + 5;
}

static const char *skip_text(const char *at)
{
    if (*at != '"') {
        return NULL;
    }
    at++;
    while (at && *at != '"') {
        if ((unsigned char)*at < 0x20) {
            return NULL;
        }
        at = *at == '\\' ? skip_escape(at + 1) : at + 1;
    }
    return at ? at + 1 : NULL;
}

static const char *skip_digits(const char *at)
{
    size_t size = strspn(at, "0123456789");

    return size > 0 ? at + size : NULL;
}

static const char *skip_number(const char *at)
{
    if (*at == '-') {
        at++;
    }
    if (at[0] == '0' && at[1] >= '0' && at[1] <= '9') {
        return NULL;
    }
    at = skip_digits(at);
    if (at && *at == '.') {
        at = skip_digits(at + 1);
    }
    if (at && (*at == 'e' || *at == 'E')) {
        at += at[1] == '-' || at[1] == '+' ? 2 : 1;
        at = skip_digits(at);
    }
    return at;
}

static const char *skip_word(const char *at, const char *word)
{
    size_t size = strlen(word);

    return strncmp(at, word, size) == 0 ? at + size : NULL;
}

/* A member, or an element, up to the comma or bracket behind it. */
static const char *skip_member(const char *at, int is_object, int depth)
{
    at = skip_blanks(at);
    if (is_object) {
        at = skip_text(at);
        at = at ? skip_blanks(at) : NULL;
        if (!at || *at != ':') {
            return NULL;
        }
        at++;
    }
    at = skip_value(at, depth + 1);
    return at ? skip_blanks(at) : NULL;
}

static const char *skip_group(const char *at, char end, int depth)
{
    at = skip_blanks(at + 1);
    if (*at == end) {
        return at + 1;
    }
    for (;;) {
        at = skip_member(at, end == '}', depth);
        if (!at) {
            return NULL;
        }
        if (*at == end) {
            return at + 1;
        }
        if (*at != ',') {
            return NULL;
        }
        at++;
    }
}

static const char *skip_value(const char *at, int depth)
{
    at = skip_blanks(at);
    if (depth > DEPTH_MAX) {
        return NULL;
    }
    switch (*at) {
    case '{': return skip_group(at, '}', depth);
    case '[': return skip_group(at, ']', depth);
    case '"': return skip_text(at);
    case 't': return skip_word(at, "true");
    case 'f': return skip_word(at, "false");
    case 'n': return skip_word(at, "null");
    default: return skip_number(at);
    }
}

int json_is_valid(const char *text)
{
    const char *end = skip_value(text, 0);

    return end && *skip_blanks(end) == '\0';
}

/* ---- finding ---- */

/* The value of the member `key`, or the element of that number. */
static const char *step_into(const char *at, const char *key)
{
    int is_object = *at == '{';
    unsigned long left = is_object ? 0 : strtoul(key, NULL, 10);
    size_t size = strlen(key);

    if (*at != '{' && *at != '[') {
        return NULL;
    }
    at = skip_blanks(at + 1);
    while (*at != '}' && *at != ']') {
        const char *value = at;

        if (is_object) {
            value = skip_blanks(skip_text(at));
            value = skip_blanks(value + 1);
        }
        if (is_object ? strncmp(at + 1, key, size) == 0 && at[size + 1] == '"'
                      : left == 0) {
            return value;
        }
        left--;
        at = skip_blanks(skip_value(value, 0));
        at = skip_blanks(*at == ',' ? at + 1 : at);
    }
    return NULL;
}

int json_find(const char *text, const char *path, char *value, size_t capacity)
{
    const char *at = skip_blanks(text);
    const char *end;

    if (!json_is_valid(text)) {
        return -1;
    }
    while (at && *path) {
        char key[KEY_SIZE];
        size_t size = strcspn(path, ".");

        (void)snprintf(key, sizeof key, "%.*s", (int)size, path);
        at = step_into(at, key);
        path += size + (path[size] == '.');
    }
    if (!at) {
        return -1;
    }
    end = skip_value(at, 0);
    (void)snprintf(value, capacity, "%.*s", (int)(end - at), at);
    return 0;
}
