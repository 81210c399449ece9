/* SPDX-License-Identifier: Apache-2.0 */
#include "win32/win32_layout.h"

#include <assert.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "os/os_fault.h"

static_assert(sizeof(win32_prefix) == WIN32_FIRST_SIZE, "prefix and head");
static_assert(offsetof(win32_prefix, ready) == 8, "ready");
static_assert(offsetof(win32_prefix, kind) == 12, "kind");
static_assert(offsetof(win32_prefix, size) == 16, "size");
static_assert(offsetof(win32_prefix, max_size) == 24, "max_size");
static_assert(offsetof(win32_prefix, instance) == 32, "instance");
static_assert(offsetof(win32_prefix, last_member) == 40, "last_member");
static_assert(offsetof(win32_prefix, head) == 64, "head");
static_assert(sizeof(_Atomic uint64_t) == 8, "no lock beside the number");
static_assert(ATOMIC_INT_LOCK_FREE == 2, "atomics between processes");
static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "atomics between processes");

void win32_layout_write(
    win32_prefix *prefix,
    const xipcos_section_plan *plan,
    win32_kind kind,
    uint64_t instance)
{
    prefix->magic = WIN32_MAGIC;
    prefix->version = WIN32_LAYOUT_VERSION;
    prefix->kind = (uint32_t)kind;
    /* Relaxed: nobody reads it before `ready`. */
    atomic_store_explicit(&prefix->size, plan->size, memory_order_relaxed);
    prefix->max_size = plan->max_size;
    prefix->instance = instance;
    memcpy(prefix->head, plan->head, sizeof prefix->head);
}

void win32_layout_publish(win32_prefix *prefix)
{
    /* Pairs with the acquire in win32_layout_read(). */
    atomic_store_explicit(&prefix->ready, WIN32_READY, memory_order_release);
}

void win32_layout_read(win32_prefix *prefix, win32_claim *claim_out)
{
    /* Volatile, so that no field is read again behind the check's back. */
    const volatile win32_prefix *shared = prefix;

    /* First: pairs with the release in win32_layout_publish(). */
    claim_out->ready =
        atomic_load_explicit(&prefix->ready, memory_order_acquire);
    claim_out->magic = shared->magic;
    claim_out->version = shared->version;
    claim_out->kind = shared->kind;
    /* Acquire: pairs with the release of whoever grew it. */
    claim_out->size = atomic_load_explicit(&prefix->size, memory_order_acquire);
    claim_out->max_size = shared->max_size;
    claim_out->instance = shared->instance;
}

static xipc_status corrupt(const char *what)
{
    return xipcos_fault(XIPC_E_CORRUPT, 0, "%s", what);
}

xipc_status win32_layout_check(
    const win32_claim *claim, win32_kind kind, uint64_t section_size)
{
    if (claim->ready == 0 && kind == WIN32_KIND_TRANSIENT &&
        (claim->magic == 0 || claim->magic == WIN32_MAGIC)) {
        return xipcos_fault(XIPC_E_AGAIN, 0, "its creator is not done");
    }
    if (claim->magic != WIN32_MAGIC) {
        return corrupt("it was not made by this library");
    }
    if (claim->version != WIN32_LAYOUT_VERSION) {
        return xipcos_fault(
            XIPC_E_INCOMPATIBLE, 0,
            "it has layout version %" PRIu32 ", this library knows %u",
            claim->version, WIN32_LAYOUT_VERSION);
    }
    if (claim->ready != WIN32_READY || claim->kind != (uint32_t)kind) {
        return corrupt("its prefix makes no sense");
    }
    if (claim->size == 0 || claim->size % WIN32_PAGE_SIZE != 0 ||
        claim->max_size % WIN32_PAGE_SIZE != 0 ||
        claim->size > claim->max_size) {
        return corrupt("its sizes make no sense");
    }
    if (section_size < WIN32_DATA_OFFSET ||
        claim->max_size > section_size - WIN32_DATA_OFFSET) {
        return xipcos_fault(
            XIPC_E_CORRUPT, 0,
            "it says that it has room for %" PRIu64
            " bytes, but all of it is %" PRIu64 " bytes",
            claim->max_size, section_size);
    }
    return XIPC_OK;
}
