/* SPDX-License-Identifier: Apache-2.0 */
/* What the rows would be without a library, on Windows. */
#include <stdio.h>
#include <windows.h>

#include "bench.h"

#define HEAD_SIZE   512
#define DATA_OFFSET 65536
#define FILE_SIZE   (DATA_OFFSET + BENCH_SECTION_SIZE)

static char path[MAX_PATH + 32];
static HANDLE raw_file = INVALID_HANDLE_VALUE;
static HANDLE raw_section;

static HANDLE section_of(HANDLE file, const char *name)
{
    HANDLE section = CreateFileMappingA(
        file, NULL, PAGE_READWRITE, (DWORD)(FILE_SIZE >> 32),
        (DWORD)(FILE_SIZE & 0xffffffff), name);

    bench_require(section != NULL, "CreateFileMapping");
    return section;
}

static HANDLE open_file(DWORD disposition)
{
    HANDLE file = CreateFileA(
        path, GENERIC_READ | GENERIC_WRITE,
        FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
        disposition, FILE_ATTRIBUTE_NORMAL, NULL);

    bench_require(file != INVALID_HANDLE_VALUE, "CreateFile");
    return file;
}

void bench_raw_begin(void)
{
    char directory[MAX_PATH];

    bench_require(GetTempPathA(sizeof directory, directory) > 0, "GetTempPath");
    snprintf(
        path, sizeof path, "%sbench-%lu", directory,
        (unsigned long)GetCurrentProcessId());
    raw_file = open_file(CREATE_NEW);
    raw_section = section_of(raw_file, NULL);
}

void bench_raw_end(void)
{
    CloseHandle(raw_section);
    CloseHandle(raw_file);
    DeleteFileA(path);
}

static void map_once(HANDLE section)
{
    void *address = MapViewOfFile(
        section, FILE_MAP_READ | FILE_MAP_WRITE, 0, DATA_OFFSET,
        (SIZE_T)BENCH_SECTION_SIZE);

    bench_require(address != NULL, "MapViewOfFile");
    UnmapViewOfFile(address);
}

void bench_raw_map(unsigned count)
{
    while (count-- > 0) {
        map_once(raw_section);
    }
}

/* Open the file, look how large it is, lock a byte, make the section, look at
 * its head. */
static void open_once(int maps)
{
    HANDLE file = open_file(OPEN_EXISTING);
    OVERLAPPED where = {.OffsetHigh = 1 << 29};
    LARGE_INTEGER size;
    HANDLE section;
    void *head;

    bench_require(
        GetFileSizeEx(file, &size) &&
            LockFileEx(file, LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &where),
        "LockFileEx");
    section = section_of(file, NULL);
    head = MapViewOfFile(section, FILE_MAP_READ, 0, 0, HEAD_SIZE);
    bench_require(head != NULL, "MapViewOfFile");
    UnmapViewOfFile(head);
    if (maps) {
        map_once(section);
    }
    CloseHandle(section);
    CloseHandle(file);
}

void bench_raw_open(unsigned count)
{
    while (count-- > 0) {
        open_once(0);
    }
}

void bench_raw_open_map(unsigned count)
{
    while (count-- > 0) {
        open_once(1);
    }
}

void bench_raw_create(unsigned count)
{
    while (count-- > 0) {
        CloseHandle(section_of(INVALID_HANDLE_VALUE, "Local\\xipc-bench-raw"));
    }
}
