/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes over a road, and whether it has arrived.
 *
 * A message begins with its number and ends with a word made from that; between
 * them each word is made from number and place when every byte is to be
 * checked, and else stays as it is on a road that copies, or is written and
 * read on one that does not, if that is what is measured.
 */
#include <stdlib.h>
#include <string.h>

#include "road_end.h"

#define WORD  sizeof(uint64_t)
#define MIXER UINT64_C(0x9e3779b97f4a7c15)

void road_end_begin(
    road_end *end, const road_kind *kind, size_t size, int is_filled)
{
    *end = (road_end){.kind = kind, .size = size, .is_filled = is_filled};
    end->message = calloc(1, size);
    end->buffer = calloc(1, size);
    bench_require(end->message && end->buffer, "no memory");
}

void road_end_finish(road_end *end)
{
    if (end->road) {
        end->kind->close(end->road);
    }
    free(end->message);
    free(end->buffer);
}

static uint64_t word_of(uint64_t number, size_t place)
{
    return (number + place) * MIXER;
}

static void put(unsigned char *at, uint64_t word)
{
    memcpy(at, &word, WORD);
}

static uint64_t get(const unsigned char *at)
{
    uint64_t word;

    memcpy(&word, at, WORD);
    return word;
}

static void fill(unsigned char *message, size_t size, uint64_t number)
{
    for (size_t at = WORD; at + WORD <= size; at += WORD) {
        put(message + at, word_of(number, at));
    }
}

/* As cheap as writing can be. */
static void touch(unsigned char *message, size_t size, uint64_t number)
{
    memset(message + WORD, (int)(number & 0x7f), size - WORD);
}

static void
write_message(road_end *end, unsigned char *message, uint64_t number)
{
    if (end->checks_all) {
        fill(message, end->size, number);
    } else if (end->is_filled) {
        touch(message, end->size, number);
    }
    if (end->size >= 2 * WORD) {
        put(message + end->size - WORD, ~number);
    }
    put(message, number);
}

/* As cheap as reading can be. Four sums, which go side by side. */
static uint64_t sum(const unsigned char *message, size_t size)
{
    uint64_t sums[4] = {0, 0, 0, 0};
    size_t at = WORD;

    for (; at + 4 * WORD <= size; at += 4 * WORD) {
        sums[0] += get(message + at);
        sums[1] += get(message + at + WORD);
        sums[2] += get(message + at + 2 * WORD);
        sums[3] += get(message + at + 3 * WORD);
    }
    return sums[0] + sums[1] + sums[2] + sums[3] + at;
}

static int is_whole(const unsigned char *message, size_t size, uint64_t number)
{
    size_t at = WORD;

    while (at + 2 * WORD <= size && get(message + at) == word_of(number, at)) {
        at += WORD;
    }
    return at + 2 * WORD > size;
}

static void
read_message(road_end *end, const unsigned char *message, uint64_t number)
{
    if (get(message) != number ||
        (end->size >= 2 * WORD && get(message + end->size - WORD) != ~number) ||
        (end->checks_all && !is_whole(message, end->size, number))) {
        bench_fail("a message is not what was sent");
    }
    if (end->is_filled && !end->checks_all) {
        end->seen = sum(message, end->size);
    }
}

void road_send(road_end *end, uint64_t number)
{
    if ((end->kind->flags & ROAD_IN_PLACE) != 0) {
        write_message(end, end->kind->reserve(end->road, end->size), number);
        end->kind->commit(end->road, end->size);
    } else {
        write_message(end, end->message, number);
        end->kind->send(end->road, end->message, end->size);
    }
}

void road_receive(road_end *end, uint64_t number)
{
    if ((end->kind->flags & ROAD_IN_PLACE) != 0) {
        read_message(end, end->kind->peek(end->road, end->size), number);
        end->kind->release(end->road);
    } else {
        end->kind->receive(end->road, end->buffer, end->size);
        read_message(end, end->buffer, number);
    }
}

uint64_t road_receive_any(road_end *end)
{
    uint64_t number;

    end->kind->receive(end->road, end->buffer, end->size);
    number = get(end->buffer);
    read_message(end, end->buffer, number);
    return number;
}
