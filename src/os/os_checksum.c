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

uint64_t xipcos_checksum(uint64_t seed, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    uint64_t hash = stir(OFFSET_BASIS ^ seed, size);
    uint64_t word;

    for (; size >= sizeof word; size -= sizeof word, at += sizeof word) {
        memcpy(&word, at, sizeof word);
        hash = stir(hash, word);
    }
    word = 0;
    memcpy(&word, at, size);
    return stir(stir(hash, word), 0);
}
