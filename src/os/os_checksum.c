/* SPDX-License-Identifier: Apache-2.0 */
#include "os/os_checksum.h"

#include <string.h>

/* The constants of FNV, http://www.isthe.com/chongo/tech/comp/fnv/ */
#define OFFSET_BASIS UINT64_C(14695981039346656037)
#define PRIME        UINT64_C(1099511628211)

#define BLOCK_SIZE 32

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

static int is_zeros(const unsigned char *block)
{
    return (word_at(block) | word_at(block + 8) | word_at(block + 16) |
            word_at(block + 24)) == 0;
}

/*
 * Each step waits for the one before it, so a long block goes through four
 * chains at once, which a processor works on side by side. Zeros at the end,
 * most of a head, need no steps, since how many there are follows from the
 * size, which is in the hash. The last block begins early enough to be whole.
 */
static uint64_t
stir_blocks(uint64_t hash, const unsigned char *at, const unsigned char *end)
{
    uint64_t first = hash;
    uint64_t second = hash ^ 1;
    uint64_t third = hash ^ 2;
    uint64_t fourth = hash ^ 3;

    while (end - at >= 2 * BLOCK_SIZE && is_zeros(end - BLOCK_SIZE)) {
        end -= BLOCK_SIZE;
    }
    for (; at < end; at += BLOCK_SIZE) {
        if (end - at < BLOCK_SIZE) {
            at = end - BLOCK_SIZE;
        }
        first = stir(first, word_at(at));
        second = stir(second, word_at(at + 8));
        third = stir(third, word_at(at + 16));
        fourth = stir(fourth, word_at(at + 24));
    }
    return stir(stir(first, second), stir(third, fourth));
}

/*
 * The bytes behind the last whole word: with those before them, where there are
 * any, since `size` is in the hash. Not by way of memory, where a load has to
 * wait until the bytes are together.
 */
static uint64_t
tail(const unsigned char *at, const unsigned char *end, size_t size)
{
    uint64_t word = 0;

    if (size >= sizeof word) {
        return word_at(end - sizeof word);
    }
    for (; at != end; at++) {
        word = word << 8 | *at;
    }
    return word;
}

uint64_t xipcos_checksum(uint64_t seed, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    const unsigned char *end = at + size;
    uint64_t hash = stir(OFFSET_BASIS ^ seed, size);

    if (size >= BLOCK_SIZE) {
        return stir(stir_blocks(hash, at, end), 0);
    }
    for (; end - at >= 8; at += 8) {
        hash = stir(hash, word_at(at));
    }
    if (at != end) {
        hash = stir(hash, tail(at, end, size));
    }
    return stir(hash, 0);
}
