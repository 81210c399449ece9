/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process that this one starts, and what it is given.
 *
 * The child has its arguments, environment, directory and standard streams from
 * the call that starts it, and of this process's open files and handles exactly
 * those that the call lists, whoever opened them and however: nothing else
 * leaks, also when other threads start processes at the same moment.
 *
 * What is listed has a label, under which a child that uses this library claims
 * it:
 *
 *     parent                               child
 *     inherits[0].label = "table"
 *     inherits[0].object = section
 *     xipc_spawn("worker", ...) .......... xipc_inherited_section("table")
 *     xipc_process_wait(...) ............. exit(3)
 *
 * Any program can be started, and can be given standard streams.
 *
 *     XIPC_READABLE of a process in a poller: it has ended
 *
 * Every call is safe from any thread, except that closing a handle must be its
 * last use, and none is safe in a signal handler. On Windows all strings are
 * UTF-8.
 */
#ifndef XIPC_PROCESS_H
#define XIPC_PROCESS_H

#include <xipc/base.h>
#include <xipc/name.h>
#include <xipc/pipe.h>
#include <xipc/section.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct xipc_process xipc_process;

/* What one of the child's standard streams is. */
typedef enum xipc_stream_kind {
    XIPC_STREAM_INHERIT = 0, /* this process's own; the null device if it has
                                none */
    XIPC_STREAM_NULL = 1,    /* the null device */
    XIPC_STREAM_OBJECT = 2,  /* `object`: an end of an anonymous pipe that has
                                not ended to write; it stays the caller's too,
                                to close */
    XIPC_STREAM_NATIVE = 3   /* `native`: a file descriptor or a HANDLE, which
                                stays the caller's */
} xipc_stream_kind;

/* One of the child's standard streams. */
typedef struct xipc_stream {
    xipc_stream_kind kind;     /* says which of the others counts */
    xipc_object *object;       /* of XIPC_STREAM_OBJECT */
    xipc_native_handle native; /* of XIPC_STREAM_NATIVE */
} xipc_stream;

/* One thing that the child is given a copy of: an object that can be inherited
 * (an anonymous section, an end of an anonymous pipe that has not ended to
 * write), or, if `object` is NULL, a native handle. The caller's own handle
 * stays open: the end of a stream is seen when that is closed too. */
typedef struct xipc_inherit {
    const char
        *label; /* a legal name, as in name.h; each of a call's its own */
    xipc_object *object;       /* or NULL */
    xipc_native_handle native; /* if `object` is NULL */
} xipc_inherit;

enum {
    /* The child is killed when this process ends, however it ends, but not
       when the thread ends that started it. What the child has started lives
       on, unless it was started so as well.

       On Linux a thread of the library, made for the first such child, starts
       them: they have its priority and processors (and filters and rights, if
       threads differ in these), not the caller's. A process that executes
       another program itself ends so far: its children are killed. A child is
       not tied any more once its user, group or rights change, as they do in
       a set-user-ID program; nor is one that this process, having changed its
       own user, may not kill. */
    XIPC_SPAWN_DIE_WITH_PARENT = 1 << 0,
    /* Looks for `program` in the directories of this process's PATH, if it has
       no slash in it (on Windows no backslash or colon either). */
    XIPC_SPAWN_SEARCH = 1 << 1
};

typedef struct xipc_spawn_options {
    size_t options_size; /* set by XIPC_SPAWN_OPTIONS_INIT */
    /* "NAME=value" each, with NULL at the end, in any order; NULL: this
       process's own. */
    const char *const *environment;
    const char *directory;        /* to start in; NULL: this process's own */
    xipc_stream input;            /* its standard input */
    xipc_stream output;           /* its standard output */
    xipc_stream error;            /* its standard error */
    const xipc_inherit *inherits; /* may be NULL if there are none */
    size_t inherit_count;         /* how many there are */
    uint32_t flags;               /* XIPC_SPAWN_* */
} xipc_spawn_options;

#define XIPC_SPAWN_OPTIONS_INIT                                               \
    {                                                                         \
        sizeof(xipc_spawn_options), 0, 0, {XIPC_STREAM_INHERIT, 0, 0},        \
            {XIPC_STREAM_INHERIT, 0, 0}, {XIPC_STREAM_INHERIT, 0, 0}, 0, 0, 0 \
    }

/*
 * Starts `program`, a path from this process's own directory on, with
 * `arguments`: argv[0] and the rest, with NULL at the end. `options` may be
 * NULL for the defaults: everything as this process has it, nothing inherited
 * but the standard streams.
 *
 * The child begins with no signal blocked, and with the usual disposition of
 * SIGPIPE, SIGXFSZ and SIGCHLD, which programs ignore for themselves; others
 * that this process ignores it ignores too, as nohup wants it.
 *
 * On Windows `program` may leave ".exe" out. The arguments reach a program
 * that takes its command line apart as the C library and CommandLineToArgvW()
 * do byte for byte; cmd.exe does not, and so .bat and .cmd files are refused:
 * nothing can be quoted for them for certain.
 *
 * XIPC_OK               it runs: the system has loaded the program.
 *                       `*process_out` is yours; xipc_process_close() ends it
 * XIPC_E_NOT_FOUND      no such program, or no such directory; the detail says
 *                       which
 * XIPC_E_ACCESS         not a program that this user may execute
 * XIPC_E_NOT_SUPPORTED  a file that the system cannot execute; an object that
 *                       cannot be inherited (a named one is opened by its name,
 *                       in the child as well); a .bat or .cmd file; what
 *                       xipc_capability() says is absent
 * XIPC_E_TOO_BIG        arguments and environment are longer than the system
 *                       takes
 * XIPC_E_NAME           a label is not a legal name
 * XIPC_E_EXISTS         a label comes twice
 * XIPC_E_NO_MEMORY      no memory, handles or processes left
 * XIPC_E_INVALID        NULL, no argv[0], an environment entry without a name
 *                       and `=`, unknown kinds, flags or options_size, a native
 *                       handle that is not open, what is not UTF-8 on Windows
 *                       (there also a quote in argv[0], or a blank and
 *                       a backslash at its end)
 * XIPC_E_FORKED         an object was inherited through fork()
 *
 * On any other status than XIPC_OK there is no child, and nothing is left of
 * one.
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_spawn(
    const char *program,
    const char *const *arguments,
    const xipc_spawn_options *options,
    xipc_process **process_out);

/* How a process ended. */
typedef enum xipc_ending {
    XIPC_ENDED_EXIT = 0,  /* by itself; `code` is its exit code */
    XIPC_ENDED_CRASH = 1, /* killed, also by xipc_process_terminate(); `code` is
                             the signal, or on Windows the exception */
    XIPC_ENDED_UNKNOWN = 2 /* `code` is 0: this program ignores SIGCHLD, or
                              waits for any child, and was told instead of us */
} xipc_ending;

/* How a process ended, and with what. */
typedef struct xipc_exit {
    size_t exit_size;   /* set by XIPC_EXIT_INIT */
    xipc_ending ending; /* how */
    int64_t code;       /* means what `ending` says */
} xipc_exit;

#define XIPC_EXIT_INIT                            \
    {                                             \
        sizeof(xipc_exit), XIPC_ENDED_UNKNOWN, 0, \
    }

/*
 * Waits until the process has ended, as often as wanted and in as many threads.
 * What is ended is the process: others that it has started may live on, and
 * have its streams.
 *
 * XIPC_OK          it has ended; `*exit_out`, which may be NULL, says how
 * XIPC_E_TIMEOUT   it runs, and did until `deadline` (XIPC_NOW: XIPC_E_AGAIN)
 * XIPC_E_CANCELED  xipc_interrupt()
 * XIPC_E_INVALID   `process` is NULL, an unknown exit_size
 * XIPC_E_FORKED    the handle was inherited through fork()
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_process_wait(
    xipc_process *process, xipc_deadline deadline, xipc_exit *exit_out);

/*
 * Kills the process without warning (SIGKILL, TerminateProcess). It ends in a
 * moment, which xipc_process_wait() waits for. Fine if it has ended.
 *
 * XIPC_E_ACCESS  it runs as another user now
 * XIPC_E_INVALID, XIPC_E_FORKED, XIPC_E_OS
 */
XIPC_API XIPC_MUST_USE xipc_status
xipc_process_terminate(xipc_process *process);

/* The system's number for it, for words to people: once it has ended, another
 * process may have it. 0 for NULL. */
XIPC_API int64_t xipc_process_id(const xipc_process *process);

/*
 * Drops the handle; a process that runs goes on. On POSIX the library then
 * takes note of its end as it starts and closes others, of up to eight with
 * each call, so that zombies do not add up; nobody else may wait for it.
 * Accepts NULL.
 */
XIPC_API void xipc_process_close(xipc_process *process);

/* For xipc_interrupt() and pollers; NULL for NULL. */
XIPC_API xipc_object *xipc_process_object(xipc_process *process);

/*
 * In a process that xipc_spawn() started: takes what it was given under
 * `label`. Each can be taken once. The first of these calls also sees to it
 * that none of what was given goes on to this process's own children.
 *
 * XIPC_OK               it is yours, to close
 * XIPC_E_NOT_FOUND      nothing was given under that label, or it was taken, or
 *                       closed by somebody who did not know what it is
 * XIPC_E_INCOMPATIBLE   something else was given under that label
 * XIPC_E_NAME           not a legal label
 * XIPC_E_INVALID        NULL
 *
 * and for a section those of xipc_section_adopt(), in which case it is not
 * taken.
 */
XIPC_API XIPC_MUST_USE xipc_status
xipc_inherited_section(const char *label, xipc_section **section_out);

/* The same for an end of a pipe, with its mode and message_max; statuses of
 * xipc_pipe_adopt(). */
XIPC_API XIPC_MUST_USE xipc_status
xipc_inherited_pipe(const char *label, xipc_pipe **pipe_out);

/* The same for what was given as a native handle. */
XIPC_API XIPC_MUST_USE xipc_status
xipc_inherited_native(const char *label, xipc_native_handle *native_out);

#ifdef __cplusplus
}
#endif

#endif
