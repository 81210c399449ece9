/* SPDX-License-Identifier: Apache-2.0 */
/* Mailboxes, in one process. The rows stand with the raw calls of the running
 * system, since those say what there is to compare with. */
#include <string.h>

#include <xipc/xipc.h>

#include "bench.h"

#define NAME "xipc-bench"

static xipc_mailbox *held;
static char message[BENCH_MAILBOX_MESSAGE_SIZE];

static xipc_mailbox *create_box(xipc_provider provider)
{
    xipc_mailbox_options options = XIPC_MAILBOX_OPTIONS_INIT;
    xipc_mailbox *box;

    options.provider = provider;
    options.capacity = BENCH_MAILBOX_CAPACITY;
    options.message_max = BENCH_MAILBOX_MESSAGE_SIZE;
    bench_ok(xipc_mailbox_create(NAME, &options, XIPC_FOREVER, &box));
    return box;
}

void bench_mailbox_begin(void)
{
    held = create_box(XIPC_PROVIDER_SHM);
    bench_raw_mailbox_begin();
}

/* The same in a queue of the system. */
void bench_queue_begin(void)
{
    held = create_box(XIPC_PROVIDER_NATIVE);
    bench_raw_mailbox_begin();
}

void bench_mailbox_end(void)
{
    bench_raw_mailbox_end();
    xipc_mailbox_close(held);
}

void bench_mailbox_copy(unsigned count)
{
    size_t size;

    while (count-- > 0) {
        bench_ok(xipc_mailbox_send(
            held, message, sizeof message, NULL, XIPC_FOREVER));
        bench_ok(xipc_mailbox_receive(
            held, message, sizeof message, &size, NULL, XIPC_FOREVER));
    }
}

/* With the same bytes written and read. */
void bench_mailbox_in_place(unsigned count)
{
    const void *taken;
    void *reserved;
    size_t size;

    while (count-- > 0) {
        bench_ok(xipc_mailbox_reserve(
            held, sizeof message, &reserved, XIPC_FOREVER));
        memcpy(reserved, message, sizeof message);
        bench_ok(xipc_mailbox_commit(
            held, reserved, sizeof message, NULL, XIPC_FOREVER));
        bench_ok(xipc_mailbox_take(held, &taken, &size, NULL, XIPC_FOREVER));
        memcpy(message, taken, sizeof message);
        bench_ok(xipc_mailbox_release(held, taken));
    }
}

void bench_mailbox_open(unsigned count)
{
    xipc_mailbox *box;

    while (count-- > 0) {
        bench_ok(xipc_mailbox_open(NAME, NULL, XIPC_FOREVER, &box));
        xipc_mailbox_close(box);
    }
}

/* Nobody else has one of that name. */
void bench_mailbox_create(unsigned count)
{
    while (count-- > 0) {
        xipc_mailbox_close(create_box(XIPC_PROVIDER_SHM));
    }
}

void bench_queue_create(unsigned count)
{
    while (count-- > 0) {
        xipc_mailbox_close(create_box(XIPC_PROVIDER_NATIVE));
    }
}
