/* SPDX-License-Identifier: Apache-2.0 */
/* The checksum of what is shared: each byte counts, and so does the size. */
#include <stdlib.h>
#include <string.h>

#include "os/os_checksum.h"
#include "support/spec.h"

enum { SIZE_MAX_TRIED = 200 };

/* Of bytes that end where their memory ends. */
static uint64_t checksum_of(const unsigned char *bytes, size_t size)
{
    unsigned char *copy = malloc(size > 0 ? size : 1);
    uint64_t sum;

    REQUIRE(copy != NULL);
    memcpy(copy, bytes, size);
    sum = xipcos_checksum(0, copy, size);
    free(copy);
    return sum;
}

/* The first `filled` of them are not zero, or need not be. */
static void require_each_byte_counts(size_t size, size_t filled)
{
    unsigned char bytes[SIZE_MAX_TRIED] = {0};
    uint64_t sum;

    for (size_t at = 0; at < filled; at++) {
        bytes[at] = (unsigned char)(at * 7 + 1);
    }
    sum = checksum_of(bytes, size);
    for (size_t at = 0; at < size; at++) {
        for (unsigned bit = 1; bit < 256; bit <<= 1) {
            bytes[at] ^= (unsigned char)bit;
            REQUIRE(checksum_of(bytes, size) != sum);
            bytes[at] ^= (unsigned char)bit;
        }
    }
    REQUIRE_UINT(sum, checksum_of(bytes, size));
}

SPEC(a_checksum_changes_with_each_bit, "GEN-9")
{
    for (size_t size = 0; size <= SIZE_MAX_TRIED; size += size < 72 ? 1 : 16) {
        require_each_byte_counts(size, size);
        require_each_byte_counts(size, size / 2);
        require_each_byte_counts(size, size < 40 ? size : 40);
        require_each_byte_counts(size, 0);
    }
}

SPEC(a_checksum_changes_with_the_size_and_the_seed, "GEN-9")
{
    static const unsigned char zeros[SIZE_MAX_TRIED];

    for (size_t size = 1; size <= SIZE_MAX_TRIED; size++) {
        REQUIRE(checksum_of(zeros, size) != checksum_of(zeros, size - 1));
        REQUIRE(
            xipcos_checksum(1, zeros, size) != xipcos_checksum(2, zeros, size));
    }
}

/* A block that stands elsewhere is another one. */
SPEC(a_checksum_changes_when_what_is_not_zero_moves, "GEN-9")
{
    uint64_t seen[SIZE_MAX_TRIED];

    for (size_t at = 0; at < SIZE_MAX_TRIED; at++) {
        unsigned char bytes[SIZE_MAX_TRIED] = {0};

        bytes[at] = 1;
        seen[at] = checksum_of(bytes, sizeof bytes);
        for (size_t other = 0; other < at; other++) {
            REQUIRE(seen[other] != seen[at]);
        }
    }
}
