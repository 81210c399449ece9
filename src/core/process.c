/* SPDX-License-Identifier: Apache-2.0 */
/* The handle of a process: its end, and how it is waited for. */
#include "core/process_handle.h"

#include <stdlib.h>

#include "core/failure.h"
#include "core/waitable.h"
#include "os/os_clock.h"

static xipc_status
fail(const xipc_process *process, xipc_status status, const char *why)
{
    return xipcos_fault(
        status, 0, "process %lld '%s': %s",
        (long long)xipcos_child_id(process->child), process->object.name, why);
}

static xipc_status relay(const xipc_process *process, xipc_status status)
{
    if (status != XIPC_OK) {
        xipcos_fault_subject(
            "process %lld '%s'", (long long)xipcos_child_id(process->child),
            process->object.name);
    }
    return status;
}

static xipc_status check(const xipc_process *process)
{
    if (!process) {
        return xipci_invalid("the process is NULL");
    }
    if (!xipci_object_is_own(&process->object)) {
        return fail(
            process, XIPC_E_FORKED,
            "it is a child of the process that this one was forked from");
    }
    return XIPC_OK;
}

static void wake(xipc_object *object)
{
    xipcos_child_wake(((xipc_process *)object)->child);
}

/* ---- for a poller ---- */

static uint32_t look(xipc_object *object)
{
    xipc_exit unused;

    return xipcos_child_ended(((xipc_process *)object)->child, &unused) ==
                   XIPC_OK
               ? XIPC_READABLE
               : 0;
}

static xipci_watch *watch_of(xipc_object *object)
{
    (void)object;
    return NULL;
}

static uint32_t
native_handle(xipc_object *object, uint32_t events, intptr_t *native_out)
{
    const xipc_process *process = (const xipc_process *)object;

    return xipcos_child_native(process->child, native_out)
               ? events & XIPC_READABLE
               : 0;
}

static const xipci_waitable waitable = {
    XIPC_READABLE, look, watch_of, NULL, native_handle};

/* ---- the handle ---- */

xipc_process *xipci_process_new(const char *program)
{
    xipc_process *process = calloc(1, sizeof *process);

    if (process) {
        xipci_object_init(&process->object, (xipc_kind)0, program);
        process->object.wake = wake;
        process->object.waitable = &waitable;
    }
    return process;
}

void xipc_process_close(xipc_process *process)
{
    if (!process) {
        return;
    }
    xipci_poller_forget(&process->object);
    if (process->child) {
        xipcos_child_close(process->child);
    }
    free(process);
}

xipc_object *xipc_process_object(xipc_process *process)
{
    return process ? &process->object : NULL;
}

int64_t xipc_process_id(const xipc_process *process)
{
    return process ? xipcos_child_id(process->child) : 0;
}

/* ---- its end ---- */

/* It runs. XIPC_OK to look again. */
static xipc_status sleep_once(xipc_process *process, xipc_deadline deadline)
{
    int64_t left = XIPC_FOREVER;

    if (deadline == XIPC_NOW) {
        return fail(process, XIPC_E_AGAIN, "it runs");
    }
    if (atomic_load_explicit(
            &process->object.is_interrupted, memory_order_seq_cst)) {
        return fail(
            process, XIPC_E_CANCELED, "xipc_interrupt() ended the wait");
    }
    if (deadline != XIPC_FOREVER) {
        left = deadline - xipcos_clock_ns();
    }
    if (left <= 0) {
        return fail(process, XIPC_E_TIMEOUT, "it ran until the deadline");
    }
    xipcos_child_wait(process->child, &process->object.is_interrupted, left);
    return XIPC_OK;
}

static xipc_status
wait_checked(xipc_process *process, xipc_deadline deadline, xipc_exit *exit_out)
{
    xipc_exit seen = XIPC_EXIT_INIT;
    xipc_status status = check(process);

    if (status != XIPC_OK) {
        return status;
    }
    if (exit_out && exit_out->exit_size != sizeof *exit_out) {
        return fail(
            process, XIPC_E_INVALID,
            "exit_size is unknown; use XIPC_EXIT_INIT");
    }
    for (;;) {
        status = xipcos_child_ended(process->child, &seen);
        if (status != XIPC_E_AGAIN) {
            break;
        }
        status = sleep_once(process, deadline);
        if (status != XIPC_OK) {
            return status;
        }
    }
    if (exit_out) {
        *exit_out = seen;
    }
    return XIPC_OK;
}

xipc_status xipc_process_wait(
    xipc_process *process, xipc_deadline deadline, xipc_exit *exit_out)
{
    return xipci_answer(wait_checked(process, deadline, exit_out));
}

static xipc_status terminate_checked(xipc_process *process)
{
    xipc_status status = check(process);

    return status == XIPC_OK
               ? relay(process, xipcos_child_terminate(process->child))
               : status;
}

xipc_status xipc_process_terminate(xipc_process *process)
{
    return xipci_answer(terminate_checked(process));
}
