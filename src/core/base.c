/* SPDX-License-Identifier: Apache-2.0 */
#include <xipc/base.h>

#include <xipc/version.h>

#include "os/os_clock.h"
#include "os/os_fault.h"

#define NS_PER_MS 1000000

/* A status has one row: its spelling and its words. */
#define STATUS_ROW(status, text) \
    case status: return is_name ? #status : text

static const char *status_word(xipc_status status, int is_name)
{
    switch (status) {
        STATUS_ROW(XIPC_OK, "done");
        STATUS_ROW(XIPC_E_INVALID, "an argument breaks the contract");
        STATUS_ROW(XIPC_E_NAME, "not a legal name");
        STATUS_ROW(
            XIPC_E_NO_MEMORY, "this process has no memory or handles left");
        STATUS_ROW(XIPC_E_NO_SPACE, "there is no room for the contents");
        STATUS_ROW(XIPC_E_EXISTS, "the name is already taken");
        STATUS_ROW(XIPC_E_NOT_FOUND, "nothing has that name");
        STATUS_ROW(XIPC_E_ACCESS, "refused, or not safe to use");
        STATUS_ROW(XIPC_E_AGAIN, "it cannot be done without waiting");
        STATUS_ROW(XIPC_E_TIMEOUT, "the deadline passed first");
        STATUS_ROW(XIPC_E_CANCELED, "interrupted");
        STATUS_ROW(XIPC_E_CLOSED, "the other side has closed");
        STATUS_ROW(XIPC_E_PEER_DIED, "the other side has died");
        STATUS_ROW(XIPC_E_OWNER_DIED, "locked; its last owner died holding it");
        STATUS_ROW(
            XIPC_E_NOT_RECOVERABLE, "its owner died and nobody repaired it");
        STATUS_ROW(XIPC_E_NOT_OWNER, "this thread does not hold it");
        STATUS_ROW(XIPC_E_LIMIT, "beyond the object's limit");
        STATUS_ROW(XIPC_E_TOO_BIG, "larger than the object carries");
        STATUS_ROW(XIPC_E_TOO_SMALL, "the buffer is too short");
        STATUS_ROW(XIPC_E_BUSY, "somebody else has the exclusive use");
        STATUS_ROW(XIPC_E_NOT_SUPPORTED, "not available on this system");
        STATUS_ROW(
            XIPC_E_INCOMPATIBLE, "made by another layout, kind or byte order");
        STATUS_ROW(XIPC_E_CORRUPT, "the shared contents make no sense");
        STATUS_ROW(XIPC_E_FORKED, "the handle was inherited through fork()");
        STATUS_ROW(XIPC_E_OS, "the operating system failed");
    }
    return is_name ? "XIPC_E_?" : "unknown status";
}

const char *xipc_status_name(xipc_status status)
{
    return status_word(status, 1);
}

const char *xipc_status_text(xipc_status status)
{
    return status_word(status, 0);
}

const char *xipc_detail(void)
{
    return xipcos_returned_text();
}

int64_t xipc_native_error(void)
{
    return xipcos_returned_native_error();
}

const char *xipc_version(void)
{
    return XIPC_VERSION;
}

xipc_deadline xipc_after_ns(int64_t ns)
{
    int64_t now = xipcos_clock_ns();

    if (ns >= XIPC_FOREVER - now) {
        return XIPC_FOREVER;
    }
    /* A moment before the clock began has passed too, but 0 is XIPC_NOW. */
    return now + ns > XIPC_NOW ? now + ns : 1;
}

xipc_deadline xipc_after_ms(int64_t ms)
{
    if (ms > INT64_MAX / NS_PER_MS) {
        return XIPC_FOREVER;
    }
    if (ms < INT64_MIN / NS_PER_MS) {
        return xipc_after_ns(INT64_MIN / 2);
    }
    return xipc_after_ns(ms * NS_PER_MS);
}
