/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fiber-local storage, because it alone tells of a thread's end without a
 * DllMain, which a static library does not have. A fiber that moves between
 * threads counts as one thread.
 */
#include "os/os_thread.h"

#include <stdatomic.h>

#include "win32/win32_system.h"

static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static SRWLOCK lock = SRWLOCK_INIT;
static DWORD slot = FLS_OUT_OF_INDEXES;

/* Written once, before any thread has a number; read by threads that have. */
static _Atomic(xipcos_thread_exit *) exit_callback;

static void WINAPI end(void *value)
{
    xipcos_thread_exit *callback =
        atomic_load_explicit(&exit_callback, memory_order_acquire);

    if (value) {
        callback((uint32_t)(uintptr_t)value);
    }
}

/* The module stays for good: `end` must be there when the last thread ends. */
static BOOL CALLBACK start(INIT_ONCE *self, void *parameter, void **context)
{
    HMODULE module;

    (void)self;
    (void)parameter;
    (void)context;
    GetModuleHandleExW(
        GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
        (const wchar_t *)(const void *)&once, &module);
    slot = FlsAlloc(end);
    return TRUE;
}

static uint32_t draw(xipcos_thread_exit *on_exit)
{
    static _Atomic uint32_t last;
    xipcos_thread_exit *none = NULL;
    /* Relaxed: the number is all. */
    uint32_t number =
        1 + atomic_fetch_add_explicit(&last, 1, memory_order_relaxed);

    atomic_compare_exchange_strong_explicit(
        &exit_callback, &none, on_exit, memory_order_acq_rel,
        memory_order_acquire);
    FlsSetValue(slot, (void *)(uintptr_t)number);
    return number;
}

uint32_t xipcos_thread_number(xipcos_thread_exit *on_exit)
{
    uint32_t own;

    InitOnceExecuteOnce(&once, start, NULL, NULL);
    own = (uint32_t)(uintptr_t)FlsGetValue(slot);
    return own != 0 ? own : draw(on_exit);
}

void xipcos_thread_lock(void)
{
    AcquireSRWLockExclusive(&lock);
}

void xipcos_thread_unlock(void)
{
    ReleaseSRWLockExclusive(&lock);
}

void xipcos_thread_yield(void)
{
    SwitchToThread();
}
