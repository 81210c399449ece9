/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seam's own spec: what core relies on, asked of the linked backend. The
 * same file passes on every one.
 */
#include <string.h>

#include "os/os_name_kit.h"
#include "os/os_section.h"
#include "support/spec.h"

static unsigned char sample_head[XIPCOS_HEAD_SIZE] = "the head";

static xipcos_place place_of(const char *native_name)
{
    return (xipcos_place){.scope = XIPC_SCOPE_USER, .native_name = native_name};
}

static xipcos_section_plan plan_of(uint64_t pages, xipc_lifetime lifetime)
{
    uint64_t size = pages * xipcos_page_size();

    return (xipcos_section_plan){
        .size = size,
        .max_size = size,
        .lifetime = lifetime,
        .head = sample_head};
}

static xipcos_section *
create(const char *native_name, const xipcos_section_plan *plan)
{
    xipcos_section *section = NULL;

    REQUIRE_OK(xipcos_section_create(
        place_of(native_name), plan, XIPC_FOREVER, &section));
    return section;
}

static xipc_status open_now(const char *native_name, xipcos_section **out)
{
    return xipcos_section_open(
        place_of(native_name), XIPC_TRUST_SELF, 0, xipc_after_ms(5000), out);
}

SPEC(an_opener_gets_the_head_and_the_size_of_the_creator, "LIFE-4")
{
    xipcos_section_plan plan = plan_of(3, XIPC_TRANSIENT);
    xipcos_section *made = create(own_native_name('s', 'a'), &plan);
    xipcos_section *opened = NULL;

    REQUIRE_OK(open_now(own_native_name('s', 'a'), &opened));

    REQUIRE(memcmp(xipcos_section_head(opened), sample_head, 448) == 0);
    REQUIRE_UINT(plan.size, xipcos_section_size(opened));
    REQUIRE_UINT(plan.size, xipcos_section_max_size(opened));
    REQUIRE(!xipcos_section_is_read_only(opened));

    xipcos_section_close(opened);
    xipcos_section_close(made);
}

SPEC(a_transient_name_goes_with_its_last_holder, "LIFE-1")
{
    xipcos_section_plan plan = plan_of(1, XIPC_TRANSIENT);
    xipcos_section *made = create(own_native_name('s', 'b'), &plan);
    xipcos_section *opened = NULL;

    REQUIRE_STATUS(
        XIPC_E_EXISTS,
        xipcos_section_create(
            place_of(own_native_name('s', 'b')), &plan, XIPC_FOREVER, &opened));
    xipcos_section_close(made);

    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, open_now(own_native_name('s', 'b'), &opened));
    REQUIRE(opened == NULL);
}

SPEC(a_removed_name_is_free_while_holders_go_on, "LIFE-5")
{
    xipcos_section_plan plan = plan_of(1, XIPC_PERSISTENT);
    xipcos_section *old = create(own_native_name('s', 'c'), &plan);
    xipcos_section *young;
    void *address;

    REQUIRE_OK(xipcos_section_remove(
        place_of(own_native_name('s', 'c')), XIPC_FOREVER));
    young = create(own_native_name('s', 'c'), &plan);
    REQUIRE_OK(xipcos_section_map(old, 0, (size_t)plan.size, 1, &address));
    memset(address, 1, (size_t)plan.size);
    xipcos_section_unmap(address, (size_t)plan.size);
    REQUIRE_OK(xipcos_section_map(young, 0, (size_t)plan.size, 0, &address));

    REQUIRE(*(unsigned char *)address == 0);

    xipcos_section_unmap(address, (size_t)plan.size);
    xipcos_section_close(old);
    REQUIRE_OK(xipcos_section_remove(
        place_of(own_native_name('s', 'c')), XIPC_FOREVER));
    xipcos_section_close(young);
}

SPEC(a_map_past_the_size_shows_what_growth_brings, "SHM-6")
{
    xipcos_section_plan plan = plan_of(1, XIPC_TRANSIENT);
    xipcos_section *section;
    unsigned char *bytes;
    void *address;
    size_t span;

    plan.max_size = 4 * plan.size;
    span = (size_t)plan.max_size;
    section = create(own_native_name('s', 'd'), &plan);
    REQUIRE_OK(xipcos_section_map(section, 0, span, 1, &address));
    REQUIRE_OK(xipcos_section_grow(section, plan.max_size));
    bytes = address;
    bytes[span - 1] = 7;

    REQUIRE_OK(xipcos_section_refresh(section));
    REQUIRE_UINT(plan.max_size, xipcos_section_size(section));
    REQUIRE_UINT(7, bytes[span - 1]);
    REQUIRE_UINT(0, bytes[span - 2]);

    xipcos_section_unmap(address, span);
    xipcos_section_close(section);
}

typedef struct sighting {
    const char *native_name;
    uint64_t holder_count;
    uint64_t size;
    int count;
} sighting;

static int notice(const xipcos_section_finding *finding, void *context)
{
    sighting *seen = context;

    if (strcmp(finding->native_name, seen->native_name) == 0) {
        seen->count++;
        seen->holder_count = finding->holder_count;
        seen->size = finding->size;
        REQUIRE(memcmp(finding->head, sample_head, XIPCOS_HEAD_SIZE) == 0);
        REQUIRE(!finding->is_stale);
    }
    return 0;
}

SPEC(a_survey_shows_what_is_held_and_leaves_it, "LIFE-6 LIFE-7")
{
    xipcos_section_plan plan = plan_of(2, XIPC_TRANSIENT);
    xipcos_section *section = create(own_native_name('s', 'e'), &plan);
    sighting seen = {.native_name = own_native_name('s', 'e')};
    size_t removed_count = 0;

    REQUIRE_OK(
        xipcos_section_survey(XIPC_SCOPE_USER, notice, &seen, &removed_count));

    REQUIRE_UINT(1, (uint64_t)seen.count);
    REQUIRE_UINT(1, seen.holder_count);
    REQUIRE_UINT(plan.size, seen.size);

    xipcos_section_close(section);
}
