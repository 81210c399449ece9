/* SPDX-License-Identifier: Apache-2.0 */
#include "posix/posix_sleepers.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include "os/os_clock.h"
#include "posix/posix_pipe.h"
#include "posix/posix_status.h"

#define NS_PER_MS 1000000

void posix_sleepers_begin(posix_sleepers *sleepers)
{
    pthread_mutex_init(&sleepers->lock, NULL);
    sleepers->ends[0] = -1;
    sleepers->ends[1] = -1;
}

void posix_sleepers_forget(posix_sleepers *sleepers)
{
    if (sleepers->ends[0] >= 0) {
        close(sleepers->ends[0]);
    }
    if (sleepers->ends[1] >= 0 && sleepers->ends[1] != sleepers->ends[0]) {
        close(sleepers->ends[1]);
    }
    sleepers->ends[0] = -1;
    sleepers->ends[1] = -1;
}

void posix_sleepers_end(posix_sleepers *sleepers)
{
    posix_sleepers_forget(sleepers);
    pthread_mutex_destroy(&sleepers->lock);
}

/* XIPC_E_AGAIN: there was a wake since the ticket. */
static xipc_status enter(posix_sleepers *sleepers, uint32_t ticket)
{
    xipc_status status = XIPC_OK;
    int os_error;

    pthread_mutex_lock(&sleepers->lock);
    if (posix_sleepers_ticket(sleepers) != ticket) {
        status = XIPC_E_AGAIN;
    } else if (sleepers->ends[0] < 0) {
        os_error = posix_pipe_bell(sleepers->ends);
        if (os_error != 0) {
            status = posix_fault(os_error, "making something to wake by");
        }
    }
    if (status == XIPC_OK) {
        sleepers->count++;
    }
    pthread_mutex_unlock(&sleepers->lock);
    return status;
}

/* With the lock. */
static void put_to_sleep(const posix_sleepers *sleepers)
{
    unsigned char bytes[64];
    ssize_t size;

    do {
        size = read(sleepers->ends[0], bytes, sizeof bytes);
    } while (size > 0 || (size < 0 && errno == EINTR));
}

/* Who entered after the last wake is not meant by it. */
static void leave(posix_sleepers *sleepers, uint32_t ticket)
{
    pthread_mutex_lock(&sleepers->lock);
    sleepers->count--;
    if (sleepers->to_leave > 0 && ticket != posix_sleepers_ticket(sleepers)) {
        sleepers->to_leave--;
        if (sleepers->to_leave == 0) {
            put_to_sleep(sleepers);
        }
    }
    pthread_mutex_unlock(&sleepers->lock);
}

void posix_sleepers_wake(posix_sleepers *sleepers)
{
    pthread_mutex_lock(&sleepers->lock);
    atomic_fetch_add_explicit(&sleepers->wakes, 1, memory_order_seq_cst);
    if (sleepers->count > 0) {
        if (sleepers->to_leave == 0) { /* once is enough until it is read */
            posix_pipe_ring(sleepers->ends[1]);
        }
        sleepers->to_leave = sleepers->count;
    }
    pthread_mutex_unlock(&sleepers->lock);
}

int posix_is_interrupted(const xipcos_patience *patience)
{
    /* Sequentially consistent: xipc_interrupt() is a waker. */
    return patience->is_interrupted &&
           atomic_load_explicit(
               patience->is_interrupted, memory_order_seq_cst) != 0;
}

xipc_status
posix_patience_left(const xipcos_patience *patience, int64_t *left_out)
{
    if (patience->deadline == XIPC_NOW) {
        return XIPC_E_AGAIN;
    }
    if (posix_is_interrupted(patience)) {
        return XIPC_E_CANCELED;
    }
    *left_out = XIPC_FOREVER;
    if (patience->deadline != XIPC_FOREVER) {
        *left_out = patience->deadline - xipcos_clock_ns();
    }
    return *left_out > 0 ? XIPC_OK : XIPC_E_TIMEOUT;
}

int posix_poll_ms(int64_t ns)
{
    if (ns >= (int64_t)INT_MAX * NS_PER_MS) {
        return ns == XIPC_FOREVER ? -1 : INT_MAX;
    }
    return (int)((ns + NS_PER_MS - 1) / NS_PER_MS);
}

xipc_status posix_sleepers_wait(
    posix_sleepers *sleepers,
    uint32_t ticket,
    int fd,
    short events,
    const xipcos_patience *patience)
{
    struct pollfd polled[2] = {{.fd = fd, .events = events}};
    int64_t left;
    xipc_status status = posix_patience_left(patience, &left);

    if (status == XIPC_OK) {
        status = enter(sleepers, ticket);
        if (status == XIPC_E_AGAIN) {
            return XIPC_OK;
        }
    }
    if (status != XIPC_OK) {
        return status;
    }
    polled[1] = (struct pollfd){.fd = sleepers->ends[0], .events = POLLIN};
    (void)posix_pipe_poll(polled, 2, left); /* for whatever reason it ends */
    leave(sleepers, ticket);
    return XIPC_OK;
}
