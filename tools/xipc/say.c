/* SPDX-License-Identifier: Apache-2.0 */
#include "say.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "stop.h"

static const char *speaker = "";

void say_as(const char *subcommand)
{
    speaker = subcommand;
}

static void begin_line(void)
{
    (void)fprintf(stderr, "xipc%s%s: ", speaker[0] ? " " : "", speaker);
}

static void say_list(const char *format, va_list values)
{
    begin_line();
    (void)vfprintf(stderr, format, values);
    (void)fputc('\n', stderr);
}

void say(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    say_list(format, values);
    va_end(values);
}

int say_failed(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    say_list(format, values);
    va_end(values);
    return CODE_FAILED;
}

int say_usage(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    say_list(format, values);
    va_end(values);
    (void)fprintf(
        stderr, "xipc%s%s --help tells how it is used.\n",
        speaker[0] ? " " : "", speaker);
    return CODE_USAGE;
}

int code_of(xipc_status status)
{
    switch (status) {
    case XIPC_OK: return CODE_DONE;
    case XIPC_E_INVALID:
    case XIPC_E_NAME: return CODE_USAGE;
    case XIPC_E_NOT_FOUND: return CODE_NOT_FOUND;
    case XIPC_E_AGAIN:
    case XIPC_E_TIMEOUT: return CODE_TIMEOUT;
    case XIPC_E_EXISTS:
    case XIPC_E_ACCESS:
    case XIPC_E_BUSY: return CODE_REFUSED;
    case XIPC_E_NOT_SUPPORTED:
    case XIPC_E_INCOMPATIBLE: return CODE_NOT_SUPPORTED;
    case XIPC_E_CLOSED:
    case XIPC_E_PEER_DIED: return CODE_GONE;
    case XIPC_E_NO_MEMORY:
    case XIPC_E_NO_SPACE:
    case XIPC_E_LIMIT:
    case XIPC_E_TOO_BIG:
    case XIPC_E_TOO_SMALL: return CODE_NO_ROOM;
    case XIPC_E_CANCELED: return CODE_STOPPED;
    default: return CODE_FAILED;
    }
}

int code_of_ending(const char *name, const xipc_exit *ending)
{
    if (ending->ending == XIPC_ENDED_EXIT) {
        return (int)ending->code;
    }
    say("%s was killed, by %" PRId64, name, ending->code);
    return (int)(128 + (ending->code & 127));
}

/* Whether xipc ls shows what has such a name: not what is at an address, and
 * not what is the system's own. */
static int is_listed(const char *name)
{
    return !strstr(name, "://") && strncmp(name, "unix:/", 6) != 0 &&
           !is_native_name(name);
}

/* What a person can do about it; "": nothing that is certain to help. */
static const char *remedy_for(xipc_status status, const char *name)
{
    switch (code_of(status)) {
    case CODE_NOT_FOUND:
        return is_listed(name) ? "xipc ls shows what is there" : "";
    case CODE_TIMEOUT: return "--timeout TIME waits longer";
    case CODE_REFUSED:
        return is_listed(name) ? "xipc ls shows what has the name" : "";
    case CODE_NOT_SUPPORTED: return "xipc doctor tells what this system can do";
    case CODE_NO_ROOM: return "xipc doctor tells the limits of this system";
    default: return "";
    }
}

int code_of_failure(void)
{
    return stop_asked() ? CODE_STOPPED : CODE_FAILED;
}

static void say_detail(xipc_status status, const char *name, const char *remedy)
{
    const char *detail = xipc_detail();

    if (detail[0] == '\0') {
        detail = xipc_status_text(status);
    }
    begin_line();
    if (!strstr(detail, name)) {
        (void)fprintf(stderr, "%s: ", name);
    }
    (void)fprintf(
        stderr, "%s (%s)%s%s\n", detail, xipc_status_name(status),
        remedy[0] ? "; " : "", remedy);
}

int say_status(xipc_status status, const char *name)
{
    return say_remedy(status, name, remedy_for(status, name));
}

int say_remedy(xipc_status status, const char *name, const char *remedy)
{
    if (status == XIPC_E_CANCELED && stop_asked()) {
        return CODE_STOPPED;
    }
    say_detail(status, name, remedy);
    return code_of(status);
}

int say_not_started(xipc_status status, const char *program)
{
    /* It may be its directory that is not there. */
    int is_program = status == XIPC_E_NOT_FOUND &&
                     !strstr(xipc_detail(), "entering its directory");

    say_detail(
        status, program,
        is_program ? "it is no path, and not in the PATH" : "");
    return CODE_NOT_STARTED;
}
