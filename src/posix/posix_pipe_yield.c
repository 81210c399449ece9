/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who waits for an answer on the same processor gets it sooner if it only lets
 * the other side run: then nobody is asleep, and nobody has to be woken, which
 * takes the kernel longer than all the rest of a round trip.
 *
 * That does not pay where the other side is not about to write; then it is left
 * for a while. And where a third program wants the processor, one who sleeps is
 * given it as soon as he is woken, and one who has let others run waits for his
 * turn, some milliseconds: that shows in the coarse clock, and then it is left
 * for longer.
 *
 * Who asks and is answered never finds the answer there at once: then that look
 * is left out too, and tried again now and then.
 */
#include <sched.h>

#include "os/os_clock.h"
#include "posix/posix_pipe.h"

#define VAIN_MAX       4
#define SKIP_AFTER     1000
#define SKIP_CROWDED   20000
#define CROWDED_WITHIN 64
#define EMPTY_MAX      8
#define LOOK_EVERY     32

static uint32_t get(const _Atomic uint32_t *number)
{
    return atomic_load_explicit(number, memory_order_relaxed);
}

static void set(_Atomic uint32_t *number, uint32_t value)
{
    atomic_store_explicit(number, value, memory_order_relaxed);
}

/* Twice within a few of them: each takes long. */
static void clock_went_on(posix_yielder *yielder)
{
    if (get(&yielder->recent) < CROWDED_WITHIN) {
        set(&yielder->skip, SKIP_CROWDED);
    }
    set(&yielder->recent, 0);
}

/* 0: it did not, as it does not pay. */
static int let_others_run(posix_yielder *yielder)
{
    uint32_t skip = get(&yielder->skip);
    int64_t before;

    if (skip > 0) {
        set(&yielder->skip, skip - 1);
        return 0;
    }
    before = xipcos_clock_about_ns();
    sched_yield();
    if (xipcos_clock_about_ns() != before) {
        clock_went_on(yielder);
    } else {
        set(&yielder->recent, get(&yielder->recent) + 1);
    }
    return 1;
}

static void others_have_run(posix_yielder *yielder, int has_paid)
{
    uint32_t vain = has_paid ? 0 : get(&yielder->vain) + 1;

    if (vain == VAIN_MAX) {
        set(&yielder->skip, SKIP_AFTER);
        vain = 0;
    }
    set(&yielder->vain, vain);
}

static int looks_first(posix_yielder *yielder)
{
    uint32_t empty = get(&yielder->empty);

    if (empty < EMPTY_MAX) {
        return 1;
    }
    set(&yielder->empty, empty < LOOK_EVERY ? empty + 1 : EMPTY_MAX - 1);
    return 0;
}

xipc_status posix_look(
    posix_yielder *yielder, xipc_status (*look)(void *context), void *context)
{
    int has_looked = looks_first(yielder);
    xipc_status status = XIPC_E_AGAIN;

    if (has_looked) {
        status = look(context);
        set(&yielder->empty,
            status == XIPC_E_AGAIN ? get(&yielder->empty) + 1 : 0);
    }
    if (status == XIPC_E_AGAIN && let_others_run(yielder)) {
        status = look(context);
        others_have_run(yielder, status != XIPC_E_AGAIN);
    } else if (!has_looked) {
        status = look(context);
    }
    return status;
}
