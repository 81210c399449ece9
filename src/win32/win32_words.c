/* SPDX-License-Identifier: Apache-2.0 */
/* The path and the arguments; win32_environment.c for the environment. */
#include "win32/win32_words.h"

#include <stdlib.h>
#include <string.h>

#include "win32/win32_status.h"
#include "win32/win32_system.h"

/* Of a command line, its terminating zero included. */
#define LINE_MAX_SIZE 32767
#define ROOM_MAX      ((size_t)6 * LINE_MAX_SIZE)

#define SLASHES L"/\\:"

static xipc_status no_memory(void)
{
    xipcos_fault(
        XIPC_E_NO_MEMORY, ERROR_NOT_ENOUGH_MEMORY, "no memory to start it");
    return XIPC_E_NO_MEMORY;
}

xipc_status win32_wide_of(const char *utf8, wchar_t **wide_out)
{
    int count =
        MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, utf8, -1, NULL, 0);
    wchar_t *wide;

    if (count == 0) {
        xipcos_fault(
            XIPC_E_INVALID, (int64_t)GetLastError(),
            "a string of its is not UTF-8");
        return XIPC_E_INVALID;
    }
    wide = malloc((size_t)count * sizeof *wide);
    if (!wide) {
        return no_memory();
    }
    MultiByteToWideChar(CP_UTF8, 0, utf8, -1, wide, count);
    *wide_out = wide;
    return XIPC_OK;
}

/* ---- the path ---- */

/*
 * cmd.exe executes these, and takes their arguments apart in a way of its own,
 * where what is quoted may still be a command. Dots and blanks at the end are
 * no part of a file's name.
 */
static int is_batch(const wchar_t *path)
{
    size_t size = wcslen(path);

    while (size > 0 && wcschr(L". ", path[size - 1])) {
        size--;
    }
    return size >= 4 && (_wcsnicmp(path + size - 4, L".bat", 4) == 0 ||
                         _wcsnicmp(path + size - 4, L".cmd", 4) == 0);
}

static int is_file(const wchar_t *path)
{
    DWORD attributes = GetFileAttributesW(path);

    return attributes != INVALID_FILE_ATTRIBUTES &&
           (attributes & FILE_ATTRIBUTE_DIRECTORY) == 0;
}

/* Puts "directory\program", or that with ".exe", into `path`, whichever is a
 * file; 0: neither. A name with a dot is tried as it is first. */
static int find_in(
    const wchar_t *directory,
    size_t size,
    const wchar_t *program,
    wchar_t *path)
{
    int has_dot = wcschr(program, L'.') != NULL;

    for (int turn = 0; turn < 2; turn++) {
        wmemcpy(path, directory, size);
        path[size] = L'\0';
        if (size > 0 && !wcschr(SLASHES, path[size - 1])) {
            wcscat(path, L"\\");
        }
        wcscat(path, program);
        if (has_dot == turn) {
            wcscat(path, L".exe");
        }
        if (is_file(path)) {
            return 1;
        }
    }
    return 0;
}

/* In each directory of the list; an empty one is none. One may be in quotes. */
static int
find_in_list(const wchar_t *list, const wchar_t *program, wchar_t *path)
{
    while (*list) {
        size_t size = wcscspn(list, L";");
        size_t rest = list[size] ? size + 1 : size;
        const wchar_t *directory = list;

        if (size > 1 && list[0] == L'"' && list[size - 1] == L'"') {
            directory++;
            size -= 2;
        }
        if (size > 0 && find_in(directory, size, program, path)) {
            return 1;
        }
        list += rest;
    }
    return 0;
}

static wchar_t *get_path_list(void)
{
    DWORD count = GetEnvironmentVariableW(L"PATH", NULL, 0);
    wchar_t *list = calloc((size_t)count + 1, sizeof *list);

    if (list) {
        GetEnvironmentVariableW(L"PATH", list, count + 1);
    }
    return list;
}

/* `path` has room for all. */
static void find(const wchar_t *list, const wchar_t *program, wchar_t *path)
{
    int is_found = list ? find_in_list(list, program, path)
                        : find_in(L"", 0, program, path);

    if (!is_found) {
        wcscpy(path, program);
    }
}

/* So that it does not depend on the child's directory. */
static xipc_status make_full(const wchar_t *path, wchar_t **full_out)
{
    DWORD count = GetFullPathNameW(path, 0, NULL, NULL);
    wchar_t *full = calloc((size_t)count + 1, sizeof *full);

    if (!full) {
        return no_memory();
    }
    GetFullPathNameW(path, count + 1, full, NULL);
    *full_out = full;
    return XIPC_OK;
}

static xipc_status
find_wide(const wchar_t *program, int is_searched, wchar_t **path_out)
{
    wchar_t *list = NULL;
    wchar_t *path = NULL;
    xipc_status status = XIPC_E_NO_MEMORY;
    size_t size = wcslen(program) + 8;

    if (is_searched && !wcspbrk(program, SLASHES)) {
        list = get_path_list();
        if (!list) {
            return no_memory();
        }
        size += wcslen(list);
    }
    path = malloc(size * sizeof *path);
    if (path) {
        find(list, program, path);
        status = make_full(path, path_out);
    } else {
        no_memory();
    }
    free(path);
    free(list);
    return status;
}

xipc_status
win32_program_of(const char *program, int is_searched, wchar_t **path_out)
{
    wchar_t *wide = NULL;
    xipc_status status = win32_wide_of(program, &wide);

    if (status == XIPC_OK) {
        status = find_wide(wide, is_searched, path_out);
    }
    free(wide);
    if (status == XIPC_OK && is_batch(*path_out)) {
        free(*path_out);
        status = xipcos_fault(
            XIPC_E_NOT_SUPPORTED, 0,
            "nothing can be quoted safely for a .bat or .cmd file");
    }
    return status;
}

/* ---- the arguments ---- */

/* As much as is known to fit. */
typedef struct line {
    wchar_t *text;
    size_t size;
} line;

static void put(line *self, wchar_t character, size_t times)
{
    for (; times > 0; times--) {
        self->text[self->size++] = character;
    }
}

/*
 * In front of a quote, and at the end of what is quoted, backslashes count
 * double, and one more hides the quote; anywhere else each is itself.
 */
static void put_quoted(line *self, const wchar_t *argument)
{
    size_t slash_count = 0;

    put(self, L'"', 1);
    for (; *argument; argument++) {
        if (*argument == L'"') {
            put(self, L'\\', slash_count + 1);
        }
        slash_count = *argument == L'\\' ? slash_count + 1 : 0;
        put(self, *argument, 1);
    }
    put(self, L'\\', slash_count);
    put(self, L'"', 1);
}

/* Programs that do not know the rules are given as few quotes as can be. */
static void put_argument(line *self, const wchar_t *argument)
{
    if (self->size > 0) {
        put(self, L' ', 1);
    }
    if (*argument == L'\0' || wcspbrk(argument, L" \t\n\v\f\r\"")) {
        put_quoted(self, argument);
    } else {
        for (; *argument; argument++) {
            put(self, *argument, 1);
        }
    }
}

static int has_blank(const wchar_t *argument)
{
    while (*argument > L' ') {
        argument++;
    }
    return *argument != L'\0';
}

/*
 * The first one has rules of its own: a backslash hides nothing. Not every
 * parser knows that, so that one in front of a quote is not written.
 */
static xipc_status put_first(line *self, const wchar_t *argument)
{
    size_t size = wcslen(argument);
    int is_quoted = size == 0 || has_blank(argument);

    if (wcschr(argument, L'"') ||
        (is_quoted && size > 0 && argument[size - 1] == L'\\')) {
        return xipcos_fault(
            XIPC_E_INVALID, 0,
            "there is no way to write a quote in argv[0], or blanks and a "
            "backslash at the end");
    }
    put(self, L'"', (size_t)is_quoted);
    for (; *argument; argument++) {
        put(self, *argument, 1);
    }
    put(self, L'"', (size_t)is_quoted);
    return XIPC_OK;
}

static xipc_status put_all(line *self, const char *const *arguments)
{
    xipc_status status = XIPC_OK;

    for (size_t at = 0; status == XIPC_OK && arguments[at]; at++) {
        wchar_t *wide = NULL;

        status = win32_wide_of(arguments[at], &wide);
        if (status == XIPC_OK && at == 0) {
            status = put_first(self, wide);
        } else if (status == XIPC_OK) {
            put_argument(self, wide);
        }
        free(wide);
    }
    put(self, L'\0', 1);
    return status;
}

/*
 * Every byte may be two characters, and each argument has a blank and two
 * quotes. No less than a sixth of that is written, for three bytes are one
 * character at least: 0 if it is too long in any case.
 */
static size_t room_for(const char *const *arguments)
{
    size_t size = 1;

    for (; *arguments; arguments++) {
        size_t byte_count = strlen(*arguments);

        if (byte_count > ROOM_MAX) {
            return 0;
        }
        size += byte_count * 2 + 3;
        if (size > ROOM_MAX) {
            return 0;
        }
    }
    return size;
}

static xipc_status too_big(void)
{
    return xipcos_fault(
        XIPC_E_TOO_BIG, ERROR_FILENAME_EXCED_RANGE,
        "its command line has more characters than the system takes, %d",
        LINE_MAX_SIZE - 1);
}

xipc_status
win32_command_line_of(const char *const *arguments, wchar_t **line_out)
{
    size_t room = room_for(arguments);
    line self = {NULL, 0};
    xipc_status status;

    if (room == 0) {
        return too_big();
    }
    self.text = malloc(room * sizeof *self.text);
    status = self.text ? put_all(&self, arguments) : no_memory();
    if (status == XIPC_OK && self.size > LINE_MAX_SIZE) {
        status = too_big();
    }
    if (status != XIPC_OK) {
        free(self.text);
        return status;
    }
    *line_out = self.text;
    return XIPC_OK;
}
