/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A spot on POSIX. Sleepers sleep on `sequence`, which each wake-up changes; so
 * the kernel lets nobody sleep who entered before it. `account` counts those
 * who have entered and not left:
 *
 *     bits  0-31  how many they are
 *     bits 32-47  the epoch: the count began again at zero so many times
 *     bits 48-63  how many ever entered, of which only the low bits matter
 *
 * Everybody counts himself, in and out; a wake-up does not touch the count. So
 * it is never too small. Whoever is killed stays in it, and makes each later
 * wake-up a system call. That is mended by the first one that finds nobody
 * asleep: it begins a new epoch with a count of zero. Nobody is wronged by
 * that. Whoever enters or leaves after the waker read the account changes it,
 * and then the exchange fails. Whoever had entered before read the sequence
 * even earlier: it has changed since, so he will not fall asleep, and when he
 * leaves he sees that the epoch is not his and leaves the count alone.
 *
 * That is why entering reads the sequence first. The orders are sequentially
 * consistent, as core/park.h asks; see park.pml.
 */
#include "posix/posix_park.h"

#include "os/os_park.h"

#define COUNT_MASK UINT64_C(0xffffffff)
#define EPOCH_MASK (UINT64_C(0xffff) << 32)
#define ONE_EPOCH  (UINT64_C(1) << 32)
#define ONE_ENTRY  ((UINT64_C(1) << 48) + 1)

/* A ticket: the epoch as in the account, and the sequence below it. */
#define SEQUENCE_MASK UINT64_C(0xffffffff)

xipc_status xipcos_park_open(
    const xipcos_section *section,
    uint64_t offset,
    xipcos_spot *spot,
    xipcos_park *park_out)
{
    (void)section;
    (void)offset; /* the kernel knows the word by where it really is */
    park_out->spot = spot;
    park_out->native = 0;
    return XIPC_OK;
}

void xipcos_park_close(xipcos_park *park)
{
    (void)park;
}

uint64_t xipcos_park_enter(xipcos_park *park)
{
    xipcos_spot *spot = park->spot;
    uint32_t sequence =
        atomic_load_explicit(&spot->sequence, memory_order_seq_cst);
    uint64_t account = atomic_fetch_add_explicit(
        &spot->account, ONE_ENTRY, memory_order_seq_cst);

    return (account & EPOCH_MASK) | sequence;
}

int xipcos_park_sleep(xipcos_park *park, uint64_t ticket, int64_t ns)
{
    return posix_word_sleep(
        &park->spot->sequence, (uint32_t)(ticket & SEQUENCE_MASK), ns);
}

void xipcos_park_leave(xipcos_park *park, uint64_t ticket, int was_woken)
{
    _Atomic uint64_t *account = &park->spot->account;
    uint64_t seen = atomic_load_explicit(account, memory_order_relaxed);

    (void)was_woken;
    while (((seen ^ ticket) & EPOCH_MASK) == 0 && (seen & COUNT_MASK) != 0 &&
           !atomic_compare_exchange_weak_explicit(
               account, &seen, seen - 1, memory_order_seq_cst,
               memory_order_relaxed)) {
    }
}

/* Those in the count are dead, or not asleep yet. */
static void begin_epoch(_Atomic uint64_t *account, uint64_t seen)
{
    uint64_t entries = seen & ~(EPOCH_MASK | COUNT_MASK);
    uint64_t epoch = (seen + ONE_EPOCH) & EPOCH_MASK;

    atomic_compare_exchange_strong_explicit(
        account, &seen, entries | epoch, memory_order_seq_cst,
        memory_order_relaxed);
}

void xipcos_park_wake(xipcos_park *park, uint32_t count)
{
    xipcos_spot *spot = park->spot;
    uint64_t seen = atomic_load_explicit(&spot->account, memory_order_seq_cst);

    if ((seen & COUNT_MASK) == 0) {
        return;
    }
    atomic_fetch_add_explicit(&spot->sequence, 1, memory_order_seq_cst);
    if (posix_word_wake(&spot->sequence, count) == 0) {
        begin_epoch(&spot->account, seen);
    }
}

void xipcos_park_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
    __asm__ volatile("yield");
#else
    atomic_signal_fence(memory_order_seq_cst);
#endif
}
