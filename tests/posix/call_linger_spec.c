/* SPDX-License-Identifier: Apache-2.0 */
/* What a client sends may take long to close, if who sent it asked for that. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/call_kit.h"

enum { LINGER_S = 60 };

typedef struct lingering {
    int listener;
    int socket;
} lingering;

/* The other side of it reads nothing, so that to close the last descriptor of
 * it waits for all that time. */
static lingering lingering_made(void)
{
    static const char bytes[65536];
    const struct linger linger = {1, LINGER_S};
    struct sockaddr_in there = {.sin_family = AF_INET};
    socklen_t size = sizeof there;
    lingering self = {
        socket(AF_INET, SOCK_STREAM, 0), socket(AF_INET, SOCK_STREAM, 0)};

    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(self.listener >= 0 && self.socket >= 0);
    REQUIRE(bind(self.listener, (struct sockaddr *)&there, size) == 0);
    REQUIRE(listen(self.listener, 1) == 0);
    REQUIRE(getsockname(self.listener, (struct sockaddr *)&there, &size) == 0);
    REQUIRE(connect(self.socket, (struct sockaddr *)&there, size) == 0);
    while (send(self.socket, bytes, sizeof bytes, MSG_DONTWAIT) > 0) {
    }
    REQUIRE(
        setsockopt(
            self.socket, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) == 0);
    return self;
}

/* The service's is the last one then. */
static void sends_it(xipc_link *link, uint32_t method)
{
    const lingering self = lingering_made();
    const xipc_native_handle native = self.socket;
    const xipc_call_data request = {"", 0, &native, 1};

    REQUIRE_OK(xipc_call_post(link, method, &request, in_time()));
    REQUIRE(close(self.socket) == 0);
    REQUIRE(close(self.listener) == 0);
}

SPEC(a_handle_that_lingers_keeps_no_other_client_waiting, "CALL-10 CALL-9")
{
    call_pair self;
    xipc_link *other;

    SPEC_NEEDS(XIPC_FEATURE_CALL_HANDLES);
    calls_begin(&self, "calls");
    other = linked(self.address);
    for (uint32_t round = 1; round <= 4; round++) {
        sends_it(self.link, COUNT);
        await_number(&self.board.counted, round);
        echoes(other, round, 100);
    }
    xipc_link_close(other);
    calls_end(&self);
}
