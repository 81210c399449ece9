/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"
#include "whole.h"

#define PERMISSIONS 0777

int whole_is_file(const char *path)
{
    struct stat found;

    return stat(path, &found) < 0 || S_ISREG(found.st_mode);
}

void whole_protect(const char *part, const char *path)
{
    struct stat found;

    if (stat(path, &found) == 0) {
        (void)!chmod(part, found.st_mode & PERMISSIONS);
    }
}

int whole_place(const char *part, const char *path)
{
    if (rename(part, path) < 0) {
        say("%s: %s", path, strerror(errno));
        return -1;
    }
    return 0;
}

void whole_remove(const char *part)
{
    (void)unlink(part);
}
