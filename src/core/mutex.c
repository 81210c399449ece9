/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The word says who has it, and whether what it guards can be relied on:
 *
 *     bits 0-29  the owner's number (os/os_member.h); 0: nobody
 *     DOUBT      an owner died, and nobody has called xipc_mutex_recovered()
 *     LOST       it was unlocked in doubt: nobody will ever have it again
 *
 * It goes from nobody to an owner, and from a dead owner to the next one, by
 * compare and exchange: each owner's number is in the word from the instruction
 * on that makes him the owner until the one that ends it. A number that is in
 * the word and belongs to nobody alive therefore tells that its process died
 * as the owner; it is given once, so no other process can be mistaken for it.
 *
 * `owner` tells the owner's threads apart: the process's number, and below it
 * the thread's own. Only the owner writes it, after it has become the owner and
 * before it ceases to be; so a thread that finds itself there, when the word
 * has its process's number too, is the owner. What a dead owner left there is
 * never another process's.
 *
 * The model is mutex.pml.
 */
#include "core/mutex.h"

#include <assert.h>

#include "core/failure.h"
#include "os/os_member.h"

#define OWNER XIPCOS_MEMBER_MAX
#define DOUBT (UINT32_C(1) << 30)
#define LOST  (UINT32_C(1) << 31)

/* A lock is held for a short time. Whoever waits longer looks this often
 * whether the owner is still alive. */
#define SLICE_MAX_NS 5000000

static xipci_sync *sync_of(xipc_mutex *mutex)
{
    return mutex ? &mutex->sync : NULL;
}

/* The last step of what makes a handle. */
static xipc_status
give(xipc_status status, xipci_sync *const *sync, xipc_mutex **mutex_out)
{
    if (status == XIPC_OK) {
        assert(mutex_out && *sync);
        xipci_mutex_enlist(*sync);
        *mutex_out = (xipc_mutex *)*sync;
    }
    return xipci_answer(status);
}

static const xipci_sync_plan plan = {XIPC_KIND_MUTEX, 0, 0};

xipc_status xipc_mutex_create(
    const char *name,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    xipc_mutex **mutex_out)
{
    xipci_sync *sync = NULL;

    return give(
        xipci_sync_create(
            &plan, name, options, deadline, mutex_out ? &sync : NULL),
        &sync, mutex_out);
}

xipc_status xipc_mutex_open(
    const char *name,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    xipc_mutex **mutex_out)
{
    xipci_sync *sync = NULL;

    return give(
        xipci_sync_open(
            XIPC_KIND_MUTEX, name, options, deadline, mutex_out ? &sync : NULL),
        &sync, mutex_out);
}

xipc_status xipc_mutex_open_or_create(
    const char *name,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    xipc_mutex **mutex_out,
    int *created_out)
{
    xipci_sync *sync = NULL;

    return give(
        xipci_sync_open_or_create(
            &plan, name, options, deadline, mutex_out ? &sync : NULL,
            created_out),
        &sync, mutex_out);
}

xipc_status xipc_mutex_create_at(
    xipc_section *section,
    uint64_t offset,
    xipc_deadline deadline,
    xipc_mutex **mutex_out)
{
    xipci_sync *sync = NULL;

    return give(
        xipci_sync_create_at(
            &plan, section, offset, deadline, mutex_out ? &sync : NULL),
        &sync, mutex_out);
}

xipc_status xipc_mutex_open_at(
    xipc_section *section,
    uint64_t offset,
    xipc_deadline deadline,
    xipc_mutex **mutex_out)
{
    xipci_sync *sync = NULL;

    return give(
        xipci_sync_open_at(
            XIPC_KIND_MUTEX, section, offset, deadline,
            mutex_out ? &sync : NULL),
        &sync, mutex_out);
}

static uint64_t owner_of(const xipci_sync *sync, uint32_t thread)
{
    return (uint64_t)sync->member << 32 | thread;
}

static int is_owner(const xipci_sync *sync, uint32_t word, uint32_t thread)
{
    /* Relaxed: what matters is whether that thread wrote it last. */
    return (word & OWNER) == sync->member &&
           atomic_load_explicit(&sync->body->owner, memory_order_relaxed) ==
               owner_of(sync, thread);
}

static int is_mine(const xipci_sync *sync, uint32_t word)
{
    return is_owner(sync, word, xipci_mutex_thread());
}

/* From what was seen, free or a dead one's, to ours. */
static int become_owner(xipci_sync *sync, uint32_t seen, uint32_t flags)
{
    if (!atomic_compare_exchange_strong_explicit(
            &sync->body->word, &seen, sync->member | flags,
            memory_order_seq_cst, memory_order_seq_cst)) {
        return 0;
    }
    atomic_store_explicit(
        &sync->body->owner, owner_of(sync, xipci_mutex_thread()),
        memory_order_relaxed);
    return 1;
}

static xipc_status owner_died(const xipci_sync *sync)
{
    return xipci_sync_fail(
        sync, XIPC_E_OWNER_DIED,
        "its last owner died; it is locked, call xipc_mutex_recovered() when "
        "what it guards is in order");
}

/* The word is not free. */
static xipc_status judge_owner(xipci_sync *sync, uint32_t seen, int is_thorough)
{
    if ((seen & LOST) != 0) {
        return xipci_sync_fail(
            sync, XIPC_E_NOT_RECOVERABLE,
            "an owner died, and it was unlocked without "
            "xipc_mutex_recovered()");
    }
    if (is_mine(sync, seen)) {
        return xipci_sync_fail(
            sync, XIPC_E_INVALID, "this thread has locked it already");
    }
    if (!is_thorough || xipcos_member_lives(sync->stand.native, seen & OWNER)) {
        return XIPC_E_AGAIN;
    }
    return become_owner(sync, seen, DOUBT) ? owner_died(sync) : XIPC_E_AGAIN;
}

static xipc_status take(void *context, int is_thorough)
{
    xipci_sync *sync = context;
    uint32_t seen;

    do {
        if (become_owner(sync, 0, 0)) {
            return XIPC_OK;
        }
        seen = atomic_load_explicit(&sync->body->word, memory_order_seq_cst);
    } while (seen == 0);
    return judge_owner(sync, seen, is_thorough);
}

static xipc_status lock(xipci_sync *sync, xipc_deadline deadline)
{
    xipc_status status = xipci_sync_check(sync);

    if (status != XIPC_OK || become_owner(sync, 0, 0)) {
        return status;
    }
    return xipci_sync_wait(
        sync, take, sync, SLICE_MAX_NS, deadline,
        "somebody else had it locked");
}

xipc_status xipc_mutex_lock(xipc_mutex *mutex, xipc_deadline deadline)
{
    return xipci_answer(lock(sync_of(mutex), deadline));
}

/* The word, if this thread is the owner. */
static xipc_status check_owner(const xipci_sync *sync, uint32_t *word_out)
{
    xipc_status status = xipci_sync_check(sync);
    uint32_t word;

    if (status != XIPC_OK) {
        return status;
    }
    word = atomic_load_explicit(&sync->body->word, memory_order_relaxed);
    if (!is_mine(sync, word)) {
        return xipci_sync_fail(
            sync, XIPC_E_NOT_OWNER, "this thread has not locked it");
    }
    *word_out = word;
    return XIPC_OK;
}

/* What the owner leaves in the word decides who is worth waking. */
static void release(xipci_sync *sync, uint32_t word)
{
    atomic_store_explicit(&sync->body->owner, 0, memory_order_relaxed);
    atomic_exchange_explicit(&sync->body->word, word, memory_order_seq_cst);
    xipcos_park_wake(&sync->park, (word & LOST) != 0 ? XIPCI_WAKE_ALL : 1);
}

static xipc_status unlock(xipci_sync *sync)
{
    uint32_t word = 0;
    xipc_status status = check_owner(sync, &word);

    if (status == XIPC_OK) {
        release(sync, (word & DOUBT) != 0 ? LOST : 0);
    }
    return status;
}

xipc_status xipc_mutex_unlock(xipc_mutex *mutex)
{
    return xipci_answer(unlock(sync_of(mutex)));
}

static xipc_status recover(xipci_sync *sync)
{
    uint32_t word = 0;
    xipc_status status = check_owner(sync, &word);

    if (status != XIPC_OK) {
        return status;
    }
    if ((word & DOUBT) == 0) {
        return xipci_sync_fail(
            sync, XIPC_E_INVALID, "there is nothing to recover from");
    }
    /* Release: whoever sees that all is well sees what was put in order. */
    atomic_store_explicit(
        &sync->body->word, sync->member, memory_order_release);
    return XIPC_OK;
}

xipc_status xipc_mutex_recovered(xipc_mutex *mutex)
{
    return xipci_answer(recover(sync_of(mutex)));
}

/* The word then names nobody, in doubt. */
void xipci_mutex_thread_died(xipci_sync *sync, uint32_t thread)
{
    uint32_t word =
        atomic_load_explicit(&sync->body->word, memory_order_relaxed);

    if (is_owner(sync, word, thread)) {
        release(sync, DOUBT);
    }
}

void xipc_mutex_close(xipc_mutex *mutex)
{
    xipci_sync *sync = sync_of(mutex);

    if (sync) {
        xipci_mutex_delist(sync);
        if (xipci_object_is_own(&sync->object)) {
            xipci_mutex_thread_died(sync, xipci_mutex_thread());
        }
    }
    xipci_sync_close(sync);
}

xipc_object *xipc_mutex_object(xipc_mutex *mutex)
{
    return mutex ? &mutex->sync.object : NULL;
}

int xipci_mutex_is_orphaned(const xipc_mutex *mutex)
{
    const xipci_sync *sync = &mutex->sync;
    uint32_t word =
        atomic_load_explicit(&sync->body->word, memory_order_relaxed);

    return word != 0 &&
           ((word & LOST) != 0 ||
            !xipcos_member_lives(sync->stand.native, word & OWNER));
}

xipc_status xipci_mutex_yield(xipc_mutex *mutex)
{
    xipci_sync *sync = sync_of(mutex);
    uint32_t word = 0;
    xipc_status status = check_owner(sync, &word);

    if (status != XIPC_OK) {
        return status;
    }
    if ((word & DOUBT) != 0) {
        return xipci_sync_fail(
            sync, XIPC_E_INVALID,
            "what it guards is in doubt; call xipc_mutex_recovered() first");
    }
    release(sync, 0);
    return XIPC_OK;
}

xipc_status xipci_mutex_retake(xipc_mutex *mutex)
{
    const xipci_wait wait = {
        NULL, &mutex->sync.park, take, &mutex->sync, SLICE_MAX_NS};

    return xipci_park_wait(&wait, XIPC_FOREVER);
}
