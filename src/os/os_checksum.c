/* SPDX-License-Identifier: Apache-2.0 */
#include "os/os_checksum.h"

/* http://www.isthe.com/chongo/tech/comp/fnv/ */
#define FNV_OFFSET_BASIS UINT64_C(14695981039346656037)
#define FNV_PRIME        UINT64_C(1099511628211)

uint64_t xipcos_checksum(uint64_t seed, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    const unsigned char *end = at + size;
    uint64_t hash = FNV_OFFSET_BASIS ^ seed;

    for (; at < end; at++) {
        hash = (hash ^ *at) * FNV_PRIME;
    }
    /* FNV leaves the low bits of the last bytes in place: stir once more. */
    hash ^= hash >> 32;
    hash *= FNV_PRIME;
    return hash ^ (hash >> 29);
}
