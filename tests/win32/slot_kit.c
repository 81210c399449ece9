/* SPDX-License-Identifier: Apache-2.0 */
#include "win32/slot_kit.h"

#undef slot_owner_at

xipc_mailbox_options slot_box_of(uint32_t capacity)
{
    xipc_mailbox_options options = box_of(capacity, SLOT_LONGEST);

    options.provider = XIPC_PROVIDER_NATIVE;
    return options;
}

xipc_status slot_send(xipc_mailbox *box, xipc_deadline when)
{
    return xipc_mailbox_send(box, "x", 1, NULL, when);
}

xipc_status slot_receive(xipc_mailbox *box, xipc_deadline when)
{
    char byte;
    size_t size;

    return xipc_mailbox_receive(box, &byte, 1, &size, NULL, when);
}

PEER(an_owner_of_a_slot)
{
    xipc_mailbox_options options = slot_box_of(4);
    xipc_mailbox *box = box_made(spec_argument(0), &options);

    spec_tell(NULL, "there");
    spec_expect(NULL, "close");
    xipc_mailbox_close(box);
}

spec_peer *slot_owner_at(const char *name)
{
    spec_peer *owner = START(an_owner_of_a_slot, name);

    spec_expect(owner, "there");
    return owner;
}
