/* SPDX-License-Identifier: Apache-2.0 */
/* Pipes without a name: two ends. */
#include <string.h>

#include "support/pipe_kit.h"

SPEC(what_one_end_writes_the_other_one_reads, "PIPE-1 PIPE-2")
{
    pipe_pair pair = pair_anonymous(XIPC_PIPE_BYTES);

    require_dry(pair.reader);
    pipe_puts(pair.writer, 1, 1);
    pipe_puts(pair.writer, 2, 1000);
    pipe_gets(pair.reader, 1, 1);
    pipe_gets(pair.reader, 2, 1000);
    require_dry(pair.reader);
    ends_closed(&pair);
}

SPEC(an_anonymous_pipe_goes_one_way, "PIPE-1 GEN-7")
{
    pipe_pair pair = pair_anonymous(XIPC_PIPE_BYTES);
    size_t size = 7;
    char byte = 'x';

    REQUIRE_STATUS(
        XIPC_E_ACCESS, xipc_pipe_write(pair.reader, "a", 1, XIPC_NOW, &size));
    REQUIRE_STATUS(
        XIPC_E_ACCESS, xipc_pipe_read(pair.writer, &byte, 1, XIPC_NOW, &size));
    REQUIRE_STATUS(XIPC_E_ACCESS, xipc_pipe_shutdown_write(pair.reader));
    REQUIRE_UINT(7, size);
    REQUIRE(byte == 'x');
    require_dry(pair.reader);
    ends_closed(&pair);
}

SPEC(a_duplex_pipe_goes_both_ways, "PIPE-1 PIPE-2")
{
    pipe_pair pair = pair_duplex(XIPC_PIPE_BYTES);

    pipe_puts(pair.writer, 1, 100);
    pipe_puts(pair.reader, 2, 200);
    pipe_gets(pair.writer, 2, 200);
    pipe_gets(pair.reader, 1, 100);
    require_dry(pair.reader);
    require_dry(pair.writer);
    ends_closed(&pair);
}

SPEC(an_end_that_is_closed_ends_the_stream_after_all_bytes, "PIPE-1 PIPE-6")
{
    pipe_pair pair = pair_anonymous(XIPC_PIPE_BYTES);

    pipe_puts(pair.writer, 1, 5000);
    xipc_pipe_close(pair.writer);
    pair.writer = NULL;
    pipe_gets(pair.reader, 1, 5000);
    require_end(pair.reader, XIPC_E_CLOSED);
    ends_closed(&pair);
}

SPEC(writing_what_nobody_reads_is_told_and_raises_nothing, "PIPE-1 GEN-3")
{
    pipe_pair pair = pair_anonymous(XIPC_PIPE_BYTES);

    pipe_puts(pair.writer, 1, 10);
    xipc_pipe_close(pair.reader);
    pair.reader = NULL;
    require_unheard(pair.writer, XIPC_E_CLOSED);
    ends_closed(&pair);
}

SPEC(a_duplex_pipe_ends_both_ways, "PIPE-1 PIPE-6")
{
    pipe_pair pair = pair_duplex(XIPC_PIPE_BYTES);

    pipe_puts(pair.writer, 1, 50);
    xipc_pipe_close(pair.writer);
    pair.writer = NULL;
    require_unheard(pair.reader, XIPC_E_CLOSED);
    pipe_gets(pair.reader, 1, 50);
    require_end(pair.reader, XIPC_E_CLOSED);
    ends_closed(&pair);
}

SPEC(ends_of_an_anonymous_pipe_know_nobody, "PIPE-7")
{
    pipe_pair pair = pair_duplex(XIPC_PIPE_BYTES);
    xipc_credentials credentials = XIPC_CREDENTIALS_INIT;

    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_peer_credentials(xipc_pipe_object(pair.reader), &credentials));
    ends_closed(&pair);
}

SPEC(an_end_has_a_native_handle_of_each_direction, "PIPE-3")
{
    pipe_pair pair = pair_anonymous(XIPC_PIPE_BYTES);
    xipc_native_handle native = -1;

    REQUIRE_OK(xipc_pipe_native_handle(pair.reader, XIPC_READABLE, &native));
    REQUIRE(native != -1);
    REQUIRE_STATUS(
        XIPC_E_ACCESS,
        xipc_pipe_native_handle(pair.reader, XIPC_WRITABLE, &native));
    REQUIRE_STATUS(
        XIPC_E_ACCESS,
        xipc_pipe_native_handle(pair.writer, XIPC_READABLE, &native));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_pipe_native_handle(pair.writer, 0, &native));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_pipe_native_handle(NULL, XIPC_READABLE, &native));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_pipe_native_handle(pair.reader, XIPC_READABLE, NULL));
    ends_closed(&pair);
}

SPEC(an_adopted_end_is_one_more_of_the_same_pipe, "PIPE-1 PIPE-3")
{
    pipe_pair pair = pair_anonymous(XIPC_PIPE_BYTES);
    xipc_native_handle native;
    xipc_pipe *other;

    REQUIRE_OK(xipc_pipe_native_handle(pair.writer, XIPC_WRITABLE, &native));
    REQUIRE_OK(xipc_pipe_adopt(native, NULL, &other));
    pipe_puts(other, 1, 100);
    xipc_pipe_close(pair.writer);
    pair.writer = NULL;
    pipe_puts(other, 2, 100);
    pipe_gets(pair.reader, 1, 100);
    pipe_gets(pair.reader, 2, 100);
    require_dry(pair.reader);
    xipc_pipe_close(other);
    require_end(pair.reader, XIPC_E_CLOSED);
    ends_closed(&pair);
}

PEER(one_that_inherits_an_end)
{
    xipc_pipe *pipe;

    REQUIRE_OK(xipc_pipe_adopt(spec_inherited(), NULL, &pipe));
    spec_expect(NULL, "write");
    pipe_puts(pipe, 1, 100000);
    xipc_pipe_close(pipe);
}

SPEC(an_end_is_inherited_as_its_native_handle, "PIPE-3 PIPE-1")
{
    pipe_pair pair = pair_anonymous(XIPC_PIPE_BYTES);
    xipc_native_handle native;
    spec_peer *peer;

    REQUIRE_OK(xipc_pipe_native_handle(pair.writer, XIPC_WRITABLE, &native));
    peer = START_WITH(native, one_that_inherits_an_end);
    xipc_pipe_close(pair.writer);
    pair.writer = NULL;
    spec_tell(peer, "write");
    pipe_gets(pair.reader, 1, 100000);
    spec_kill(peer);
    require_end(pair.reader, XIPC_E_CLOSED);
    ends_closed(&pair);
}

SPEC(what_is_no_pipe_is_not_adopted, "PIPE-1 GEN-7")
{
    xipc_pipe *pipe = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_pipe_adopt((xipc_native_handle)-1, NULL, &pipe));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_pipe_adopt(0, NULL, NULL));
    REQUIRE(pipe == UNTOUCHED);
}
