/* SPDX-License-Identifier: Apache-2.0 */
/* What it costs to start a program that does nothing, and to see it end. Our
 * child has no handles but its streams; the raw one has what leaks. */
#include <xipc/xipc.h>

#include "bench.h"

static void spawn(unsigned count)
{
    const char *const *words = bench_raw_spawn_words();
    xipc_process *process;

    while (count-- > 0) {
        bench_ok(xipc_spawn(words[0], words, NULL, &process));
        bench_ok(xipc_process_wait(process, XIPC_FOREVER, NULL));
        xipc_process_close(process);
    }
}

const bench_row bench_spawn_rows[] = {
    {"process: start, wait", bench_raw_spawn_name, spawn, bench_raw_spawn, NULL,
     NULL},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};
