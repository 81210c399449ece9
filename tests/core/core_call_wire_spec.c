/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a frame, on machines of any sort, and bytes that are none. */
#include <string.h>

#include "core/call_wire.h"
#include "support/spec.h"

SPEC(a_head_is_written_with_the_lowest_byte_first, "CALL-8")
{
    const xipci_frame frame = {
        .call = UINT64_C(0x0102030405060708),
        .kind = 0x11121314,
        .flags = 3,
        .method = 0xfffffff7,
        .result = 0x80000000,
        .size = 65536,
        .total = 0x01000000};
    static const unsigned char want[XIPCI_WIRE_HEAD_SIZE] = {
        8,    7,    6, 5, 4, 3,    2,    1,    0x14, 0x13, 0x12,
        0x11, 3,    0, 0, 0, 0xf7, 0xff, 0xff, 0xff, 0,    0,
        0,    0x80, 0, 0, 1, 0,    0,    0,    0,    1};
    unsigned char bytes[XIPCI_WIRE_HEAD_SIZE];
    xipci_frame got;

    xipci_wire_write_head(&frame, bytes);
    REQUIRE(memcmp(bytes, want, sizeof want) == 0);
    REQUIRE_OK(xipci_wire_read_head(bytes, &got));
    REQUIRE(memcmp(&got, &frame, sizeof got) == 0);
}

SPEC(a_greeting_says_which_format_it_is, "CALL-8")
{
    unsigned char bytes[XIPCI_WIRE_GREETING_SIZE];

    xipci_wire_write_greeting(bytes);
    REQUIRE(memcmp(bytes, "xipccall\1\0\0\0\50\0\0\0", sizeof bytes) == 0);
    REQUIRE_OK(xipci_wire_read_greeting(bytes));
    for (size_t at = 0; at < sizeof bytes; at++) {
        bytes[at] ^= 0x20;
        REQUIRE_STATUS(XIPC_E_INCOMPATIBLE, xipci_wire_read_greeting(bytes));
        bytes[at] ^= 0x20;
    }
}

static uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

/* Whatever the bytes are, what is given out keeps to the limits, and is the
 * same when it is written again. */
SPEC(a_head_of_any_bytes_is_a_frame_within_limits_or_refused, "CALL-10 GEN-10")
{
    uint64_t state = 7;
    uint32_t good = 0;

    for (uint32_t round = 0; round < 200000; round++) {
        unsigned char bytes[XIPCI_WIRE_HEAD_SIZE];
        unsigned char again[XIPCI_WIRE_HEAD_SIZE];
        xipci_frame frame;
        xipc_status status;

        for (size_t at = 0; at < sizeof bytes; at++) {
            bytes[at] = (unsigned char)next_random(&state);
        }
        if (round % 2 == 0) {
            memset(bytes + 26, 0, 2);
            memset(bytes + 32, 0, 8);
        }
        status = xipci_wire_read_head(bytes, &frame);
        REQUIRE(status == XIPC_OK || status == XIPC_E_CORRUPT);
        if (status == XIPC_OK) {
            good++;
            REQUIRE(frame.size <= XIPCI_WIRE_PIECE_MAX);
            REQUIRE(frame.handle_count == 0 && frame.unused == 0);
            xipci_wire_write_head(&frame, again);
            REQUIRE(memcmp(bytes, again, sizeof bytes) == 0);
        }
    }
    REQUIRE(good >= 100000);
}
