/* SPDX-License-Identifier: Apache-2.0 */
/* How much a message queue of Linux can have, and why one was refused, which
 * the kernel says in one word. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <mqueue.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "os/os_fault.h"
#include "os/os_queue.h"
#include "posix/posix_queue.h"
#include "posix/posix_status.h"

#define CAPACITY_FROM "/proc/sys/fs/mqueue/msg_max"
#define MESSAGE_FROM  "/proc/sys/fs/mqueue/msgsize_max"
#define COUNT_FROM    "/proc/sys/fs/mqueue/queues_max"
#define BYTES_FROM    "RLIMIT_MSGQUEUE (ulimit -q)"

/* What the kernel has where nobody has set anything, and its own maximum. */
#define CAPACITY_DEFAULT 10
#define MESSAGE_DEFAULT  8192
#define MQ_PRIORITIES    32768

/* What the kernel counts against RLIMIT_MSGQUEUE beside a message's bytes; a
 * little more than it is. */
#define BYTES_BESIDE 128

static uint64_t read_number(const char *path, uint64_t otherwise)
{
    char text[32] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = -1;

    if (fd >= 0) {
        size = read(fd, text, sizeof text - 1);
        close(fd);
    }
    return size > 0 ? strtoull(text, NULL, 10) : otherwise;
}

static uint64_t byte_limit(void)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_MSGQUEUE, &limit) == 0 &&
                   limit.rlim_cur != RLIM_INFINITY
               ? limit.rlim_cur
               : 0;
}

/* A kernel can be built, and a container told, to have none: then even a call
 * that must fail fails otherwise. */
static int has_queues(void)
{
    struct mq_attr attributes;

    return mq_getattr((mqd_t)-1, &attributes) == 0 || errno == EBADF;
}

int xipcos_queue_limits(xipcos_queue_bounds *bounds_out)
{
    if (!has_queues()) {
        return 0;
    }
    *bounds_out = (xipcos_queue_bounds){
        .capacity_max = (uint32_t)read_number(CAPACITY_FROM, CAPACITY_DEFAULT),
        .message_max = (uint32_t)read_number(MESSAGE_FROM, MESSAGE_DEFAULT),
        .byte_max = byte_limit(),
        .priority_count = MQ_PRIORITIES,
        .has_many_receivers = 1,
        .is_bounded = 1,
        .outlives_creator = 1,
        .text = "mq_open()",
        .capacity_from = CAPACITY_FROM,
        .message_from = MESSAGE_FROM,
        .byte_from = BYTES_FROM,
    };
    return 1;
}

static xipc_status refuse_limit(const char *format, ...) XIPCOS_PRINTF(1, 2);

static xipc_status refuse_limit(const char *format, ...)
{
    char text[XIPCOS_FAULT_TEXT_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return xipcos_fault(XIPC_E_LIMIT, EINVAL, "%s", text);
}

/* The kernel says only that something is too large. */
static xipc_status explain_size(const xipcos_queue_plan *plan)
{
    xipcos_queue_bounds bounds = {0};

    xipcos_queue_limits(&bounds);
    if (plan->capacity > bounds.capacity_max) {
        return refuse_limit(
            "a capacity of %" PRIu32 "; a message queue has %" PRIu32
            " at most, says %s",
            plan->capacity, bounds.capacity_max, bounds.capacity_from);
    }
    return refuse_limit(
        "messages of %" PRIu32 " bytes, those of the library included; a "
        "message queue's have %" PRIu32 " at most, says %s",
        plan->message_max, bounds.message_max, bounds.message_from);
}

/* EMFILE is no descriptor left, or that this user's queues would have too many
 * bytes together. */
static xipc_status explain_bytes(const xipcos_queue_plan *plan)
{
    uint64_t needed =
        (uint64_t)plan->capacity * (plan->message_max + BYTES_BESIDE);
    int spare = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);

    if (spare < 0 && errno == EMFILE) {
        return posix_fault(EMFILE, "making a message queue");
    }
    if (spare >= 0) {
        close(spare);
    }
    return xipcos_fault(
        XIPC_E_NO_SPACE, EMFILE,
        "a message queue of about %" PRIu64 " bytes; all of this user's have "
        "%" PRIu64 " together at most, says %s",
        needed, byte_limit(), BYTES_FROM);
}

xipc_status posix_queue_explain(int os_error, const xipcos_queue_plan *plan)
{
    switch (os_error) {
    case EINVAL:
    case EOVERFLOW: return explain_size(plan);
    case EMFILE: return explain_bytes(plan);
    case ENOSPC:
        return xipcos_fault(
            XIPC_E_LIMIT, ENOSPC,
            "there are as many message queues as %s allows, %" PRIu64,
            COUNT_FROM, read_number(COUNT_FROM, 0));
    default: return posix_fault(os_error, "making a message queue");
    }
}
