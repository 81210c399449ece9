/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One parser for all subcommands. A subcommand is a row of the table in
 * commands.c, and its options are rows of a table of its own: help, completion
 * and parsing come from the same rows.
 *
 * Options are long and begin with two hyphens; a value follows behind a blank
 * or `=`. They may stand anywhere, up to `--` or to where all is another
 * program's. A hyphen alone is an operand.
 */
#ifndef ARGS_H
#define ARGS_H

#include <stddef.h>
#include <stdint.h>

#include <xipc/xipc.h>

typedef enum option_kind {
    OPTION_FLAG,   /* an int becomes 1 */
    OPTION_TEXT,   /* a const char * */
    OPTION_NUMBER, /* a uint64_t: 4096, 64K, 16M, 2G */
    OPTION_TIME,   /* an int64_t of nanoseconds: now, 100us, 250ms, 5s, 2m, 1h,
                      forever */
    OPTION_WORD,   /* an int: which of the words in `value` */
    OPTION_LIST    /* an option_list: it may come again */
} option_kind;

typedef struct option {
    const char *name; /* "timeout"; NULL ends a table */
    option_kind kind;
    const char *value; /* what stands for it in the help: "TIME", "one|two" */
    const char *help;  /* of one with a value: what it means, a colon, and what
                          holds without it */
    void *place;       /* where it goes; what is there before is the default */
} option;

enum { OPTION_LIST_MAX = 16 };

typedef struct option_list {
    const char *items[OPTION_LIST_MAX];
    size_t count;
} option_list;

/* Times as options hold them. */
#define TIME_NOW     ((int64_t)0)
#define TIME_FOREVER INT64_MAX

/* The moment that far from now. */
xipc_deadline deadline_after(int64_t time);

/* What several subcommands have, in the order of the macros below. */
typedef struct common_choices {
    int is_json;
    int scope; /* 0: user, 1: machine, 2: all; -1: not said */
    int kind;  /* an index of KIND_WORDS; -1: not said */
    int64_t timeout;
    int progress; /* an index of PROGRESS_WORDS */
} common_choices;

extern common_choices common;

#define PROGRESS_WORDS "auto|always|never"
#define KIND_WORDS                                                    \
    "section|mutex|semaphore|event|condition|ring|mailbox|peer|inbox" \
    "|pipe|socket|call"

enum { SCOPE_ALL = 2, PROGRESS_AUTO = 0, PROGRESS_ALWAYS = 1 };

#define OPTION_JSON                                                         \
    {                                                                       \
        "json", OPTION_FLAG, NULL, "for a program to read", &common.is_json \
    }
/* Of what is listed. */
#define OPTION_SCOPES                                                  \
    {                                                                  \
        "scope", OPTION_WORD, "user|machine|all",                      \
            "this user's names, all users' common ones, or both: all", \
            &common.scope                                              \
    }
/* Of what has one name. */
#define OPTION_SCOPE                                                 \
    {                                                                \
        "scope", OPTION_WORD, "user|machine",                        \
            "whose name it is: this user's, or common to all: user", \
            &common.scope                                            \
    }
#define OPTION_KIND                                                        \
    {                                                                      \
        "kind", OPTION_WORD, KIND_WORDS, "only objects of this kind: all", \
            &common.kind                                                   \
    }
#define OPTION_TIMEOUT                                                     \
    {                                                                      \
        "timeout", OPTION_TIME, "TIME",                                    \
            "how long each wait may last, as now, 250ms, 5s, 2m: forever", \
            &common.timeout                                                \
    }
#define OPTION_PROGRESS                                             \
    {                                                               \
        "progress", OPTION_WORD, PROGRESS_WORDS,                    \
            "a bar, with auto at a terminal, after a second: auto", \
            &common.progress                                        \
    }
#define OPTION_END                          \
    {                                       \
        NULL, OPTION_FLAG, NULL, NULL, NULL \
    }

typedef struct command {
    const char *name;     /* "send", "pipe listen" */
    const char *operands; /* "BOX [FILE]..." */
    const char *line;     /* what it does, in one line */
    const char *more;     /* what else the help says; NULL: nothing */
    const option *options;
    size_t operand_min;
    size_t operand_max;
    /* From this operand on, counted from 1, all is another program's; if
       operand_min is 0, all is. 0: nothing. */
    size_t rest_at;
    int (*run)(char **operands, size_t count);
} command;

/*
 * Takes the options out of `arguments` and puts them where the table says;
 * what is left are operands, `*count` of them. 0, or -1 after it said what is
 * wrong, or 1 if --help was asked for.
 */
int args_parse(const command *which, char **arguments, size_t *count);

/* A column, or a member of an object, that a command shows. */
typedef struct field {
    const char *name; /* NULL ends a table */
    const char *help;
} field;

#define FIELD_END  \
    {              \
        NULL, NULL \
    }

/* How it is called, what it does, which options it has, and what it shows;
 * `fields` may be NULL. */
void args_help(const command *which, const field *fields);

/* "64K" as a number. 0, or -1. */
int args_number(const char *text, uint64_t *number);

/* The kind, or 0 for all kinds. */
xipc_kind kind_chosen(void);
/* The scope of what is opened or made by name. */
xipc_scope scope_chosen(void);

/* Whether it is one of the system's own names. */
int is_native_name(const char *name);

#endif
