/* SPDX-License-Identifier: Apache-2.0 */
/* In which provider the boxes of a case are. */
#include <stdlib.h>
#include <string.h>

#include "support/mailbox_kit.h"

static const char provider_variable[] = "XIPC_SPEC_PROVIDER";

void box_natively(void)
{
    SPEC_NEEDS(XIPC_FEATURE_MAILBOX_NATIVE);
    kit_set_environment(provider_variable, "native");
}

int box_is_native(void)
{
    const char *provider = getenv(provider_variable);

    return provider && strcmp(provider, "native") == 0;
}

void box_needs(xipc_feature feature)
{
    if (box_is_native()) {
        SPEC_NEEDS(feature);
    }
}

uint32_t box_room(uint32_t capacity)
{
    return box_is_native() && capacity > BOX_ROOM_NATIVE ? BOX_ROOM_NATIVE
                                                         : capacity;
}

int box_can_have(uint32_t capacity)
{
    return !box_is_native() || (capacity > 0 && capacity != XIPC_UNBOUNDED);
}

const xipc_mailbox_options *box_options(void)
{
    static xipc_mailbox_options options;

    options = box_of(XIPC_MAILBOX_CAPACITY_DEFAULT, 1024);
    return box_is_native() ? &options : NULL;
}
