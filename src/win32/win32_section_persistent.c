/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Persistent objects: files in the runtime directory, used through sections.
 *
 * A file gets its name only when it is complete, and loses it in one step when
 * it is removed; both are a rename that replaces nothing. Until then, and from
 * then on, it stands under a name that marks it as junk (see
 * win32_directory.h), which whoever has it open keeps from being swept.
 */
#include "win32/win32_section.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <wchar.h>

#include "win32/win32_crash.h"
#include "win32/win32_directory.h"
#include "win32/win32_security.h"
#include "win32/win32_status.h"

#include <winioctl.h>

#define SHARE_ALL  (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)
#define BLOCK_SIZE ((DWORD)1 << 20)

/* A file that some program of the system has open without sharing (a virus
 * scanner, a backup) will be free in a moment. */
static xipc_status file_fault(DWORD error, const wchar_t *path)
{
    xipc_status status = xipcos_status(error);

    if (error == ERROR_SHARING_VIOLATION || error == ERROR_LOCK_VIOLATION) {
        status = XIPC_E_AGAIN;
    }
    return win32_fault_as(
        status, error, "cannot open '%s'", win32_utf8_of(path).text);
}

static xipc_status
make_file(const wchar_t *path, xipc_access access, HANDLE *file_out)
{
    const char *others;
    win32_security security;
    xipc_status status = win32_security_others(access, &others);
    HANDLE file;
    DWORD error;

    if (status == XIPC_OK) {
        status = win32_security_make(others, &security);
    }
    if (status != XIPC_OK) {
        return status;
    }
    file = CreateFileW(
        path, GENERIC_READ | GENERIC_WRITE, SHARE_ALL, &security.attributes,
        CREATE_NEW, FILE_ATTRIBUTE_NORMAL | FILE_ATTRIBUTE_NOT_CONTENT_INDEXED,
        NULL);
    error = GetLastError();
    win32_security_drop(&security);
    if (file == INVALID_HANDLE_VALUE) {
        return win32_fault(error, "cannot make '%s'", win32_utf8_of(path).text);
    }
    WIN32_CRASH_POINT();
    *file_out = file;
    return XIPC_OK;
}

/* The system may promise room that is not there; ask before. */
static xipc_status check_room(const win32_directory *directory, uint64_t size)
{
    ULARGE_INTEGER available;

    if (!GetDiskFreeSpaceExW(directory->path, &available, NULL, NULL) ||
        available.QuadPart >= size) {
        return XIPC_OK;
    }
    return xipcos_fault(
        XIPC_E_NO_SPACE, ERROR_DISK_FULL,
        "%" PRIu64 " bytes asked for, %" PRIu64 " bytes are free in '%s'", size,
        (uint64_t)available.QuadPart, win32_utf8_of(directory->path).text);
}

/* Takes the room by using it, where a file system hands out holes. */
static xipc_status fill(HANDLE file, uint64_t size)
{
    void *zeros = calloc(1, BLOCK_SIZE);
    xipc_status status = XIPC_OK;
    DWORD written;
    DWORD part;

    if (!zeros) {
        return xipcos_fault(XIPC_E_NO_MEMORY, 0, "no memory to fill its file");
    }
    while (size > 0 && status == XIPC_OK) {
        part = size < BLOCK_SIZE ? (DWORD)size : BLOCK_SIZE;
        if (!WriteFile(file, zeros, part, &written, NULL) || written == 0) {
            status = win32_fault(GetLastError(), "cannot fill its file");
            break;
        }
        size -= written;
    }
    free(zeros);
    return status;
}

static int is_allocated(HANDLE file, uint64_t size)
{
    FILE_STANDARD_INFO information;

    return GetFileInformationByHandleEx(
               file, FileStandardInfo, &information, sizeof information) &&
           (uint64_t)information.AllocationSize.QuadPart >= size;
}

static xipc_status size_file(
    HANDLE file, const win32_directory *directory, int is_lazy, uint64_t size)
{
    FILE_END_OF_FILE_INFO end = {.EndOfFile = {.QuadPart = (LONGLONG)size}};
    xipc_status status;
    DWORD ignored;

    if (is_lazy) {
        /* Refused where a file system has no holes: then it is not lazy. */
        DeviceIoControl(
            file, FSCTL_SET_SPARSE, NULL, 0, NULL, 0, &ignored, NULL);
    } else {
        status = check_room(directory, size);
        if (status != XIPC_OK) {
            return status;
        }
    }
    if (!SetFileInformationByHandle(
            file, FileEndOfFileInfo, &end, (DWORD)sizeof end)) {
        return win32_fault(
            GetLastError(), "cannot make a file of %" PRIu64 " bytes", size);
    }
    WIN32_CRASH_POINT();
    if (!is_lazy && !is_allocated(file, size)) {
        return fill(file, size);
    }
    return XIPC_OK;
}

static xipc_status map_file(xipcos_section *section, int is_read_only)
{
    section->mapping = CreateFileMappingW(
        section->file, NULL, is_read_only ? PAGE_READONLY : PAGE_READWRITE, 0,
        0, NULL);
    if (!section->mapping) {
        return win32_fault(GetLastError(), "cannot make a section of its file");
    }
    return XIPC_OK;
}

/* Everything but the name. */
static xipc_status build(
    const win32_directory *directory,
    const wchar_t *path,
    const xipcos_section_plan *plan,
    xipcos_section *section)
{
    uint64_t size = WIN32_DATA_OFFSET + plan->max_size;
    xipc_status status = make_file(path, plan->access, &section->file);

    if (status == XIPC_OK) {
        status = size_file(section->file, directory, plan->is_lazy, size);
    }
    if (status == XIPC_OK) {
        status = map_file(section, 0);
    }
    if (status == XIPC_OK) {
        status = win32_section_write(section, plan, WIN32_KIND_PERSISTENT);
    }
    if (status == XIPC_OK) {
        status = win32_lease_take(
            win32_section_lease_scope(section->scope, WIN32_KIND_PERSISTENT),
            section->instance, &section->lease);
    }
    if (status == XIPC_OK) {
        win32_layout_publish(section->prefix);
        WIN32_CRASH_POINT();
    }
    return status;
}

static xipc_status move_file(const wchar_t *from, const wchar_t *to)
{
    /* Without a flag it neither replaces nor copies. */
    if (!MoveFileExW(from, to, 0)) {
        return file_fault(GetLastError(), from);
    }
    WIN32_CRASH_POINT();
    return XIPC_OK;
}

xipc_status win32_persistent_create(
    xipcos_place place,
    const xipcos_section_plan *plan,
    xipcos_section *section)
{
    win32_directory directory;
    wchar_t unfinished[WIN32_PATH_COUNT];
    wchar_t path[WIN32_PATH_COUNT];
    xipc_status status = win32_directory_open(place.scope, 1, &directory);

    if (status != XIPC_OK) {
        return status;
    }
    section->scope = place.scope;
    win32_directory_fresh_path(&directory, 't', unfinished);
    win32_directory_path(&directory, place.native_name, path);
    status = build(&directory, unfinished, plan, section);
    if (status == XIPC_OK) {
        status = move_file(unfinished, path);
    }
    if (status != XIPC_OK) {
        /* First the holds on it: a file in use cannot be removed. */
        win32_section_release(section);
        win32_file_discard(unfinished);
    }
    win32_directory_close(&directory);
    return status;
}

/* Opens the file and makes sure that it is a file, and whose. */
static xipc_status
open_file(const wchar_t *path, DWORD access, xipc_trust trust, HANDLE *file_out)
{
    HANDLE file = CreateFileW(
        path, access, SHARE_ALL, NULL, OPEN_EXISTING,
        FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    BY_HANDLE_FILE_INFORMATION information;
    xipc_status status;

    if (file == INVALID_HANDLE_VALUE) {
        return file_fault(GetLastError(), path);
    }
    *file_out = file;
    WIN32_CRASH_POINT();
    if (!GetFileInformationByHandle(file, &information)) {
        return win32_fault(GetLastError(), "cannot look at its file");
    }
    status = win32_security_check_owner(file, SE_FILE_OBJECT, trust);
    if (status != XIPC_OK) {
        return status;
    }
    if (information.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) {
        return xipcos_fault(
            XIPC_E_ACCESS, 0, "'%s' is a link", win32_utf8_of(path).text);
    }
    return XIPC_OK;
}

static xipc_status check_file_size(HANDLE file)
{
    LARGE_INTEGER size;

    if (!GetFileSizeEx(file, &size)) {
        return win32_fault(GetLastError(), "cannot see how large its file is");
    }
    if (size.QuadPart < WIN32_DATA_OFFSET) {
        return xipcos_fault(
            XIPC_E_CORRUPT, 0, "its file has only %" PRId64 " bytes",
            (int64_t)size.QuadPart);
    }
    return XIPC_OK;
}

xipc_status win32_persistent_attach(
    xipcos_place place,
    xipc_trust trust,
    int is_read_only,
    xipcos_section *section)
{
    win32_directory directory;
    wchar_t path[WIN32_PATH_COUNT];
    xipc_status status = win32_directory_open(place.scope, 0, &directory);

    if (status != XIPC_OK) {
        return status;
    }
    win32_directory_path(&directory, place.native_name, path);
    status = open_file(
        path, is_read_only ? GENERIC_READ : GENERIC_READ | GENERIC_WRITE, trust,
        &section->file);
    win32_directory_close(&directory);
    if (status == XIPC_OK) {
        status = check_file_size(section->file);
    }
    if (status == XIPC_OK) {
        status = map_file(section, is_read_only);
    }
    if (status != XIPC_OK) {
        return status;
    }
    return win32_section_read(section, WIN32_KIND_PERSISTENT, is_read_only);
}

xipc_status win32_persistent_exists(xipcos_place place)
{
    win32_directory directory;
    wchar_t path[WIN32_PATH_COUNT];
    xipc_status status = win32_directory_open(place.scope, 0, &directory);

    if (status != XIPC_OK) {
        return status;
    }
    win32_directory_path(&directory, place.native_name, path);
    if (GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES) {
        status = file_fault(GetLastError(), path);
    }
    win32_directory_close(&directory);
    return status;
}

xipc_status win32_persistent_remove(xipcos_place place)
{
    win32_directory directory;
    wchar_t path[WIN32_PATH_COUNT];
    wchar_t removed[WIN32_PATH_COUNT];
    HANDLE file = NULL;
    xipc_status status = win32_directory_open(place.scope, 0, &directory);

    if (status != XIPC_OK) {
        return status;
    }
    win32_directory_path(&directory, place.native_name, path);
    win32_directory_fresh_path(&directory, 'd', removed);
    status = open_file(
        path, READ_CONTROL | FILE_READ_ATTRIBUTES, XIPC_TRUST_SELF, &file);
    if (file) {
        CloseHandle(file);
    }
    if (status == XIPC_OK) {
        status = move_file(path, removed);
    }
    if (status == XIPC_OK) {
        win32_file_discard(removed); /* or its last holder does */
    }
    win32_directory_close(&directory);
    if (status == XIPC_OK) {
        win32_directory_sweep(place.scope);
    }
    return status;
}

int win32_persistent_is_removed(HANDLE file)
{
    wchar_t path[WIN32_PATH_COUNT];
    DWORD size = GetFinalPathNameByHandleW(
        file, path, WIN32_PATH_COUNT, VOLUME_NAME_DOS);
    const wchar_t *name;

    if (size == 0 || size >= WIN32_PATH_COUNT) {
        return 1; /* not to be told: look */
    }
    name = wcsrchr(path, L'\\');
    return !name || wcsncmp(name + 1, L"d-", 2) == 0 ||
           GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES;
}
