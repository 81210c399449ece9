/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the specs of the command `xipc` say over and over: it is started as
 * people start it, and what it printed, and how it ended, is looked at. Every
 * function here fails the case if it cannot do what it says.
 */
#ifndef TOOL_KIT_H
#define TOOL_KIT_H

#include "support/spawn_kit.h"

const char *tool_path(void);

/* One that runs, and the files of the case that have its streams. */
typedef struct tool {
    xipc_process *process;
    char output[32];
    char error[32];
} tool;

/* `input` is a file of the case's; NULL: the null device. */
#define TOOL_BEGUN(input, ...) \
    tool_begun(input, (const char *const[]){__VA_ARGS__, NULL})
tool tool_begun(const char *input, const char *const *arguments);

/* How it ended, and what it said; texts end with a zero. */
typedef struct tool_result {
    int code; /* -1: it was killed */
    char *output;
    size_t output_size;
    char *error;
} tool_result;

tool_result tool_ended(tool *self);
void tool_freed(tool_result *result);

/* Runs it to its end. */
#define TOOL(...) tool_ran(NULL, (const char *const[]){__VA_ARGS__, NULL})
tool_result tool_ran(const char *input, const char *const *arguments);

/* It must end with that code; what it said is shown if it does not. */
#define REQUIRE_CODE(want, result) \
    (spec_at(__FILE__, __LINE__), tool_require_code(want, &(result)))
void tool_require_code(int want, const tool_result *result);

/* Runs it, requires the code, and drops the rest. */
#define TOOL_CODE(want, ...)      \
    (spec_at(__FILE__, __LINE__), \
     tool_require_run(want, NULL, (const char *const[]){__VA_ARGS__, NULL}))
void tool_require_run(
    int want, const char *input, const char *const *arguments);

/* The rest of the line behind `start`, once it has said that on its standard
 * error. */
void error_awaited(
    const tool *self, const char *start, char *rest, size_t capacity);

/* Ends with that code, and nothing is looked at. */
void tool_require_end(int want, tool *self);

/* Something is in the text. */
void require_in(const char *text, const char *part);
void require_not_in(const char *text, const char *part);

/* The value at a path (spec_json.h), as it stands there, texts with their
 * quotes. 0, or -1 if there is none, or the text is no JSON. */
int json_find(const char *text, const char *path, char *value, size_t capacity);

/* The value at that path, as it is written in JSON. */
void require_json(const char *text, const char *path, const char *want);

/* The same in a line of many, of which the first is 0. */
void require_line(
    const char *text, size_t line, const char *path, const char *want);

/* A file of `size` bytes, the same for the same seed. */
void file_made(const char *name, size_t size, uint32_t seed);
/* It is that file; removes it. */
void require_same_file(const char *name, size_t size, uint32_t seed);

/* Both end well, and "copy" is what file_made() made of "file"; removes both.
 */
void require_carried(tool *one, tool *other, size_t size, uint32_t seed);

/* Removes a file whose name is UTF-8. */
void tool_removed(const char *name);

/* The box, once somebody has made it. */
xipc_mailbox *box_awaited(const char *name);
/* Waits until that many messages are in it. */
void depth_awaited(const xipc_mailbox *box, uint64_t depth);

#endif
