/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A spot is a named semaphore, in which there are tokens, and an account of
 * those who are owed one. (WaitOnAddress() ends at the process.)
 *
 *     account  bits 0 to 31   owed: they entered, and no wake-up took them off
 *              bits 32 to 63  how often a wake-up took some off
 *
 *     enter    adds one to owed; the upper half is the ticket
 *     wake     takes as many off owed as it may and counts itself, in one step;
 *              then it puts so many tokens into the semaphore
 *     sleep    takes a token; does not begin if the ticket is old, which is to
 *              say that a wake-up has come since
 *     leave    takes one off owed if the ticket is not old, else nothing
 *
 * So whoever has a ticket that is not old is in owed, whatever the others did
 * and wherever they died. Of those with old tickets some have no token: a
 * wake-up was for others, and they are still in owed, or its waker died before
 * it put the tokens in, and they sleep until their time is up, once.
 *
 * What is too much is of the dead, and of those who left with an old ticket.
 * Owed, it becomes a token at some wake-up. As a token it is met by a sleeper
 * whose ticket is not old, who therefore knows that it is for nobody: he throws
 * it away, with all others that lie there, and takes himself off owed. And
 * where so many lie that nobody can be asleep, a waker forgets what is owed,
 * if nobody has entered since: who only entered before will not sleep with an
 * old ticket.
 *
 * One thing this cannot do: keep a token for a thread that is stopped between
 * its look at the ticket and its sleep. One that enters, looks and sleeps
 * meanwhile may take it, or throw it away, and the other sleeps until its time
 * is up. The same happens where the kernel does not serve first who came first,
 * which it does as a rule and does not promise. The models in core/park.pml
 * tell these two from all else.
 */
#include "os/os_park.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "win32/win32_crash.h"
#include "win32/win32_gate.h"
#include "win32/win32_section.h"
#include "win32/win32_security.h"
#include "win32/win32_status.h"

#define TAIL_SIZE 24
#define NS_PER_MS 1000000

/* The longest single sleep: core looks again long before. */
#define SLEEP_MAX_MS 10000

#define OWED(account)   ((uint32_t)(account))
#define TICKET(account) ((account) >> 32)
#define ONE_WAKE        (UINT64_C(1) << 32)

/* Tokens put in at once; times that, for more threads than there can be. Both
 * bound what a scribbled account can cost. */
#define BATCH_MAX  4096U
#define BATCHES    64
#define TOKENS_MAX 8192

/*
 * A semaphore has tokens or sleepers, never both, so one that lies there would
 * prove that nobody sleeps. But where sleepers fetch their tokens themselves
 * (Wine's esync and fsync), a few lie there for a moment.
 */
#define LYING_MAX 16

/* Tokens thrown away at once. */
#define THROW_MAX 64

static HANDLE semaphore_of(const xipcos_park *park)
{
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): a handle is a number. */
    return (HANDLE)park->native;
}

static HANDLE
make_semaphore(SECURITY_ATTRIBUTES *attributes, const wchar_t *name)
{
    return CreateSemaphoreExW(
        attributes, 0, TOKENS_MAX, name, 0,
        SYNCHRONIZE | SEMAPHORE_MODIFY_STATE);
}

xipc_status xipcos_park_open(
    const xipcos_section *section,
    uint64_t offset,
    xipcos_spot *spot,
    xipcos_park *park_out)
{
    wchar_t name[WIN32_KERNEL_NAME_COUNT];
    char tail[TAIL_SIZE];
    HANDLE semaphore = NULL;
    xipc_status status;

    snprintf(tail, sizeof tail, "-p%" PRIx64, offset);
    status = win32_section_kernel_name(section, tail, name);
    if (status == XIPC_OK) {
        status = win32_kernel_make(
            make_semaphore, name,
            win32_section_others(section, WIN32_OTHERS_SIGNAL), &semaphore,
            NULL);
    }
    if (status != XIPC_OK) {
        return status;
    }
    WIN32_CRASH_POINT();
    park_out->spot = spot;
    park_out->native = (intptr_t)semaphore;
    return XIPC_OK;
}

void xipcos_park_close(xipcos_park *park)
{
    if (park->native) {
        CloseHandle(semaphore_of(park));
        park->native = 0;
    }
}

uint64_t xipcos_park_enter(xipcos_park *park)
{
    uint64_t account = atomic_fetch_add_explicit(
        &park->spot->account, 1, memory_order_seq_cst);

    WIN32_CRASH_POINT();
    return TICKET(account);
}

static int is_old(const xipcos_park *park, uint64_t ticket)
{
    /* Relaxed: whoever misses a wake-up here meets its token. */
    uint64_t account =
        atomic_load_explicit(&park->spot->account, memory_order_relaxed);

    return TICKET(account) != ticket;
}

/* Milliseconds, rounded up. */
static DWORD sleep_ms(int64_t ns)
{
    if (ns >= (int64_t)SLEEP_MAX_MS * NS_PER_MS) {
        return SLEEP_MAX_MS;
    }
    return (DWORD)((ns + NS_PER_MS - 1) / NS_PER_MS);
}

static int take_token(const xipcos_park *park, DWORD ms)
{
    return WaitForSingleObject(semaphore_of(park), ms) == WAIT_OBJECT_0;
}

int xipcos_park_sleep(xipcos_park *park, uint64_t ticket, int64_t ns)
{
    assert(ns >= 0);
    if (is_old(park, ticket)) {
        take_token(park, 0); /* if it is there: it may well be ours */
        return 1;
    }
    return take_token(park, sleep_ms(ns));
}

/* Returns 0 if the ticket is old. */
static int take_self_off(xipcos_park *park, uint64_t ticket)
{
    /* Relaxed: nothing but the account itself depends on it. */
    uint64_t account =
        atomic_load_explicit(&park->spot->account, memory_order_relaxed);

    while (TICKET(account) == ticket && OWED(account) > 0) {
        if (atomic_compare_exchange_weak_explicit(
                &park->spot->account, &account, account - 1,
                memory_order_relaxed, memory_order_relaxed)) {
            return 1;
        }
    }
    return 0;
}

void xipcos_park_leave(xipcos_park *park, uint64_t ticket, int was_woken)
{
    int thrown = 0;

    WIN32_CRASH_POINT();
    if (take_self_off(park, ticket) && was_woken) {
        while (thrown < THROW_MAX && take_token(park, 0)) {
            thrown++;
        }
    }
}

/* Takes up to `count` off owed. Returns how many, and what it left. */
static uint32_t
take_off(xipcos_park *park, uint32_t count, uint64_t *account_out)
{
    /* Sequentially consistent: see os_park.h. */
    uint64_t account =
        atomic_load_explicit(&park->spot->account, memory_order_seq_cst);
    uint32_t taken;

    do {
        taken = OWED(account) < count ? OWED(account) : count;
        *account_out = account - taken + ONE_WAKE;
    } while (taken > 0 && !atomic_compare_exchange_weak_explicit(
                              &park->spot->account, &account, *account_out,
                              memory_order_seq_cst, memory_order_seq_cst));
    return taken;
}

/* Nothing is owed any more, unless anybody entered, left or woke since: who
 * entered since may be asleep by now. */
static void forget(xipcos_park *park, uint64_t account)
{
    atomic_compare_exchange_strong_explicit(
        &park->spot->account, &account, account - OWED(account) + ONE_WAKE,
        memory_order_seq_cst, memory_order_relaxed);
}

/* Returns how many lay there already. */
static LONG put_tokens(const xipcos_park *park, uint32_t count)
{
    LONG lying = 0;

    if (!ReleaseSemaphore(semaphore_of(park), (LONG)count, &lying)) {
        return TOKENS_MAX; /* no room, so many lie there */
    }
    return lying;
}

void xipcos_park_wake(xipcos_park *park, uint32_t count)
{
    uint64_t account;
    uint32_t taken;

    for (int batch = 0; count > 0 && batch < BATCHES; batch++) {
        taken = take_off(park, count < BATCH_MAX ? count : BATCH_MAX, &account);
        if (taken == 0) {
            return;
        }
        WIN32_CRASH_POINT();
        if (put_tokens(park, taken) > LYING_MAX) {
            forget(park, account);
            return;
        }
        count -= taken;
    }
}

void xipcos_park_relax(void)
{
    YieldProcessor();
}
