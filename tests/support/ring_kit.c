/* SPDX-License-Identifier: Apache-2.0 */
#include "support/ring_kit.h"

#include <stdlib.h>
#include <string.h>

#include "support/kill_anywhere.h"
#include "support/spec_process.h"

/* A failure is told of the line in the case, not of the one here. */
#undef ring_made
#undef ring_joined
#undef ring_receive
#undef ring_peek
#undef ring_read
#undef sides_made
#undef sends
#undef receives
#undef require_empty
#undef require_full
#undef fill_up

const xipc_ring_wait ring_waits[RING_WAIT_COUNT] = {
    XIPC_RING_ADAPTIVE, XIPC_RING_SPIN, XIPC_RING_PARK};

static const char *const wait_names[RING_WAIT_COUNT] = {
    "adaptive", "spinning", "parking"};

void for_each_wait(wait_body *body)
{
    for (int i = 0; i < RING_WAIT_COUNT; i++) {
        spec_within(wait_names[i]);
        body(ring_waits[i]);
    }
    spec_within(NULL);
}

xipc_ring_options
ring_shaped(uint64_t capacity, xipc_ring_mode mode, xipc_ring_wait wait)
{
    xipc_ring_options options = XIPC_RING_OPTIONS_INIT;

    options.capacity = capacity;
    options.mode = mode;
    options.wait = wait;
    return options;
}

xipc_ring_options ring_of_messages(uint64_t capacity)
{
    return ring_shaped(capacity, XIPC_RING_MESSAGES, XIPC_RING_ADAPTIVE);
}

xipc_ring_options ring_of_bytes(uint64_t capacity)
{
    return ring_shaped(capacity, XIPC_RING_BYTES, XIPC_RING_ADAPTIVE);
}

/* ---- making and joining ---- */

static void require_ok(const char *what, xipc_status status)
{
    if (status != XIPC_OK) {
        spec_fail_here(
            "%s: %s, %s", what, xipc_status_name(status), xipc_detail());
    }
}

xipc_ring *ring_made(
    const char *place, xipc_ring_role role, const xipc_ring_options *options)
{
    xipc_section *section = NULL;
    xipc_ring *ring = NULL;

    if (place[0] == '@') {
        uint64_t size =
            RING_OFFSET + xipc_ring_size(options ? options->capacity : 0);

        require_ok(
            "the section",
            xipc_section_open_or_create(
                place + 1, size, NULL, XIPC_FOREVER, &section, NULL));
        require_ok(
            "making it",
            xipc_ring_create_at(
                section, RING_OFFSET, role, options, XIPC_FOREVER, &ring));
        xipc_section_close(section);
    } else {
        require_ok(
            "making it",
            xipc_ring_create(place, role, options, XIPC_FOREVER, &ring));
    }
    return ring;
}

xipc_status
ring_try_join(const char *place, xipc_ring_role role, xipc_ring **ring_out)
{
    xipc_section *section = NULL;
    xipc_status status;

    if (place[0] != '@' && place[0] != '+') {
        return xipc_ring_open(place, role, NULL, XIPC_FOREVER, ring_out);
    }
    status = place[0] == '@'
                 ? xipc_section_open(place + 1, NULL, XIPC_FOREVER, &section)
                 : xipc_section_adopt(spec_inherited(), &section);
    if (status == XIPC_OK) {
        status = xipc_ring_open_at(
            section, RING_OFFSET, role, XIPC_FOREVER, ring_out);
        xipc_section_close(section);
    }
    return status;
}

xipc_status
ring_join_soon(const char *place, xipc_ring_role role, xipc_ring **ring_out)
{
    int64_t end = spec_now_ns() + 1000 * INT64_C(1000000);
    xipc_status status = ring_try_join(place, role, ring_out);

    while (status == XIPC_E_BUSY && spec_now_ns() < end) {
        let_pass(1);
        status = ring_try_join(place, role, ring_out);
    }
    return status;
}

xipc_ring *ring_joined(const char *place, xipc_ring_role role)
{
    xipc_ring *ring = NULL;

    require_ok("joining it", ring_join_soon(place, role, &ring));
    return ring;
}

sides sides_made(const char *place, const xipc_ring_options *options)
{
    sides self;

    self.producer = ring_made(place, XIPC_RING_PRODUCER, options);
    self.consumer = ring_joined(place, XIPC_RING_CONSUMER);
    return self;
}

void sides_closed(sides *self)
{
    xipc_ring_close(self->producer);
    xipc_ring_close(self->consumer);
    *self = (sides){NULL, NULL};
}

/* ---- contents ---- */

/* Eight bytes that follow from a number; the end of a hash by Steele, Lea and
 * Flood. */
static uint64_t scramble(uint64_t number)
{
    number += UINT64_C(0x9e3779b97f4a7c15);
    number = (number ^ (number >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    number = (number ^ (number >> 27)) * UINT64_C(0x94d049bb133111eb);
    return number ^ (number >> 31);
}

/* The bytes of a message, so many from its start. */
static uint64_t message_word(uint64_t number, size_t start)
{
    return scramble((number << 20) ^ (start / 8));
}

void message_fill(void *bytes, size_t size, uint64_t number)
{
    unsigned char *to = bytes;

    for (size_t at = 0; at < size; at += 8) {
        uint64_t word = message_word(number, at);

        memcpy(to + at, &word, size - at < 8 ? size - at : 8);
    }
}

int message_is(const void *bytes, size_t size, uint64_t number)
{
    const unsigned char *from = bytes;

    for (size_t at = 0; at < size; at += 8) {
        uint64_t word = message_word(number, at);

        if (memcmp(from + at, &word, size - at < 8 ? size - at : 8) != 0) {
            return 0;
        }
    }
    return 1;
}

/* From `position` to the next multiple of eight, or fewer. */
static size_t stream_piece(uint64_t position, size_t size)
{
    size_t piece = 8 - (size_t)(position % 8);

    return piece < size ? piece : size;
}

void stream_fill(void *bytes, size_t size, uint64_t position)
{
    unsigned char *to = bytes;

    while (size > 0) {
        uint64_t word = scramble(position / 8);
        size_t piece = stream_piece(position, size);

        memcpy(to, (unsigned char *)&word + position % 8, piece);
        to += piece;
        position += piece;
        size -= piece;
    }
}

int stream_is(const void *bytes, size_t size, uint64_t position)
{
    const unsigned char *from = bytes;

    while (size > 0) {
        uint64_t word = scramble(position / 8);
        size_t piece = stream_piece(position, size);

        if (memcmp(from, (unsigned char *)&word + position % 8, piece) != 0) {
            return 0;
        }
        from += piece;
        position += piece;
        size -= piece;
    }
    return 1;
}

size_t message_size(uint64_t number, size_t max)
{
    uint64_t chance = scramble(~number);

    switch (chance % 32) {
    case 0: return 0;
    case 1: return max;
    case 2: return (size_t)((chance >> 8) % (max + 1));
    default: return (size_t)((chance >> 8) % ((max < 64 ? max : 64) + 1));
    }
}

/* ---- one message, one piece ---- */

static void *room_of(size_t size)
{
    void *room = malloc(size + 1);

    if (!room) {
        spec_fail_here("the case: has no memory");
    }
    return room;
}

xipc_status
ring_send(xipc_ring *ring, uint64_t number, size_t size, xipc_deadline when)
{
    void *bytes = room_of(size);
    xipc_status status;

    message_fill(bytes, size, number);
    status = xipc_ring_send(ring, bytes, size, when);
    free(bytes);
    return status;
}

static void require_message(
    const void *bytes, size_t got_size, uint64_t number, size_t size)
{
    if (got_size != size) {
        spec_fail_here(
            "message %llu: has %zu bytes, not %zu", (unsigned long long)number,
            got_size, size);
    }
    if (!message_is(bytes, size, number)) {
        spec_fail_here(
            "message %llu of %zu bytes: is another one",
            (unsigned long long)number, size);
    }
}

xipc_status
ring_receive(xipc_ring *ring, uint64_t number, size_t size, xipc_deadline when)
{
    unsigned char *bytes = room_of(size);
    size_t got_size = SIZE_MAX;
    xipc_status status;

    status = xipc_ring_receive(ring, bytes, size, &got_size, when);
    if (status == XIPC_OK) {
        require_message(bytes, got_size, number, size);
    } else if (status != XIPC_E_TOO_SMALL && got_size != SIZE_MAX) {
        spec_fail_here("size_out: changed");
    }
    free(bytes);
    return status;
}

xipc_status
ring_reserve(xipc_ring *ring, uint64_t number, size_t size, xipc_deadline when)
{
    void *block = NULL;
    xipc_status status = xipc_ring_reserve(ring, size, &block, when);

    if (status == XIPC_OK) {
        message_fill(block, size, number);
    }
    return status;
}

xipc_status
ring_peek(xipc_ring *ring, uint64_t number, size_t size, xipc_deadline when)
{
    const void *bytes = UNTOUCHED;
    size_t got_size = SIZE_MAX;
    xipc_status status = xipc_ring_peek(ring, &bytes, &got_size, when);

    if (status == XIPC_OK) {
        require_message(bytes, got_size, number, size);
    } else if (bytes != UNTOUCHED || got_size != SIZE_MAX) {
        spec_fail_here("an output: changed");
    }
    return status;
}

xipc_status ring_write(
    xipc_ring *ring,
    uint64_t position,
    size_t size,
    size_t *count_out,
    xipc_deadline when)
{
    void *bytes = room_of(size);
    xipc_status status;

    stream_fill(bytes, size, position);
    status = xipc_ring_write(ring, bytes, size, count_out, when);
    free(bytes);
    return status;
}

xipc_status ring_read(
    xipc_ring *ring,
    uint64_t position,
    size_t capacity,
    size_t *count_out,
    xipc_deadline when)
{
    void *bytes = room_of(capacity);
    size_t count = SIZE_MAX;
    xipc_status status = xipc_ring_read(ring, bytes, capacity, &count, when);

    if (status == XIPC_OK) {
        if (count == 0 || count > capacity) {
            spec_fail_here("bytes read: none, or too many");
        }
        if (!stream_is(bytes, count, position)) {
            spec_fail_here(
                "%zu bytes from %llu on: are others", count,
                (unsigned long long)position);
        }
        *count_out = count;
    } else if (count != SIZE_MAX) {
        spec_fail_here("size_out: changed");
    }
    free(bytes);
    return status;
}

void sends(xipc_ring *ring, uint64_t number, size_t size)
{
    require_ok("sending", ring_send(ring, number, size, XIPC_NOW));
}

void receives(xipc_ring *ring, uint64_t number, size_t size)
{
    require_ok("receiving", ring_receive(ring, number, size, XIPC_NOW));
}

void require_empty(xipc_ring *ring)
{
    const void *data = UNTOUCHED;
    size_t size = 77;
    xipc_status status = xipc_ring_peek(ring, &data, &size, XIPC_NOW);

    if (status != XIPC_E_AGAIN) {
        spec_fail_here("peeking: %s", xipc_status_name(status));
    }
    if (data != UNTOUCHED || size != 77) {
        spec_fail_here("an output: changed");
    }
}

void require_full(xipc_ring *ring, size_t size)
{
    xipc_status status = ring_send(ring, 0, size, XIPC_NOW);

    if (status != XIPC_E_AGAIN) {
        spec_fail_here("sending: %s", xipc_status_name(status));
    }
}

uint64_t fill_up(xipc_ring *ring, uint64_t number, size_t size)
{
    uint64_t count = 0;
    xipc_status status = ring_send(ring, number, size, XIPC_NOW);

    while (status == XIPC_OK) {
        count++;
        status = ring_send(ring, number + count, size, XIPC_NOW);
    }
    if (status != XIPC_E_AGAIN) {
        spec_fail_here("sending: %s", xipc_status_name(status));
    }
    return count;
}

const unsigned char *next_place(xipc_ring *producer)
{
    void *block = NULL;

    require_ok("reserving", xipc_ring_reserve(producer, 0, &block, XIPC_NOW));
    require_ok("canceling", xipc_ring_cancel(producer));
    return block;
}

uint32_t dice_cast(void)
{
    uint32_t dice =
        (uint32_t)kill_setting("XIPC_SEED", (unsigned long)spec_now_ns()) | 1;

    spec_note("XIPC_SEED=%u", dice);
    return dice;
}

void let_pass(int64_t ms)
{
    xipc_poller *poller = NULL;
    xipc_ready ready;
    size_t count;
    xipc_status status;

    require_ok("a poller", xipc_poller_create(&poller));
    status = xipc_poller_wait(poller, &ready, 1, xipc_after_ms(ms), &count);
    if (status != XIPC_E_TIMEOUT) {
        spec_fail_here("waiting for nothing: %s", xipc_status_name(status));
    }
    xipc_poller_close(poller);
}

int is_within(int64_t since_ns, int64_t ns)
{
    return spec_now_ns() - since_ns < ns;
}

/* ---- ledgers ---- */

xipc_map *ledger_made(void)
{
    xipc_section *section = section_created("ledger", sizeof(ring_ledger));
    xipc_map *map = mapped(section);

    xipc_section_close(section);
    return map;
}

xipc_map *ledger_joined(void)
{
    xipc_section *section = section_opened("ledger");
    xipc_map *map = mapped(section);

    xipc_section_close(section);
    return map;
}

ring_ledger *ledger_of(const xipc_map *map)
{
    return xipc_map_address(map);
}

void ledger_set(ring_ledger *ledger, uint64_t start)
{
    atomic_store(&ledger->done, start);
    atomic_store(&ledger->tried, start);
    atomic_store(&ledger->is_over, 0);
}
