/* SPDX-License-Identifier: Apache-2.0 */
#include "args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

common_choices common = {0, -1, -1, TIME_FOREVER, PROGRESS_AUTO};

xipc_deadline deadline_after(int64_t time)
{
    if (time == TIME_NOW) {
        return XIPC_NOW;
    }
    return time == TIME_FOREVER ? XIPC_FOREVER : xipc_after_ns(time);
}

xipc_kind kind_chosen(void)
{
    static const xipc_kind kinds[] = {
        XIPC_KIND_SECTION, XIPC_KIND_MUTEX,     XIPC_KIND_SEMAPHORE,
        XIPC_KIND_EVENT,   XIPC_KIND_CONDITION, XIPC_KIND_RING,
        XIPC_KIND_MAILBOX, XIPC_KIND_PEER,      XIPC_KIND_INBOX,
        XIPC_KIND_PIPE,    XIPC_KIND_SOCKET,    XIPC_KIND_CALL};

    return common.kind < 0 ? (xipc_kind)0 : kinds[common.kind];
}

xipc_scope scope_chosen(void)
{
    return common.scope == 1 ? XIPC_SCOPE_MACHINE : XIPC_SCOPE_USER;
}

int is_native_name(const char *name)
{
    return strncmp(name, "native:", 7) == 0;
}

/* ---- values ---- */

/* Digits, and what is behind them. 0, or -1 if there are none or too many. */
static int read_digits(const char *text, uint64_t *number, const char **rest)
{
    uint64_t value = 0;

    if (*text < '0' || *text > '9') {
        return -1;
    }
    for (; *text >= '0' && *text <= '9'; text++) {
        uint64_t digit = (uint64_t)(*text - '0');

        if (value > (UINT64_MAX - digit) / 10) {
            return -1;
        }
        value = value * 10 + digit;
    }
    *number = value;
    *rest = text;
    return 0;
}

typedef struct unit {
    const char *name;
    uint64_t factor;
} unit;

/* A number with one of these units behind it. */
static int
read_scaled(const char *text, const unit *units, uint64_t max, uint64_t *value)
{
    const char *rest;
    uint64_t number;

    if (read_digits(text, &number, &rest) < 0) {
        return -1;
    }
    for (; units->name; units++) {
        if (strcmp(rest, units->name) == 0) {
            *value = number * units->factor;
            return number > max / units->factor ? -1 : 0;
        }
    }
    return -1;
}

int args_number(const char *text, uint64_t *number)
{
    static const unit units[] = {
        {"", 1},
        {"K", UINT64_C(1) << 10},
        {"M", UINT64_C(1) << 20},
        {"G", UINT64_C(1) << 30},
        {"T", UINT64_C(1) << 40},
        {NULL, 0}};

    return read_scaled(text, units, UINT64_MAX, number);
}

static int read_time(const char *text, void *place)
{
    static const unit units[] = {
        {"ns", 1},
        {"us", 1000},
        {"ms", 1000000},
        {"s", 1000000000},
        {"m", UINT64_C(60000000000)},
        {"h", UINT64_C(3600000000000)},
        {NULL, 0}};
    int64_t *time = place;
    uint64_t value;

    if (strcmp(text, "now") == 0) {
        *time = TIME_NOW;
        return 0;
    }
    if (strcmp(text, "forever") == 0) {
        *time = TIME_FOREVER;
        return 0;
    }
    if (read_scaled(text, units, INT64_MAX - 1, &value) < 0) {
        return -1;
    }
    *time = (int64_t)value;
    return 0;
}

static int read_word(const char *text, const char *words, void *place)
{
    size_t size = strlen(text);
    int *index = place;

    for (int at = 0; *words; at++) {
        size_t length = strcspn(words, "|");

        if (length == size && memcmp(words, text, size) == 0) {
            *index = at;
            return 0;
        }
        words += length + (words[length] == '|');
    }
    return -1;
}

static int read_item(const char *text, void *place)
{
    option_list *list = place;

    if (list->count == OPTION_LIST_MAX) {
        return -1;
    }
    list->items[list->count++] = text;
    return 0;
}

static int read_value(const option *which, const char *text)
{
    switch (which->kind) {
    case OPTION_NUMBER: return args_number(text, which->place);
    case OPTION_TIME: return read_time(text, which->place);
    case OPTION_WORD: return read_word(text, which->value, which->place);
    case OPTION_LIST: return read_item(text, which->place);
    case OPTION_TEXT: *(const char **)which->place = text; return 0;
    case OPTION_FLAG: break;
    }
    return -1;
}

/* What stands for such a value in the help is like this. */
static const char *is_like(option_kind kind)
{
    switch (kind) {
    case OPTION_NUMBER: return ": a whole number, as 512, 64K, 16M, 2G";
    case OPTION_TIME: return ": now, 100us, 250ms, 5s, 2m, 1h, forever";
    default: return "";
    }
}

/* ---- a command line ---- */

static const option *
find_option(const option *table, const char *name, size_t size)
{
    for (; table->name; table++) {
        if (strlen(table->name) == size &&
            memcmp(table->name, name, size) == 0) {
            return table;
        }
    }
    return NULL;
}

/* How many arguments it took besides its own, or -1. */
static int take_option(const command *which, char **arguments)
{
    const char *name = arguments[0] + (arguments[0][1] == '-' ? 2 : 1);
    size_t size = strcspn(name, "=");
    const option *found = find_option(which->options, name, size);
    const char *value = name[size] == '=' ? name + size + 1 : NULL;
    int taken = 0;

    if (arguments[0][1] != '-' || !found) {
        say_usage("there is no option %s", arguments[0]);
        return -1;
    }
    if (found->kind == OPTION_FLAG) {
        if (value) {
            say_usage("--%s takes no value", found->name);
            return -1;
        }
        *(int *)found->place = 1;
        return 0;
    }
    if (!value) {
        value = arguments[1];
        taken = 1;
    }
    if (!value) {
        say_usage("--%s needs a value: %s", found->name, found->value);
        return -1;
    }
    if (read_value(found, value) < 0) {
        say_usage(
            "--%s: %s is not what it takes, which is %s%s", found->name, value,
            found->value, is_like(found->kind));
        return -1;
    }
    return taken;
}

/* `first` is the first operand, or NULL. */
static int check_count(const command *which, const char *first, size_t count)
{
    if (count < which->operand_min) {
        say_usage("something is missing: %s", which->operands);
        return -1;
    }
    if (which->rest_at == 0 && count > which->operand_max) {
        if (which->operand_max == 0) {
            say_usage("it takes no operand: %s", first);
        } else {
            say_usage("there is more than %s", which->operands);
        }
        return -1;
    }
    return 0;
}

static int is_option(const char *argument)
{
    return argument[0] == '-' && argument[1] != '\0';
}

/* Whether the rest, from here on, is operands. Steps over a `--`, but where all
 * of it is another program's. */
static int
is_rest(const command *which, char **arguments, size_t kept, size_t *at)
{
    if (which->rest_at > 0 && which->operand_min == 0) {
        return 1;
    }
    if (strcmp(arguments[*at], "--") == 0) {
        *at += 1;
        return 1;
    }
    return which->rest_at == kept + 1 && !is_option(arguments[*at]);
}

int args_parse(const command *which, char **arguments, size_t *count)
{
    size_t kept = 0;
    size_t at = 0;
    int taken;

    while (arguments[at] && !is_rest(which, arguments, kept, &at)) {
        if (!is_option(arguments[at])) {
            arguments[kept++] = arguments[at++];
            continue;
        }
        if (strcmp(arguments[at], "--help") == 0) {
            return 1;
        }
        taken = take_option(which, &arguments[at]);
        if (taken < 0) {
            return -1;
        }
        at += 1 + (size_t)taken;
    }
    while (arguments[at]) {
        arguments[kept++] = arguments[at++];
    }
    arguments[kept] = NULL;
    *count = kept;
    return check_count(which, arguments[0], kept);
}

/* ---- help ---- */

static void help_option(const option *row)
{
    char text[80];

    if (row->kind == OPTION_FLAG) {
        (void)snprintf(text, sizeof text, "--%s", row->name);
    } else if (strlen(row->value) > 24) {
        (void)snprintf(text, sizeof text, "--%s WORD", row->name);
    } else {
        (void)snprintf(text, sizeof text, "--%s %s", row->name, row->value);
    }
    printf("  %-30s %s\n", text, row->help);
    if (row->value && strlen(row->value) > 24) {
        printf("  %-30s (%s)\n", "", row->value);
    }
}

static void help_field(const field *row)
{
    printf("  %-12s %s\n", row->name, row->help);
}

void args_help(const command *which, const field *fields)
{
    printf(
        "usage: xipc %s%s%s%s\n\n%s\n", which->name,
        which->options->name ? " [OPTION]..." : "",
        which->operands[0] ? " " : "", which->operands, which->line);
    if (which->more) {
        printf("\n%s\n", which->more);
    }
    if (fields) {
        printf("\nIt shows:\n");
    }
    for (; fields && fields->name; fields++) {
        help_field(fields);
    }
    printf("\nOptions, with what holds without them behind a colon:\n");
    for (const option *row = which->options; row->name; row++) {
        help_option(row);
    }
    printf("  %-30s %s\n", "--help", "this text");
}
