/* SPDX-License-Identifier: Apache-2.0 */
#include "posix/posix_gift.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posix/posix_lease.h"
#include "posix/posix_status.h"

/* Of what stands behind the words. */
#define PLACE_SIZE 64

static size_t room_for(const xipcos_spawn_plan *plan)
{
    size_t size = sizeof POSIX_GIFT_VARIABLE;

    for (size_t at = 0; at < plan->gift_count; at++) {
        size += strlen(plan->gifts[at].words) + PLACE_SIZE;
    }
    return size;
}

static int is_descriptor(intptr_t native)
{
    return native >= 0 && native <= INT_MAX;
}

/* Returns how much was written; 0: it is not open. */
static size_t
write_one(const xipcos_gift *gift, int number, char *text, size_t capacity)
{
    struct stat file;

    if (!is_descriptor(gift->native) || fstat((int)gift->native, &file) < 0) {
        return 0;
    }
    return (size_t)snprintf(
        text, capacity, "%s|%d|%" PRIx64 "|%" PRIx64 ";", gift->words, number,
        (uint64_t)file.st_dev, (uint64_t)file.st_ino);
}

xipc_status
posix_gift_write(const xipcos_spawn_plan *plan, int first, char **variable_out)
{
    size_t capacity = room_for(plan);
    size_t size = strlen(POSIX_GIFT_VARIABLE);
    char *text = malloc(capacity);

    if (!text) {
        return xipcos_fault(XIPC_E_NO_MEMORY, ENOMEM, "no memory");
    }
    memcpy(text, POSIX_GIFT_VARIABLE, size + 1);
    for (size_t at = 0; at < plan->gift_count; at++) {
        size_t more = write_one(
            &plan->gifts[at], first + (int)at, text + size, capacity - size);

        if (more == 0) {
            free(text);
            return xipcos_fault(
                XIPC_E_INVALID, EBADF, "descriptor %lld is not open",
                (long long)plan->gifts[at].native);
        }
        size += more;
    }
    *variable_out = text;
    return XIPC_OK;
}

/* ---- in the child ---- */

typedef struct found_gift {
    const char *words;
    size_t size;
    int fd;
    uint64_t device;
    uint64_t inode;
} found_gift;

/* What the number is that stands at `*at` before `end`, which is passed. */
static int read_number(const char **at, char end, int base, uint64_t *out)
{
    char *stop;

    errno = 0;
    *out = strtoull(*at, &stop, base);
    if (errno != 0 || stop == *at || *stop != end) {
        return 0;
    }
    *at = stop + 1;
    return 1;
}

/* Passes it. */
static int read_one(const char **at, found_gift *gift)
{
    const char *bar = strchr(*at, '|');
    uint64_t number;

    if (!bar) {
        return 0;
    }
    gift->words = *at;
    gift->size = (size_t)(bar - *at);
    *at = bar + 1;
    if (!read_number(at, '|', 10, &number) || number > INT_MAX ||
        !read_number(at, '|', 16, &gift->device) ||
        !read_number(at, ';', 16, &gift->inode)) {
        return 0;
    }
    gift->fd = (int)number;
    return 1;
}

/* One that is closed on exec did not come through it. */
static int is_there(const found_gift *gift)
{
    int flags = fcntl(gift->fd, F_GETFD);
    struct stat file;

    return flags >= 0 && (flags & FD_CLOEXEC) == 0 &&
           fstat(gift->fd, &file) == 0 &&
           (uint64_t)file.st_dev == gift->device &&
           (uint64_t)file.st_ino == gift->inode;
}

void xipcos_gifts_visit(xipcos_gift_visit *visit, void *context)
{
    const char *at = getenv("XIPC_INHERITED");
    found_gift gift;

    while (at && read_one(&at, &gift)) {
        if (is_there(&gift) && fcntl(gift.fd, F_SETFD, FD_CLOEXEC) == 0) {
            visit(gift.words, gift.size, gift.fd, context);
        }
    }
}

void xipcos_gift_close(intptr_t native)
{
    posix_lease_close_any((int)native);
}
