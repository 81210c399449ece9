/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/layout.h"
#include "support/spec.h"

static xipci_head head_of(const char *name)
{
    xipci_head head;

    xipci_head_fill(&head, XIPC_KIND_SECTION, name, XIPC_SCOPE_USER);
    return head;
}

SPEC(a_filled_head_passes_and_matches_its_own_name_only, "GEN-9 NAME-3")
{
    xipci_head head = head_of("jobs");

    REQUIRE_OK(xipci_head_check(&head));
    REQUIRE_OK(
        xipci_head_match(&head, XIPC_KIND_SECTION, "jobs", XIPC_SCOPE_USER));
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND,
        xipci_head_match(&head, XIPC_KIND_SECTION, "job", XIPC_SCOPE_USER));
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND,
        xipci_head_match(&head, XIPC_KIND_SECTION, "jobs", XIPC_SCOPE_MACHINE));
    REQUIRE_STATUS(
        XIPC_E_INCOMPATIBLE,
        xipci_head_match(&head, (xipc_kind)77, "jobs", XIPC_SCOPE_USER));
}

SPEC(two_heads_never_share_a_generation, "GEN-9")
{
    xipci_head first = head_of("jobs");
    xipci_head second = head_of("jobs");

    REQUIRE(first.generation != second.generation);
}

SPEC(a_head_with_any_one_bit_changed_is_refused, "GEN-9 GEN-10")
{
    const xipci_head good = head_of("jobs");

    for (size_t bit = 0; bit < 8 * sizeof good; bit++) {
        xipci_head bad = good;
        xipc_status status;

        ((unsigned char *)&bad)[bit / 8] ^= (unsigned char)(1u << bit % 8);
        status = xipci_head_check(&bad);
        REQUIRE(status == XIPC_E_CORRUPT || status == XIPC_E_INCOMPATIBLE);
    }
}

SPEC(a_head_of_the_other_byte_order_is_incompatible, "GEN-9")
{
    xipci_head head = head_of("jobs");
    unsigned char *bytes = (unsigned char *)&head.magic;

    for (size_t at = 0; at < sizeof head.magic / 2; at++) {
        unsigned char kept = bytes[at];

        bytes[at] = bytes[sizeof head.magic - 1 - at];
        bytes[sizeof head.magic - 1 - at] = kept;
    }

    REQUIRE_STATUS(XIPC_E_INCOMPATIBLE, xipci_head_check(&head));
}

SPEC(the_layout_is_the_same_for_every_compiler, "GEN-9")
{
    REQUIRE_UINT(8, offsetof(xipci_head, version));
    REQUIRE_UINT(20, offsetof(xipci_head, name_size));
    REQUIRE_UINT(24, offsetof(xipci_head, generation));
    REQUIRE_UINT(32, offsetof(xipci_head, name_space));
    REQUIRE_UINT(40, offsetof(xipci_head, name));
    REQUIRE_UINT(256, offsetof(xipci_head, made_at));
    REQUIRE_UINT(264, offsetof(xipci_head, details));
    REQUIRE_UINT(440, offsetof(xipci_head, checksum));
    REQUIRE_UINT(448, sizeof(xipci_head));
}
