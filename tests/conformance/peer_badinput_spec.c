/* SPDX-License-Identifier: Apache-2.0 */
/* What a caller must not do with peers, and what it is told. */
#include <string.h>

#include "support/peer_kit.h"

static void require_no_join(
    xipc_status want, const char *name, const xipc_peer_options *options)
{
    xipc_peer *peer = UNTOUCHED;

    REQUIRE_STATUS(want, xipc_peer_join(name, options, XIPC_NOW, &peer));
    REQUIRE(peer == UNTOUCHED);
    REQUIRE(strlen(xipc_detail()) > 0);
}

SPEC(joining_refuses_what_makes_no_sense, "GEN-1 PEER-1")
{
    xipc_peer_options options = XIPC_PEER_OPTIONS_INIT;
    const xipc_peer_options good = XIPC_PEER_OPTIONS_INIT;

    require_no_join(XIPC_E_INVALID, NULL, NULL);
    require_no_join(XIPC_E_NAME, "", NULL);
    require_no_join(XIPC_E_NAME, "no/name", NULL);
    require_no_join(XIPC_E_NOT_SUPPORTED, "native:a", NULL);
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_peer_join("ann", NULL, XIPC_NOW, NULL));
    options.options_size--;
    require_no_join(XIPC_E_INVALID, "ann", &options);
    options = good;
    options.naming.lifetime = XIPC_PERSISTENT;
    require_no_join(XIPC_E_INVALID, "ann", &options);
    options = good;
    options.naming.access = XIPC_ACCESS_EVERYONE_WRITE;
    require_no_join(XIPC_E_INVALID, "ann", &options);
    options = good;
    options.message_max = XIPC_PEER_MESSAGE_MAX_LIMIT + 1;
    require_no_join(XIPC_E_INVALID, "ann", &options);
    options = good;
    options.capacity = 2 * XIPC_PEER_MESSAGE_MAX_LIMIT + 1;
    require_no_join(XIPC_E_INVALID, "ann", &options);
    options = good;
    options.link_max = 0;
    require_no_join(XIPC_E_INVALID, "ann", &options);
    options.link_max = XIPC_PEER_LINK_MAX_LIMIT + 1;
    require_no_join(XIPC_E_INVALID, "ann", &options);
    require_nothing_exists();
}

SPEC(sending_refuses_what_makes_no_sense, "GEN-1 PEER-2")
{
    xipc_peer *ann = peer_joined("ann");

    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_peer_send(NULL, "bob", "x", 1, 0, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_peer_send(ann, NULL, "x", 1, 0, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_peer_send(ann, "bob", NULL, 1, 0, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_peer_send(ann, "ann", "x", 1, 0, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_NAME, xipc_peer_send(ann, "no/name", "x", 1, 0, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_peer_send(ann, "native:bob", "x", 1, 0, XIPC_NOW));
    REQUIRE_UINT(0, xipc_peer_link_count(ann));
    xipc_peer_leave(ann);
}

SPEC(receiving_refuses_what_makes_no_sense, "GEN-1 PEER-2")
{
    xipc_peer *ann = peer_joined("ann");
    xipc_peer_mail mail = XIPC_PEER_MAIL_INIT;
    char bytes[8];

    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_peer_receive(NULL, "bob", bytes, 8, &mail, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_peer_receive(ann, NULL, bytes, 8, &mail, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_peer_receive(ann, "bob", NULL, 8, &mail, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_peer_receive(ann, "bob", bytes, 8, NULL, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_peer_receive(ann, "ann", bytes, 8, &mail, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_NAME,
        xipc_peer_receive(ann, "no/name", bytes, 8, &mail, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_peer_receive_any(NULL, bytes, 8, &mail, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_peer_receive_any(ann, bytes, 8, NULL, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_peer_receive_any(ann, NULL, 8, &mail, XIPC_NOW));
    mail.mail_size--;
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_peer_receive_any(ann, bytes, 8, &mail, XIPC_NOW));
    REQUIRE_UINT(sizeof mail - 1, mail.mail_size);
    xipc_peer_leave(ann);
}

SPEC(what_a_peer_is_can_be_asked_of_nobody, "GEN-1 GEN-6")
{
    xipc_peer_leave(NULL);
    REQUIRE_TEXT("", xipc_peer_name(NULL));
    REQUIRE_UINT(0, xipc_peer_message_max(NULL));
    REQUIRE_UINT(0, xipc_peer_link_count(NULL));
    REQUIRE(xipc_peer_object(NULL) == NULL);
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_interrupt(xipc_peer_object(NULL)));
}

SPEC(what_failed_names_the_peer_and_says_why, "GEN-2 PEER-3")
{
    xipc_peer *ann = peer_joined("ann");
    xipc_peer_mail mail;

    REQUIRE_STATUS(XIPC_E_NOT_FOUND, peer_send(ann, "bob", 1, 1, XIPC_NOW));
    REQUIRE(strstr(xipc_detail(), "bob") != NULL);
    REQUIRE_STATUS(XIPC_E_AGAIN, peer_fetch(ann, &mail, XIPC_NOW));
    REQUIRE_TEXT("peer 'ann': no message was there", xipc_detail());
    REQUIRE_STATUS(XIPC_E_TIMEOUT, peer_fetch(ann, &mail, xipc_after_ms(1)));
    REQUIRE_TEXT(
        "peer 'ann': no message was there until the deadline", xipc_detail());
    xipc_peer_leave(ann);
}
