/* SPDX-License-Identifier: Apache-2.0 */
/* What the mailbox rows would be without a library, on POSIX: message queues
 * where they are part of the system, else a pipe. */
#include <fcntl.h>
#include <unistd.h>

#include "bench.h"

static char message[BENCH_MAILBOX_MESSAGE_SIZE];

#if defined(__linux__)

#include <mqueue.h>

#define NAME     "/xipc-bench"
#define NEW_NAME "/xipc-bench-new"

static mqd_t queue;

static mqd_t create_queue(const char *name)
{
    struct mq_attr attributes = {
        .mq_maxmsg = BENCH_MAILBOX_CAPACITY, .mq_msgsize = sizeof message};
    mqd_t made = mq_open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600, &attributes);

    bench_require(made != (mqd_t)-1, "mq_open");
    return made;
}

void bench_raw_mailbox_begin(void)
{
    queue = create_queue(NAME);
}

void bench_raw_mailbox_end(void)
{
    mq_close(queue);
    mq_unlink(NAME);
}

static void pass(unsigned count)
{
    while (count-- > 0) {
        bench_require(
            mq_send(queue, message, sizeof message, 0) == 0, "mq_send");
        bench_require(
            mq_receive(queue, message, sizeof message, NULL) ==
                (ssize_t)sizeof message,
            "mq_receive");
    }
}

static void open_only(unsigned count)
{
    while (count-- > 0) {
        mqd_t opened = mq_open(NAME, O_RDWR | O_CLOEXEC);

        bench_require(opened != (mqd_t)-1, "mq_open");
        mq_close(opened);
    }
}

static void create(unsigned count)
{
    while (count-- > 0) {
        mq_close(create_queue(NEW_NAME));
        mq_unlink(NEW_NAME);
    }
}

const bench_row bench_mailbox_rows[] = {
    {"mailbox: send, receive", "mq_send, mq_receive", bench_mailbox_copy, pass,
     bench_mailbox_begin, bench_mailbox_end},
    {"mailbox: in place", "mq_send, mq_receive", bench_mailbox_in_place, pass,
     bench_mailbox_begin, bench_mailbox_end},
    {"mailbox: open, close", "mq_open, mq_close", bench_mailbox_open, open_only,
     bench_mailbox_begin, bench_mailbox_end},
    {"mailbox: create, close", "mq_open, mq_close, mq_unlink",
     bench_mailbox_create, create, NULL, NULL},
    {"mailbox, native: send, receive", "mq_send, mq_receive",
     bench_mailbox_copy, pass, bench_queue_begin, bench_mailbox_end},
    {"mailbox, native: open, close", "mq_open, mq_close", bench_mailbox_open,
     open_only, bench_queue_begin, bench_mailbox_end},
    {"mailbox, native: create, close", "mq_open, mq_close, mq_unlink",
     bench_queue_create, create, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

#else

static int ends[2];

void bench_raw_mailbox_begin(void)
{
    bench_require(pipe(ends) == 0, "pipe");
}

void bench_raw_mailbox_end(void)
{
    close(ends[0]);
    close(ends[1]);
}

static void pass(unsigned count)
{
    while (count-- > 0) {
        bench_require(
            write(ends[1], message, sizeof message) == (ssize_t)sizeof message,
            "write");
        bench_require(
            read(ends[0], message, sizeof message) == (ssize_t)sizeof message,
            "read");
    }
}

const bench_row bench_mailbox_rows[] = {
    {"mailbox: send, receive", "write, read of a pipe", bench_mailbox_copy,
     pass, bench_mailbox_begin, bench_mailbox_end},
    {"mailbox: in place", "write, read of a pipe", bench_mailbox_in_place, pass,
     bench_mailbox_begin, bench_mailbox_end},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

#endif
