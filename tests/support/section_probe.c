/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that does with one section what it reads from its input, a command
 * on each line, and ends with 1 at the first that does not come true. Built
 * for another word size, another compiler or another C library, it shows that
 * both see one object.
 *
 *     create NAME SIZE MAX   open NAME      size SIZE MAX
 *     write OFFSET WORD      expect OFFSET WORD
 *     wait OFFSET WORD       grow SIZE      refresh SIZE
 *     close                  die
 */
#include <stdlib.h>
#include <string.h>

#include <xipc/xipc.h>

#include "probe_orders.h"

static xipc_section *section;
static xipc_map *map;

static int map_it(const command *order)
{
    return succeeded(
        order, xipc_section_map(section, 0, 0, XIPC_MAP_WRITE, &map));
}

static int do_create(const command *order)
{
    xipc_section_options options = XIPC_SECTION_OPTIONS_INIT;

    options.max_size = number(order, 3);
    return succeeded(
               order, xipc_section_create(
                          order->words[1], number(order, 2), &options,
                          XIPC_FOREVER, &section)) &&
           map_it(order);
}

static int do_open(const command *order)
{
    return succeeded(
               order, xipc_section_open(
                          order->words[1], NULL, XIPC_FOREVER, &section)) &&
           map_it(order);
}

static int do_size(const command *order)
{
    if (xipc_section_size(section) != number(order, 1) ||
        xipc_section_max_size(section) != number(order, 2)) {
        return complain(order, "it has another size");
    }
    return 1;
}

/* The bytes from OFFSET on, if WORD fits there; else NULL. */
static unsigned char *bytes_at(const command *order)
{
    uint64_t offset = number(order, 1);
    uint64_t size = xipc_map_size(map);

    if (offset > size || size - offset < strlen(order->words[2])) {
        complain(order, "not inside the map");
        return NULL;
    }
    return (unsigned char *)xipc_map_address(map) + offset;
}

static int do_write(const command *order)
{
    unsigned char *bytes = bytes_at(order);

    if (!bytes) {
        return 0;
    }
    memcpy(bytes, order->words[2], strlen(order->words[2]));
    return 1;
}

static int do_expect(const command *order)
{
    const unsigned char *bytes = bytes_at(order);

    if (!bytes) {
        return 0;
    }
    if (memcmp(bytes, order->words[2], strlen(order->words[2])) != 0) {
        return complain(order, "other bytes stand there");
    }
    return 1;
}

/* Until somebody else has written it. */
static int do_wait(const command *order)
{
    const volatile unsigned char *bytes = bytes_at(order);
    const char *word = order->words[2];
    xipc_deadline deadline = xipc_after_ms(10000);
    size_t index = 0;

    if (!bytes) {
        return 0;
    }
    while (word[index] != '\0') {
        if (bytes[index] == (unsigned char)word[index]) {
            index++;
        } else if (xipc_after_ms(0) > deadline) {
            return complain(order, "nobody wrote it");
        }
    }
    return 1;
}

static int do_grow(const command *order)
{
    return succeeded(
        order, xipc_section_grow(section, number(order, 1), XIPC_FOREVER));
}

static int do_refresh(const command *order)
{
    uint64_t size = 0;

    if (!succeeded(order, xipc_section_refresh(section, &size))) {
        return 0;
    }
    if (size != number(order, 1) || xipc_map_size(map) != size) {
        return complain(order, "it has another size");
    }
    return 1;
}

static int do_close(const command *order)
{
    (void)order;
    xipc_map_close(map);
    xipc_section_close(section);
    map = NULL;
    section = NULL;
    return 1;
}

static const deed deeds[] = {
    {"create", 4, do_create}, {"open", 2, do_open},
    {"size", 3, do_size},     {"write", 3, do_write},
    {"expect", 3, do_expect}, {"wait", 3, do_wait},
    {"grow", 2, do_grow},     {"refresh", 2, do_refresh},
    {"close", 1, do_close},   {"die", 1, do_die},
};

int main(void)
{
    if (!does_what_it_reads(
            "section_probe", deeds, sizeof(deeds) / sizeof(deeds[0]))) {
        return EXIT_FAILURE;
    }
    xipc_map_close(map);
    xipc_section_close(section);
    return EXIT_SUCCESS;
}
