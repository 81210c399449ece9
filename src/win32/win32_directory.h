/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runtime directory: where the files of persistent objects stand.
 *
 * XIPC_SCOPE_USER     %XIPC_RUNTIME_DIR%, else %LOCALAPPDATA%\xipc
 * XIPC_SCOPE_MACHINE  %ProgramData%\xipc
 *
 * Four kinds of name are in it: an object's native name ("xipc-..."), "u-" and
 * a native name for the local socket that goes with it, "t-" and 16 hexadecimal
 * digits for a file that its creator has not finished, and "d-" and 16 digits
 * for one that has lost its name. Whoever makes or uses one
 * of these has it open for as long; so the last two are junk as soon as they
 * can be opened without sharing.
 */
#ifndef XIPC_WIN32_DIRECTORY_H
#define XIPC_WIN32_DIRECTORY_H

#include <xipc/base.h>
#include <xipc/name.h>

#include "win32/win32_system.h"

#define WIN32_PATH_COUNT 1024

/* A backslash, a native name and a zero fit into the difference. */
#define WIN32_DIRECTORY_COUNT (WIN32_PATH_COUNT - 80)

typedef struct win32_directory {
    /* While it is open nobody can move the directory or put another one in its
     * place: what was checked stays what is used. */
    HANDLE hold;
    wchar_t path[WIN32_DIRECTORY_COUNT];
} win32_directory;

/*
 * XIPC_E_NOT_FOUND  there is none (not if `may_create`)
 * XIPC_E_ACCESS     it is not safe to use, or cannot be made
 */
xipc_status win32_directory_open(
    xipc_scope scope, int may_create, win32_directory *directory_out);
void win32_directory_close(win32_directory *directory);

/* `name` is plain ASCII of at most 64 bytes. */
void win32_directory_path(
    const win32_directory *directory,
    const char *name,
    wchar_t path[WIN32_PATH_COUNT]);

/* A name that nothing has: `start` ('t' or 'd'), a dash, 16 digits. */
void win32_directory_fresh_path(
    const win32_directory *directory,
    char start,
    wchar_t path[WIN32_PATH_COUNT]);

/* Returns 0 to go on. */
typedef int win32_directory_visit(const char *name, void *context);

/* Shows every name that matches `pattern`, which may have ? and *. */
void win32_directory_list(
    const win32_directory *directory,
    const char *pattern,
    win32_directory_visit *visit,
    void *context);

/* Removes the file if nobody has it open; 1 if it did. */
int win32_file_discard(const wchar_t *path);

/* Removes the junk in the directory of `scope`, if it has one, and tells how
 * many files went. */
size_t win32_directory_sweep(xipc_scope scope);

#endif
