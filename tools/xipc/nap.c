/* SPDX-License-Identifier: Apache-2.0 */
/* A poller in which nothing is waits as long as it is told. */
#include "nap.h"

#include "say.h"
#include "stop.h"

int nap_until(xipc_deadline deadline)
{
    xipc_poller *poller = NULL;
    xipc_ready ready;
    size_t count;
    xipc_status status = xipc_poller_create(&poller);

    if (status != XIPC_OK) {
        (void)say_status(status, "poller");
        return -1;
    }
    stop_watch(xipc_poller_object(poller));
    status = xipc_poller_wait(poller, &ready, 1, deadline, &count);
    stop_watch(NULL);
    xipc_poller_close(poller);
    return status == XIPC_E_CANCELED ? -1 : 0;
}

int nap_before(xipc_deadline deadline, int64_t ms)
{
    xipc_deadline soon = xipc_after_ms(ms);

    if (deadline == XIPC_NOW) {
        return 0;
    }
    if (nap_until(soon < deadline ? soon : deadline) < 0) {
        return -1;
    }
    return xipc_after_ns(0) < deadline;
}
