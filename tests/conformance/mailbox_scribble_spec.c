/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Somebody writes nonsense into the bytes of a mailbox: into its head, its
 * circles, into what stands in front of messages, anywhere. Every call answers,
 * in time, with a status of mailbox.h; nothing outside the box is handed out;
 * and when the bytes are right again, whoever opens it has a box that works.
 *
 * Where a box stands is told by where its first message is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/kill_anywhere.h"
#include "support/mailbox_kit.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Of the box's bytes, those before its circles, and before each message. */
enum { HEAD = 1024, BLOCK = 56, LONGEST = 128, STRIDE = 192, CAPACITY = 8 };

typedef struct shape {
    const char *what;
    uint32_t flags;
    uint32_t capacity;
    xipc_overflow overflow;
    uint32_t block_count;
    uint32_t entry_count;
} shape;

static const shape shapes[] = {
    {"with room", 0, CAPACITY, XIPC_OVERFLOW_WAIT, 24, 32},
    {"acknowledged", XIPC_MAILBOX_ACKED | XIPC_MAILBOX_EXCLUSIVE, CAPACITY,
     XIPC_OVERFLOW_WAIT, 24, 32},
    {"dropping", 0, CAPACITY, XIPC_OVERFLOW_DROP_OLDEST, 24, 32},
    {"without room", 0, 0, XIPC_OVERFLOW_WAIT, 64, 64},
    {"without bounds", 0, XIPC_UNBOUNDED, XIPC_OVERFLOW_WAIT, 341, 1024},
};

/* The mailbox "a". */
typedef struct victim {
    const shape *shape;
    xipc_mailbox *keeper; /* does nothing but to have the bytes */
    unsigned char *bytes;
    size_t size;
    unsigned char *good; /* as they must be */
    xipc_mailbox *sender;
    xipc_mailbox *receiver;
    uint32_t dice;
} victim;

static size_t before_blocks(const shape *form)
{
    return HEAD + (size_t)form->entry_count * 8;
}

/* Of a box in which nothing ever was. What the head says of it shows that they
 * were found. */
static unsigned char *bytes_of_box(xipc_mailbox *box, const shape *form)
{
    void *data = box_reserves(box, 1, 8);
    unsigned char *bytes = (unsigned char *)data - BLOCK - before_blocks(form);
    uint32_t words[8];

    REQUIRE_OK(xipc_mailbox_cancel(box, data));
    memcpy(words, bytes, sizeof words);
    REQUIRE_UINT(form->flags, words[1]);
    REQUIRE_UINT(form->capacity, words[3]);
    REQUIRE_UINT(LONGEST, words[4]);
    REQUIRE_UINT(form->entry_count, words[5]);
    REQUIRE_UINT(form->block_count, words[6]);
    return bytes;
}

static victim victim_made(const shape *form)
{
    xipc_mailbox_options options = box_of(form->capacity, LONGEST);
    victim self = {.shape = form, .dice = dice_cast()};

    options.flags = form->flags;
    options.overflow = form->overflow;
    options.byte_max = 131072;
    self.keeper = box_made("a", &options);
    self.bytes = bytes_of_box(self.keeper, form);
    self.size = before_blocks(form) + (size_t)form->block_count * STRIDE;
    return self;
}

/* Two messages, where there is room for any, are what is right. */
static void is_good(victim *self)
{
    if (self->shape->capacity != 0) {
        xipc_mailbox *other = box_joined("a");

        box_sends(other, 0, 24);
        REQUIRE_OK(box_send_at(other, 1, LONGEST, 5, XIPC_NOW));
        xipc_mailbox_close(other);
    }
    self->good = malloc(self->size);
    REQUIRE(self->good != NULL);
    memcpy(self->good, self->bytes, self->size);
}

static void victim_closed(victim *self)
{
    free(self->good);
    xipc_mailbox_close(self->keeper);
}

static void begin(victim *self)
{
    memcpy(self->bytes, self->good, self->size);
    self->sender = box_joined("a");
    self->receiver = box_joined("a");
}

/* What a handle does when it goes is a call like another. */
static void close_in_time(xipc_mailbox *box)
{
    int64_t start = spec_now_ns();

    xipc_mailbox_close(box);
    REQUIRE(is_within(start, INT64_C(5000000000)));
}

/* Whoever is there goes, and the good box works for those who come. */
static void end(victim *self)
{
    close_in_time(self->sender);
    close_in_time(self->receiver);
    begin(self);
    if (self->shape->capacity != 0) {
        box_receives(self->receiver, 1, LONGEST);
        box_receives(self->receiver, 0, 24);
        box_sends(self->sender, 2, 33);
        box_receives(self->receiver, 2, 33);
    }
    require_no_message(self->receiver);
    close_in_time(self->sender);
    close_in_time(self->receiver);
}

/* ---- what each call may say, whatever it finds ---- */

static const xipc_status of_sends[] = {XIPC_OK,         XIPC_E_AGAIN,
                                       XIPC_E_TIMEOUT,  XIPC_E_CORRUPT,
                                       XIPC_E_NO_SPACE, XIPC_E_CLOSED};
static const xipc_status of_receives[] = {
    XIPC_OK,       XIPC_E_AGAIN,     XIPC_E_TIMEOUT, XIPC_E_CORRUPT,
    XIPC_E_CLOSED, XIPC_E_TOO_SMALL, XIPC_E_BUSY};
static const xipc_status of_ends[] = {XIPC_OK,        XIPC_E_INVALID,
                                      XIPC_E_CORRUPT, XIPC_E_CLOSED,
                                      XIPC_E_TIMEOUT, XIPC_E_AGAIN};
static const xipc_status of_open[] = {
    XIPC_OK, XIPC_E_NOT_FOUND, XIPC_E_INCOMPATIBLE, XIPC_E_CORRUPT,
    XIPC_E_TIMEOUT};

#define MAY_SAY(statuses, call)                  \
    (spec_at(__FILE__, __LINE__), call_begins(), \
     may_say(__LINE__, #call, statuses, COUNT(statuses), call))

static int64_t call_began;

static void call_begins(void)
{
    call_began = spec_now_ns();
}

static xipc_status may_say(
    int line,
    const char *call,
    const xipc_status *statuses,
    size_t count,
    xipc_status got)
{
    if (!is_within(call_began, INT64_C(5000000000))) {
        spec_fail(__FILE__, line, call, "took more than five seconds");
    }
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
    return thrown(&self->dice, 128) == 0 ? xipc_after_ms(1) : XIPC_NOW;
}

/* Reads all of it. */
static unsigned sum_of(const void *data, size_t size)
{
    const unsigned char *bytes = data;
    unsigned sum = 0;

    for (size_t at = 0; at < size; at++) {
        sum += bytes[at];
    }
    return sum;
}

static void use_copies(victim *self)
{
    unsigned char bytes[LONGEST] = {1};
    size_t capacity = thrown(&self->dice, 4) == 0 ? 3 : sizeof bytes;
    size_t size = 0;
    xipc_status status;

    MAY_SAY(
        of_sends, xipc_mailbox_send(
                      self->sender, bytes, thrown(&self->dice, LONGEST + 1),
                      NULL, some_deadline(self)));
    status = MAY_SAY(
        of_receives,
        xipc_mailbox_receive(
            self->receiver, bytes, capacity, &size, NULL, some_deadline(self)));
    REQUIRE(status != XIPC_OK || size <= capacity);
    REQUIRE(status != XIPC_E_TOO_SMALL || (size > capacity && size <= LONGEST));
}

static void use_reserved(victim *self)
{
    void *data = NULL;

    if (MAY_SAY(
            of_sends, xipc_mailbox_reserve(
                          self->sender, LONGEST, &data, some_deadline(self))) !=
        XIPC_OK) {
        return;
    }
    REQUIRE((uintptr_t)data % 8 == 0);
    memset(data, 0x33, LONGEST);
    if (thrown(&self->dice, 3) == 0 ||
        MAY_SAY(
            of_ends, xipc_mailbox_commit(
                         self->sender, data, LONGEST / 2, NULL,
                         some_deadline(self))) != XIPC_OK) {
        MAY_SAY(of_ends, xipc_mailbox_cancel(self->sender, data));
    }
}

static void use_taken(victim *self)
{
    const void *data = NULL;
    size_t size = 0;

    if (MAY_SAY(
            of_receives, xipc_mailbox_take(
                             self->receiver, &data, &size, NULL,
                             some_deadline(self))) != XIPC_OK) {
        return;
    }
    REQUIRE((uintptr_t)data % 8 == 0);
    REQUIRE(size <= LONGEST);
    REQUIRE(sum_of(data, size) <= 255 * LONGEST);
    switch (thrown(&self->dice, 4)) {
    case 0: MAY_SAY(of_ends, xipc_mailbox_return(self->receiver, data)); break;
    case 1: break; /* left to those who close */
    default:
        MAY_SAY(of_ends, xipc_mailbox_release(self->receiver, data));
        break;
    }
}

static void use_all(victim *self)
{
    for (int i = 0; i < 2; i++) {
        use_copies(self);
        use_reserved(self);
        use_taken(self);
    }
    (void)xipc_mailbox_depth(self->sender);
    (void)xipc_mailbox_dropped(self->receiver);
}

/* Whoever comes now is told what is there, or can use it. */
static void come_anew(victim *self)
{
    xipc_mailbox *box = UNTOUCHED;
    xipc_status status = MAY_SAY(
        of_open, xipc_mailbox_open("a", NULL, xipc_after_ms(100), &box));

    if (status != XIPC_OK) {
        REQUIRE(box == UNTOUCHED);
    } else if (
        xipc_mailbox_capacity(box) == self->shape->capacity &&
        xipc_mailbox_flags(box) == self->shape->flags &&
        xipc_mailbox_message_max(box) == LONGEST) {
        xipc_mailbox **replaced =
            thrown(&self->dice, 2) == 0 ? &self->sender : &self->receiver;

        close_in_time(*replaced);
        *replaced = box;
    } else {
        close_in_time(box);
    }
}

/* ---- each word, and what may matter there ---- */

/* Where the words are that say which member has a lock. */
static const size_t lock_offsets[] = {128, 256};

/* A lock that a living process has is waited for, which is a case of its own
 * below; here nobody living has one. */
static void let_locks_go(unsigned char *bytes)
{
    for (size_t i = 0; i < COUNT(lock_offsets); i++) {
        uint32_t owner;

        memcpy(&owner, bytes + lock_offsets[i], sizeof owner);
        if (owner < 16) {
            memset(bytes + lock_offsets[i], 0, sizeof owner);
        }
    }
}

static const uint32_t values[] = {
    0,  1,  2,     CAPACITY,    CAPACITY + 1, 24,          LONGEST + 1,
    32, 64, 0xfff, 0x7fffffffu, 0x80000000u,  0xfffffff0u, 0xffffffffu};

/* The head, the circles, and in front of the first and the last messages. */
static size_t spot_count(const victim *self)
{
    return before_blocks(self->shape) / 4 + 6 * BLOCK / 4;
}

static size_t offset_of(const victim *self, size_t spot)
{
    size_t before = before_blocks(self->shape);
    size_t block;

    if (spot < before / 4) {
        return 4 * spot;
    }
    spot -= before / 4;
    block = spot / (BLOCK / 4);
    block = block < 3 ? block : self->shape->block_count + 2 - block;
    return before + block * STRIDE + spot % (BLOCK / 4) * 4;
}

static void each_word(const shape *form, unsigned stride)
{
    victim self = victim_made(form);
    size_t count = spot_count(&self) * COUNT(values);

    is_good(&self);
    for (size_t i = thrown(&self.dice, stride); i < count; i += stride) {
        size_t at = offset_of(&self, i / COUNT(values));
        uint32_t value = values[i % COUNT(values)];

        begin(&self);
        if (thrown(&self.dice, 2) == 0) {
            use_all(&self);
        }
        memcpy(self.bytes + at, &value, sizeof value);
        let_locks_go(self.bytes);
        use_all(&self);
        memcpy(self.bytes + at, &value, sizeof value);
        let_locks_go(self.bytes);
        come_anew(&self);
        use_all(&self);
        end(&self);
    }
    victim_closed(&self);
}

SPEC(calls_survive_nonsense_in_any_word_of_a_mailbox, "GEN-10 MBOX-1")
{
    unsigned stride =
        (unsigned)kill_setting("XIPC_SCRIBBLE_EVERY", rounds_here(19, 97));

    for (size_t i = 0; i < COUNT(shapes); i++) {
        spec_within(shapes[i].what);
        each_word(&shapes[i], stride);
    }
    spec_within(NULL);
}

/* ---- by chance ---- */

static void spoil(unsigned char *bytes, size_t size, uint32_t *dice)
{
    static const unsigned char fillings[] = {0, 1, 0x7f, 0x80, 0xff};
    size_t part = thrown(dice, 2) == 0 ? HEAD : size;
    size_t word = (size_t)thrown(dice, (uint32_t)part / 4) * 4;
    uint32_t value = thrown(dice, 400);
    uint32_t count = thrown(dice, 6) + 1;

    switch (thrown(dice, 8)) {
    case 0: memset(bytes + HEAD, fillings[thrown(dice, 5)], size - HEAD); break;
    case 1: memset(bytes, fillings[thrown(dice, 5)], HEAD); break;
    case 2:
    case 3:
        memcpy(bytes + word, &values[thrown(dice, COUNT(values))], 4);
        break;
    case 4: memcpy(bytes + word, &value, 4); break;
    default:
        for (; count > 0; count--) {
            bytes[thrown(dice, (uint32_t)part)] =
                (unsigned char)thrown(dice, 256);
        }
        break;
    }
    let_locks_go(bytes);
}

static void at_random(const shape *form, unsigned rounds)
{
    victim self = victim_made(form);

    is_good(&self);
    for (unsigned i = 0; i < rounds; i++) {
        begin(&self);
        for (uint32_t count = thrown(&self.dice, 3); count > 0; count--) {
            use_all(&self);
        }
        spoil(self.bytes, self.size, &self.dice);
        use_all(&self);
        come_anew(&self);
        spoil(self.bytes, self.size, &self.dice);
        use_all(&self);
        end(&self);
    }
    victim_closed(&self);
}

SPEC(calls_survive_whatever_they_find_in_a_mailbox, "GEN-10 MBOX-1 MBOX-9")
{
    unsigned rounds =
        (unsigned)kill_setting("XIPC_SCRIBBLE_ROUNDS", rounds_here(300, 40));

    for (size_t i = 0; i < COUNT(shapes); i++) {
        spec_within(shapes[i].what);
        at_random(&shapes[i], rounds);
    }
    spec_within(NULL);
}

/* ---- meanwhile ---- */

PEER(a_process_that_scribbles_on_a_mailbox)
{
    const shape *form = &shapes[strtoul(spec_argument(0), NULL, 10)];
    size_t size = strtoul(spec_argument(1), NULL, 10);
    uint32_t dice = 12345;
    xipc_mailbox *box = box_joined("a");
    unsigned char *bytes = bytes_of_box(box, form);

    spec_tell(NULL, "here");
    spec_expect(NULL, "begin");
    spec_tell(NULL, "at it");
    for (;;) {
        spoil(bytes, size, &dice);
    }
}

static void meanwhile(size_t index, unsigned rounds)
{
    victim self = victim_made(&shapes[index]);
    char arguments[2][24];
    spec_peer *peer;

    snprintf(arguments[0], sizeof arguments[0], "%zu", index);
    snprintf(arguments[1], sizeof arguments[1], "%zu", self.size);
    peer = START(
        a_process_that_scribbles_on_a_mailbox, arguments[0], arguments[1]);
    spec_expect(peer, "here");
    is_good(&self);
    begin(&self);
    spec_tell(peer, "begin");
    spec_expect(peer, "at it");
    for (unsigned i = 0; i < rounds; i++) {
        use_all(&self);
        come_anew(&self);
    }
    spec_kill(peer);
    end(&self);
    victim_closed(&self);
}

SPEC(
    calls_survive_while_another_process_scribbles_on_a_mailbox, "GEN-10 MBOX-1")
{
    unsigned rounds =
        (unsigned)kill_setting("XIPC_SCRIBBLE_ROUNDS", rounds_here(300, 40));

    for (size_t i = 0; i < COUNT(shapes); i++) {
        spec_within(shapes[i].what);
        meanwhile(i, rounds);
    }
    spec_within(NULL);
}

/* ---- a lock that nobody gives ---- */

static uint32_t member_of(xipc_mailbox *box)
{
    unsigned char *data = box_reserves(box, 1, 8);
    uint64_t state;

    memcpy(&state, data - BLOCK, sizeof state);
    REQUIRE_OK(xipc_mailbox_cancel(box, data));
    return (uint32_t)state;
}

/* With the lock behind `bytes` in the hand of a process that lives and never
 * gives it. */
PEER(a_process_that_uses_a_mailbox_once)
{
    xipc_mailbox *box = box_joined("a");
    unsigned char bytes[LONGEST] = {1};
    size_t size;

    box_receives(box, 1, LONGEST);
    box_sends(box, 7, 10);
    spec_tell(NULL, "ready");
    spec_expect(NULL, "go");
    MAY_SAY(of_sends, xipc_mailbox_send(box, bytes, 1, NULL, XIPC_NOW));
    MAY_SAY(
        of_receives,
        xipc_mailbox_receive(box, bytes, sizeof bytes, &size, NULL, XIPC_NOW));
    MAY_SAY(
        of_receives,
        xipc_mailbox_receive(
            box, bytes, sizeof bytes, &size, NULL, xipc_after_ms(5)));
    close_in_time(box);
    spec_tell(NULL, "done");
}

static void nobody_gives(const shape *of, size_t offset)
{
    victim self = victim_made(of);
    uint32_t member = member_of(self.keeper);
    spec_peer *peer;

    is_good(&self);
    peer = START(a_process_that_uses_a_mailbox_once);
    spec_expect(peer, "ready");
    memcpy(self.bytes + offset, &member, sizeof member);
    spec_tell(peer, "go");
    spec_expect(peer, "done");
    spec_join(peer);
    memcpy(self.bytes, self.good, self.size);
    victim_closed(&self);
}

SPEC(a_lock_that_nobody_gives_keeps_no_call_past_its_deadline, "GEN-10 GEN-4")
{
    for (size_t i = 0; i < COUNT(shapes); i++) {
        spec_within(shapes[i].what);
        for (size_t j = 0; shapes[i].capacity && j < COUNT(lock_offsets); j++) {
            nobody_gives(&shapes[i], lock_offsets[j]);
        }
    }
}

SPEC(a_mailbox_beside_one_that_was_scribbled_on_works, "GEN-10 MBOX-1")
{
    victim self = victim_made(&shapes[0]);
    xipc_mailbox *other = box_sized("other", CAPACITY);

    is_good(&self);
    begin(&self);
    memset(self.bytes, 0xee, self.size);
    use_all(&self);
    REQUIRE_UINT(CAPACITY, box_fill(other, 0, LONGEST));
    box_empty(other, 0, CAPACITY, LONGEST);
    end(&self);
    xipc_mailbox_close(other);
    victim_closed(&self);
}
