/* SPDX-License-Identifier: Apache-2.0 */
/* ring send, ring recv, peer send, peer recv. */
#include <stdio.h>
#include <string.h>

#include "tool/tool_kit.h"

enum { FILE_SIZE = 300001 };

static void carried(tool *one, tool *other)
{
    require_carried(one, other, FILE_SIZE, 2);
}

/* ---- rings ---- */

SPEC(a_file_goes_through_a_ring, "RING-1")
{
    tool sender;
    tool receiver;

    file_made("file", FILE_SIZE, 2);
    sender = TOOL_BEGUN(NULL, "ring", "send", "jobs", "file");
    receiver = TOOL_BEGUN(NULL, "ring", "recv", "jobs", "copy");
    carried(&sender, &receiver);
}

SPEC(a_file_is_longer_than_its_ring, "RING-2")
{
    tool receiver;
    tool sender;

    file_made("file", FILE_SIZE, 2);
    receiver =
        TOOL_BEGUN(NULL, "ring", "recv", "--capacity", "4096", "jobs", "copy");
    sender = TOOL_BEGUN("file", "ring", "send", "--capacity", "4096", "jobs");
    carried(&sender, &receiver);
}

SPEC(a_ring_of_messages_carries_a_file_too, "RING-2")
{
    tool receiver;
    tool sender;

    file_made("file", FILE_SIZE, 2);
    receiver = TOOL_BEGUN(
        NULL, "ring", "recv", "--messages", "--capacity", "64K", "jobs",
        "copy");
    sender = TOOL_BEGUN(
        NULL, "ring", "send", "--messages", "--capacity", "64K", "jobs",
        "file");
    carried(&sender, &receiver);
}

SPEC(a_ring_has_one_sender, "RING-4")
{
    xipc_ring *ring;
    tool_result result;

    REQUIRE_OK(xipc_ring_create(
        "jobs", XIPC_RING_PRODUCER, NULL, XIPC_FOREVER, &ring));
    result = TOOL("ring", "send", "jobs");
    REQUIRE_CODE(5, result);
    require_in(result.error, "'jobs'");
    tool_freed(&result);
    xipc_ring_close(ring);
}

SPEC(a_program_is_told_how_much_came_through_a_ring, "TOOL-4")
{
    tool sender;
    tool_result result;

    file_made("file", FILE_SIZE, 2);
    sender = TOOL_BEGUN(NULL, "ring", "send", "jobs", "file");
    result = TOOL("ring", "recv", "--json", "jobs", "copy");
    REQUIRE_CODE(0, result);
    require_json(result.output, "bytes", "300001");
    tool_freed(&result);
    tool_require_end(0, &sender);
    require_same_file("copy", FILE_SIZE, 2);
    REQUIRE(remove("file") == 0);
}

SPEC(a_ring_that_nobody_is_at_ends_in_time, "TOOL-8")
{
    text_written("file", "four");
    TOOL_CODE(4, "ring", "send", "jobs", "file", "--timeout", "10ms");
    TOOL_CODE(4, "ring", "recv", "jobs", "copy", "--timeout", "10ms");
    TOOL_CODE(2, "ring", "recv", "jobs", "--capacity", "0");
    TOOL_CODE(2, "ring", "send");
    require_file("copy", "");
    REQUIRE(remove("file") == 0);
}

/* ---- peers ---- */

SPEC(a_file_goes_from_peer_to_peer, "PEER-1")
{
    tool sender;
    tool receiver;

    file_made("file", FILE_SIZE, 2);
    sender = TOOL_BEGUN(NULL, "peer", "send", "ann", "file");
    receiver = TOOL_BEGUN(NULL, "peer", "recv", "ann", "copy");
    carried(&sender, &receiver);
}

SPEC(a_peer_sends_under_a_name_of_its_own, "PEER-1")
{
    tool receiver;
    tool sender;

    file_made("file", FILE_SIZE, 2);
    receiver = TOOL_BEGUN(NULL, "peer", "recv", "ann", "copy");
    sender = TOOL_BEGUN("file", "peer", "send", "--as", "bob", "ann");
    carried(&sender, &receiver);
}

SPEC(a_peer_that_nobody_answers_ends_in_time, "TOOL-8")
{
    xipc_peer *ann;

    text_written("file", "four");
    TOOL_CODE(4, "peer", "send", "ann", "file", "--timeout", "10ms");
    TOOL_CODE(4, "peer", "recv", "ann", "copy", "--timeout", "10ms");
    REQUIRE_OK(xipc_peer_join("ann", NULL, XIPC_FOREVER, &ann));
    TOOL_CODE(5, "peer", "recv", "ann", "copy");
    xipc_peer_leave(ann);
    require_file("copy", "");
    REQUIRE(remove("file") == 0);
}

/* He leaves when he has all, and has not said that it is written. */
SPEC(who_sends_to_a_peer_learns_whether_it_was_written, "PEER-2")
{
    static char bytes[65536];
    xipc_peer_options options = XIPC_PEER_OPTIONS_INIT;
    xipc_peer_mail mail = XIPC_PEER_MAIL_INIT;
    xipc_peer *ann;
    tool sender;
    tool_result result;

    file_made("file", FILE_SIZE, 2);
    options.message_max = sizeof bytes;
    REQUIRE_OK(xipc_peer_join("ann", &options, XIPC_FOREVER, &ann));
    sender = TOOL_BEGUN(NULL, "peer", "send", "ann", "file");
    while (mail.type != 2) {
        REQUIRE_OK(xipc_peer_receive_any(
            ann, bytes, sizeof bytes, &mail, XIPC_FOREVER));
    }
    REQUIRE_TEXT("ann.sender", mail.sender);
    xipc_peer_leave(ann);
    result = tool_ended(&sender);
    REQUIRE_CODE(7, result);
    require_in(result.error, "'ann'");
    tool_freed(&result);
    REQUIRE(remove("file") == 0);
}

SPEC(a_peer_that_takes_shorter_messages_gets_shorter_ones, "PEER-1")
{
    tool receiver;
    tool sender;
    tool_result result;

    file_made("file", FILE_SIZE, 2);
    receiver = TOOL_BEGUN(
        NULL, "peer", "recv", "--message-max", "1000", "ann", "copy");
    sender = TOOL_BEGUN(
        NULL, "peer", "send", "--message-max", "1000", "ann", "file");
    carried(&sender, &receiver);
    TOOL_CODE(2, "peer", "recv", "ann", "--message-max", "0");

    text_written("file", "more than a thousand");
    receiver =
        TOOL_BEGUN(NULL, "peer", "recv", "--message-max", "10", "ann", "copy");
    result = TOOL("peer", "send", "ann", "file");
    REQUIRE_CODE(8, result);
    require_in(result.error, "--message-max");
    tool_freed(&result);
    tool_require_end(7, &receiver);
    require_file("copy", "");
    REQUIRE(remove("file") == 0);
}

SPEC(a_peer_that_leaves_before_the_end_has_not_sent_all, "PEER-2 TOOL-6")
{
    tool receiver = TOOL_BEGUN(NULL, "peer", "recv", "ann", "copy");
    xipc_peer *bob;
    xipc_status status;

    REQUIRE_OK(xipc_peer_join("bob", NULL, XIPC_FOREVER, &bob));
    do {
        status = xipc_peer_send(bob, "ann", "four", 4, 1, XIPC_FOREVER);
    } while (status == XIPC_E_NOT_FOUND);
    REQUIRE_OK(status);
    xipc_peer_leave(bob);
    tool_require_end(7, &receiver);
    require_file("copy", "four");
}
