/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Peers of 32 and 64 bits have one link. XIPC_PROBE32 in the environment is the
 * path of a section_probe built for the other word size; beside it stands a
 * peer_probe.
 */
#include <stdio.h>
#include <string.h>

#include "posix/probe_kit.h"
#include "support/peer_kit.h"

enum { LONGEST = 96, MANY = 3000, DIED = 3 };

static void send_them(xipc_peer *ann, uint64_t first, uint64_t count)
{
    unsigned char bytes[LONGEST];

    for (uint64_t number = first; number < first + count; number++) {
        memset(bytes, (int)(number % 251), sizeof bytes);
        REQUIRE_OK(xipc_peer_send(
            ann, "probe", bytes, (size_t)(number % 97), (uint32_t)number,
            XIPC_FOREVER));
    }
}

static void receive_them(xipc_peer *ann, uint64_t first, uint64_t count)
{
    unsigned char bytes[LONGEST];
    xipc_peer_mail mail = XIPC_PEER_MAIL_INIT;

    for (uint64_t number = first; number < first + count; number++) {
        REQUIRE_OK(xipc_peer_receive(
            ann, "probe", bytes, sizeof bytes, &mail, XIPC_FOREVER));
        REQUIRE_UINT(number, mail.type);
        REQUIRE_UINT(number % 97, mail.size);
        REQUIRE_TEXT("probe", mail.sender);
        for (size_t at = 0; at < mail.size; at++) {
            REQUIRE_UINT(number % 251, bytes[at]);
        }
    }
}

/* It is there once it has sent something. */
static void probe_joins(FILE *probe, xipc_peer *ann)
{
    order(probe, "join probe");
    order(probe, "send ann 7 1");
    receive_them(ann, 7, 1);
}

SPEC(peers_of_another_word_size_talk_both_ways, "GEN-9 PEER-1 PEER-2")
{
    FILE *probe = probe_started("peer_probe");
    xipc_peer *ann = peer_joined("ann");
    char line[60];

    probe_joins(probe, ann);
    snprintf(line, sizeof line, "receive ann 0 %d", (int)MANY);
    order(probe, line);
    send_them(ann, 0, MANY);
    snprintf(line, sizeof line, "send ann 5 %d", (int)MANY);
    order(probe, line);
    receive_them(ann, 5, MANY);
    snprintf(line, sizeof line, "any ann 9 %d", (int)MANY);
    order(probe, line);
    send_them(ann, 9, MANY);
    order(probe, "leave");
    REQUIRE_STATUS(
        XIPC_E_CLOSED, peer_receive(ann, "probe", 0, 0, XIPC_FOREVER));
    probe_ended(probe, 0);
    xipc_peer_leave(ann);
}

SPEC(peers_of_another_word_size_tell_of_their_end, "GEN-9 GEN-11 PEER-3")
{
    FILE *probe = probe_started("peer_probe");
    xipc_peer *ann = peer_joined("ann");

    probe_joins(probe, ann);
    send_them(ann, 0, 3);
    order(probe, "send ann 8 2");
    order(probe, "die");
    probe_ended(probe, DIED);
    receive_them(ann, 8, 2);
    REQUIRE_STATUS(
        XIPC_E_PEER_DIED, peer_receive(ann, "probe", 0, 0, XIPC_FOREVER));
    REQUIRE_STATUS(XIPC_E_PEER_DIED, peer_send(ann, "probe", 1, 1, XIPC_NOW));
    probe = probe_started("peer_probe");
    probe_joins(probe, ann);
    send_them(ann, 3, 1);
    order(probe, "receive ann 3 1");
    order(probe, "left ann");
    xipc_peer_leave(ann);
    probe_ended(probe, 0);
}
