/* SPDX-License-Identifier: Apache-2.0 */
/* A pipe without a library, on Windows. */
#include <windows.h>

#include "bench.h"

static HANDLE reader;
static HANDLE writer;

void bench_raw_pipe_begin(void)
{
    bench_require(CreatePipe(&reader, &writer, NULL, 0), "CreatePipe");
}

void bench_raw_pipe_end(void)
{
    CloseHandle(reader);
    CloseHandle(writer);
}

static void raw(unsigned count)
{
    char bytes[BENCH_PIPE_SIZE] = {0};
    DWORD size;

    while (count-- > 0) {
        bench_require(
            WriteFile(writer, bytes, sizeof bytes, &size, NULL), "WriteFile");
        bench_require(
            ReadFile(reader, bytes, sizeof bytes, &size, NULL), "ReadFile");
    }
}

const bench_row bench_pipe_rows[] = {
    {"pipe: write, read", "WriteFile, ReadFile", bench_pipe, raw,
     bench_pipe_begin, bench_pipe_end},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};
