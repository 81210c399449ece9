/* SPDX-License-Identifier: Apache-2.0 */
#include "core/latch.h"

#include "core/look.h"
#include "os/os_clock.h"
#include "os/os_thread.h"

#define LOOK_TURNS  200
#define LOOK_STEP   4
#define YIELD_TURNS 16

static xipc_status attempt(void *context, int is_thorough)
{
    xipci_latch *latch = context;

    (void)is_thorough;
    return atomic_load_explicit(&latch->is_taken, memory_order_relaxed) == 0 &&
                   xipci_latch_try(latch)
               ? XIPC_OK
               : XIPC_E_AGAIN;
}

int xipci_latch_look(xipci_latch *latch)
{
    xipc_status status =
        xipci_look_pausing(attempt, latch, LOOK_TURNS, LOOK_STEP);

    for (int turn = 0; status == XIPC_E_AGAIN && turn < YIELD_TURNS; turn++) {
        xipcos_thread_yield();
        status = attempt(latch, 0);
    }
    return status == XIPC_OK;
}

void xipci_latch_wait(xipci_latch *latch)
{
    int is_taken = xipci_latch_look(latch);

    for (unsigned round = 0; !is_taken; round++) {
        (void)xipcos_clock_pause(round, XIPC_FOREVER); /* never refuses that */
        is_taken = attempt(latch, 0) == XIPC_OK;
    }
}

xipc_status xipci_latch_take_by(
    xipci_latch *latch, const xipc_object *object, xipc_deadline deadline)
{
    if (xipci_latch_try(latch) || xipci_latch_look(latch)) {
        return XIPC_OK;
    }
    for (unsigned round = 0; attempt(latch, 0) != XIPC_OK; round++) {
        xipc_status status = xipci_object_pause(object, round, deadline);

        if (status != XIPC_OK) {
            return status;
        }
    }
    return XIPC_OK;
}
