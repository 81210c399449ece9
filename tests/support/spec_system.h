/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the runner and the cases ask of the system. Each function is in one
 * file for POSIX systems and in one for Windows.
 *
 * Where nothing else is said, a call that fails is reported on the standard
 * error and ends the process: without these nothing can be tested.
 */
#ifndef SPEC_SYSTEM_H
#define SPEC_SYSTEM_H

#include <stddef.h>
#include <stdint.h>

enum { SPEC_PATH_SIZE = 1024 };

/* How a process ended. */
typedef struct spec_ending {
    int is_crash; /* by a signal, or by an exception nobody handled */
    int64_t code; /* its number, or the exit code */
} spec_ending;

/* "exit code 3", "SIGSEGV", "0xC0000005 (access violation)" */
void spec_ending_text(spec_ending ending, char *buffer, size_t capacity);

/* --- This process and its host: spec_host_*.c --- */

/* No core files, no boxes on the screen; ends with the runner. */
void spec_host_tame(int is_case);

/* Calls `hook` in a process that forks. */
void spec_host_on_fork(void (*hook)(void));

int32_t spec_host_process(void);
const char *spec_host_program(void);
void spec_host_set_environment(const char *name, const char *value);

/* Ends this process at once, without what the program would do at its end. */
_Noreturn void spec_host_exit(int code);

/* Calls `visit` for each handle this process has open. */
typedef void
spec_handle_visit(intptr_t number, const char *text, void *context);
void spec_host_each_handle(spec_handle_visit *visit, void *context);

/* The host opens handles of its own, late and once. */
int spec_host_opens_late(void);

/* --- Files: spec_files_*.c --- */

void spec_file_make_temporary(char *path, size_t capacity);
void spec_file_make_directory(const char *path);
void spec_file_enter(const char *path);

/* Maps `size` bytes of a file; a new one is all zeros. */
void *spec_file_map(const char *path, size_t size, int is_new);
void spec_file_unmap(void *address, size_t size);

/* Calls `visit` with the path of everything in `directory`, contents first. */
typedef void spec_file_visit(const char *path, void *context);
void spec_file_each(
    const char *directory, spec_file_visit *visit, void *context);

/* Removes what it can. */
void spec_file_remove_tree(const char *path);

/* Everything of ours where the library keeps named memory as files. */
void spec_file_each_shared(spec_file_visit *visit, void *context);

/* --- A peer, seen from the process that starts it: spec_link_*.c --- */

/* A process and a channel to it; either may be missing. */
typedef struct spec_link {
    int64_t id;
    intptr_t process;
    intptr_t input;
    intptr_t output;
} spec_link;

/*
 * Starts this program with `arguments`, of which the ones at `input_at` ...
 * `input_at + 2` are made here: the peer's two ends of the channel, and its
 * copy of `inherited` (-1: none). Ends with NULL. Returns 0, or the system's
 * error.
 */
enum { SPEC_LINK_ARGUMENTS = 3 };
int64_t spec_link_start(
    spec_link *link,
    const char **arguments,
    size_t input_at,
    intptr_t inherited);

/* In the peer: the channel's ends as they came in the arguments. */
void spec_link_adopt(spec_link *link, intptr_t input, intptr_t output);

/* Bytes read; 0 when the other side is gone. */
size_t spec_link_read(const spec_link *link, char *buffer, size_t capacity);

/* 0 when all was written, -1 when the other side is gone. */
int spec_link_write(const spec_link *link, const char *bytes, size_t size);

/* Waits for the process's end. */
spec_ending spec_link_wait(spec_link *link);

void spec_link_kill(const spec_link *link);

/* 0, or -1 if this host cannot. */
int spec_link_suspend(const spec_link *link);
int spec_link_resume(const spec_link *link);

void spec_link_close(spec_link *link);

/* --- A case's processes, seen from the runner: spec_child_*.c --- */

/* A process and all that come from it. */
typedef struct spec_child spec_child;

/* Once, before the first child. */
void spec_children_begin(void);

/* Ends what is left of any child. */
void spec_children_end(void);

/* Somebody asked the runner to end. */
int spec_children_interrupted(void);

/* Waits until one of them ended, or `ms` passed, or somebody interrupts. */
void spec_children_wait(spec_child *const *children, size_t count, int ms);

/* Starts this program; what it prints goes to the file `output`. */
spec_child *spec_child_start(const char *const *arguments, const char *output);

/* 1 and how, once it has ended. */
int spec_child_ended(spec_child *child, spec_ending *ending_out);

/* Whether any process it started is still there; waits a little, because one
 * whose parent was killed needs a moment to see it. */
int spec_child_left_any(spec_child *child);

/* Kills it and all that it started, waits until they are gone, frees it. */
void spec_child_free(spec_child *child);

#endif
