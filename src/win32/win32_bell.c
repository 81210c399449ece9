/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bell is three kernel objects whose names are made from its number:
 *
 *     event   signalled while something was rung with and not taken; the owner
 *             waits for it, and that it is there says that the owner lives
 *     tokens  a section with the set of them (win32_token_set.h)
 *     unsaid  an automatic event: somebody rang who could not say with what
 *
 *     ring    1  puts the token in, or else sets `unsaid`     2  sets `event`
 *     take    1  resets `event`    2  takes what is there, tokens and `unsaid`
 *             3  sets `event` again if something is left
 *
 * So whatever a take does not meet has its event set after it was reset. The
 * kernel drops all three with the owner, and nothing is left to sweep; for a
 * moment they outlive it where somebody is just ringing.
 *
 * Users who are no services may make events that all sessions see, but no such
 * sections. So the section is this session's; whoever rings from another one,
 * on whatever is of the machine, finds only the events, and the owner looks at
 * everything.
 *
 * Whoever may set an event may also reset it. If others may ring, they can so
 * keep a ring from being heard until the poller looks around by itself.
 */
#include "win32/win32_bell.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "os/os_random.h"
#include "win32/win32_crash.h"
#include "win32/win32_gate.h"
#include "win32/win32_security.h"
#include "win32/win32_status.h"
#include "win32/win32_token_set.h"

/* Not what the names of objects start with, which are listed. */
#define NAME_FORMAT "xipcbell-%08" PRIx32
#define EVENT_TAIL  "-e"
#define TOKENS_TAIL "-t"
#define UNSAID_TAIL "-u"

/* Map it, to read and to write. */
#define OTHERS_MAP "0x6"

#define EVENT_ACCESS (SYNCHRONIZE | EVENT_MODIFY_STATE | READ_CONTROL)
#define MAKE_MAX     16

struct xipcos_bell {
    uint32_t number;
    HANDLE event;
    HANDLE section;
    HANDLE unsaid;
    win32_token_set *tokens;
    /* What win32_bell_hold() said last. Stored before the event is set, loaded
     * after it is reset: sequentially consistent. */
    _Atomic int is_held;
    _Atomic int is_open_to_all; /* relaxed: doing it twice does no harm */
    xipcos_bell *next;
};

/*
 * The living bells of this process, which threads ring without their names.
 * Closing one takes the lock exclusively, so that nobody is ringing it then.
 */
static SRWLOCK bells_lock = SRWLOCK_INIT;
static xipcos_bell *bells;

static void write_name(
    xipc_scope scope,
    uint32_t number,
    const char *tail,
    wchar_t kernel_name[WIN32_KERNEL_NAME_COUNT])
{
    char name[24];

    snprintf(name, sizeof name, NAME_FORMAT, number);
    win32_kernel_name(scope, name, tail, kernel_name);
}

/* ---- making one ---- */

static HANDLE make_event(SECURITY_ATTRIBUTES *attributes, const wchar_t *name)
{
    return CreateEventExW(
        attributes, name, CREATE_EVENT_MANUAL_RESET, EVENT_ACCESS | WRITE_DAC);
}

static HANDLE make_unsaid(SECURITY_ATTRIBUTES *attributes, const wchar_t *name)
{
    return CreateEventExW(attributes, name, 0, EVENT_ACCESS | WRITE_DAC);
}

static HANDLE make_section(SECURITY_ATTRIBUTES *attributes, const wchar_t *name)
{
    return CreateFileMappingW(
        INVALID_HANDLE_VALUE, attributes, PAGE_READWRITE, 0,
        (DWORD)sizeof(win32_token_set), name);
}

/* XIPC_E_EXISTS or XIPC_E_ACCESS: somebody has the name. */
static xipc_status make_new(
    win32_maker *make,
    xipc_scope scope,
    uint32_t number,
    const char *tail,
    HANDLE *object_out)
{
    wchar_t name[WIN32_KERNEL_NAME_COUNT];
    HANDLE object = NULL;
    int is_new = 0;
    xipc_status status;

    write_name(scope, number, tail, name);
    status = win32_kernel_make(make, name, NULL, &object, &is_new);
    if (status != XIPC_OK) {
        return status;
    }
    if (!is_new) {
        CloseHandle(object);
        return xipcos_fault(
            XIPC_E_EXISTS, ERROR_ALREADY_EXISTS, "the name '%ls' is taken",
            name);
    }
    *object_out = object;
    WIN32_CRASH_POINT();
    return XIPC_OK;
}

static xipc_status make_objects(xipcos_bell *bell)
{
    xipc_status status = make_new(
        make_event, XIPC_SCOPE_MACHINE, bell->number, EVENT_TAIL, &bell->event);

    if (status == XIPC_OK) {
        status = make_new(
            make_unsaid, XIPC_SCOPE_MACHINE, bell->number, UNSAID_TAIL,
            &bell->unsaid);
    }
    if (status == XIPC_OK) {
        status = make_new(
            make_section, XIPC_SCOPE_USER, bell->number, TOKENS_TAIL,
            &bell->section);
    }
    if (status != XIPC_OK) {
        return status;
    }
    bell->tokens = MapViewOfFile(
        bell->section, FILE_MAP_WRITE, 0, 0, sizeof *bell->tokens);
    if (!bell->tokens) {
        return win32_fault(GetLastError(), "cannot map what others ring with");
    }
    return XIPC_OK;
}

static void close_if_open(HANDLE *object)
{
    if (*object) {
        CloseHandle(*object);
        *object = NULL;
    }
}

static void close_objects(xipcos_bell *bell)
{
    if (bell->tokens) {
        UnmapViewOfFile(bell->tokens);
        bell->tokens = NULL;
    }
    close_if_open(&bell->section);
    close_if_open(&bell->unsaid);
    close_if_open(&bell->event);
}

static xipc_status make_somewhere(xipcos_bell *bell)
{
    xipc_status status = XIPC_E_EXISTS;

    for (int turn = 0; turn < MAKE_MAX &&
                       (status == XIPC_E_EXISTS || status == XIPC_E_ACCESS);
         turn++) {
        bell->number = (uint32_t)xipcos_random();
        if (bell->number == 0) {
            continue;
        }
        status = make_objects(bell);
        if (status != XIPC_OK) {
            close_objects(bell);
        }
    }
    return status;
}

xipc_status xipcos_bell_create(xipcos_bell **bell_out)
{
    xipcos_bell *bell = calloc(1, sizeof *bell);
    xipc_status status;

    if (!bell) {
        return xipcos_fault(XIPC_E_NO_MEMORY, 0, "no memory for a handle");
    }
    status = make_somewhere(bell);
    if (status != XIPC_OK) {
        free(bell);
        return status;
    }
    AcquireSRWLockExclusive(&bells_lock);
    bell->next = bells;
    bells = bell;
    ReleaseSRWLockExclusive(&bells_lock);
    *bell_out = bell;
    return XIPC_OK;
}

void xipcos_bell_close(xipcos_bell *bell)
{
    xipcos_bell **link;

    if (!bell) {
        return;
    }
    AcquireSRWLockExclusive(&bells_lock);
    for (link = &bells; *link != bell; link = &(*link)->next) {
    }
    *link = bell->next;
    ReleaseSRWLockExclusive(&bells_lock);
    close_objects(bell);
    free(bell);
}

uint32_t xipcos_bell_number(const xipcos_bell *bell)
{
    return bell->number;
}

HANDLE win32_bell_event(const xipcos_bell *bell)
{
    return bell->event;
}

/* ---- who may ring ---- */

static xipc_status let_others(HANDLE object, const char *others)
{
    win32_security security;
    xipc_status status = win32_security_make(others, &security);

    if (status != XIPC_OK) {
        return status;
    }
    if (!SetKernelObjectSecurity(
            object, DACL_SECURITY_INFORMATION,
            security.attributes.lpSecurityDescriptor)) {
        status = win32_fault(GetLastError(), "cannot let all users ring");
    }
    win32_security_drop(&security);
    return status;
}

/* The event comes last: who can open it can open the others. */
xipc_status xipcos_bell_open_to_all(xipcos_bell *bell)
{
    xipc_status status;

    if (atomic_load_explicit(&bell->is_open_to_all, memory_order_relaxed)) {
        return XIPC_OK;
    }
    status = let_others(bell->section, OTHERS_MAP);
    if (status == XIPC_OK) {
        status = let_others(bell->unsaid, WIN32_OTHERS_SIGNAL);
    }
    if (status == XIPC_OK) {
        status = let_others(bell->event, WIN32_OTHERS_SIGNAL);
    }
    if (status == XIPC_OK) {
        atomic_store_explicit(&bell->is_open_to_all, 1, memory_order_relaxed);
    }
    return status;
}

/* ---- ringing ---- */

void xipcos_bell_wake(xipcos_bell *bell)
{
    win32_token_set_put(bell->tokens, 0);
    SetEvent(bell->event);
}

/* Returns 0 if this process has no bell of that number. */
static int ring_own(uint32_t number, uint32_t token)
{
    xipcos_bell *bell;

    AcquireSRWLockShared(&bells_lock);
    for (bell = bells; bell && bell->number != number; bell = bell->next) {
    }
    if (bell) {
        win32_token_set_put(bell->tokens, token);
        SetEvent(bell->event);
    }
    ReleaseSRWLockShared(&bells_lock);
    return bell != NULL;
}

/*
 * Whether the memory can be touched. Anybody may have made a section of that
 * name, and one whose pages are only reserved would end this process.
 */
static int is_committed(const win32_token_set *tokens)
{
    MEMORY_BASIC_INFORMATION region;

    return VirtualQuery(tokens, &region, sizeof region) != 0 &&
           region.State == MEM_COMMIT && region.RegionSize >= sizeof *tokens;
}

/* Returns 0 if the section cannot be had. */
static int say(uint32_t number, uint32_t token)
{
    wchar_t name[WIN32_KERNEL_NAME_COUNT];
    win32_token_set *tokens;
    HANDLE section;
    int is_said = 0;

    write_name(XIPC_SCOPE_USER, number, TOKENS_TAIL, name);
    section = OpenFileMappingW(FILE_MAP_READ | FILE_MAP_WRITE, FALSE, name);
    if (!section) {
        return 0;
    }
    tokens = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, sizeof *tokens);
    if (tokens && is_committed(tokens)) {
        WIN32_CRASH_POINT();
        win32_token_set_put(tokens, token);
        is_said = 1;
    }
    if (tokens) {
        UnmapViewOfFile(tokens);
    }
    CloseHandle(section);
    return is_said;
}

static HANDLE open_event(uint32_t number, const char *tail, DWORD access)
{
    wchar_t name[WIN32_KERNEL_NAME_COUNT];

    write_name(XIPC_SCOPE_MACHINE, number, tail, name);
    return OpenEventW(access, FALSE, name);
}

static int ring_unsaid(uint32_t number)
{
    HANDLE unsaid = open_event(number, UNSAID_TAIL, EVENT_MODIFY_STATE);
    int is_rung;

    if (!unsaid) {
        return 0;
    }
    is_rung = SetEvent(unsaid) != 0;
    CloseHandle(unsaid);
    return is_rung;
}

static int ring_other(uint32_t number, uint32_t token)
{
    HANDLE event = open_event(number, EVENT_TAIL, EVENT_MODIFY_STATE);
    int is_rung;

    if (!event) {
        return 0;
    }
    WIN32_CRASH_POINT();
    is_rung = say(number, token) || ring_unsaid(number);
    WIN32_CRASH_POINT();
    is_rung = is_rung && SetEvent(event);
    CloseHandle(event);
    return is_rung;
}

int xipcos_bell_ring(uint32_t number, uint32_t token)
{
    return ring_own(number, token) || ring_other(number, token);
}

int xipcos_bell_lives(uint32_t number)
{
    HANDLE event = open_event(number, EVENT_TAIL, SYNCHRONIZE);

    if (!event) {
        /* Whatever else is wrong, there is something. */
        return GetLastError() != ERROR_FILE_NOT_FOUND;
    }
    CloseHandle(event);
    return 1;
}

/* ---- taking ---- */

int win32_bell_has_tokens(const xipcos_bell *bell)
{
    return !win32_token_set_is_empty(bell->tokens);
}

void win32_bell_hold(xipcos_bell *bell, int is_held)
{
    atomic_store_explicit(&bell->is_held, is_held, memory_order_seq_cst);
    if (is_held) {
        SetEvent(bell->event);
    }
}

size_t xipcos_bell_take(
    xipcos_bell *bell, uint32_t *tokens, size_t capacity, int *has_lost_out)
{
    size_t count;

    ResetEvent(bell->event);
    *has_lost_out = WaitForSingleObject(bell->unsaid, 0) == WAIT_OBJECT_0;
    count = win32_token_set_take(bell->tokens, tokens, capacity);
    if (win32_bell_has_tokens(bell) ||
        atomic_load_explicit(&bell->is_held, memory_order_seq_cst)) {
        SetEvent(bell->event);
    }
    return count;
}
