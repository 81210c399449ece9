/* SPDX-License-Identifier: Apache-2.0 */
#include "core/name.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/failure.h"
#include "os/os_checksum.h"
#include "os/os_process.h"

#define NATIVE_MARK      "native:"
#define NATIVE_NAME_MAX  255
#define DEFAULT_SPACE    UINT64_C(1)
#define HASH_SEED_FIRST  UINT64_C(0x78697063)
#define HASH_SEED_SECOND UINT64_C(0x6370697873697063)

const char *xipc_kind_name(xipc_kind kind)
{
    switch (kind) {
    case XIPC_KIND_SECTION: return "section";
    case XIPC_KIND_MUTEX: return "mutex";
    case XIPC_KIND_SEMAPHORE: return "semaphore";
    case XIPC_KIND_EVENT: return "event";
    case XIPC_KIND_CONDITION: return "condition";
    case XIPC_KIND_RING: return "ring";
    case XIPC_KIND_MAILBOX: return "mailbox";
    case XIPC_KIND_PEER: return "peer";
    case XIPC_KIND_INBOX: return "inbox";
    case XIPC_KIND_PIPE: return "pipe";
    case XIPC_KIND_SOCKET: return "socket";
    case XIPC_KIND_CALL: return "call";
    }
    return "object";
}

static char kind_letter(xipc_kind kind)
{
    switch (kind) {
    case XIPC_KIND_SECTION: return 's';
    case XIPC_KIND_MUTEX: return 'm';
    case XIPC_KIND_SEMAPHORE: return 'p';
    case XIPC_KIND_EVENT: return 'e';
    case XIPC_KIND_CONDITION: return 'c';
    case XIPC_KIND_RING: return 'r';
    case XIPC_KIND_MAILBOX: return 'q';
    case XIPC_KIND_PEER: return 'd';
    case XIPC_KIND_INBOX: return 'i';
    case XIPC_KIND_PIPE: return 'n';
    case XIPC_KIND_SOCKET: return 'u';
    case XIPC_KIND_CALL: return 'l';
    }
    return '?';
}

int xipci_kind_is_known(xipc_kind kind)
{
    return kind_letter(kind) != '?';
}

int xipci_scope_is_known(xipc_scope scope)
{
    return scope == XIPC_SCOPE_USER || scope == XIPC_SCOPE_MACHINE;
}

/* Spelled out, because isalnum() asks the locale. */
static const char is_legal[UCHAR_MAX + 1] = {
    ['-'] = 1, ['.'] = 1, ['_'] = 1, ['0'] = 1, ['1'] = 1, ['2'] = 1, ['3'] = 1,
    ['4'] = 1, ['5'] = 1, ['6'] = 1, ['7'] = 1, ['8'] = 1, ['9'] = 1, ['A'] = 1,
    ['B'] = 1, ['C'] = 1, ['D'] = 1, ['E'] = 1, ['F'] = 1, ['G'] = 1, ['H'] = 1,
    ['I'] = 1, ['J'] = 1, ['K'] = 1, ['L'] = 1, ['M'] = 1, ['N'] = 1, ['O'] = 1,
    ['P'] = 1, ['Q'] = 1, ['R'] = 1, ['S'] = 1, ['T'] = 1, ['U'] = 1, ['V'] = 1,
    ['W'] = 1, ['X'] = 1, ['Y'] = 1, ['Z'] = 1, ['a'] = 1, ['b'] = 1, ['c'] = 1,
    ['d'] = 1, ['e'] = 1, ['f'] = 1, ['g'] = 1, ['h'] = 1, ['i'] = 1, ['j'] = 1,
    ['k'] = 1, ['l'] = 1, ['m'] = 1, ['n'] = 1, ['o'] = 1, ['p'] = 1, ['q'] = 1,
    ['r'] = 1, ['s'] = 1, ['t'] = 1, ['u'] = 1, ['v'] = 1, ['w'] = 1, ['x'] = 1,
    ['y'] = 1, ['z'] = 1,
};

size_t xipci_name_legal_size(const char *text, size_t max)
{
    size_t size = 0;

    while (size < max && is_legal[(unsigned char)text[size]]) {
        size++;
    }
    return size;
}

const char *xipci_name_native(const char *name)
{
    size_t mark_size = strlen(NATIVE_MARK);

    if (name[0] != NATIVE_MARK[0] ||
        strncmp(name, NATIVE_MARK, mark_size) != 0) {
        return NULL;
    }
    return name + mark_size;
}

static xipc_status native_check(xipc_kind kind, const char *native_name)
{
    size_t size = strnlen(native_name, NATIVE_NAME_MAX + 1);

    if (size == 0 || size > NATIVE_NAME_MAX) {
        return xipci_fail(
            XIPC_E_NAME, kind,
            "native:", "1 to %d bytes must follow \"native:\"",
            NATIVE_NAME_MAX);
    }
    return XIPC_OK;
}

xipc_status xipci_name_check(xipc_kind kind, const char *name)
{
    size_t size;

    if (!name) {
        return xipci_invalid("the name is NULL");
    }
    if (xipci_name_native(name)) {
        return native_check(kind, xipci_name_native(name));
    }
    size = xipci_name_legal_size(name, XIPC_NAME_MAX + 1);
    if (name[size] != '\0' && size <= XIPC_NAME_MAX) {
        return xipci_fail(
            XIPC_E_NAME, kind, "?",
            "byte %zu of the name is 0x%02x; only A-Z a-z 0-9 . _ - are legal",
            size, (unsigned)(unsigned char)name[size]);
    }
    if (size == 0 || size > XIPC_NAME_MAX) {
        return xipci_fail(
            XIPC_E_NAME, kind, "?", "a name has 1 to %d bytes, this one has %s",
            XIPC_NAME_MAX, size == 0 ? "none" : "more");
    }
    if (name[0] == '.' || name[0] == '-') {
        return xipci_fail(
            XIPC_E_NAME, kind, name, "a name does not begin with . or -");
    }
    return XIPC_OK;
}

xipc_status xipci_name_check_native(xipc_kind kind, const char *name)
{
    if (kind == XIPC_KIND_SECTION || kind == XIPC_KIND_MAILBOX ||
        kind == XIPC_KIND_PIPE || !xipci_name_native(name)) {
        return XIPC_OK;
    }
    return xipci_fail(
        XIPC_E_NOT_SUPPORTED, kind, name,
        "there are no native names of this kind");
}

xipc_status
xipci_naming_check(xipc_kind kind, const char *name, const xipc_naming *naming)
{
    if (!xipci_scope_is_known(naming->scope) ||
        (unsigned)naming->access > XIPC_ACCESS_EVERYONE_WRITE ||
        (unsigned)naming->lifetime > XIPC_PERSISTENT ||
        (unsigned)naming->trust > XIPC_TRUST_EVERYONE) {
        return xipci_fail(
            XIPC_E_INVALID, kind, name, "the naming has an unknown value");
    }
    if (naming->access != XIPC_ACCESS_PRIVATE &&
        naming->scope != XIPC_SCOPE_MACHINE) {
        return xipci_fail(
            XIPC_E_INVALID, kind, name,
            "access for others needs XIPC_SCOPE_MACHINE: a name of this user's "
            "cannot be found by others");
    }
    return XIPC_OK;
}

xipc_status xipci_naming_check_none(xipc_kind kind, const xipc_naming *naming)
{
    if (naming->scope != XIPC_SCOPE_USER ||
        naming->access != XIPC_ACCESS_PRIVATE ||
        naming->lifetime != XIPC_TRANSIENT ||
        naming->trust != XIPC_TRUST_SELF) {
        return xipci_fail(
            XIPC_E_INVALID, kind, NULL, "there is no name to say more about");
    }
    return XIPC_OK;
}

/*
 * Written once by the first thread that asks, to the same value whoever that
 * is; 0 until then. Relaxed: the number orders nothing else.
 */
static _Atomic uint64_t name_space;

uint64_t xipci_name_space(void)
{
    uint64_t space = atomic_load_explicit(&name_space, memory_order_relaxed);
    const char *chosen;

    if (space != 0) {
        return space;
    }
    space = DEFAULT_SPACE;
    chosen = getenv("XIPC_RUNTIME_DIR");
    if (chosen && chosen[0] != '\0') {
        space = xipcos_checksum(0, chosen, strlen(chosen)) | 2;
    }
    atomic_store_explicit(&name_space, space, memory_order_relaxed);
    return space;
}

#define LETTERS_AT_ONCE 8
#define LETTER_COUNT    22

/* In each byte of a word: one number, below 128. */
#define IN_EACH(number) (UINT64_C(0x0101010101010101) * (number))

/* The lower and the upper half of each group of bits that is being split. */
static uint64_t split(uint64_t bits, uint64_t lower, unsigned half, unsigned by)
{
    return (bits & lower) | (bits & lower << half) << by;
}

/*
 * A letter for each five bits from the lowest on, eight at once: a to z, then 2
 * to 7; no digit 0 or 1, one case. Adding 102 to a byte reaches its top bit
 * from 26 on.
 */
void xipci_name_letters(char letters[8], uint64_t bits)
{
    uint64_t fives = split(bits, UINT64_C(0x00000000000fffff), 20, 12);
    uint64_t is_digit;

    fives = split(fives, UINT64_C(0x000003ff000003ff), 10, 6);
    fives = split(fives, UINT64_C(0x001f001f001f001f), 5, 3);
    is_digit = (fives + IN_EACH(128 - 26)) >> 7 & IN_EACH(1);
    fives += IN_EACH('a') - is_digit * ('a' + 26 - '2');
    memcpy(
        letters, &fives, LETTERS_AT_ONCE); /* the order is the machine's own */
}

uint64_t xipci_name_hash(
    xipc_kind kind,
    const char *name,
    xipc_scope scope,
    char native_name[XIPC_NATIVE_NAME_SIZE])
{
    uint64_t user = scope == XIPC_SCOPE_USER ? xipcos_user() : 0;
    /* What tells objects of one name apart. */
    uint64_t seed = xipci_name_space() ^ (uint64_t)kind_letter(kind) << 48 ^
                    (uint64_t)scope << 56 ^ user << 8;
    size_t size = strlen(name);
    uint64_t first = xipcos_checksum(seed ^ HASH_SEED_FIRST, name, size);
    uint64_t second = xipcos_checksum(seed ^ HASH_SEED_SECOND, name, size);
    char *at = native_name;

    memcpy(at, "xipc-", 5);
    at += 5;
    *at++ = kind_letter(kind);
    *at++ = '-';
    /* 110 bits: the last eight begin on two letters of those before them. */
    xipci_name_letters(at, first);
    xipci_name_letters(at + LETTERS_AT_ONCE, first >> 40 ^ second << 24);
    xipci_name_letters(at + LETTER_COUNT - LETTERS_AT_ONCE, second >> 16);
    at[LETTER_COUNT] = '\0';
    return user;
}
