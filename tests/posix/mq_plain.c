/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that knows mq_* and nothing of this library.
 *
 *     mq_plain make NAME CAPACITY LONGEST   makes the queue
 *     mq_plain send NAME COUNT              sends messages 0 to COUNT - 1,
 *                                           waiting for room
 *     mq_plain receive NAME COUNT           requires that these come
 *     mq_plain remove NAME
 *
 * Message n has n % 200 bytes, each n * 7 and its place, and priority n % 3.
 * Whoever waits until all are there receives the highest priority first.
 */
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LONGEST 200

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static size_t fill(unsigned char *bytes, unsigned number)
{
    size_t size = number % LONGEST;

    for (size_t at = 0; at < size; at++) {
        bytes[at] = (unsigned char)(number * 7 + at);
    }
    return size;
}

static mqd_t opened(const char *name, int how)
{
    mqd_t queue = mq_open(name, how);

    if (queue == (mqd_t)-1) {
        fail("mq_open");
    }
    return queue;
}

static void make(const char *name, long capacity, long longest)
{
    struct mq_attr attributes;
    mqd_t queue;

    memset(&attributes, 0, sizeof attributes);
    attributes.mq_maxmsg = capacity;
    attributes.mq_msgsize = longest;
    queue = mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0600, &attributes);
    if (queue == (mqd_t)-1) {
        fail("mq_open");
    }
    mq_close(queue);
}

static void send_all(const char *name, unsigned count)
{
    unsigned char bytes[LONGEST];
    mqd_t queue = opened(name, O_WRONLY);

    for (unsigned number = 0; number < count; number++) {
        size_t size = fill(bytes, number);

        if (mq_send(queue, (const char *)bytes, size, number % 3) < 0) {
            fail("mq_send");
        }
    }
    mq_close(queue);
}

/* Of each priority its own come in order. */
static void receive_all(const char *name, unsigned count)
{
    unsigned due[3] = {0, 1, 2};
    mqd_t queue = opened(name, O_RDONLY);
    unsigned char bytes[65536];
    unsigned char want[LONGEST];

    for (unsigned i = 0; i < count; i++) {
        unsigned priority = 77;
        ssize_t size =
            mq_receive(queue, (char *)bytes, sizeof bytes, &priority);

        if (size < 0) {
            fail("mq_receive");
        }
        if (priority > 2 || (size_t)size != fill(want, due[priority]) ||
            memcmp(bytes, want, (size_t)size) != 0) {
            fprintf(
                stderr, "message %u of priority %u is another\n", i, priority);
            exit(1);
        }
        due[priority] += 3;
    }
    mq_close(queue);
}

int main(int argc, char **argv)
{
    const char *verb = argc > 2 ? argv[1] : "";
    unsigned count = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;

    if (strcmp(verb, "make") == 0 && argc == 5) {
        make(argv[2], (long)count, strtol(argv[4], NULL, 10));
    } else if (strcmp(verb, "send") == 0) {
        send_all(argv[2], count);
    } else if (strcmp(verb, "receive") == 0) {
        receive_all(argv[2], count);
    } else if (strcmp(verb, "remove") == 0) {
        if (mq_unlink(argv[2]) < 0) {
            fail("mq_unlink");
        }
    } else {
        fprintf(stderr, "mq_plain make|send|receive|remove NAME ...\n");
        return 2;
    }
    return 0;
}
