/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that uses a mailbox and does what it reads from its input, a
 * command on each line, and ends with 1 at the first that does not come true.
 * Built for another word size, another compiler or another C library, it shows
 * that both see one mailbox.
 *
 *     open NAME
 *     shape CAPACITY MAX FLAGS   as it has to be
 *     send FIRST COUNT           messages of these numbers
 *     receive FIRST COUNT
 *     reserve NUMBER             and does not commit it
 *     commit NUMBER              that one
 *     take NUMBER                and does not release it
 *     again NUMBER               as take, and it was taken before
 *     ended                      the owner is told to have closed or died
 *     close                      die
 *
 * Message n has n modulo 97 bytes, each of them n modulo 251, and the type n.
 */
#include <stdlib.h>
#include <string.h>

#include <xipc/xipc.h>

#include "probe_orders.h"

static xipc_mailbox *box;
static void *reserved;

static xipc_postage postage_of(uint64_t message)
{
    xipc_postage postage = XIPC_POSTAGE_INIT;

    postage.type = (uint32_t)message;
    return postage;
}

static int do_open(const command *order)
{
    return succeeded(
        order, xipc_mailbox_open(order->words[1], NULL, XIPC_FOREVER, &box));
}

static int do_shape(const command *order)
{
    if (xipc_mailbox_capacity(box) != number(order, 1) ||
        xipc_mailbox_message_max(box) != number(order, 2) ||
        xipc_mailbox_flags(box) != number(order, 3)) {
        return complain(order, "it is another one");
    }
    return 1;
}

static int do_send(const command *order)
{
    uint64_t end = number(order, 1) + number(order, 2);
    unsigned char bytes[MESSAGE_LONGEST];
    int is_good = 1;

    for (uint64_t at = number(order, 1); is_good && at < end; at++) {
        xipc_postage postage = postage_of(at);

        memset(bytes, message_byte(at), message_length(at));
        is_good = succeeded(
            order, xipc_mailbox_send(
                       box, bytes, message_length(at), &postage, XIPC_FOREVER));
    }
    return is_good;
}

static int do_receive(const command *order)
{
    uint64_t end = number(order, 1) + number(order, 2);
    unsigned char bytes[MESSAGE_LONGEST];
    int is_good = 1;

    for (uint64_t at = number(order, 1); is_good && at < end; at++) {
        xipc_envelope envelope = XIPC_ENVELOPE_INIT;
        size_t size = 0;

        is_good = succeeded(
            order,
            xipc_mailbox_receive(
                box, bytes, sizeof(bytes), &size, &envelope, XIPC_FOREVER));
        if (is_good &&
            (envelope.type != at || !is_that_message(bytes, size, at))) {
            return complain(order, "another message came");
        }
    }
    return is_good;
}

static int do_reserve(const command *order)
{
    size_t size = message_length(number(order, 1));

    if (!succeeded(
            order, xipc_mailbox_reserve(box, size, &reserved, XIPC_FOREVER))) {
        return 0;
    }
    memset(reserved, message_byte(number(order, 1)), size);
    return 1;
}

static int do_commit(const command *order)
{
    xipc_postage postage = postage_of(number(order, 1));
    size_t size = message_length(number(order, 1));

    return succeeded(
        order,
        xipc_mailbox_commit(box, reserved, size, &postage, XIPC_FOREVER));
}

static int take(const command *order, uint32_t flags)
{
    xipc_envelope envelope = XIPC_ENVELOPE_INIT;
    const void *data = NULL;
    size_t size = 0;

    if (!succeeded(
            order,
            xipc_mailbox_take(box, &data, &size, &envelope, XIPC_FOREVER))) {
        return 0;
    }
    return (envelope.type == number(order, 1) && envelope.flags == flags &&
            is_that_message(data, size, number(order, 1))) ||
           complain(order, "another message came");
}

static int do_take(const command *order)
{
    return take(order, 0);
}

static int do_again(const command *order)
{
    return take(order, XIPC_MESSAGE_REDELIVERED);
}

static int do_ended(const command *order)
{
    const void *data = NULL;
    size_t size = 0;
    xipc_status status =
        xipc_mailbox_take(box, &data, &size, NULL, XIPC_FOREVER);

    return status == XIPC_E_CLOSED || complain(order, xipc_status_name(status));
}

static int do_close(const command *order)
{
    (void)order;
    xipc_mailbox_close(box);
    box = NULL;
    return 1;
}

static const deed deeds[] = {
    {"open", 2, do_open},       {"shape", 4, do_shape},
    {"send", 3, do_send},       {"receive", 3, do_receive},
    {"reserve", 2, do_reserve}, {"commit", 2, do_commit},
    {"take", 2, do_take},       {"again", 2, do_again},
    {"ended", 1, do_ended},     {"close", 1, do_close},
    {"die", 1, do_die},
};

int main(void)
{
    if (!does_what_it_reads(
            "mailbox_probe", deeds, sizeof(deeds) / sizeof(deeds[0]))) {
        return EXIT_FAILURE;
    }
    xipc_mailbox_close(box);
    return EXIT_SUCCESS;
}
