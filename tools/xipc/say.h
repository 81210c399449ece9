/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the program says to people, on the standard error, and with which code
 * it ends.
 */
#ifndef SAY_H
#define SAY_H

#include <xipc/xipc.h>

#if defined(__MINGW32__) && !defined(__clang__)
#define SAY_FORMAT(text, values) \
    __attribute__((format(gnu_printf, text, values)))
#elif defined(__GNUC__)
#define SAY_FORMAT(text, values) __attribute__((format(printf, text, values)))
#else
#define SAY_FORMAT(text, values)
#endif

/* The exit codes; the same for all subcommands. */
enum {
    CODE_DONE = 0,
    CODE_FAILED = 1,
    CODE_USAGE = 2,
    CODE_NOT_FOUND = 3,
    CODE_TIMEOUT = 4,
    CODE_REFUSED = 5,
    CODE_NOT_SUPPORTED = 6,
    CODE_GONE = 7,
    CODE_NO_ROOM = 8,
    CODE_NOT_STARTED = 127,
    CODE_STOPPED = 130
};

/* "xipc send", which every line begins with. */
void say_as(const char *subcommand);

int code_of(xipc_status status);

/* CODE_NOT_STARTED. */
int say_not_started(xipc_status status, const char *program);

/* How a program ended, as a code; says so if it was killed. */
int code_of_ending(const char *name, const xipc_exit *ending);

/* The call about `name` failed: says so, with what to do, and returns the
 * code. After Ctrl-C it says nothing. */
int say_status(xipc_status status, const char *name);

/* The same, with something else to do. */
int say_remedy(xipc_status status, const char *name, const char *remedy);

/* CODE_FAILED, or CODE_STOPPED after Ctrl-C. */
int code_of_failure(void);

/* CODE_FAILED. */
int say_failed(const char *format, ...) SAY_FORMAT(1, 2);

/* CODE_USAGE; also says how to get help. */
int say_usage(const char *format, ...) SAY_FORMAT(1, 2);

void say(const char *format, ...) SAY_FORMAT(1, 2);

#endif
