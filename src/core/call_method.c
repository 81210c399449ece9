/* SPDX-License-Identifier: Apache-2.0 */
/* A service's methods, in the order of their numbers. */
#include <stdlib.h>
#include <string.h>

#include "core/call_service.h"
#include "core/failure.h"

static size_t place_of(const xipc_service *service, uint32_t number)
{
    size_t low = 0;
    size_t high = service->method_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (service->methods[middle].number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void xipci_service_find_method(
    const xipc_service *service, xipc_request *request)
{
    size_t place = place_of(service, request->method);

    request->handler = NULL;
    if (place < service->method_count &&
        service->methods[place].number == request->method) {
        request->handler = service->methods[place].handler;
        request->context = service->methods[place].context;
    }
}

static xipc_status add_checked(
    xipc_service *service,
    uint32_t number,
    xipc_handler *handler,
    void *context)
{
    xipci_method *methods = service->methods;
    size_t place = place_of(service, number);

    if (place < service->method_count && methods[place].number == number) {
        return xipci_fail(
            XIPC_E_EXISTS, XIPC_KIND_CALL, service->object.name,
            "method %u has a handler", number);
    }
    if (service->method_count == service->method_capacity) {
        size_t capacity = service->method_capacity * 2 + 8;

        methods = realloc(methods, capacity * sizeof *methods);
        if (!methods) {
            return xipci_object_fail(
                &service->object, XIPC_E_NO_MEMORY,
                "no memory for one more method");
        }
        service->methods = methods;
        service->method_capacity = capacity;
    }
    memmove(
        &methods[place + 1], &methods[place],
        (service->method_count - place) * sizeof *methods);
    methods[place] = (xipci_method){number, handler, context};
    service->method_count++;
    return XIPC_OK;
}

xipc_status xipc_service_add(
    xipc_service *service,
    uint32_t method,
    xipc_handler *handler,
    void *context)
{
    xipc_status status = xipci_service_check(service);

    if (status == XIPC_OK && !handler) {
        status = xipci_invalid("the handler is NULL");
    }
    if (status == XIPC_OK) {
        xipci_latch_take(&service->latch);
        status = add_checked(service, method, handler, context);
        xipci_latch_give(&service->latch);
    }
    return xipci_answer(status);
}
