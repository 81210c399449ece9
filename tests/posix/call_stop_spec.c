/* SPDX-License-Identifier: Apache-2.0 */
/* The other side stands still: deadlines hold, and later it goes on. */
#include "support/call_kit.h"

static void keeps_deadlines(const char *address)
{
    char where[XIPC_CALL_ADDRESS_SIZE];
    spec_peer *server = call_server(address, where);
    xipc_link *link = linked(where);
    int64_t start;

    echoes(link, 1, 100);
    spec_suspend(server);
    start = spec_now_ns();
    REQUIRE_STATUS(XIPC_E_TIMEOUT, echo(link, 2, 100, xipc_after_ms(30)));
    REQUIRE_STATUS(XIPC_E_TIMEOUT, echo(link, 3, 16000000, xipc_after_ms(30)));
    REQUIRE_STATUS(XIPC_E_TIMEOUT, echo(link, 4, 100, xipc_after_ms(30)));
    REQUIRE(is_within(start, 2 * NS_PER_S));
    spec_resume(server);
    echoes(link, 5, 100);
    echoes(link, 6, 1000000);
    xipc_link_close(link);
    spec_tell(server, "close");
    spec_expect(server, "XIPC_OK");
    spec_tell(server, "end");
    spec_join(server);
}

SPEC(a_server_that_stands_still_breaks_no_deadline, "CALL-5 GEN-4")
{
    with_both_sorts(keeps_deadlines);
}
