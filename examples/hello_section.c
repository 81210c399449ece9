/* SPDX-License-Identifier: Apache-2.0 */
/* Start it in two terminals: both see the same memory. */
#include <stdio.h>
#include <xipc/xipc.h>

int main(void)
{
    xipc_section *section = NULL;
    xipc_map *map = NULL;
    int *visits;

    if (xipc_section_open_or_create(
            "hello", 4096, NULL, xipc_after_ms(1000), &section, NULL) ||
        xipc_section_map(section, 0, 0, XIPC_MAP_WRITE, &map)) {
        fprintf(stderr, "%s\n", xipc_detail());
        return 1;
    }
    visits = xipc_map_address(map);
    *visits += 1;
    printf("Visitor %d. Enter leaves; the last one out ends it.\n", *visits);
    getchar();
    xipc_map_close(map);
    xipc_section_close(section);
    return 0;
}
