/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that is a peer and does what it reads from its input, a command on
 * each line, and ends with 1 at the first that does not come true. Built for
 * another word size, another compiler or another C library, it shows that both
 * have one link.
 *
 *     join NAME
 *     send TO FIRST COUNT       messages of these numbers
 *     receive FROM FIRST COUNT
 *     any FROM FIRST COUNT      the same, from anybody
 *     left FROM                 it is told to have left
 *     died FROM                 it is told to have died
 *     leave                     die
 *
 * Message n has n modulo 97 bytes, each of them n modulo 251, and the type n.
 */
#include <stdlib.h>
#include <string.h>

#include <xipc/xipc.h>

#include "probe_orders.h"

static xipc_peer *peer;

static int do_join(const command *order)
{
    return succeeded(
        order, xipc_peer_join(order->words[1], NULL, XIPC_FOREVER, &peer));
}

static int do_send(const command *order)
{
    uint64_t end = number(order, 2) + number(order, 3);
    unsigned char bytes[MESSAGE_LONGEST];
    int is_good = 1;

    for (uint64_t at = number(order, 2); is_good && at < end; at++) {
        memset(bytes, message_byte(at), sizeof bytes);
        is_good = succeeded(
            order, xipc_peer_send(
                       peer, order->words[1], bytes, message_length(at),
                       (uint32_t)at, XIPC_FOREVER));
    }
    return is_good;
}

static int receive(const command *order, int is_any)
{
    uint64_t end = number(order, 2) + number(order, 3);
    unsigned char bytes[MESSAGE_LONGEST];
    xipc_peer_mail mail = XIPC_PEER_MAIL_INIT;

    for (uint64_t at = number(order, 2); at < end; at++) {
        xipc_status status =
            is_any ? xipc_peer_receive_any(
                         peer, bytes, sizeof bytes, &mail, XIPC_FOREVER)
                   : xipc_peer_receive(
                         peer, order->words[1], bytes, sizeof bytes, &mail,
                         XIPC_FOREVER);

        if (!succeeded(order, status)) {
            return 0;
        }
        if (mail.type != at || !is_that_message(bytes, mail.size, at) ||
            strcmp(mail.sender, order->words[1]) != 0) {
            return complain(order, "another message came");
        }
    }
    return 1;
}

static int do_receive(const command *order)
{
    return receive(order, 0);
}

static int do_any(const command *order)
{
    return receive(order, 1);
}

static int is_told(const command *order, xipc_status want)
{
    xipc_peer_mail mail = XIPC_PEER_MAIL_INIT;
    xipc_status status =
        xipc_peer_receive(peer, order->words[1], NULL, 0, &mail, XIPC_FOREVER);

    return status == want || complain(order, xipc_status_name(status));
}

static int do_left(const command *order)
{
    return is_told(order, XIPC_E_CLOSED);
}

static int do_died(const command *order)
{
    return is_told(order, XIPC_E_PEER_DIED);
}

static int do_leave(const command *order)
{
    (void)order;
    xipc_peer_leave(peer);
    peer = NULL;
    return 1;
}

static const deed deeds[] = {
    {"join", 2, do_join},   {"send", 4, do_send}, {"receive", 4, do_receive},
    {"any", 4, do_any},     {"left", 2, do_left}, {"died", 2, do_died},
    {"leave", 1, do_leave}, {"die", 1, do_die},
};

int main(void)
{
    if (!does_what_it_reads(
            "peer_probe", deeds, sizeof(deeds) / sizeof(deeds[0]))) {
        return EXIT_FAILURE;
    }
    xipc_peer_leave(peer);
    return EXIT_SUCCESS;
}
