/* SPDX-License-Identifier: Apache-2.0 */
#include "core/object.h"

#include <string.h>

#include "core/failure.h"
#include "os/os_clock.h"
#include "os/os_process.h"

void xipci_object_init(xipc_object *object, xipc_kind kind, const char *name)
{
    size_t size = strnlen(name, sizeof object->name - 1);

    object->kind = kind;
    object->scope = XIPC_SCOPE_USER;
    object->fork_epoch = xipcos_fork_epoch();
    atomic_init(&object->is_interrupted, 0);
    object->wake = NULL;
    object->waitable = NULL;
    object->entries = NULL;
    object->heritage = NULL;
    object->other = NULL;
    memcpy(object->name, name, size);
    object->name[size] = '\0';
}

xipc_status xipci_object_fail(
    const xipc_object *object, xipc_status status, const char *why)
{
    return xipci_fail(status, object->kind, object->name, "%s", why);
}

xipc_status xipci_object_relay(const xipc_object *object, xipc_status status)
{
    return xipci_relay(status, object->kind, object->name);
}

int xipci_object_is_own(const xipc_object *object)
{
    return object->fork_epoch == xipcos_fork_epoch();
}

xipc_status xipci_object_check(const xipc_object *object)
{
    if (xipci_object_is_own(object)) {
        return XIPC_OK;
    }
    return xipci_object_fail(
        object, XIPC_E_FORKED,
        "the handle belongs to the parent process; open the object again");
}

xipc_status xipci_object_pause(
    const xipc_object *object, unsigned round, xipc_deadline deadline)
{
    if (deadline != XIPC_NOW &&
        atomic_load_explicit(&object->is_interrupted, memory_order_seq_cst)) {
        return xipci_object_fail(
            object, XIPC_E_CANCELED, "xipc_interrupt() ended the wait");
    }
    return xipci_object_relay(object, xipcos_clock_pause(round, deadline));
}

static xipc_status set_interrupt(xipc_object *object, int value)
{
    xipc_status status;

    if (!object) {
        return xipci_invalid("the object is NULL");
    }
    status = xipci_object_check(object);
    if (status == XIPC_OK) {
        atomic_store_explicit(
            &object->is_interrupted, value, memory_order_seq_cst);
    }
    if (status == XIPC_OK && value && object->wake) {
        object->wake(object);
    }
    return status;
}

xipc_status xipc_interrupt(xipc_object *object)
{
    return xipci_answer(set_interrupt(object, 1));
}

xipc_status xipc_interrupt_clear(xipc_object *object)
{
    return xipci_answer(set_interrupt(object, 0));
}
