/* SPDX-License-Identifier: Apache-2.0 */
/* POSIX message queues. */
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>

#include "road_raw_posix.h"

#define NAME_SIZE 160

typedef struct queues {
    mqd_t out;
    mqd_t in;
} queues;

static long limit_of(const char *path, long otherwise)
{
    FILE *file = fopen(path, "r");
    long limit = otherwise;

    if (file) {
        if (fscanf(file, "%ld", &limit) != 1) {
            limit = otherwise;
        }
        fclose(file);
    }
    return limit;
}

static const char *is_missing(size_t size)
{
    static char why[80];
    long most = limit_of("/proc/sys/fs/mqueue/msgsize_max", 8192);

    if ((long)size <= most) {
        return NULL;
    }
    snprintf(why, sizeof why, "a message has %ld bytes at most here", most);
    return why;
}

static void *open_queues(const road_plan *plan)
{
    struct mq_attr attributes = {
        .mq_maxmsg = limit_of("/proc/sys/fs/mqueue/msg_max", 10),
        .mq_msgsize = (long)plan->size};
    queues *road = calloc(1, sizeof *road);
    char name[NAME_SIZE];
    mqd_t opened[2];

    bench_require(road != NULL, "no memory");
    for (int way = 0; way < 2; way++) {
        snprintf(name, sizeof name, "/%.140s-%d", plan->name, way);
        opened[way] =
            mq_open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600, &attributes);
        raw_require(opened[way] != (mqd_t)-1, "mq_open");
        if (plan->is_second) { /* both have it: nothing is to be left */
            mq_unlink(name);
        }
    }
    road->out = opened[plan->is_second ? 1 : 0];
    road->in = opened[plan->is_second ? 0 : 1];
    return road;
}

static void close_queues(void *context)
{
    queues *road = context;

    mq_close(road->out);
    mq_close(road->in);
    free(road);
}

static void send_message(void *context, const void *message, size_t size)
{
    raw_require(
        mq_send(((queues *)context)->out, message, size, 0) == 0, "mq_send");
}

static void receive_message(void *context, void *message, size_t size)
{
    raw_require(
        mq_receive(((queues *)context)->in, message, size, NULL) ==
            (ssize_t)size,
        "mq_receive");
}

const road_kind road_raw_mq = {
    .name = "POSIX mq",
    .group = ROAD_RAW,
    .flags = ROAD_MANY,
    .is_missing = is_missing,
    .create = open_queues,
    .join = open_queues,
    .close = close_queues,
    .send = send_message,
    .receive = receive_message};
