/* SPDX-License-Identifier: Apache-2.0 */
#include <xipc/credentials.h>

#include "core/failure.h"
#include "core/object.h"
#include "os/os_other.h"

static xipc_status
get_credentials(const xipc_object *object, xipc_credentials *credentials)
{
    xipcos_other other;
    xipc_status status;

    if (!object) {
        return xipci_invalid("the object is NULL");
    }
    if (!credentials || credentials->credentials_size != sizeof *credentials) {
        return xipci_object_fail(
            object, XIPC_E_INVALID,
            "credentials is NULL or its size unknown; use "
            "XIPC_CREDENTIALS_INIT");
    }
    status = xipci_object_check(object);
    if (status != XIPC_OK) {
        return status;
    }
    if (!object->other) {
        return xipci_object_fail(
            object, XIPC_E_NOT_SUPPORTED, "it is not a connection");
    }
    status = xipci_object_relay(object, object->other(object, &other));
    if (status == XIPC_OK) {
        credentials->user = other.user;
        credentials->process = other.process;
        credentials->is_process_vouched = other.is_process_vouched;
    }
    return status;
}

xipc_status
xipc_peer_credentials(const xipc_object *object, xipc_credentials *credentials)
{
    return xipci_answer(get_credentials(object, credentials));
}
