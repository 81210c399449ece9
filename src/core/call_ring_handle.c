/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handles that go with frames of the local line.
 *
 * Where they are sent, a parcel with the handles and a running number goes over
 * the channel before the frame is committed; whoever takes the frame finds it
 * there. Where they are copied, see call_ring_copy.c.
 */
#include <string.h>

#include "core/call_ring_line.h"

#define PARCEL_MARK UINT32_C(0x584c4801) /* "XLH" and the version */

typedef struct parcel_note {
    uint32_t mark;
    uint32_t number;
} parcel_note;

static const xipcos_patience not_at_all = {XIPC_NOW, NULL};

void xipci_ring_line_drop(const intptr_t *natives, size_t count)
{
    for (size_t at = 0; at < count; at++) {
        if (natives[at] != XIPCI_NO_NATIVE) {
            xipcos_handle_drop(natives[at]);
        }
    }
}

/* ---- sent ---- */

static xipc_status send_parcel(
    xipci_ring_line *self,
    const intptr_t *natives,
    size_t count,
    const xipcos_patience *patience)
{
    parcel_note note = {PARCEL_MARK, self->sent_number};
    xipcos_parcel parcel = {.data = &note, .size = sizeof note, .count = count};
    xipc_status status;

    memcpy(parcel.natives, natives, count * sizeof *natives);
    status = xipci_channel_send(self->channel, &parcel, patience);
    if (status == XIPC_OK) {
        self->sent_number++;
    }
    return status;
}

static int is_expected(
    const xipci_ring_line *self,
    const xipcos_parcel *parcel,
    const parcel_note *note,
    size_t count)
{
    return parcel->size == sizeof *note && note->mark == PARCEL_MARK &&
           note->number == self->received_number &&
           (parcel->count == count ||
            (parcel->has_lost && parcel->count < count));
}

/* It was sent before the frame: it is there, or never comes. */
static xipc_status
receive_parcel(xipci_ring_line *self, size_t count, intptr_t *natives_out)
{
    parcel_note note;
    xipcos_parcel parcel = {.data = &note, .size = sizeof note};
    xipc_status status =
        xipci_channel_receive(self->channel, &parcel, &not_at_all);

    if (status != XIPC_OK) {
        return XIPC_E_CORRUPT;
    }
    if (!is_expected(self, &parcel, &note, count)) {
        xipci_ring_line_drop(parcel.natives, parcel.count);
        return XIPC_E_CORRUPT;
    }
    self->received_number++;
    memcpy(natives_out, parcel.natives, parcel.count * sizeof *natives_out);
    for (size_t at = parcel.count; at < count; at++) {
        natives_out[at] = XIPCI_NO_NATIVE;
    }
    return XIPC_OK;
}

/* ---- either ---- */

xipc_status xipci_ring_line_give(
    xipci_ring_line *self,
    const intptr_t *natives,
    size_t count,
    int64_t *values,
    const xipcos_patience *patience)
{
    if (!self->takes_handles) {
        return xipci_ring_line_fail(
            self, XIPC_E_NOT_SUPPORTED,
            "handles do not go over this connection");
    }
    return xipcos_handles_go() == XIPCOS_HANDLES_SENT
               ? send_parcel(self, natives, count, patience)
               : xipci_ring_line_give_copies(self, natives, count, values);
}

xipc_status xipci_ring_line_take(
    xipci_ring_line *self,
    const int64_t *values,
    size_t count,
    intptr_t *natives_out)
{
    if (!self->takes_handles) {
        return XIPC_E_CORRUPT;
    }
    return xipcos_handles_go() == XIPCOS_HANDLES_SENT
               ? receive_parcel(self, count, natives_out)
               : xipci_ring_line_take_copies(self, values, count, natives_out);
}
