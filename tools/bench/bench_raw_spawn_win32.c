/* SPDX-License-Identifier: Apache-2.0 */
/* Starting a process without a library, on Windows. */
#include <stdio.h>
#include <windows.h>

#include "bench.h"

const char bench_raw_spawn_name[] = "CreateProcess, wait";

const char *const *bench_raw_spawn_words(void)
{
    static const char *words[] = {NULL, BENCH_NOTHING, NULL};

    words[0] = bench_program;
    return words;
}

void bench_raw_spawn(unsigned count)
{
    while (count-- > 0) {
        STARTUPINFOA startup = {.cb = sizeof startup};
        PROCESS_INFORMATION process;
        char line[MAX_PATH + 16];

        snprintf(line, sizeof line, "\"%s\" " BENCH_NOTHING, bench_program);
        bench_require(
            CreateProcessA(
                NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup,
                &process),
            "CreateProcess");
        WaitForSingleObject(process.hProcess, INFINITE);
        CloseHandle(process.hThread);
        CloseHandle(process.hProcess);
    }
}
