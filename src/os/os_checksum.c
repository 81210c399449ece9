/* SPDX-License-Identifier: Apache-2.0 */
#include "os/os_checksum.h"

#include <string.h>

/* The constants of FNV, http://www.isthe.com/chongo/tech/comp/fnv/ */
#define OFFSET_BASIS UINT64_C(14695981039346656037)
#define PRIME        UINT64_C(1099511628211)

static uint64_t stir(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * PRIME;
    return hash ^ (hash >> 32);
}

static uint64_t word_at(const unsigned char *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
    return word;
}

/*
 * Each step waits for the one before it, so a long block goes through four
 * chains at once, which a processor works on side by side.
 */
static const unsigned char *
stir_blocks(uint64_t *hash, const unsigned char *at, const unsigned char *end)
{
    uint64_t first = *hash;
    uint64_t second = *hash ^ 1;
    uint64_t third = *hash ^ 2;
    uint64_t fourth = *hash ^ 3;

    for (; end - at >= 32; at += 32) {
        first = stir(first, word_at(at));
        second = stir(second, word_at(at + 8));
        third = stir(third, word_at(at + 16));
        fourth = stir(fourth, word_at(at + 24));
    }
    *hash = stir(stir(stir(first, second), third), fourth);
    return at;
}

uint64_t xipcos_checksum(uint64_t seed, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    const unsigned char *end = at + size;
    uint64_t hash = stir(OFFSET_BASIS ^ seed, size);
    uint64_t word = 0;

    at = stir_blocks(&hash, at, end);
    for (; end - at >= 8; at += 8) {
        hash = stir(hash, word_at(at));
    }
    memcpy(&word, at, (size_t)(end - at));
    return stir(stir(hash, word), 0);
}
