/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Somebody writes nonsense into the bytes of a ring: into its head, into what
 * stands in front of messages, anywhere. Every call answers, in time, with a
 * status of ring.h; nothing outside the ring is read or written; and when the
 * bytes are right again, whoever opens it has a ring that works.
 */
#include <stdlib.h>
#include <string.h>

#include "support/poller_kit.h"
#include "support/ring_kit.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Of a ring's bytes, those before its data. */
enum { HEAD = 512, CAPACITY = 256, LONGEST = 128, BEFORE = 24, CANARY = 0x5a };

/* A ring in the section "a", which `map` shows. */
typedef struct victim {
    xipc_ring_mode mode;
    xipc_section *section;
    xipc_map *map;
    unsigned char *good; /* the ring as it must work */
    sides ring;
    const unsigned char *read_start;    /* where the data begins, as the */
    const unsigned char *written_start; /* consumer and the producer see it */
    uint32_t dice;
} victim;

static size_t size_of_ring(void)
{
    return (size_t)xipc_ring_size(CAPACITY);
}

static unsigned char *bytes_of_ring(const victim *self)
{
    return bytes_of(self->map) + RING_OFFSET;
}

/* With one message, or a few bytes, at the beginning. */
static victim victim_made(xipc_ring_mode mode, xipc_ring_wait wait)
{
    xipc_ring_options options = ring_shaped(CAPACITY, mode, wait);
    victim self = {.mode = mode, .dice = dice_cast()};

    self.section = section_created("a", 65536);
    self.map = mapped(self.section);
    memset(bytes_of(self.map), CANARY, 65536);
    memset(bytes_of_ring(&self), 0, size_of_ring());
    self.ring = sides_made("@a", &options);
    if (mode == XIPC_RING_MESSAGES) {
        sends(self.ring.producer, 0, BEFORE);
    } else {
        REQUIRE_OK(ring_write(self.ring.producer, 0, BEFORE, NULL, XIPC_NOW));
    }
    sides_closed(&self.ring);
    self.good = malloc(size_of_ring());
    REQUIRE(self.good != NULL);
    memcpy(self.good, bytes_of_ring(&self), size_of_ring());
    return self;
}

static void require_canaries(const victim *self)
{
    const unsigned char *bytes = bytes_of(self->map);

    for (size_t at = 0; at < 65536; at++) {
        if (at == RING_OFFSET) {
            at += size_of_ring();
        }
        REQUIRE_UINT(CANARY, bytes[at]);
    }
}

static void victim_closed(victim *self)
{
    require_canaries(self);
    free(self->good);
    xipc_map_close(self->map);
    xipc_section_close(self->section);
}

static xipc_ring *opened(const victim *self, xipc_ring_role role)
{
    xipc_ring *ring = NULL;

    REQUIRE_OK(xipc_ring_open_at(
        self->section, RING_OFFSET, role, XIPC_FOREVER, &ring));
    return ring;
}

/* Both sides, of the good ring, and where their data is. */
static void begin(victim *self)
{
    const void *data = NULL;
    void *block = NULL;
    size_t size;

    memcpy(bytes_of_ring(self), self->good, size_of_ring());
    self->ring.producer = opened(self, XIPC_RING_PRODUCER);
    self->ring.consumer = opened(self, XIPC_RING_CONSUMER);
    REQUIRE_OK(xipc_ring_peek(self->ring.consumer, &data, &size, XIPC_NOW));
    REQUIRE_OK(xipc_ring_rewind(self->ring.consumer));
    REQUIRE_OK(xipc_ring_reserve(self->ring.producer, 8, &block, XIPC_NOW));
    REQUIRE_OK(xipc_ring_cancel(self->ring.producer));
    self->read_start = (const unsigned char *)data - 8;
    self->written_start = (const unsigned char *)block - 8 - (BEFORE + 8);
}

/* Whoever is there goes, and the good ring works for those who come. */
static void end(victim *self)
{
    sides_closed(&self->ring);
    begin(self);
    if (self->mode == XIPC_RING_MESSAGES) {
        receives(self->ring.consumer, 0, BEFORE);
        sends(self->ring.producer, 1, LONGEST);
        receives(self->ring.consumer, 1, LONGEST);
    } else {
        size_t count = 0;

        REQUIRE_OK(ring_read(self->ring.consumer, 0, BEFORE, &count, XIPC_NOW));
        REQUIRE_UINT(BEFORE, count);
    }
    require_empty(self->ring.consumer);
    sides_closed(&self->ring);
}

/* ---- what each call may say, whatever it finds ---- */

static const xipc_status of_waits[] = {
    XIPC_OK,          XIPC_E_AGAIN,  XIPC_E_TIMEOUT,  XIPC_E_CORRUPT,
    XIPC_E_PEER_DIED, XIPC_E_CLOSED, XIPC_E_NO_SPACE, XIPC_E_TOO_SMALL};
static const xipc_status of_peers[] = {XIPC_OK, XIPC_E_AGAIN, XIPC_E_TIMEOUT};
static const xipc_status of_ends[] = {XIPC_OK, XIPC_E_CORRUPT};
static const xipc_status of_open[] = {
    XIPC_OK, XIPC_E_BUSY, XIPC_E_NOT_FOUND, XIPC_E_INCOMPATIBLE,
    XIPC_E_CORRUPT};
static const xipc_status of_poller[] = {XIPC_OK, XIPC_E_AGAIN};
static const xipc_status of_add[] = {
    XIPC_OK, XIPC_E_LIMIT, XIPC_E_NOT_SUPPORTED};

#define MAY_SAY(statuses, call) \
    may_say(__LINE__, #call, statuses, COUNT(statuses), call)

static xipc_status may_say(
    int line,
    const char *call,
    const xipc_status *statuses,
    size_t count,
    xipc_status got)
{
    spec_at(__FILE__, line);
    for (size_t i = 0; i < count; i++) {
        if (statuses[i] == got) {
            return got;
        }
    }
    spec_fail(__FILE__, line, call, xipc_status_name(got));
}

/* XIPC_NOW nearly always: a millisecond each would be a long time. */
static xipc_deadline some_deadline(victim *self)
{
    return thrown(&self->dice, 256) == 0 ? xipc_after_ms(1) : XIPC_NOW;
}

/* Where a handle has its data is known of those that were there before. */
static void
require_inside(const unsigned char *start, const void *data, size_t size)
{
    const unsigned char *bytes = data;

    REQUIRE(size <= LONGEST);
    if (!start) {
        return;
    }
    REQUIRE(bytes >= start);
    REQUIRE(bytes + size <= start + size_of_ring() - HEAD);
}

static void use_copies_of_messages(victim *self)
{
    unsigned char bytes[LONGEST];
    size_t capacity = thrown(&self->dice, 4) == 0 ? 3 : sizeof bytes;
    size_t size = 0;
    xipc_status status;

    memset(bytes, 0xcc, sizeof bytes);
    MAY_SAY(
        of_waits, xipc_ring_send(
                      self->ring.producer, bytes,
                      thrown(&self->dice, LONGEST + 1), some_deadline(self)));
    status = MAY_SAY(
        of_waits,
        xipc_ring_receive(
            self->ring.consumer, bytes, capacity, &size, some_deadline(self)));
    REQUIRE(status != XIPC_OK || size <= capacity);
    REQUIRE(status != XIPC_E_TOO_SMALL || (size > capacity && size <= LONGEST));
}

static void use_copies_of_bytes(victim *self)
{
    unsigned char bytes[2 * LONGEST];
    size_t size = 0;
    size_t want = thrown(&self->dice, sizeof bytes) + 1;
    xipc_status status;

    memset(bytes, 0xcc, sizeof bytes);
    status = MAY_SAY(
        of_waits,
        xipc_ring_write(
            self->ring.producer, bytes, want, &size, some_deadline(self)));
    REQUIRE(status != XIPC_OK || size <= want);
    status = MAY_SAY(
        of_waits,
        xipc_ring_read(
            self->ring.consumer, bytes, want, &size, some_deadline(self)));
    REQUIRE(status != XIPC_OK || (size > 0 && size <= want));
}

/* Up to three blocks; every byte of them is written. */
static void use_blocks(victim *self)
{
    size_t size = 0;
    uint32_t count = 0;

    while (count < 3 && thrown(&self->dice, 3) > 0) {
        size_t asked = thrown(&self->dice, LONGEST) + 1;
        void *block = NULL;

        if (MAY_SAY(
                of_waits, xipc_ring_reserve(
                              self->ring.producer, asked, &block,
                              some_deadline(self))) != XIPC_OK) {
            break;
        }
        require_inside(self->written_start, block, asked);
        memset(block, 0xdd, asked);
        size = asked;
        count++;
    }
    if (count > 0 && thrown(&self->dice, 4) > 0) {
        MAY_SAY(
            of_ends,
            xipc_ring_commit(
                self->ring.producer, thrown(&self->dice, (uint32_t)size + 1)));
    } else {
        MAY_SAY(of_ends, xipc_ring_cancel(self->ring.producer));
    }
}

/* Reads all of it. */
static unsigned sum_of(const unsigned char *bytes, size_t size)
{
    unsigned sum = 0;

    for (size_t at = 0; at < size; at++) {
        sum += bytes[at];
    }
    return sum;
}

/* The same for what is peeked at, and read. */
static void use_peeks(victim *self)
{
    size_t size = 0;
    uint32_t count = 0;

    while (count < 3 && thrown(&self->dice, 3) > 0) {
        const void *data = NULL;
        size_t there = 0;

        if (MAY_SAY(
                of_waits, xipc_ring_peek(
                              self->ring.consumer, &data, &there,
                              some_deadline(self))) != XIPC_OK) {
            break;
        }
        require_inside(self->read_start, data, there);
        REQUIRE(sum_of(data, there) <= 255 * LONGEST);
        size = there;
        count++;
    }
    if (count == 0 || thrown(&self->dice, 4) == 0) {
        MAY_SAY(of_ends, xipc_ring_rewind(self->ring.consumer));
    } else if (self->mode == XIPC_RING_BYTES && thrown(&self->dice, 2) == 0) {
        MAY_SAY(
            of_ends,
            xipc_ring_release_bytes(
                self->ring.consumer, thrown(&self->dice, (uint32_t)size + 1)));
    } else {
        MAY_SAY(of_ends, xipc_ring_release(self->ring.consumer));
    }
}

static void use_poller(victim *self)
{
    xipc_poller *poller = poller_made();
    xipc_object *const objects[] = {
        xipc_ring_object(self->ring.consumer),
        xipc_ring_object(self->ring.producer)};
    xipc_ready ready[2];
    size_t count;

    for (size_t i = 0; i < COUNT(objects); i++) {
        MAY_SAY(
            of_add, xipc_poller_add(
                        poller, objects[i],
                        i == 0 ? XIPC_READABLE : XIPC_WRITABLE, self));
    }
    MAY_SAY(of_poller, xipc_poller_wait(poller, ready, 2, XIPC_NOW, &count));
    xipc_poller_close(poller);
}

static void use_all(victim *self)
{
    for (int i = 0; i < 3; i++) {
        if (self->mode == XIPC_RING_MESSAGES) {
            use_copies_of_messages(self);
        } else {
            use_copies_of_bytes(self);
        }
        use_blocks(self);
        use_peeks(self);
    }
    MAY_SAY(of_peers, xipc_ring_wait_peer(self->ring.producer, XIPC_NOW));
    MAY_SAY(of_peers, xipc_ring_wait_peer(self->ring.consumer, XIPC_NOW));
    if (thrown(&self->dice, 64) == 0) {
        use_poller(self);
    }
}

/* Whoever comes now is told what is there, or takes the place and uses it. */
static void come_anew(victim *self)
{
    xipc_ring **const both[] = {&self->ring.producer, &self->ring.consumer};
    static const xipc_ring_role roles[] = {
        XIPC_RING_PRODUCER, XIPC_RING_CONSUMER};

    for (size_t i = 0; i < COUNT(roles); i++) {
        xipc_ring *ring = UNTOUCHED;
        xipc_status status = MAY_SAY(
            of_open,
            xipc_ring_open_at(
                self->section, RING_OFFSET, roles[i], XIPC_FOREVER, &ring));

        if (status != XIPC_OK) {
            REQUIRE(ring == UNTOUCHED);
        } else if (
            xipc_ring_capacity(ring) == CAPACITY &&
            xipc_ring_mode_of(ring) == self->mode) {
            xipc_ring_close(*both[i]);
            *both[i] = ring;
            self->read_start = i == 1 ? NULL : self->read_start;
            self->written_start = i == 0 ? NULL : self->written_start;
        } else {
            xipc_ring_close(ring);
        }
    }
}

/* ---- each word, and what may matter there ---- */

static const uint32_t values[] = {
    0,           1,           7,           8,
    129,         130,         CAPACITY,    CAPACITY + 128,
    0x7fffffffu, 0x80000000u, 0xfffffff0u, 0xffffffffu};

static void set_word(const victim *self, size_t at, uint32_t value)
{
    memcpy(bytes_of_ring(self) + at, &value, sizeof value);
}

static void each_word(xipc_ring_mode mode)
{
    victim self = victim_made(mode, XIPC_RING_ADAPTIVE);
    unsigned stride = rounds_here(1, 7);

    for (size_t i = 0; i < size_of_ring() / 4 * COUNT(values); i += stride) {
        size_t at = i / COUNT(values) * 4;
        uint32_t value = values[i % COUNT(values)];

        begin(&self);
        if (thrown(&self.dice, 2) == 0) {
            use_all(&self);
        }
        set_word(&self, at, value);
        use_all(&self);
        set_word(&self, at, value);
        come_anew(&self);
        use_all(&self);
        end(&self);
    }
    victim_closed(&self);
}

SPEC(calls_survive_nonsense_in_any_word_of_a_ring_of_messages, "GEN-10 RING-1")
{
    each_word(XIPC_RING_MESSAGES);
}

SPEC(calls_survive_nonsense_in_any_word_of_a_ring_of_bytes, "GEN-10 RING-1")
{
    each_word(XIPC_RING_BYTES);
}

/* ---- by chance ---- */

static void spoil(unsigned char *bytes, uint32_t *dice)
{
    static const unsigned char fillings[] = {0, 1, 0x7f, 0x80, 0xff};
    uint32_t size = (uint32_t)size_of_ring();
    uint32_t word = thrown(dice, size / 4) * 4;
    uint32_t value = thrown(dice, CAPACITY + 256);
    uint32_t count = thrown(dice, 6) + 1;

    switch (thrown(dice, 6)) {
    case 0: memset(bytes + HEAD, fillings[thrown(dice, 5)], size - HEAD); break;
    case 1: memset(bytes, fillings[thrown(dice, 5)], HEAD); break;
    case 2:
        memcpy(bytes + word, &values[thrown(dice, COUNT(values))], 4);
        break;
    case 3: memcpy(bytes + word, &value, 4); break;
    default:
        for (; count > 0; count--) {
            bytes[thrown(dice, size)] = (unsigned char)thrown(dice, 256);
        }
        break;
    }
}

static void one_at_random(victim *self)
{
    begin(self);
    for (uint32_t count = thrown(&self->dice, 3); count > 0; count--) {
        use_all(self);
    }
    spoil(bytes_of_ring(self), &self->dice);
    use_all(self);
    come_anew(self);
    spoil(bytes_of_ring(self), &self->dice);
    use_all(self);
    end(self);
}

static void at_random(xipc_ring_wait wait)
{
    unsigned rounds = rounds_here(1000, 200);

    for (int mode = XIPC_RING_MESSAGES; mode <= XIPC_RING_BYTES; mode++) {
        victim self = victim_made((xipc_ring_mode)mode, wait);

        for (unsigned i = 0; i < rounds; i++) {
            one_at_random(&self);
        }
        victim_closed(&self);
    }
}

SPEC(calls_survive_whatever_they_find_in_a_ring, "GEN-10 RING-1 RING-3")
{
    for_each_wait(at_random);
}

/* ---- meanwhile ---- */

PEER(a_process_that_scribbles_on_a_ring)
{
    xipc_section *section = section_opened("a");
    xipc_map *map = mapped(section);
    uint32_t dice = (uint32_t)strtoul(spec_argument(0), NULL, 10) | 1;

    spec_tell(NULL, "at it");
    for (;;) {
        spoil(bytes_of(map) + RING_OFFSET, &dice);
    }
}

static void meanwhile(xipc_ring_wait wait)
{
    unsigned rounds = rounds_here(1000, 200);

    for (int mode = XIPC_RING_MESSAGES; mode <= XIPC_RING_BYTES; mode++) {
        victim self = victim_made((xipc_ring_mode)mode, wait);
        spec_peer *peer;

        begin(&self);
        peer = START(a_process_that_scribbles_on_a_ring, "12345");
        spec_expect(peer, "at it");
        for (unsigned i = 0; i < rounds; i++) {
            use_all(&self);
            come_anew(&self);
        }
        spec_kill(peer);
        end(&self);
        victim_closed(&self);
    }
}

SPEC(calls_survive_while_another_process_scribbles_on_a_ring, "GEN-10 RING-1")
{
    for_each_wait(meanwhile);
}

SPEC(a_ring_made_over_nonsense_is_refused_or_whole, "GEN-10 RING-1")
{
    victim self = victim_made(XIPC_RING_MESSAGES, XIPC_RING_PARK);
    xipc_ring_options options = ring_of_messages(CAPACITY);
    unsigned rounds = rounds_here(1000, 200);

    for (unsigned i = 0; i < rounds; i++) {
        xipc_ring *ring = UNTOUCHED;
        xipc_status status;

        memset(bytes_of_ring(&self), 0, size_of_ring());
        spoil(bytes_of_ring(&self), &self.dice);
        status = xipc_ring_create_at(
            self.section, RING_OFFSET, XIPC_RING_PRODUCER, &options,
            XIPC_FOREVER, &ring);
        if (status == XIPC_OK) {
            self.ring.producer = ring;
            self.ring.consumer = opened(&self, XIPC_RING_CONSUMER);
            require_empty(self.ring.consumer);
            sends(self.ring.producer, i, LONGEST);
            receives(self.ring.consumer, i, LONGEST);
            sides_closed(&self.ring);
        } else {
            REQUIRE_STATUS(XIPC_E_EXISTS, status);
            REQUIRE(ring == UNTOUCHED);
        }
    }
    victim_closed(&self);
}
