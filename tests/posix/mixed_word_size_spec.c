/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs of 32 and 64 bits share one section. XIPC_PROBE32 in the
 * environment is the path of a section_probe built for the other word size.
 */
#include <stdio.h>
#include <string.h>

#include "posix/probe_kit.h"
#include "support/section_kit.h"

enum { STEP = 65536, DIED = 3 };

SPEC(another_word_size_opens_and_grows_what_was_made_here, "GEN-9 SHM-6")
{
    FILE *probe = probe_started("section_probe");
    xipc_section *section =
        section_created_with("mixed", STEP, growing_to(4 * STEP));
    xipc_map *map = mapped(section);

    memcpy(bytes_of(map) + 100, "from-here", 9);
    order(probe, "open mixed");
    order(probe, "size 65536 262144");
    order(probe, "expect 100 from-here");
    order(probe, "write 200 from-there");
    order(probe, "grow 131072");
    order(probe, "write 131060 at-the-end");
    probe_ended(probe, 0);

    REQUIRE_OK(xipc_section_refresh(section, NULL));
    REQUIRE_UINT(2 * STEP, xipc_section_size(section));
    REQUIRE(memcmp(bytes_of(map) + 200, "from-there", 10) == 0);
    REQUIRE(memcmp(bytes_of(map) + 131060, "at-the-end", 10) == 0);
    require_holders("mixed", 1);
    xipc_map_close(map);
    xipc_section_close(section);
    require_absent("mixed");
}

/* The other one is about to make it, and nothing wakes us when it has. */
static xipc_section *opened_when_it_is_there(const char *name)
{
    xipc_deadline deadline = xipc_after_ms(10000);
    xipc_section *section = NULL;
    xipc_status status;

    do {
        status = xipc_section_open(name, NULL, XIPC_FOREVER, &section);
        REQUIRE(xipc_after_ms(0) < deadline);
    } while (status == XIPC_E_NOT_FOUND);
    REQUIRE_OK(status);
    return section;
}

static void hear(const xipc_map *map, size_t offset, const char *word)
{
    const volatile unsigned char *bytes = bytes_of(map) + offset;
    xipc_deadline deadline = xipc_after_ms(10000);
    size_t index = 0;

    while (word[index] != '\0') {
        REQUIRE(xipc_after_ms(0) < deadline);
        index += bytes[index] == (unsigned char)word[index] ? 1U : 0U;
    }
}

SPEC(what_another_word_size_made_is_opened_here, "GEN-9 SHM-1 LIFE-1")
{
    FILE *probe = probe_started("section_probe");
    xipc_section *section;
    xipc_map *map;

    order(probe, "create mixed 131072 196608");
    section = opened_when_it_is_there("mixed");
    REQUIRE_UINT(2 * STEP, xipc_section_size(section));
    REQUIRE_UINT(3 * STEP, xipc_section_max_size(section));
    require_holders("mixed", 2);
    map = mapped(section);
    order(probe, "write 5 from-there");
    hear(map, 5, "from-there");
    memcpy(bytes_of(map) + 70000, "from-here", 9);
    order(probe, "wait 70000 from-here");
    REQUIRE_OK(xipc_section_grow(section, 3 * STEP, XIPC_FOREVER));
    order(probe, "refresh 196608");
    order(probe, "close");
    probe_ended(probe, 0);

    require_holders("mixed", 1);
    xipc_map_close(map);
    xipc_section_close(section);
    require_absent("mixed");
}

SPEC(what_another_word_size_held_goes_when_it_dies, "GEN-9 LIFE-1 GEN-11")
{
    FILE *probe = probe_started("section_probe");

    order(probe, "create mixed 65536 65536");
    xipc_section_close(opened_when_it_is_there("mixed"));
    order(probe, "die");
    probe_ended(probe, DIED);

    require_absent("mixed");
    xipc_section_close(section_created("mixed", STEP));
}
