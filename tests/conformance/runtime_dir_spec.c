/* SPDX-License-Identifier: Apache-2.0 */
/* XIPC_RUNTIME_DIR keeps names apart. */
#include <stdio.h>
#include <string.h>

#include "support/section_kit.h"

/* Lives under another runtime directory, argument 0. */
PEER(a_process_elsewhere)
{
    xipc_section *section;
    char native_name[XIPC_NATIVE_NAME_SIZE];

    kit_set_environment("XIPC_RUNTIME_DIR", spec_argument(0));
    require_absent("a");
    require_nothing_exists();
    section = section_saying("a", "elsewhere");
    REQUIRE_OK(xipc_native_name(
        XIPC_KIND_SECTION, "a", XIPC_SCOPE_USER, native_name,
        sizeof native_name));
    spec_tell(NULL, native_name);
    spec_expect(NULL, "end");
    REQUIRE_UINT(1, listed_count(XIPC_SCOPE_USER));
    require_section_says(section, "elsewhere");
    xipc_section_close(section);
}

static const char *elsewhere(char *path, size_t capacity)
{
    snprintf(path, capacity, "%s/elsewhere", spec_directory());
    return path;
}

SPEC(one_name_in_two_runtime_directories_is_two_sections, "NAME-7")
{
    xipc_section *section = section_saying("a", "here");
    char path[512];
    char here[XIPC_NATIVE_NAME_SIZE];
    char there[XIPC_NATIVE_NAME_SIZE];
    spec_peer *peer = START(a_process_elsewhere, elsewhere(path, sizeof path));

    spec_hear(peer, there, sizeof there);
    REQUIRE_OK(xipc_native_name(
        XIPC_KIND_SECTION, "a", XIPC_SCOPE_USER, here, sizeof here));

    REQUIRE(strcmp(here, there) != 0);
    REQUIRE_UINT(1, listed_count(XIPC_SCOPE_USER));
    require_section_says(section, "here");
    spec_tell(peer, "end");
    spec_join(peer);
    kit_remove_directory(path);
    xipc_section_close(section);
}

SPEC(the_runtime_directory_is_read_once, "NAME-7")
{
    xipc_section *section = section_saying("a", "here");
    char path[512];
    xipc_section *opened;

    kit_set_environment("XIPC_RUNTIME_DIR", elsewhere(path, sizeof path));
    opened = section_opened("a");

    require_section_says(opened, "here");
    REQUIRE_UINT(1, listed_count(XIPC_SCOPE_USER));
    xipc_section_close(opened);
    xipc_section_close(section);
}
