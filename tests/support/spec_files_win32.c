/* SPDX-License-Identifier: Apache-2.0 */
#include <windows.h>

#include <stdio.h>
#include <string.h>

#include "support/spec_system.h"
#include "support/spec_text.h"

static void fail_at(const char *verb, const char *path)
{
    unsigned long error = GetLastError();

    spec_die("cannot %s %s: error %lu", verb, path, error);
}

void spec_file_make_temporary(char *path, size_t capacity)
{
    char parent[SPEC_PATH_SIZE];
    DWORD size = GetTempPathA(sizeof parent, parent);
    LARGE_INTEGER now;

    if (size == 0 || size >= sizeof parent) {
        fail_at("find", "the directory for temporary files");
    }
    (void)QueryPerformanceCounter(&now);
    for (unsigned attempt = 0; attempt < 1000; attempt++) {
        (void)snprintf(
            path, capacity, "%sxipc-spec-%lu-%llx", parent,
            GetCurrentProcessId(), (unsigned long long)now.QuadPart + attempt);
        if (CreateDirectoryA(path, NULL)) {
            return;
        }
    }
    fail_at("make", path);
}

void spec_file_make_directory(const char *path)
{
    if (!CreateDirectoryA(path, NULL)) {
        fail_at("make", path);
    }
}

void spec_file_enter(const char *path)
{
    if (!SetCurrentDirectoryA(path)) {
        fail_at("enter", path);
    }
}

void *spec_file_map(const char *path, size_t size, int is_new)
{
    HANDLE file = CreateFileA(
        path, GENERIC_READ | GENERIC_WRITE,
        FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
        is_new ? CREATE_NEW : OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    HANDLE mapping;
    void *address;

    if (file == INVALID_HANDLE_VALUE) {
        fail_at("open", path);
    }
    mapping =
        CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, (DWORD)size, NULL);
    if (!mapping) {
        fail_at("map", path);
    }
    address = MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, size);
    if (!address) {
        fail_at("map", path);
    }
    (void)CloseHandle(mapping);
    (void)CloseHandle(file);
    return address;
}

void spec_file_unmap(void *address, size_t size)
{
    (void)size;
    (void)UnmapViewOfFile(address);
}

static int is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* A link to another directory is removed, never followed. */
static int is_own_directory(DWORD attributes)
{
    return (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0 &&
           (attributes & FILE_ATTRIBUTE_REPARSE_POINT) == 0;
}

void spec_file_each(
    const char *directory, spec_file_visit *visit, void *context)
{
    char path[SPEC_PATH_SIZE];
    WIN32_FIND_DATAA found;
    HANDLE search;

    (void)snprintf(path, sizeof path, "%s/*", directory);
    search = FindFirstFileA(path, &found);
    if (search == INVALID_HANDLE_VALUE) {
        return;
    }
    do {
        if (is_dots(found.cFileName)) {
            continue;
        }
        (void)snprintf(path, sizeof path, "%s/%s", directory, found.cFileName);
        if (is_own_directory(found.dwFileAttributes)) {
            spec_file_each(path, visit, context);
        }
        visit(path, context);
    } while (FindNextFileA(search, &found));
    (void)FindClose(search);
}

static void remove_one(const char *path, void *context)
{
    (void)context;
    (void)SetFileAttributesA(path, FILE_ATTRIBUTE_NORMAL);
    if (!DeleteFileA(path)) {
        (void)RemoveDirectoryA(path);
    }
}

void spec_file_remove_tree(const char *path)
{
    DWORD attributes = GetFileAttributesA(path);

    if (attributes != INVALID_FILE_ATTRIBUTES && is_own_directory(attributes)) {
        spec_file_each(path, remove_one, NULL);
    }
    remove_one(path, NULL);
}

/* Named memory is the page file's; it has no files. */
void spec_file_each_shared(spec_file_visit *visit, void *context)
{
    (void)visit;
    (void)context;
}
