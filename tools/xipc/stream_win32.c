/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <windows.h>

#include "say.h"
#include "stop.h"
#include "system_win32.h"

/* The most that one call is asked for. */
#define PIECE_MAX ((size_t)1 << 20)

struct stream {
    const char *name;
    HANDLE handle;
    int is_own;
};

static void fail(const char *name)
{
    char text[256];

    if (!stop_asked()) {
        win32_error_text(GetLastError(), text, sizeof text);
        say("%s: %s", name, text);
    }
}

static stream *stream_make(const char *name, HANDLE handle, int is_own)
{
    stream *self = malloc(sizeof *self);

    if (!self || handle == INVALID_HANDLE_VALUE || !handle) {
        fail(name);
        free(self);
        return NULL;
    }
    self->name = name;
    self->handle = handle;
    self->is_own = is_own;
    return self;
}

static stream *stream_open(const char *path, DWORD access, DWORD how)
{
    wchar_t *wide = win32_wide(path);
    HANDLE handle = INVALID_HANDLE_VALUE;

    if (wide) {
        handle = CreateFileW(
            wide, access, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, how,
            FILE_ATTRIBUTE_NORMAL, NULL);
    }
    if (handle == INVALID_HANDLE_VALUE) {
        fail(path);
        free(wide);
        return NULL;
    }
    free(wide);
    return stream_make(path, handle, 1);
}

stream *stream_open_to_read(const char *path)
{
    if (stream_is_standard(path)) {
        return stream_make("standard input", GetStdHandle(STD_INPUT_HANDLE), 0);
    }
    return stream_open(path, GENERIC_READ, OPEN_EXISTING);
}

stream *stream_open_to_write(const char *path)
{
    if (stream_is_standard(path)) {
        return stream_make(
            "standard output", GetStdHandle(STD_OUTPUT_HANDLE), 0);
    }
    return stream_open(path, GENERIC_WRITE, CREATE_ALWAYS);
}

/* Pipes and devices: to open one is to do something with it. */
static int is_special(const char *path)
{
    return strncmp(path, "\\\\.\\", 4) == 0;
}

int stream_try_to_read(const char *path)
{
    wchar_t *wide;
    int result = 0;

    if (stream_is_standard(path) || is_special(path)) {
        return 0;
    }
    wide = win32_wide(path);
    if (!wide || GetFileAttributesW(wide) == INVALID_FILE_ATTRIBUTES) {
        fail(path);
        result = -1;
    }
    free(wide);
    return result;
}

/* Whether a new file can be made beside it. Cuts the path. */
static int try_folder(wchar_t *path)
{
    wchar_t *end = path + wcslen(path);
    HANDLE folder;

    while (end > path && end[-1] != L'\\' && end[-1] != L'/') {
        end--;
    }
    /* C:file is in a folder that only the system knows. */
    if (end == path && wcschr(path, L':')) {
        return 0;
    }
    *end = L'\0';
    folder = CreateFileW(
        end == path ? L"." : path, FILE_ADD_FILE,
        FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
        OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    if (folder == INVALID_HANDLE_VALUE) {
        return -1;
    }
    CloseHandle(folder);
    return 0;
}

int stream_try_to_write(const char *path)
{
    wchar_t *wide;
    HANDLE handle;
    int result = 0;

    if (stream_is_standard(path) || is_special(path)) {
        return 0;
    }
    wide = win32_wide(path);
    if (!wide) {
        fail(path);
        return -1;
    }
    handle = CreateFileW(
        wide, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
        OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    if (handle != INVALID_HANDLE_VALUE) {
        CloseHandle(handle);
    } else {
        result = GetLastError() == ERROR_FILE_NOT_FOUND ? try_folder(wide) : -1;
    }
    if (result < 0) {
        fail(path);
    }
    free(wide);
    return result;
}

const char *stream_name(const stream *self)
{
    return self->name;
}

uint64_t stream_size(const stream *self)
{
    LARGE_INTEGER size;

    if (GetFileType(self->handle) != FILE_TYPE_DISK ||
        !GetFileSizeEx(self->handle, &size)) {
        return STREAM_SIZE_UNKNOWN;
    }
    return (uint64_t)size.QuadPart;
}

int64_t stream_read(stream *self, void *buffer, size_t capacity)
{
    DWORD size = (DWORD)(capacity < PIECE_MAX ? capacity : PIECE_MAX);
    DWORD got = 0;
    DWORD error;

    if (stop_asked()) {
        return -1;
    }
    SetLastError(ERROR_SUCCESS);
    if (ReadFile(self->handle, buffer, size, &got, NULL)) {
        /* A console ends a read at Ctrl-C as if that were the end. */
        int is_cut = got == 0 && GetLastError() == ERROR_OPERATION_ABORTED;

        return is_cut || stop_asked() ? -1 : (int64_t)got;
    }
    error = GetLastError();
    if (error == ERROR_BROKEN_PIPE || error == ERROR_HANDLE_EOF) {
        return 0;
    }
    fail(self->name);
    return -1;
}

int stream_write(stream *self, const void *bytes, size_t size)
{
    const char *at = bytes;

    while (size > 0) {
        DWORD piece = (DWORD)(size < PIECE_MAX ? size : PIECE_MAX);
        DWORD put = 0;

        if (stop_asked()) {
            return -1;
        }
        if (!WriteFile(self->handle, at, piece, &put, NULL)) {
            fail(self->name);
            return -1;
        }
        at += put;
        size -= put;
    }
    return 0;
}

int stream_close(stream *self)
{
    int result = 0;

    if (!self) {
        return 0;
    }
    if (self->is_own && !CloseHandle(self->handle)) {
        fail(self->name);
        result = -1;
    }
    free(self);
    return result;
}
