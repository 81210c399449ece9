/* SPDX-License-Identifier: Apache-2.0 */
/* A program of somebody who has only the installed package. */
#include <string.h>

#include <xipc/xipc.h>

static int keeps_what_is_written(xipc_section *section)
{
    static const char text[] = "shared";
    xipc_map *map;
    int is_kept;

    if (xipc_section_map(section, 0, 0, XIPC_MAP_WRITE, &map) != XIPC_OK) {
        return 0;
    }
    memcpy(xipc_map_address(map), text, sizeof text);
    is_kept = memcmp(xipc_map_address(map), text, sizeof text) == 0;
    xipc_map_close(map);
    return is_kept;
}

int main(void)
{
    xipc_section *section;
    int is_kept;

    if (strcmp(xipc_version(), XIPC_VERSION) != 0) {
        return 1;
    }
    if (xipc_section_create("consumer", 4096, NULL, XIPC_NOW, &section) !=
        XIPC_OK) {
        return 2;
    }
    is_kept = keeps_what_is_written(section);
    xipc_section_close(section);
    return is_kept ? 0 : 3;
}
