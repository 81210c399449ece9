/* SPDX-License-Identifier: Apache-2.0 */
#include "system.h"

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include <shellapi.h>

#include "system_win32.h"

#if !defined(ENABLE_VIRTUAL_TERMINAL_PROCESSING)
#define ENABLE_VIRTUAL_TERMINAL_PROCESSING 4
#endif

enum { PATH_CAPACITY = 32768 };

wchar_t *win32_wide(const char *text)
{
    int size =
        MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, NULL, 0);
    wchar_t *wide;

    if (size <= 0) {
        return NULL;
    }
    wide = malloc((size_t)size * sizeof *wide);
    if (wide) {
        MultiByteToWideChar(CP_UTF8, 0, text, -1, wide, size);
    }
    return wide;
}

char *win32_narrow(const wchar_t *wide)
{
    int size = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
    char *text;

    if (size <= 0) {
        return NULL;
    }
    text = malloc((size_t)size);
    if (text) {
        WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, size, NULL, NULL);
    }
    return text;
}

void win32_error_text(unsigned long error, char *text, size_t capacity)
{
    DWORD size = FormatMessageA(
        FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, error,
        0, text, (DWORD)capacity, NULL);

    while (size > 0 && strchr("\r\n. ", text[size - 1])) {
        size--;
    }
    if (size == 0) {
        (void)snprintf(text, capacity, "error %lu", error);
    } else {
        text[size] = '\0';
    }
}

static char *program_path(void)
{
    wchar_t *wide = malloc(PATH_CAPACITY * sizeof *wide);
    char *text = NULL;

    if (wide && GetModuleFileNameW(NULL, wide, PATH_CAPACITY) > 0) {
        text = win32_narrow(wide);
    }
    free(wide);
    return text;
}

static void make_streams_binary(void)
{
    _setmode(_fileno(stdin), _O_BINARY);
    _setmode(_fileno(stdout), _O_BINARY);
    _setmode(_fileno(stderr), _O_BINARY);
}

/* NULL if one of them cannot be had. */
static char **narrow_all(wchar_t **wide, int count)
{
    char **all = calloc((size_t)count + 1, sizeof *all);

    for (int at = 0; all && at < count; at++) {
        all[at] = at == 0 ? program_path() : win32_narrow(wide[at]);
        if (!all[at]) {
            free((void *)all);
            all = NULL;
        }
    }
    return all;
}

char **system_arguments(int argc, char **argv)
{
    int count = 0;
    wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &count);
    char **all = NULL;

    (void)argc;
    (void)argv;
    make_streams_binary();
    if (wide && count > 0) {
        all = narrow_all(wide, count);
    }
    LocalFree(wide);
    return all;
}

static int columns_of(DWORD which)
{
    CONSOLE_SCREEN_BUFFER_INFO info;

    if (!GetConsoleScreenBufferInfo(GetStdHandle(which), &info)) {
        return 0;
    }
    return info.srWindow.Right - info.srWindow.Left + 1;
}

int system_output_columns(void)
{
    return columns_of(STD_OUTPUT_HANDLE);
}

int system_error_columns(void)
{
    return columns_of(STD_ERROR_HANDLE);
}

int system_output_lines(void)
{
    CONSOLE_SCREEN_BUFFER_INFO info;

    if (!GetConsoleScreenBufferInfo(GetStdHandle(STD_OUTPUT_HANDLE), &info)) {
        return 0;
    }
    return info.srWindow.Bottom - info.srWindow.Top + 1;
}

/* Where the cursor is after that text; 0, or -1. */
static int put_on_screen(HANDLE output, const char *text, COORD *cursor)
{
    CONSOLE_SCREEN_BUFFER_INFO info;
    DWORD put;

    if (!WriteConsoleA(output, text, (DWORD)strlen(text), &put, NULL) ||
        !GetConsoleScreenBufferInfo(output, &info)) {
        return -1;
    }
    *cursor = info.dwCursorPosition;
    return 0;
}

/* There are consoles that take the mode and show a sequence as text all the
 * same: one that changes nothing must not move the cursor. */
static int shows_no_sequences(HANDLE output)
{
    COORD before;
    COORD after;

    if (put_on_screen(output, "", &before) < 0 ||
        put_on_screen(output, "\033[m", &after) < 0) {
        return 0;
    }
    if (after.X == before.X && after.Y == before.Y) {
        return 1;
    }
    (void)SetConsoleCursorPosition(output, before);
    (void)put_on_screen(output, "   ", &after);
    (void)SetConsoleCursorPosition(output, before);
    return 0;
}

int system_terminal_begin(void)
{
    HANDLE output = GetStdHandle(STD_OUTPUT_HANDLE);
    DWORD mode;

    return GetConsoleMode(output, &mode) &&
           SetConsoleMode(output, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING) &&
           shows_no_sequences(output);
}
