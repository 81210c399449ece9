/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/name.h"
#include "support/spec.h"

static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";

SPEC(a_hashed_name_is_a_prefix_and_twenty_two_letters_of_one_case, "NAME-3")
{
    char native_name[XIPC_NATIVE_NAME_SIZE];

    xipci_name_hash(XIPC_KIND_SECTION, "jobs", XIPC_SCOPE_USER, native_name);

    REQUIRE(strncmp(native_name, "xipc-s-", 7) == 0);
    REQUIRE_UINT(22, strspn(native_name + 7, letters));
    REQUIRE_UINT(29, strlen(native_name));
}

SPEC(ten_thousand_names_have_ten_thousand_hashes, "NAME-3")
{
    enum { NAME_COUNT = 10000, BUCKET_COUNT = 1 << 15 };
    static char seen[NAME_COUNT][XIPC_NATIVE_NAME_SIZE];
    static short buckets[BUCKET_COUNT];

    for (int index = 0; index < NAME_COUNT; index++) {
        char name[16] = "n";
        unsigned bucket = 0;

        for (int digit = 0; digit < 5; digit++) {
            static const int powers[] = {10000, 1000, 100, 10, 1};

            name[digit + 1] = (char)('0' + index / powers[digit] % 10);
        }
        xipci_name_hash(XIPC_KIND_SECTION, name, XIPC_SCOPE_USER, seen[index]);
        for (const char *at = seen[index] + 7; *at; at++) {
            bucket = bucket * 31 + (unsigned char)*at;
        }
        for (bucket %= BUCKET_COUNT; buckets[bucket] != 0;
             bucket = (bucket + 1) % BUCKET_COUNT) {
            REQUIRE(strcmp(seen[buckets[bucket] - 1], seen[index]) != 0);
        }
        buckets[bucket] = (short)(index + 1);
    }
}

SPEC(the_name_space_is_never_zero_and_stays_the_same, "NAME-7")
{
    uint64_t space = xipci_name_space();

    REQUIRE(space != 0);
    REQUIRE_UINT(space, xipci_name_space());
}

SPEC(what_follows_the_mark_is_the_native_name, "NAME-4")
{
    REQUIRE_TEXT("/a b", xipci_name_native("native:/a b"));
    REQUIRE(xipci_name_native("native") == NULL);
    REQUIRE(xipci_name_native("Native:a") == NULL);
}
