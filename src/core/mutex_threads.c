/* SPDX-License-Identifier: Apache-2.0 */
#include "core/mutex.h"

#include "os/os_thread.h"

/* All that are open in this process, handle by handle. Under the thread lock.
 */
static xipci_sync *open_mutexes;

void xipci_mutex_enlist(xipci_sync *sync)
{
    xipcos_thread_lock();
    sync->next = open_mutexes;
    sync->link = &open_mutexes;
    if (sync->next) {
        sync->next->link = &sync->next;
    }
    open_mutexes = sync;
    xipcos_thread_unlock();
}

void xipci_mutex_delist(xipci_sync *sync)
{
    xipcos_thread_lock();
    if (sync->link) {
        *sync->link = sync->next;
        if (sync->next) {
            sync->next->link = sync->link;
        }
        sync->link = NULL;
    }
    xipcos_thread_unlock();
}

/* In the thread that ends. A handle that came through fork() is not ours. */
static void thread_ended(uint32_t thread)
{
    xipcos_thread_lock();
    for (xipci_sync *sync = open_mutexes; sync; sync = sync->next) {
        if (xipci_object_is_own(&sync->object)) {
            xipci_mutex_thread_died(sync, thread);
        }
    }
    xipcos_thread_unlock();
}

uint32_t xipci_mutex_thread(void)
{
    return xipcos_thread_number(thread_ended);
}
