/* SPDX-License-Identifier: Apache-2.0 */
#include "os/os_process.h"

#include <stdlib.h>
#include <string.h>

#include "os/os_checksum.h"
#include "win32/win32_security.h"

uint64_t xipcos_fork_epoch(void)
{
    return 1; /* this system has no fork() */
}

/* A SID is longer than a number: a hash of it, which so far nobody shares. */
uint64_t xipcos_user(void)
{
    char sid[WIN32_SID_TEXT_SIZE];

    win32_user_sid_text(sid);
    return xipcos_checksum(0, sid, strlen(sid)) | 1;
}

uint32_t xipcos_process_id(void)
{
    return GetCurrentProcessId();
}

uint64_t xipcos_user_id(void)
{
    char sid[WIN32_SID_TEXT_SIZE];
    const char *last;

    win32_user_sid_text(sid);
    last = strrchr(sid, '-');
    return last ? strtoul(last + 1, NULL, 10) : 0;
}
