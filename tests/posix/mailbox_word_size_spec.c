/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs of 32 and 64 bits use one mailbox. XIPC_PROBE32 in the environment
 * is the path of a section_probe built for the other word size; beside it
 * stands a mailbox_probe.
 */
#include <stdio.h>
#include <string.h>

#include "posix/probe_kit.h"
#include "support/mailbox_kit.h"

enum { LONGEST = 96, CAPACITY = 8, MANY = 3000, DIED = 3 };

/* As the probe makes them. */
static size_t size_of(uint64_t number)
{
    return (size_t)(number % 97);
}

static void send_them(xipc_mailbox *box, uint64_t first, uint64_t count)
{
    unsigned char bytes[LONGEST];

    for (uint64_t number = first; number < first + count; number++) {
        xipc_postage postage = XIPC_POSTAGE_INIT;

        postage.type = (uint32_t)number;
        memset(bytes, (int)(number % 251), size_of(number));
        REQUIRE_OK(xipc_mailbox_send(
            box, bytes, size_of(number), &postage, XIPC_FOREVER));
    }
}

static void
receive_them(xipc_mailbox *box, uint64_t first, uint64_t count, uint32_t flags)
{
    unsigned char bytes[LONGEST];

    for (uint64_t number = first; number < first + count; number++) {
        xipc_envelope envelope = XIPC_ENVELOPE_INIT;
        size_t size = 0;

        REQUIRE_OK(xipc_mailbox_receive(
            box, bytes, sizeof bytes, &size, &envelope, XIPC_FOREVER));
        REQUIRE_UINT(number, envelope.type);
        REQUIRE_UINT(flags, envelope.flags);
        REQUIRE_UINT(size_of(number), size);
        for (size_t at = 0; at < size; at++) {
            REQUIRE_UINT(number % 251, bytes[at]);
        }
    }
}

static FILE *probe_at(uint32_t capacity, uint32_t flags)
{
    FILE *probe = probe_started("mailbox_probe");
    char line[60];

    order(probe, "open mixed");
    snprintf(
        line, sizeof line, "shape %lu %d %lu", (unsigned long)capacity,
        (int)LONGEST, (unsigned long)flags);
    order(probe, line);
    return probe;
}

static void to_and_fro(uint32_t capacity)
{
    xipc_mailbox_options options = box_of(capacity, LONGEST);
    xipc_mailbox *box = box_made("mixed", &options);
    FILE *probe = probe_at(capacity, 0);
    char line[60];

    snprintf(line, sizeof line, "receive 0 %d", (int)MANY);
    order(probe, line);
    send_them(box, 0, MANY);
    require_depth(box, 0); /* so that none of these comes back */
    snprintf(line, sizeof line, "send 5 %d", (int)MANY);
    order(probe, line);
    receive_them(box, 5, MANY, 0);
    probe_ended(probe, 0);
    require_no_message(box);
    xipc_mailbox_close(box);
}

SPEC(another_word_size_sends_to_and_receives_from_a_mailbox, "GEN-9 MBOX-1")
{
    probe_needed();
    for_each_capacity(to_and_fro);
}

SPEC(what_another_word_size_left_in_a_mailbox_is_there, "GEN-9 MBOX-8 GEN-11")
{
    xipc_mailbox_options options = box_of(CAPACITY, LONGEST);
    xipc_mailbox *box;
    FILE *probe;

    probe_needed();
    options.flags = XIPC_MAILBOX_ACKED;
    box = box_made("mixed", &options);
    send_them(box, 0, 5);
    probe = probe_at(CAPACITY, XIPC_MAILBOX_ACKED);
    order(probe, "receive 0 3");
    order(probe, "take 3");
    order(probe, "die");
    probe_ended(probe, DIED);
    probe = probe_at(CAPACITY, XIPC_MAILBOX_ACKED);
    order(probe, "again 3"); /* before what was sent after it */
    order(probe, "receive 4 1");
    order(probe, "send 5 3");
    order(probe, "reserve 8");
    order(probe, "commit 8");
    order(probe, "reserve 9");
    order(probe, "die");
    probe_ended(probe, DIED);
    receive_them(box, 3, 1, XIPC_MESSAGE_REDELIVERED);
    receive_them(box, 5, 4, 0);
    send_them(box, 9, CAPACITY);
    require_no_room(box, 8);
    receive_them(box, 9, CAPACITY, 0);
    xipc_mailbox_close(box);
}

SPEC(another_word_size_is_told_that_the_owner_has_ended_it, "GEN-9 MBOX-7")
{
    xipc_mailbox_options options = box_of(CAPACITY, LONGEST);
    xipc_mailbox *box;
    FILE *probe;

    probe_needed();
    options.flags = XIPC_MAILBOX_OWNED;
    box = box_made("mixed", &options);
    probe = probe_at(CAPACITY, XIPC_MAILBOX_OWNED);
    order(probe, "receive 0 1");
    send_them(box, 0, 1);
    while (xipc_mailbox_depth(box) > 0) {
        let_pass(1);
    }
    order(probe, "ended");
    xipc_mailbox_close(box);
    probe_ended(probe, 0);
}
