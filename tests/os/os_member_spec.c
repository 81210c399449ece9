/* SPDX-License-Identifier: Apache-2.0 */
/* The seam's own spec: the numbers of processes, and what a section begins
 * with. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/os_member.h"
#include "os/os_name_kit.h"
#include "support/spec.h"

static unsigned char sample_head[XIPCOS_HEAD_SIZE] = "the head";
static const char sample_data[] = "what the data begins with";

static xipcos_section_plan plan_of(xipc_lifetime lifetime)
{
    return (xipcos_section_plan){
        .size = xipcos_map_granularity(),
        .max_size = xipcos_map_granularity(),
        .lifetime = lifetime,
        .head = sample_head,
        .data = sample_data,
        .data_size = sizeof sample_data};
}

static xipcos_place place_of(const char *native_name)
{
    return (xipcos_place){.scope = XIPC_SCOPE_USER, .native_name = native_name};
}

static xipcos_section *created(const char *native_name, xipc_lifetime lifetime)
{
    xipcos_section_plan plan = plan_of(lifetime);
    xipcos_section *section = NULL;

    REQUIRE_OK(xipcos_section_create(
        place_of(native_name), &plan, XIPC_FOREVER, &section));
    return section;
}

static xipcos_section *opened(const char *native_name)
{
    xipcos_section *section = NULL;

    REQUIRE_OK(xipcos_section_open(
        place_of(native_name), XIPC_TRUST_SELF, 0, xipc_after_ms(5000),
        &section));
    return section;
}

static void require_data(xipcos_section *section)
{
    size_t size = (size_t)xipcos_section_size(section);
    void *address;

    REQUIRE_OK(xipcos_section_map(section, 0, size, 0, &address));
    REQUIRE(memcmp(address, sample_data, sizeof sample_data) == 0);
    REQUIRE(((const char *)address)[sizeof sample_data] == 0);
    REQUIRE(((const char *)address)[size - 1] == 0);
    xipcos_section_unmap(address, size);
}

SPEC(a_section_begins_with_its_plans_data, "LIFE-4")
{
    xipcos_section *transient =
        created(own_native_name('s', 'a'), XIPC_TRANSIENT);
    xipcos_section *persistent =
        created(own_native_name('s', 'b'), XIPC_PERSISTENT);
    xipcos_section_plan plan = plan_of(XIPC_TRANSIENT);
    xipcos_section *anonymous = NULL;
    xipcos_section *again = opened(own_native_name('s', 'b'));

    REQUIRE_OK(xipcos_section_create_anonymous(&plan, &anonymous));

    require_data(transient);
    require_data(persistent);
    require_data(again);
    require_data(anonymous);

    xipcos_section_close(anonymous);
    xipcos_section_close(again);
    xipcos_section_close(transient);
    REQUIRE_OK(xipcos_section_remove(
        place_of(own_native_name('s', 'b')), XIPC_FOREVER));
    xipcos_section_close(persistent);
}

static void claim(xipcos_section *section)
{
    while (xipcos_member_claim(section) == XIPC_E_AGAIN) {
    }
}

static uint32_t joined(xipcos_section *section)
{
    uint32_t member = 0;

    claim(section);
    REQUIRE_OK(xipcos_member_join(section, &member));
    xipcos_member_unclaim(section);
    REQUIRE(member >= 1 && member <= XIPCOS_MEMBER_MAX);
    return member;
}

PEER(a_process_that_joins)
{
    xipcos_section *section = opened(spec_argument(0));
    char line[16];

    snprintf(line, sizeof line, "%lu", (unsigned long)joined(section));
    spec_tell(NULL, line);
    spec_expect(NULL, "close");
    xipcos_section_close(section);
}

static uint32_t heard(spec_peer *peer)
{
    char line[16];

    spec_hear(peer, line, sizeof line);
    return (uint32_t)strtoul(line, NULL, 10);
}

SPEC(a_number_lives_as_long_as_its_process, "LIFE-6 GEN-11")
{
    xipcos_section *section =
        created(own_native_name('s', 'c'), XIPC_TRANSIENT);
    uint32_t own = joined(section);
    spec_peer *closes = START(a_process_that_joins, own_native_name('s', 'c'));
    uint32_t first = heard(closes);
    spec_peer *dies = START(a_process_that_joins, own_native_name('s', 'c'));
    uint32_t second = heard(dies);

    REQUIRE(own != first && first != second && own != second);
    REQUIRE(xipcos_member_lives(section, own));
    REQUIRE(xipcos_member_lives(section, first));
    REQUIRE(xipcos_member_lives(section, second));

    spec_tell(closes, "close");
    spec_join(closes);
    REQUIRE(!xipcos_member_lives(section, first));
    REQUIRE(xipcos_member_lives(section, second));
    spec_kill(dies);
    REQUIRE(!xipcos_member_lives(section, second));
    REQUIRE(xipcos_member_lives(section, own));

    xipcos_section_close(section);
}

SPEC(a_number_is_given_once, "LIFE-6 GEN-11")
{
    xipcos_section *section =
        created(own_native_name('s', 'd'), XIPC_TRANSIENT);
    uint32_t last = joined(section);

    REQUIRE_UINT(last, joined(section));
    for (int round = 0; round < 4; round++) {
        spec_peer *peer =
            START(a_process_that_joins, own_native_name('s', 'd'));
        uint32_t next = heard(peer);

        REQUIRE(next > last);
        last = next;
        spec_kill(peer);
    }

    xipcos_section_close(section);
}

SPEC(nobody_has_number_0, "LIFE-6")
{
    xipcos_section *section =
        created(own_native_name('s', 'e'), XIPC_TRANSIENT);

    REQUIRE(!xipcos_member_lives(section, 0));

    xipcos_section_close(section);
}

PEER(a_process_that_claims)
{
    xipcos_section *section = opened(spec_argument(0));

    claim(section);
    spec_tell(NULL, "claimed");
    spec_expect(NULL, "never said");
}

SPEC(a_claim_is_one_processs_and_goes_with_it, "GEN-11")
{
    xipcos_section *section =
        created(own_native_name('s', 'f'), XIPC_TRANSIENT);
    spec_peer *peer = START(a_process_that_claims, own_native_name('s', 'f'));

    spec_expect(peer, "claimed");
    REQUIRE_STATUS(XIPC_E_AGAIN, xipcos_member_claim(section));
    spec_kill(peer);

    REQUIRE_OK(xipcos_member_claim(section));
    xipcos_member_unclaim(section);

    xipcos_section_close(section);
}
