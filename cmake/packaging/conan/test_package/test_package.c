/* SPDX-License-Identifier: Apache-2.0 */
/* A few bytes through a pipe of the library that the package holds. */
#include <stdio.h>
#include <string.h>

#include <xipc/xipc.h>

static int fail(const char *what)
{
    fprintf(stderr, "test_package: %s\n", what);
    return 1;
}

int main(void)
{
    const xipc_deadline deadline = xipc_after_ms(10000);
    xipc_pipe *reader = NULL;
    xipc_pipe *writer = NULL;
    char text[sizeof XIPC_VERSION] = "";
    size_t size = 0;

    if (xipc_pipe_create(NULL, &reader, &writer) ||
        xipc_pipe_write(writer, xipc_version(), sizeof text, deadline, &size) ||
        xipc_pipe_read(reader, text, sizeof text, deadline, &size)) {
        return fail(xipc_detail());
    }
    xipc_pipe_close(writer);
    xipc_pipe_close(reader);
    if (size != sizeof text || strcmp(text, XIPC_VERSION) != 0) {
        return fail("the headers are of another version than the library");
    }
    printf("xipc %s\n", text);
    return 0;
}
