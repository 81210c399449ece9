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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xipc/xipc.h>

enum { LINE_SIZE = 400, WORD_COUNT = 4, DIED = 3 };

typedef struct probe {
    xipc_section *section;
    xipc_map *map;
} probe;

typedef struct command {
    const char *words[WORD_COUNT];
    int word_count;
} command;

static int complain(const command *order, const char *why)
{
    fprintf(stderr, "section_probe: %s: %s\n", order->words[0], why);
    return 0;
}

static int succeeded(const command *order, xipc_status status)
{
    if (status != XIPC_OK) {
        return complain(order, xipc_detail());
    }
    return 1;
}

static uint64_t number(const command *order, int index)
{
    return strtoull(order->words[index], NULL, 10);
}

static int map_it(probe *self, const command *order)
{
    return succeeded(
        order,
        xipc_section_map(self->section, 0, 0, XIPC_MAP_WRITE, &self->map));
}

static int do_create(probe *self, const command *order)
{
    xipc_section_options options = XIPC_SECTION_OPTIONS_INIT;

    options.max_size = number(order, 3);
    return succeeded(
               order, xipc_section_create(
                          order->words[1], number(order, 2), &options,
                          XIPC_FOREVER, &self->section)) &&
           map_it(self, order);
}

static int do_open(probe *self, const command *order)
{
    return succeeded(
               order,
               xipc_section_open(
                   order->words[1], NULL, XIPC_FOREVER, &self->section)) &&
           map_it(self, order);
}

static int do_size(probe *self, const command *order)
{
    if (xipc_section_size(self->section) != number(order, 1) ||
        xipc_section_max_size(self->section) != number(order, 2)) {
        return complain(order, "it has another size");
    }
    return 1;
}

/* The bytes from OFFSET on, if WORD fits there; else NULL. */
static unsigned char *bytes_at(const probe *self, const command *order)
{
    uint64_t offset = number(order, 1);
    uint64_t size = xipc_map_size(self->map);

    if (offset > size || size - offset < strlen(order->words[2])) {
        complain(order, "not inside the map");
        return NULL;
    }
    return (unsigned char *)xipc_map_address(self->map) + offset;
}

static int do_write(probe *self, const command *order)
{
    unsigned char *bytes = bytes_at(self, order);

    if (!bytes) {
        return 0;
    }
    memcpy(bytes, order->words[2], strlen(order->words[2]));
    return 1;
}

static int do_expect(probe *self, const command *order)
{
    const unsigned char *bytes = bytes_at(self, order);

    if (!bytes) {
        return 0;
    }
    if (memcmp(bytes, order->words[2], strlen(order->words[2])) != 0) {
        return complain(order, "other bytes stand there");
    }
    return 1;
}

/* Until somebody else has written it. */
static int do_wait(probe *self, const command *order)
{
    const volatile unsigned char *bytes = bytes_at(self, order);
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

static int do_grow(probe *self, const command *order)
{
    return succeeded(
        order,
        xipc_section_grow(self->section, number(order, 1), XIPC_FOREVER));
}

static int do_refresh(probe *self, const command *order)
{
    uint64_t size = 0;

    if (!succeeded(order, xipc_section_refresh(self->section, &size))) {
        return 0;
    }
    if (size != number(order, 1) || xipc_map_size(self->map) != size) {
        return complain(order, "it has another size");
    }
    return 1;
}

static int do_close(probe *self, const command *order)
{
    (void)order;
    xipc_map_close(self->map);
    xipc_section_close(self->section);
    self->map = NULL;
    self->section = NULL;
    return 1;
}

/* As if killed: nothing is closed. */
static int do_die(probe *self, const command *order)
{
    (void)self;
    (void)order;
    _Exit(DIED);
}

typedef struct deed {
    const char *word;
    int word_count;
    int (*run)(probe *self, const command *order);
} deed;

static const deed deeds[] = {
    {"create", 4, do_create}, {"open", 2, do_open},
    {"size", 3, do_size},     {"write", 3, do_write},
    {"expect", 3, do_expect}, {"wait", 3, do_wait},
    {"grow", 2, do_grow},     {"refresh", 2, do_refresh},
    {"close", 1, do_close},   {"die", 1, do_die},
};

static command command_of(char *line)
{
    command order = {{"", "", "", ""}, 0};
    char *word = strtok(line, " \r\n");

    while (word && order.word_count < WORD_COUNT) {
        order.words[order.word_count++] = word;
        word = strtok(NULL, " \r\n");
    }
    return order;
}

static int obey(probe *self, const command *order)
{
    size_t index;

    for (index = 0; index < sizeof(deeds) / sizeof(deeds[0]); index++) {
        if (strcmp(deeds[index].word, order->words[0]) == 0 &&
            deeds[index].word_count == order->word_count) {
            return deeds[index].run(self, order);
        }
    }
    return complain(order, "no such command");
}

int main(void)
{
    probe self = {NULL, NULL};
    char line[LINE_SIZE];
    command order;

    while (fgets(line, sizeof(line), stdin)) {
        order = command_of(line);
        if (!obey(&self, &order)) {
            return EXIT_FAILURE;
        }
    }
    xipc_map_close(self.map);
    xipc_section_close(self.section);
    return EXIT_SUCCESS;
}
