/* SPDX-License-Identifier: Apache-2.0 */
/* An anonymous pipe, in one thread. The rows stand with the raw calls of the
 * running system, since those say what there is to compare with. */
#include <xipc/xipc.h>

#include "bench.h"

static xipc_pipe *reader;
static xipc_pipe *writer;

void bench_pipe_begin(void)
{
    bench_ok(xipc_pipe_create(NULL, &reader, &writer));
    bench_raw_pipe_begin();
}

void bench_pipe_end(void)
{
    bench_raw_pipe_end();
    xipc_pipe_close(writer);
    xipc_pipe_close(reader);
}

void bench_pipe(unsigned count)
{
    char bytes[BENCH_PIPE_SIZE] = {0};
    size_t size;

    while (count-- > 0) {
        bench_ok(
            xipc_pipe_write(writer, bytes, sizeof bytes, XIPC_FOREVER, NULL));
        bench_ok(
            xipc_pipe_read(reader, bytes, sizeof bytes, XIPC_FOREVER, &size));
    }
}
