/* SPDX-License-Identifier: Apache-2.0 */
/* Who is at the other end. */
#include <stdio.h>

#include "support/pipe_kit.h"

static xipc_credentials other_of(xipc_pipe *pipe)
{
    xipc_credentials credentials = XIPC_CREDENTIALS_INIT;

    REQUIRE_OK(xipc_peer_credentials(xipc_pipe_object(pipe), &credentials));
    return credentials;
}

/* As a message's sender says of itself. */
static uint64_t own_user(void)
{
    xipc_peer *one;
    xipc_peer *two;
    xipc_peer_mail mail = XIPC_PEER_MAIL_INIT;
    char byte;

    REQUIRE_OK(xipc_peer_join("one", NULL, XIPC_FOREVER, &one));
    REQUIRE_OK(xipc_peer_join("two", NULL, XIPC_FOREVER, &two));
    REQUIRE_OK(xipc_peer_send(one, "two", "x", 1, 0, XIPC_NOW));
    REQUIRE_OK(xipc_peer_receive_any(two, &byte, 1, &mail, XIPC_FOREVER));
    xipc_peer_leave(one);
    xipc_peer_leave(two);
    return mail.sender_user;
}

SPEC(both_sides_know_who_is_at_the_other_end, "PIPE-7")
{
    xipc_pipe_listener *listener = listening("a", XIPC_PIPE_BYTES);
    spec_peer *hand = pipe_hand();
    xipc_capability_info info = XIPC_CAPABILITY_INFO_INIT;
    pipe_caller caller;
    xipc_pipe *pipe;

    REQUIRE_OK(xipc_capability(XIPC_FEATURE_PIPE_PROCESS, &info));
    spec_tell(hand, "connect a");
    pipe = accepted(listener);
    hand_answers(hand, XIPC_OK);
    REQUIRE_UINT(own_user(), other_of(pipe).user);
    REQUIRE_UINT((uint64_t)spec_peer_id(hand), other_of(pipe).process);
    REQUIRE_UINT(
        info.support == XIPC_SUPPORT_NATIVE,
        (uint64_t)other_of(pipe).is_process_vouched);
    hand_ends(hand);
    REQUIRE_UINT(own_user(), other_of(pipe).user);
    xipc_pipe_close(pipe);
    xipc_pipe_listener_close(listener);

    hand = pipe_hand();
    hand_does(hand, "listen a 0", XIPC_OK);
    spec_tell(hand, "accept");
    caller_begins(&caller, "a", XIPC_FOREVER);
    hand_answers(hand, XIPC_OK);
    REQUIRE_OK(caller_ends(&caller));
    REQUIRE_UINT(own_user(), other_of(caller.pipe).user);
    REQUIRE_UINT((uint64_t)spec_peer_id(hand), other_of(caller.pipe).process);
    hand_ends(hand);
    xipc_pipe_close(caller.pipe);
}
