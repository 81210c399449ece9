/* SPDX-License-Identifier: Apache-2.0 */
/* A system without message queues, or one that does not say when there is
 * something in them. */
#include "posix/posix_queue.h"
#include "os/os_fault.h"
#include "os/os_queue.h"

void posix_queue_unlink(const struct stat *file, const char *path)
{
    (void)file;
    (void)path;
}

int xipcos_queue_limits(xipcos_queue_bounds *bounds_out)
{
    (void)bounds_out;
    return 0;
}

static xipc_status none(void)
{
    return xipcos_fault(
        XIPC_E_NOT_SUPPORTED, 0, "this system has no message queues");
}

xipc_status xipcos_queue_create(
    xipcos_queue_place place,
    const xipcos_queue_plan *plan,
    xipcos_queue **queue_out)
{
    (void)place;
    (void)plan;
    (void)queue_out;
    return none();
}

xipc_status
xipcos_queue_open(xipcos_queue_place place, xipcos_queue **queue_out)
{
    (void)place;
    (void)queue_out;
    return none();
}

xipc_status xipcos_queue_remove(const char *native_name)
{
    (void)native_name;
    return none();
}

void xipcos_queue_close(xipcos_queue *queue)
{
    (void)queue;
}

void xipcos_queue_geometry(
    const xipcos_queue *queue, uint32_t *capacity_out, uint32_t *message_out)
{
    (void)queue;
    *capacity_out = 0;
    *message_out = 0;
}

xipc_status xipcos_queue_send(
    xipcos_queue *queue, const xipcos_letter *letter, xipc_deadline deadline)
{
    (void)queue;
    (void)letter;
    (void)deadline;
    return none();
}

xipc_status xipcos_queue_receive(
    xipcos_queue *queue,
    void *buffer,
    size_t capacity,
    size_t *size_out,
    uint32_t *priority_out)
{
    (void)queue;
    (void)buffer;
    (void)capacity;
    (void)size_out;
    (void)priority_out;
    return none();
}

uint64_t xipcos_queue_depth(xipcos_queue *queue)
{
    (void)queue;
    return 0;
}

uint32_t xipcos_queue_ticket(const xipcos_queue *queue)
{
    (void)queue;
    return 0;
}

void xipcos_queue_wait(
    xipcos_queue *queue, uint32_t events, uint32_t ticket, int64_t ns)
{
    (void)queue;
    (void)events;
    (void)ticket;
    (void)ns;
}

int xipcos_queue_settle(xipcos_queue *queue)
{
    (void)queue;
    return 0;
}

uint32_t xipcos_queue_ready(xipcos_queue *queue)
{
    (void)queue;
    return 0;
}

void xipcos_queue_wake(xipcos_queue *queue)
{
    (void)queue;
}

xipc_status
xipcos_queue_native_handle(xipcos_queue *queue, intptr_t *native_out)
{
    (void)queue;
    (void)native_out;
    return none();
}
