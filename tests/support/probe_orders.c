/* SPDX-License-Identifier: Apache-2.0 */
#include "probe_orders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = 400, DIED = 3 };

static const char *name = "";

int complain(const command *order, const char *why)
{
    fprintf(stderr, "%s: %s: %s\n", name, order->words[0], why);
    return 0;
}

int succeeded(const command *order, xipc_status status)
{
    return status == XIPC_OK || complain(order, xipc_detail());
}

uint64_t number(const command *order, int index)
{
    return strtoull(order->words[index], NULL, 10);
}

int do_die(const command *order)
{
    (void)order;
    _Exit(DIED);
}

size_t message_length(uint64_t message)
{
    return (size_t)(message % 97);
}

int message_byte(uint64_t message)
{
    return (int)(message % 251);
}

int is_that_message(const void *data, size_t size, uint64_t message)
{
    const unsigned char *bytes = data;

    for (size_t at = 0; at < size; at++) {
        if (bytes[at] != message_byte(message)) {
            return 0;
        }
    }
    return size == message_length(message);
}

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

static int obey(const command *order, const deed *deeds, size_t count)
{
    for (size_t index = 0; index < count; index++) {
        if (strcmp(deeds[index].word, order->words[0]) == 0 &&
            deeds[index].word_count == order->word_count) {
            return deeds[index].run(order);
        }
    }
    return complain(order, "no such command");
}

int does_what_it_reads(const char *program, const deed *deeds, size_t count)
{
    char line[LINE_SIZE];

    name = program;
    while (fgets(line, sizeof line, stdin)) {
        command order = command_of(line);

        if (!obey(&order, deeds, count)) {
            return 0;
        }
    }
    return 1;
}
