/* SPDX-License-Identifier: Apache-2.0 */
#include "core/look.h"

#include "os/os_thread.h"

/*
 * Turns without letting go of the processor; turns with, and those without that
 * follow each of these. Together they last as long as it takes to wake a side
 * that sleeps on another processor: so one that has slept finds the other one
 * still awake. To let go may take milliseconds on a busy machine, so that is
 * done a few times only.
 */
#define PAUSE_TURNS       400
#define YIELD_TURNS       24
#define YIELD_PAUSE_TURNS 48

/* And so many more, when looking was left out for long and is tried again:
 * longer than it takes to wake somebody where that takes longest. */
#define LONG_TURNS 4000

/* A way of looking that has failed so often in a row is left out for 2, 4, 8
 * and so on turns after each failure more. */
#define PATIENCE      3
#define LEAVE_OUT_MAX 10

xipc_status
xipci_look_pausing(xipci_attempt *attempt, void *context, int turns, int step)
{
    xipc_status status = XIPC_E_AGAIN;

    for (; status == XIPC_E_AGAIN && turns > 0; turns -= step) {
        for (int pause = 0; pause < step; pause++) {
            xipcos_park_relax();
        }
        status = attempt(context, 0);
    }
    return status;
}

static uint32_t get(_Atomic uint32_t *number)
{
    return atomic_load_explicit(number, memory_order_relaxed);
}

static void set(_Atomic uint32_t *number, uint32_t value)
{
    if (get(number) != value) {
        atomic_store_explicit(number, value, memory_order_relaxed);
    }
}

static xipc_status pausing(
    xipci_patience *patience, xipci_attempt *attempt, void *context, int step)
{
    xipc_status status =
        xipci_look_pausing(attempt, context, PAUSE_TURNS, step);

    if (status != XIPC_E_AGAIN) {
        set(&patience->is_long, 0);
    } else if (
        get(&patience->is_long) ||
        get(&patience->failures) > PATIENCE + LEAVE_OUT_MAX) {
        status = xipci_look_pausing(attempt, context, LONG_TURNS, step);
        set(&patience->is_long, status != XIPC_E_AGAIN);
    }
    return status;
}

static xipc_status yielding(
    xipci_patience *patience, xipci_attempt *attempt, void *context, int step)
{
    xipc_status status = XIPC_E_AGAIN;

    (void)patience;
    for (int turn = 0; status == XIPC_E_AGAIN && turn < YIELD_TURNS; turn++) {
        xipcos_thread_yield();
        status = attempt(context, 0);
        if (status == XIPC_E_AGAIN) {
            status =
                xipci_look_pausing(attempt, context, YIELD_PAUSE_TURNS, step);
        }
    }
    return status;
}

static void judge(xipci_patience *patience, xipc_status status)
{
    uint32_t failures = get(&patience->failures) + 1;

    if (status != XIPC_E_AGAIN) {
        failures = 0;
    }
    set(&patience->failures, failures);
    if (failures > PATIENCE) {
        uint32_t more = failures - PATIENCE;

        set(&patience->leave_out,
            UINT32_C(1) << (more < LEAVE_OUT_MAX ? more : LEAVE_OUT_MAX));
    }
}

typedef xipc_status way_to_look(
    xipci_patience *patience, xipci_attempt *attempt, void *context, int step);

/* As long as it pays. */
static xipc_status patiently(
    xipci_patience *patience,
    way_to_look *look,
    xipci_attempt *attempt,
    void *context,
    int step)
{
    uint32_t leave_out = get(&patience->leave_out);
    xipc_status status;

    if (leave_out > 0) {
        set(&patience->leave_out, leave_out - 1);
        return XIPC_E_AGAIN;
    }
    status = look(patience, attempt, context, step);
    judge(patience, status);
    return status;
}

xipc_status xipci_look(
    xipci_lookout *lookout, xipci_attempt *attempt, void *context, int step)
{
    xipc_status status =
        patiently(&lookout->pausing, pausing, attempt, context, step);

    return status == XIPC_E_AGAIN
               ? patiently(&lookout->yielding, yielding, attempt, context, step)
               : status;
}
