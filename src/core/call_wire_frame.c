/* SPDX-License-Identifier: Apache-2.0 */
/* How frames are written for machines of any sort. */
#include <string.h>

#include "core/call_wire.h"
#include "core/failure.h"

#define VERSION 1

static const unsigned char mark[8] = {'x', 'i', 'p', 'c', 'c', 'a', 'l', 'l'};

static void put32(unsigned char *bytes, uint32_t value)
{
    for (int at = 0; at < 4; at++) {
        bytes[at] = (unsigned char)(value >> (8 * at));
    }
}

static uint32_t get32(const unsigned char *bytes)
{
    uint32_t value = 0;

    for (int at = 3; at >= 0; at--) {
        value = value << 8 | bytes[at];
    }
    return value;
}

void xipci_wire_write_greeting(unsigned char bytes[XIPCI_WIRE_GREETING_SIZE])
{
    memcpy(bytes, mark, sizeof mark);
    put32(bytes + 8, VERSION);
    put32(bytes + 12, XIPCI_WIRE_HEAD_SIZE);
}

xipc_status
xipci_wire_read_greeting(const unsigned char bytes[XIPCI_WIRE_GREETING_SIZE])
{
    if (memcmp(bytes, mark, sizeof mark) != 0) {
        return xipcos_fault(
            XIPC_E_INCOMPATIBLE, 0, "the other side speaks something else");
    }
    if (get32(bytes + 8) != VERSION ||
        get32(bytes + 12) != XIPCI_WIRE_HEAD_SIZE) {
        return xipcos_fault(
            XIPC_E_INCOMPATIBLE, 0,
            "the other side speaks version %u of the wire's format, this one "
            "%d",
            get32(bytes + 8), VERSION);
    }
    return XIPC_OK;
}

void xipci_wire_write_head(
    const xipci_frame *frame, unsigned char bytes[XIPCI_WIRE_HEAD_SIZE])
{
    put32(bytes, (uint32_t)frame->call);
    put32(bytes + 4, (uint32_t)(frame->call >> 32));
    put32(bytes + 8, frame->kind);
    put32(bytes + 12, frame->flags);
    put32(bytes + 16, frame->method);
    put32(bytes + 20, frame->result);
    put32(bytes + 24, frame->size);
    put32(bytes + 28, frame->total);
    put32(bytes + 32, 0);
    put32(bytes + 36, 0);
}

xipc_status xipci_wire_read_head(
    const unsigned char bytes[XIPCI_WIRE_HEAD_SIZE], xipci_frame *frame_out)
{
    const xipci_frame frame = {
        .call = (uint64_t)get32(bytes + 4) << 32 | get32(bytes),
        .kind = get32(bytes + 8),
        .flags = get32(bytes + 12),
        .method = get32(bytes + 16),
        .result = get32(bytes + 20),
        .size = get32(bytes + 24),
        .total = get32(bytes + 28)};

    if (frame.size > XIPCI_WIRE_PIECE_MAX) {
        return xipcos_fault(
            XIPC_E_CORRUPT, 0, "a frame of %u bytes came; they have %u at most",
            frame.size, XIPCI_WIRE_PIECE_MAX);
    }
    if (get32(bytes + 32) != 0 || get32(bytes + 36) != 0) {
        return xipcos_fault(
            XIPC_E_CORRUPT, 0, "a frame came that is none of this version");
    }
    *frame_out = frame;
    return XIPC_OK;
}
