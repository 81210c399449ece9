/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The services that this thread serves: it may be in a handler of theirs, or in
 * on_link. More than one, the innermost first: a handler may take by hand from
 * another service.
 */
#include <stddef.h>

#include "core/call_service.h"

static _Thread_local xipci_serving *innermost;

void xipci_serving_begin(xipci_serving *self, const xipc_service *service)
{
    *self = (xipci_serving){service, innermost};
    innermost = self;
}

void xipci_serving_end(const xipci_serving *self)
{
    innermost = self->before;
}

int xipci_is_serving(const xipc_service *service)
{
    const xipci_serving *at = innermost;

    while (at && at->service != service) {
        at = at->before;
    }
    return at != NULL;
}
