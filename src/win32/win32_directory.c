/* SPDX-License-Identifier: Apache-2.0 */
#include "win32/win32_directory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "os/os_random.h"
#include "win32/win32_crash.h"
#include "win32/win32_security.h"
#include "win32/win32_status.h"

/* Hexadecimal digits in the name of junk. */
#define DIGIT_COUNT 16

/* Returns 0 if the variable is not set, is empty or is too long. */
static int
from_environment(const wchar_t *variable, const wchar_t *tail, wchar_t *path)
{
    DWORD tail_count = (DWORD)wcslen(tail);
    DWORD count = GetEnvironmentVariableW(
        variable, path, WIN32_DIRECTORY_COUNT - tail_count);

    if (count == 0 || count >= WIN32_DIRECTORY_COUNT - tail_count) {
        return 0;
    }
    wcscpy(path + count, tail);
    return 1;
}

static int locate(xipc_scope scope, wchar_t *path)
{
    if (scope == XIPC_SCOPE_MACHINE) {
        return from_environment(L"ProgramData", L"\\xipc", path);
    }
    return from_environment(L"XIPC_RUNTIME_DIR", L"", path) ||
           from_environment(L"LOCALAPPDATA", L"\\xipc", path);
}

/* The same place by a path that has no length limit and does not depend on
 * the current directory. */
static int make_absolute(const wchar_t *path, wchar_t *absolute)
{
    wchar_t *start = absolute;
    DWORD room = WIN32_DIRECTORY_COUNT;
    DWORD count = GetFullPathNameW(path, 0, NULL, NULL);

    if (count == 0 || count + wcslen(WIN32_LONG_PATH) > room) {
        return 0;
    }
    count = GetFullPathNameW(path, room, absolute, NULL);
    if (count >= 2 && absolute[1] == L':') {
        start += wcslen(WIN32_LONG_PATH);
        memmove(start, absolute, (count + 1) * sizeof *absolute);
        memcpy(
            absolute, WIN32_LONG_PATH,
            wcslen(WIN32_LONG_PATH) * sizeof *absolute);
    }
    return count > 0 && count < room;
}

/* Where the directory of one scope is: found out by the first call that needs
 * it and the same from then on, whatever becomes of the environment and of the
 * current directory. */
typedef struct location {
    INIT_ONCE once;
    int is_known;
    wchar_t path[WIN32_DIRECTORY_COUNT];
} location;

static location user_location = {.once = INIT_ONCE_STATIC_INIT};
static location machine_location = {.once = INIT_ONCE_STATIC_INIT};

static BOOL CALLBACK find_out(PINIT_ONCE once, PVOID scope, PVOID *ignored)
{
    location *place =
        once == &machine_location.once ? &machine_location : &user_location;
    wchar_t path[WIN32_DIRECTORY_COUNT];

    (void)ignored;
    place->is_known = locate(*(const xipc_scope *)scope, path) &&
                      make_absolute(path, place->path);
    return TRUE;
}

/* NULL if the environment does not tell. */
static const wchar_t *location_of(xipc_scope scope)
{
    location *place =
        scope == XIPC_SCOPE_MACHINE ? &machine_location : &user_location;

    InitOnceExecuteOnce(&place->once, find_out, &scope, NULL);
    return place->is_known ? place->path : NULL;
}

static xipc_status make_directory(const wchar_t *path, xipc_scope scope)
{
    const char *others = scope == XIPC_SCOPE_MACHINE ? WIN32_OTHERS_ADD : NULL;
    win32_security security;
    xipc_status status = win32_security_make(others, &security);
    DWORD error = ERROR_SUCCESS;

    if (status != XIPC_OK) {
        return status;
    }
    if (!CreateDirectoryW(path, &security.attributes)) {
        error = GetLastError();
    }
    win32_security_drop(&security);
    if (error != ERROR_SUCCESS && error != ERROR_ALREADY_EXISTS) {
        return win32_fault_as(
            XIPC_E_ACCESS, error, "cannot make the runtime directory '%s'",
            win32_utf8_of(path).text);
    }
    WIN32_CRASH_POINT();
    return XIPC_OK;
}

static HANDLE hold_directory(const wchar_t *path)
{
    return CreateFileW(
        path, FILE_LIST_DIRECTORY | FILE_READ_ATTRIBUTES | READ_CONTROL,
        FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
        FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
}

/*
 * Asks the path as well as the handle: Wine follows a link even when told not
 * to. While the handle is open both mean the same directory.
 */
static xipc_status
check_directory(const wchar_t *path, xipc_scope scope, HANDLE hold)
{
    BY_HANDLE_FILE_INFORMATION information;
    DWORD attributes = GetFileAttributesW(path);
    DWORD error;

    if (attributes == INVALID_FILE_ATTRIBUTES ||
        !GetFileInformationByHandle(hold, &information)) {
        error = GetLastError();
        return win32_fault_as(
            XIPC_E_ACCESS, error, "cannot look at the runtime directory '%s'",
            win32_utf8_of(path).text);
    }
    attributes |= information.dwFileAttributes;
    if (attributes & FILE_ATTRIBUTE_REPARSE_POINT) {
        return xipcos_fault(
            XIPC_E_ACCESS, 0, "the runtime directory '%s' is a link",
            win32_utf8_of(path).text);
    }
    if (!(attributes & FILE_ATTRIBUTE_DIRECTORY)) {
        return xipcos_fault(
            XIPC_E_ACCESS, 0, "the runtime directory '%s' is not a directory",
            win32_utf8_of(path).text);
    }
    /* The machine's directory belongs to whoever came first. Its owner can
     * delete files, but not forge them: each file's own owner is checked. */
    if (scope == XIPC_SCOPE_USER &&
        win32_security_check_owner(hold, SE_FILE_OBJECT, XIPC_TRUST_SELF) !=
            XIPC_OK) {
        return xipcos_fault(
            XIPC_E_ACCESS, xipcos_fault_native_error(),
            "the runtime directory '%s' belongs to another user",
            win32_utf8_of(path).text);
    }
    return XIPC_OK;
}

xipc_status win32_directory_open(
    xipc_scope scope, int may_create, win32_directory *directory_out)
{
    const wchar_t *path = location_of(scope);
    xipc_status status;
    HANDLE hold;
    DWORD error;

    directory_out->hold = NULL;
    if (!path) {
        return xipcos_fault(
            may_create ? XIPC_E_ACCESS : XIPC_E_NOT_FOUND, 0,
            "the environment names no runtime directory");
    }
    if (may_create) {
        status = make_directory(path, scope);
        if (status != XIPC_OK) {
            return status;
        }
    }
    hold = hold_directory(path);
    if (hold == INVALID_HANDLE_VALUE) {
        error = GetLastError();
        status = xipcos_status(error);
        return win32_fault_as(
            status == XIPC_E_NOT_FOUND && !may_create ? status : XIPC_E_ACCESS,
            error, "cannot use the runtime directory '%s'",
            win32_utf8_of(path).text);
    }
    status = check_directory(path, scope, hold);
    if (status != XIPC_OK) {
        CloseHandle(hold);
        return status;
    }
    wcscpy(directory_out->path, path);
    directory_out->hold = hold;
    return XIPC_OK;
}

void win32_directory_close(win32_directory *directory)
{
    CloseHandle(directory->hold);
}

void win32_directory_path(
    const win32_directory *directory,
    const char *name,
    wchar_t path[WIN32_PATH_COUNT])
{
    wchar_t *end = path + wcslen(directory->path);

    wcscpy(path, directory->path);
    *end++ = L'\\';
    while (*name) {
        *end++ = (wchar_t)*name++;
    }
    *end = L'\0';
}

void win32_directory_fresh_path(
    const win32_directory *directory,
    char start,
    wchar_t path[WIN32_PATH_COUNT])
{
    char name[2 + DIGIT_COUNT + 1];

    snprintf(name, sizeof name, "%c-%016" PRIx64, start, xipcos_random());
    win32_directory_path(directory, name, path);
}

/* Returns 0 if the name does not fit or is not plain ASCII: not ours then. */
static int to_ascii(const wchar_t *wide, char *name, size_t capacity)
{
    size_t index;

    for (index = 0; wide[index] != L'\0'; index++) {
        if (index + 1 == capacity || wide[index] <= L' ' ||
            wide[index] > L'~') {
            return 0;
        }
        name[index] = (char)wide[index];
    }
    name[index] = '\0';
    return 1;
}

void win32_directory_list(
    const win32_directory *directory,
    const char *pattern,
    win32_directory_visit *visit,
    void *context)
{
    wchar_t path[WIN32_PATH_COUNT];
    char name[WIN32_PATH_COUNT - WIN32_DIRECTORY_COUNT];
    WIN32_FIND_DATAW found;
    HANDLE find;
    int is_over = 0;

    win32_directory_path(directory, pattern, path);
    find = FindFirstFileW(path, &found);
    if (find == INVALID_HANDLE_VALUE) {
        return; /* nothing matches */
    }
    do {
        if (to_ascii(found.cFileName, name, sizeof name)) {
            is_over = visit(name, context);
        }
    } while (!is_over && FindNextFileW(find, &found));
    FindClose(find);
}

int win32_file_discard(const wchar_t *path)
{
    FILE_DISPOSITION_INFO disposition = {.DeleteFile = TRUE};
    /* No sharing: refused while anybody at all has it open. */
    HANDLE file = CreateFileW(
        path, DELETE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT,
        NULL);
    BOOL is_discarded;

    if (file == INVALID_HANDLE_VALUE) {
        return 0;
    }
    WIN32_CRASH_POINT();
    is_discarded = SetFileInformationByHandle(
        file, FileDispositionInfo, &disposition, (DWORD)sizeof disposition);
    CloseHandle(file);
    return is_discarded != 0;
}

typedef struct sweep_state {
    const win32_directory *directory;
    size_t removed_count;
} sweep_state;

/* The whole form, so that nobody else's file is ever taken for junk. */
static int is_junk_name(const char *name)
{
    return (name[0] == 't' || name[0] == 'd') && name[1] == '-' &&
           strlen(name) == 2 + DIGIT_COUNT &&
           strspn(name + 2, "0123456789abcdef") == DIGIT_COUNT;
}

static int discard_junk(const char *name, void *context)
{
    sweep_state *state = context;
    wchar_t path[WIN32_PATH_COUNT];

    if (is_junk_name(name)) {
        win32_directory_path(state->directory, name, path);
        state->removed_count += (size_t)win32_file_discard(path);
    }
    return 0;
}

size_t win32_directory_sweep(xipc_scope scope)
{
    win32_directory directory;
    sweep_state state = {&directory, 0};

    if (win32_directory_open(scope, 0, &directory) != XIPC_OK) {
        return 0;
    }
    win32_directory_list(&directory, "?-*", discard_junk, &state);
    win32_directory_close(&directory);
    return state.removed_count;
}
