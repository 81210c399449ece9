/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <unistd.h>

#include "support/spawn_kit.h"

static xipc_native_handle opened(const char *name, int flags)
{
    int fd = open(name, flags, 0600);

    REQUIRE(fd >= 0);
    return fd;
}

xipc_native_handle native_file_made(const char *name)
{
    return opened(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC);
}

xipc_native_handle native_file_opened(const char *name)
{
    return opened(name, O_RDONLY | O_CLOEXEC);
}

xipc_native_handle native_file_leaking(const char *name)
{
    return opened(name, O_WRONLY | O_CREAT | O_TRUNC);
}

void native_file_closed(xipc_native_handle native)
{
    REQUIRE(close((int)native) == 0);
}
