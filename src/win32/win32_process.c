/* SPDX-License-Identifier: Apache-2.0 */
#include "os/os_process.h"

#include <stdio.h>
#include <string.h>

#include "win32/win32_security.h"

uint64_t xipcos_fork_epoch(void)
{
    return 1; /* this system has no fork() */
}

size_t xipcos_user(char *buffer, size_t capacity)
{
    char sid[WIN32_SID_TEXT_SIZE];

    win32_user_sid_text(sid);
    snprintf(buffer, capacity, "%s", sid);
    return strlen(buffer);
}
