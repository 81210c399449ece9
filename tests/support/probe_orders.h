/* SPDX-License-Identifier: Apache-2.0 */
/* What the probes have in common: programs that do what they read from their
 * input, a command on each line, until one does not come true. */
#ifndef PROBE_ORDERS_H
#define PROBE_ORDERS_H

#include <stddef.h>
#include <stdint.h>

#include <xipc/base.h>

enum { WORD_COUNT = 4 };

typedef struct command {
    const char *words[WORD_COUNT];
    int word_count;
} command;

/* Does it; 0: it did not come true, and it has been told why. */
typedef struct deed {
    const char *word;
    int word_count;
    int (*run)(const command *order);
} deed;

/* Tells why, and is 0. */
int complain(const command *order, const char *why);
int succeeded(const command *order, xipc_status status);

/* The word at that place. */
uint64_t number(const command *order, int index);

/* Ends the program as if it were killed: nothing is closed. */
int do_die(const command *order);

/* Message n has n modulo 97 bytes, each of them n modulo 251. */
enum { MESSAGE_LONGEST = 96 };
size_t message_length(uint64_t message);
int message_byte(uint64_t message);
int is_that_message(const void *data, size_t size, uint64_t message);

/* Until the input ends: 1. `program` is who complains. */
int does_what_it_reads(const char *program, const deed *deeds, size_t count);

#endif
