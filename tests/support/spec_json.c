/* SPDX-License-Identifier: Apache-2.0 */
#include "support/spec_json.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/spec_text.h"

enum { DEPTH_MAX = 32, KEY_SIZE = 64 };

/* What cannot stand in a text as it is. */
#define CONTROLS                                           \
    "\001\002\003\004\005\006\007\010\011\012\013\014\015" \
    "\016\017\020\021\022\023\024\025\026\027\030\031\032" \
    "\033\034\035\036\037"

typedef struct reader {
    const char *at;
    size_t line;
    int depth;
} reader;

static spec_json *read_value(reader *self);

static spec_json *new_value(spec_json_kind kind)
{
    spec_json *value = calloc(1, sizeof *value);

    if (!value) {
        spec_die("no memory");
    }
    value->kind = kind;
    return value;
}

void spec_json_free(spec_json *value)
{
    while (value) {
        spec_json *next = value->next;

        spec_json_free(value->first);
        free(value->name);
        free(value->text);
        free(value);
        value = next;
    }
}

static void skip_space(reader *self)
{
    while (*self->at && strchr(" \t\r\n", *self->at)) {
        self->line += *self->at == '\n';
        self->at++;
    }
}

/* 1: it was there, and is behind us. */
static int takes(reader *self, char byte)
{
    skip_space(self);
    if (*self->at != byte) {
        return 0;
    }
    self->at++;
    return 1;
}

/* ---- texts ---- */

static void add_character(spec_text *text, uint32_t code)
{
    char bytes[4];
    size_t size;

    if (code < 0x80) {
        bytes[0] = (char)code;
        size = 1;
    } else if (code < 0x800) {
        bytes[0] = (char)(0xC0 | (code >> 6));
        bytes[1] = (char)(0x80 | (code & 0x3F));
        size = 2;
    } else {
        bytes[0] = (char)(0xE0 | (code >> 12));
        bytes[1] = (char)(0x80 | ((code >> 6) & 0x3F));
        bytes[2] = (char)(0x80 | (code & 0x3F));
        size = 3;
    }
    spec_text_add_bytes(text, bytes, size);
}

/* Behind "\u". 0: not four digits, or nothing that a text can hold. */
static uint32_t read_code(reader *self)
{
    char digits[5] = "";
    uint32_t code;
    char *end;

    for (int at = 0; at < 4 && self->at[at]; at++) {
        digits[at] = self->at[at];
    }
    code = (uint32_t)strtoul(digits, &end, 16);
    if (end != digits + 4 || strspn(digits, "0123456789abcdefABCDEF") != 4) {
        return 0;
    }
    self->at += 4;
    return code >= 0xD800 && code < 0xE000 ? '?' : code;
}

/* 0: there is no such escape. */
static int read_escape(reader *self, spec_text *text)
{
    static const char names[] = "\"\\/bfnrt";
    static const char bytes[] = "\"\\/\b\f\n\r\t";
    const char *name = *self->at ? strchr(names, *self->at) : NULL;
    uint32_t code;

    if (name) {
        spec_text_add_bytes(text, &bytes[name - names], 1);
        self->at++;
        return 1;
    }
    if (*self->at != 'u') {
        return 0;
    }
    self->at++;
    code = read_code(self);
    add_character(text, code);
    return code != 0;
}

/* Behind the first quote. NULL: it does not end, or makes no sense. */
static char *read_quoted(reader *self)
{
    spec_text text = {NULL, 0};
    int is_good = 1;

    spec_text_add_bytes(&text, "", 0);
    while (is_good && *self->at != '"') {
        size_t size = strcspn(self->at, "\"\\" CONTROLS);

        spec_text_add_bytes(&text, self->at, size);
        self->at += size;
        is_good = *self->at == '"' || *self->at == '\\';
        if (*self->at == '\\') {
            self->at++;
            is_good = read_escape(self, &text);
        }
    }
    if (!is_good) {
        spec_text_free(&text);
        return NULL;
    }
    self->at++;
    return text.bytes;
}

/* ---- values ---- */

/* A name and its colon, if this is an object. 0: there is none. */
static int read_name(reader *self, spec_json_kind kind, char **name_out)
{
    *name_out = NULL;
    if (kind != SPEC_JSON_OBJECT) {
        return 1;
    }
    *name_out = takes(self, '"') ? read_quoted(self) : NULL;
    return *name_out && takes(self, ':');
}

/* Behind the bracket. */
static spec_json *read_many(reader *self, spec_json_kind kind, char end)
{
    spec_json *many = new_value(kind);
    spec_json **last = &many->first;
    int is_over = takes(self, end);

    while (!is_over) {
        char *name;
        spec_json *value =
            read_name(self, kind, &name) ? read_value(self) : NULL;

        if (!value) {
            free(name);
            spec_json_free(many);
            return NULL;
        }
        value->name = name;
        *last = value;
        last = &value->next;
        is_over = takes(self, end);
        if (!is_over && !takes(self, ',')) {
            spec_json_free(many);
            return NULL;
        }
    }
    return many;
}

static const char *skip_digits(const char *at)
{
    return at + strspn(at, "0123456789");
}

/* 0: digits are missing somewhere, or something is too much. */
static int is_number(const char *text)
{
    const char *at = *text == '-' ? text + 1 : text;
    const char *end = *at == '0' ? at + 1 : skip_digits(at);
    int is_good = end > at;

    if (*end == '.') {
        at = end + 1;
        end = skip_digits(at);
        is_good = is_good && end > at;
    }
    if (*end == 'e' || *end == 'E') {
        at = end + (end[1] == '-' || end[1] == '+' ? 2 : 1);
        end = skip_digits(at);
        is_good = is_good && end > at;
    }
    return is_good && *end == '\0';
}

static spec_json *read_word(reader *self)
{
    size_t size = strcspn(self->at, " \t\r\n,]}");
    spec_text text = {NULL, 0};
    spec_json *value;

    spec_text_add_bytes(&text, self->at, size);
    self->at += size;
    value = new_value(SPEC_JSON_NULL);
    value->text = text.bytes;
    if (strcmp(value->text, "true") == 0 || strcmp(value->text, "false") == 0) {
        value->kind = SPEC_JSON_BOOLEAN;
    } else if (is_number(value->text)) {
        value->kind = SPEC_JSON_NUMBER;
    } else if (strcmp(value->text, "null") != 0) {
        spec_json_free(value);
        return NULL;
    }
    return value;
}

static spec_json *read_text(reader *self)
{
    char *text = read_quoted(self);
    spec_json *value = text ? new_value(SPEC_JSON_TEXT) : NULL;

    if (value) {
        value->text = text;
    }
    return value;
}

static spec_json *read_value(reader *self)
{
    spec_json *value = NULL;
    const char *begin;

    if (++self->depth > DEPTH_MAX) {
        return NULL;
    }
    skip_space(self);
    begin = self->at;
    if (takes(self, '{')) {
        value = read_many(self, SPEC_JSON_OBJECT, '}');
    } else if (takes(self, '[')) {
        value = read_many(self, SPEC_JSON_LIST, ']');
    } else if (takes(self, '"')) {
        value = read_text(self);
    } else {
        value = read_word(self);
    }
    self->depth--;
    if (value) {
        value->raw = begin;
        value->raw_size = (size_t)(self->at - begin);
    }
    return value;
}

spec_json *spec_json_read(const char *text, size_t *line_out)
{
    reader self = {text, 1, 0};
    spec_json *value = read_value(&self);

    if (value) {
        skip_space(&self);
    }
    if (value && *self.at != '\0') {
        spec_json_free(value);
        value = NULL;
    }
    *line_out = self.line;
    return value;
}

/* ---- members ---- */

const spec_json *spec_json_member(const spec_json *object, const char *name)
{
    const spec_json *member =
        object && object->kind == SPEC_JSON_OBJECT ? object->first : NULL;

    while (member && strcmp(member->name, name) != 0) {
        member = member->next;
    }
    return member;
}

const char *spec_json_member_text(const spec_json *object, const char *name)
{
    const spec_json *member = spec_json_member(object, name);

    return member && (member->kind == SPEC_JSON_TEXT ||
                      member->kind == SPEC_JSON_NUMBER)
               ? member->text
               : "";
}

static const spec_json *element(const spec_json *list, unsigned long index)
{
    const spec_json *at = list->first;

    while (at && index > 0) {
        at = at->next;
        index--;
    }
    return at;
}

const spec_json *spec_json_at(const spec_json *root, const char *path)
{
    while (root && *path) {
        char key[KEY_SIZE];
        size_t size = strcspn(path, ".");

        (void)snprintf(key, sizeof key, "%.*s", (int)size, path);
        root = root->kind == SPEC_JSON_LIST
                   ? element(root, strtoul(key, NULL, 10))
                   : spec_json_member(root, key);
        path += size + (path[size] == '.');
    }
    return root;
}
