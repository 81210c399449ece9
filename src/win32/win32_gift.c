/* SPDX-License-Identifier: Apache-2.0 */
#include "win32/win32_gift.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "win32/win32_handle.h"

#define VARIABLE_NAME "XIPC_INHERITED"

/* Of what stands behind the words. */
#define PLACE_SIZE 40

char *
win32_gift_write(const xipcos_gift *gifts, const HANDLE *handles, size_t count)
{
    size_t capacity = sizeof WIN32_GIFT_VARIABLE;
    size_t size = strlen(WIN32_GIFT_VARIABLE);
    char *text;

    for (size_t at = 0; at < count; at++) {
        capacity += strlen(gifts[at].words) + PLACE_SIZE;
    }
    text = malloc(capacity);
    if (!text) {
        return NULL;
    }
    memcpy(text, WIN32_GIFT_VARIABLE, size + 1);
    for (size_t at = 0; at < count; at++) {
        size += (size_t)snprintf(
            text + size, capacity - size, "%s|%" PRIxPTR "|%lx;",
            gifts[at].words, (uintptr_t)handles[at],
            (unsigned long)GetCurrentProcessId());
    }
    return text;
}

/* ---- in the child ---- */

typedef struct basic_information {
    LONG_PTR exit_status;
    PVOID environment;
    ULONG_PTR affinity;
    LONG_PTR priority;
    ULONG_PTR process;
    ULONG_PTR parent;
} basic_information;

/* NtQueryInformationProcess(). */
typedef LONG NTAPI query_process(HANDLE, int, PVOID, ULONG, ULONG *);

/* Which process made this one, also if it is gone; 0: unknown. */
static uint64_t parent_process(void)
{
    query_process *query = (query_process *)(void (*)(void))GetProcAddress(
        GetModuleHandleW(L"ntdll.dll"), "NtQueryInformationProcess");
    basic_information basic;

    if (!query ||
        query(GetCurrentProcess(), 0, &basic, sizeof basic, NULL) < 0) {
        return 0;
    }
    return basic.parent;
}

typedef struct found_gift {
    const char *words;
    size_t size;
    HANDLE handle;
    uint64_t process;
} found_gift;

static int read_number(const char **at, char end, uint64_t *out)
{
    char *stop;

    *out = strtoull(*at, &stop, 16);
    if (stop == *at || *stop != end) {
        return 0;
    }
    *at = stop + 1;
    return 1;
}

/* Passes it. */
static int read_one(const char **at, found_gift *gift)
{
    const char *bar = strchr(*at, '|');
    uint64_t number;

    if (!bar) {
        return 0;
    }
    gift->words = *at;
    gift->size = (size_t)(bar - *at);
    *at = bar + 1;
    if (!read_number(at, '|', &number) ||
        !read_number(at, ';', &gift->process)) {
        return 0;
    }
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): a handle is a number. */
    gift->handle = (HANDLE)(uintptr_t)number;
    return 1;
}

/* One that could not be inherited was not. */
static int is_there(const found_gift *gift, uint64_t parent)
{
    DWORD flags = 0;

    return gift->process == parent && win32_is_handle(gift->handle) &&
           GetHandleInformation(gift->handle, &flags) &&
           (flags & HANDLE_FLAG_INHERIT) != 0;
}

void xipcos_gifts_visit(xipcos_gift_visit *visit, void *context)
{
    uint64_t parent = parent_process();
    DWORD size = GetEnvironmentVariableA(VARIABLE_NAME, NULL, 0);
    char *text = calloc((size_t)size + 1, 1);
    const char *at = text;
    found_gift gift;

    if (text && size > 0) {
        GetEnvironmentVariableA(VARIABLE_NAME, text, size + 1);
    }
    while (at && read_one(&at, &gift)) {
        if (is_there(&gift, parent) &&
            SetHandleInformation(gift.handle, HANDLE_FLAG_INHERIT, 0)) {
            visit(gift.words, gift.size, (intptr_t)gift.handle, context);
        }
    }
    free(text);
}

void xipcos_gift_close(intptr_t native)
{
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): a handle is a number. */
    CloseHandle((HANDLE)native);
}
