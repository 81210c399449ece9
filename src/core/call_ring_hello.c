/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How two sides of the local line come together, see call_ring.h.
 *
 * The section begins with a head, which bears the number that hello says too: a
 * random one. Where handles are copied the server copies the section out of the
 * process that the kernel names for the channel; and that this is the client,
 * and no other process which has got its number since, is shown by the section
 * being there, which only the client has. One that it may not open, which is
 * another user's or guards itself, is not sent away: the two go on over the
 * channel.
 *
 * The server believes nothing. It takes hello as it comes, in as many pieces as
 * the client likes, without waiting, and gives up after a while.
 */
#include <string.h>

#include "core/call_ring_line.h"
#include "core/call_wire.h"
#include "core/failure.h"
#include "core/section.h"
#include "core/shared.h"
#include "os/os_clock.h"
#include "os/os_random.h"

/* Larger ones no client of ours makes. */
#define CAPACITY_MIN UINT32_C(4096)
#define CAPACITY_MAX ((uint32_t)1 << 22)

typedef xipci_ring_hello hello;
typedef xipci_ring_welcome welcome;

static const xipcos_patience not_at_all = {XIPC_NOW, NULL};

/* ---- where things are ---- */

static uint64_t up_to_line(uint64_t size)
{
    return (size + XIPC_RING_ALIGNMENT - 1) &
           ~(uint64_t)(XIPC_RING_ALIGNMENT - 1);
}

/* The ring that the server receives from, and the one it sends to. */
static uint64_t first_ring(void)
{
    return XIPC_RING_ALIGNMENT;
}

static uint64_t second_ring(uint32_t capacity)
{
    return first_ring() + up_to_line(xipc_ring_size(capacity));
}

static uint64_t section_size(uint32_t capacity)
{
    return second_ring(capacity) + up_to_line(xipc_ring_size(capacity));
}

/* ---- the client ---- */

/* What the line keeps visible of the section besides the rings. */
static xipc_status map_head(xipci_ring_line *self, xipc_section *section)
{
    xipc_status status = XIPC_OK;

    if (!self->map) {
        status = xipc_section_map(
            section, 0, sizeof *self->head, XIPC_MAP_WRITE, &self->map);
    }
    if (status == XIPC_OK) {
        self->head = xipc_map_address(self->map);
    }
    return status;
}

static xipc_status
write_head(xipci_ring_line *self, xipc_section *section, uint64_t number)
{
    xipc_status status = map_head(self, section);

    if (status == XIPC_OK) {
        self->head->mark = XIPCI_LINE_MARK;
        self->head->number = number;
    }
    return status;
}

static xipc_status
make_rings(xipci_ring_line *self, xipc_section *section, uint32_t capacity)
{
    xipc_ring_options options = XIPC_RING_OPTIONS_INIT;
    xipc_status status;

    options.capacity = capacity;
    status = xipc_ring_create_at(
        section, first_ring(), XIPC_RING_PRODUCER, &options, XIPC_FOREVER,
        &self->out);
    return status == XIPC_OK
               ? xipc_ring_create_at(
                     section, second_ring(capacity), XIPC_RING_CONSUMER,
                     &options, XIPC_FOREVER, &self->in)
               : status;
}

static xipc_status send_hello(
    xipci_ring_line *self,
    const xipc_section *section,
    hello *letter,
    const xipcos_patience *patience)
{
    xipcos_parcel parcel = {.data = letter, .size = sizeof *letter};
    xipc_native_handle native;
    xipc_status status = xipc_section_native_handle(section, &native);

    if (status != XIPC_OK) {
        return status;
    }
    if (xipcos_handles_go() == XIPCOS_HANDLES_SENT) {
        parcel.natives[0] = native;
        parcel.count = 1;
    } else {
        letter->section = native;
    }
    return xipci_channel_send(self->channel, &parcel, patience);
}

/* What a listener may say to a client of this version that makes sense. */
static xipc_status refused(const xipci_ring_line *self, int32_t refusal)
{
    switch (refusal) {
    case XIPC_E_NO_MEMORY:
    case XIPC_E_NO_SPACE:
        return xipci_ring_line_fail(
            self, XIPC_E_NO_MEMORY,
            "the listener has no memory or handles left for this client");
    case XIPC_E_INCOMPATIBLE:
        return xipci_ring_line_fail(
            self, XIPC_E_INCOMPATIBLE,
            "the listener does not speak this version's language");
    case XIPC_E_NOT_SUPPORTED:
        return xipci_ring_line_fail(
            self, XIPC_E_NOT_SUPPORTED,
            "the listener's system does not tell it who this client is");
    default:
        return xipci_ring_line_fail(
            self, XIPC_E_CORRUPT, "the listener would not have this client");
    }
}

static xipc_status
hear_welcome(xipci_ring_line *self, const xipcos_patience *patience)
{
    welcome letter;
    size_t size = 0;
    xipc_status status = XIPC_OK;

    while (status == XIPC_OK && size < sizeof letter) {
        size_t part = 0;

        status = xipci_channel_read(
            self->channel, (unsigned char *)&letter + size,
            sizeof letter - size, patience, &part);
        size += status == XIPC_OK ? part : 0;
    }
    if (status != XIPC_OK) {
        return status;
    }
    if (letter.mark != XIPCI_WELCOME_MARK) {
        return xipci_ring_line_fail(
            self, XIPC_E_INCOMPATIBLE,
            "the listener does not speak this version's language");
    }
    self->takes_handles = self->trusts && letter.takes_handles != 0;
    self->is_stream = letter.is_stream != 0;
    return letter.refusal == XIPC_OK ? XIPC_OK : refused(self, letter.refusal);
}

static xipc_status greet_with(
    xipci_ring_line *self,
    xipc_section *section,
    uint32_t capacity,
    const xipcos_patience *patience)
{
    hello letter = {XIPCI_HELLO_MARK, capacity, xipcos_random(), -1, 0, 0};
    xipc_status status = write_head(self, section, letter.number);

    letter.takes_handles = self->trusts != 0;
    if (status == XIPC_OK) {
        status = make_rings(self, section, capacity);
    }
    if (status == XIPC_OK) {
        status = send_hello(self, section, &letter, patience);
    }
    return status == XIPC_OK ? hear_welcome(self, patience) : status;
}

xipc_status xipci_ring_line_greet(
    xipci_ring_line *self, uint32_t capacity, const xipcos_patience *patience)
{
    xipc_section *section;
    xipc_status status;

    if (capacity < CAPACITY_MIN) {
        capacity = CAPACITY_MIN;
    } else if (capacity > CAPACITY_MAX) {
        capacity = CAPACITY_MAX;
    }
    capacity = (uint32_t)up_to_line(capacity);
    status =
        xipc_section_create_anonymous(section_size(capacity), NULL, &section);
    if (status != XIPC_OK) {
        return status;
    }
    status = greet_with(self, section, capacity, patience);
    xipc_section_close(section);
    if (status == XIPC_OK && !self->is_stream) {
        xipci_ring_line_begin(self);
    }
    return status;
}

/* ---- the server: hello ---- */

static xipc_status refuse(const xipci_ring_line *self, const char *why)
{
    return xipci_ring_line_fail(self, XIPC_E_CORRUPT, why);
}

/* More handles than one are none of ours. */
static xipc_status
keep_section(xipci_ring_line *self, const xipcos_parcel *parcel)
{
    size_t at = 0;

    if (parcel->count > 0 && !self->has_section) {
        self->section_native = parcel->natives[0];
        self->has_section = 1;
        at = 1;
    }
    if (at == parcel->count) {
        return XIPC_OK;
    }
    for (; at < parcel->count; at++) {
        xipcos_handle_drop(parcel->natives[at]);
    }
    return refuse(self, "a client sent more than its section");
}

static xipc_status hear(xipci_ring_line *self)
{
    xipc_status status = XIPC_OK;

    while (status == XIPC_OK && self->letter_size < sizeof(hello)) {
        xipcos_parcel parcel = {
            .data = self->letter + self->letter_size,
            .size = sizeof(hello) - self->letter_size};

        status = xipci_channel_receive(self->channel, &parcel, &not_at_all);
        if (status == XIPC_OK) {
            self->letter_size += parcel.size;
            status = keep_section(self, &parcel);
        }
    }
    return status;
}

/* ---- the server: joining ---- */

/* Where handles are copied: the section, out of the client's process. */
static xipc_status fetch_section(xipci_ring_line *self, const hello *letter)
{
    xipc_status status;

    if (self->has_section || xipcos_handles_go() == XIPCOS_HANDLES_SENT) {
        return XIPC_OK;
    }
    if (!self->has_other || !self->other.is_process_vouched) {
        return xipci_ring_line_fail(
            self, XIPC_E_NOT_SUPPORTED, "the system does not tell the client");
    }
    status = xipcos_fellow_open(self->other.process, &self->fellow);
    if (status == XIPC_E_ACCESS) {
        self->is_stream = 1;
        return XIPC_OK;
    }
    if (status == XIPC_OK) {
        status = xipcos_fellow_take(
            self->fellow, letter->section, &self->section_native);
    }
    self->has_section = status == XIPC_OK;
    return status == XIPC_E_NOT_FOUND
               ? xipci_ring_line_fail(
                     self, XIPC_E_PEER_DIED, "the client has ended")
               : status;
}

static xipc_status
check_section(xipci_ring_line *self, xipc_section *section, const hello *letter)
{
    const uint64_t size = xipci_shared_round_up(section_size(letter->capacity));
    const volatile xipci_ring_line_head *head;
    xipc_status status;

    if (xipc_section_size(section) != size ||
        xipc_section_max_size(section) != size) {
        return refuse(self, "the client's section is not of its rings' size");
    }
    /* Its memory is there, whatever the client has done: to touch what is not
       may end this process. */
    status = xipcos_section_reserve(section->native, 0, size);
    if (status == XIPC_OK) {
        status = map_head(self, section);
    }
    if (status != XIPC_OK) {
        return status;
    }
    head = self->head;
    return head->mark == XIPCI_LINE_MARK && head->number == letter->number
               ? XIPC_OK
               : refuse(self, "it is not the section that the client means");
}

static int is_as_agreed(const xipc_ring *ring, uint32_t capacity)
{
    return xipc_ring_capacity(ring) == capacity &&
           xipc_ring_mode_of(ring) == XIPC_RING_MESSAGES &&
           xipc_ring_wait_of(ring) == XIPC_RING_ADAPTIVE;
}

static xipc_status open_ring(
    const xipci_ring_line *self,
    xipc_section *section,
    uint64_t offset,
    xipc_ring_role role,
    uint32_t capacity,
    xipc_ring **ring_out)
{
    xipc_status status;

    if (*ring_out) {
        return XIPC_OK; /* when the other one was not to be had at once */
    }
    status = xipc_ring_open_at(section, offset, role, XIPC_NOW, ring_out);
    return status == XIPC_OK && !is_as_agreed(*ring_out, capacity)
               ? refuse(self, "a ring of the client's is not as it says")
               : status;
}

static xipc_status
open_rings(xipci_ring_line *self, xipc_section *section, const hello *letter)
{
    xipc_status status = check_section(self, section, letter);

    if (status == XIPC_OK) {
        status = open_ring(
            self, section, first_ring(), XIPC_RING_CONSUMER, letter->capacity,
            &self->in);
    }
    return status == XIPC_OK
               ? open_ring(
                     self, section, second_ring(letter->capacity),
                     XIPC_RING_PRODUCER, letter->capacity, &self->out)
               : status;
}

static xipc_status check_hello(const xipci_ring_line *self, const hello *letter)
{
    if (letter->mark != XIPCI_HELLO_MARK) {
        return xipci_ring_line_fail(
            self, XIPC_E_INCOMPATIBLE,
            "a client does not speak this version's language");
    }
    return letter->capacity >= CAPACITY_MIN &&
                   letter->capacity <= CAPACITY_MAX &&
                   letter->capacity % XIPC_RING_ALIGNMENT == 0
               ? XIPC_OK
               : refuse(self, "a client wants rings of no sensible size");
}

static xipc_status join(xipci_ring_line *self)
{
    xipc_section *section;
    hello letter;
    xipc_status status;

    memcpy(&letter, self->letter, sizeof letter);
    status = check_hello(self, &letter);
    if (status == XIPC_OK) {
        status = fetch_section(self, &letter);
    }
    if (status != XIPC_OK || self->is_stream) {
        return status;
    }
    if (!self->has_section) {
        return refuse(self, "a client sent no section");
    }
    status = xipc_section_adopt(self->section_native, &section);
    if (status != XIPC_OK) {
        return status;
    }
    status = open_rings(self, section, &letter);
    xipc_section_close(section);
    self->takes_handles = letter.takes_handles != 0;
    return status;
}

/* ---- the server: the answer ---- */

static void begin_answer(xipci_ring_line *self)
{
    const welcome letter = {
        XIPCI_WELCOME_MARK, self->takes_handles ? 1u : 0u, XIPC_OK,
        self->is_stream ? 1u : 0u};

    if (self->has_section) {
        xipcos_handle_drop(self->section_native);
        self->has_section = 0;
    }
    memcpy(self->letter, &letter, sizeof letter);
    self->letter_size = 0;
}

static xipc_status answer(xipci_ring_line *self)
{
    size_t written = 0;
    xipc_status status = xipci_channel_write(
        self->channel, self->letter + self->letter_size,
        sizeof(welcome) - self->letter_size, &not_at_all, &written);

    self->letter_size += written;
    return status;
}

/* It is told why, if that can be done at once, and then it is closed. */
static void tell_refusal(const xipci_ring_line *self, xipc_status status)
{
    const welcome letter = {XIPCI_WELCOME_MARK, 0, (int32_t)status, 0};
    size_t written = 0;

    if (status != XIPC_E_CLOSED && status != XIPC_E_PEER_DIED) {
        (void)xipci_channel_write(
            self->channel, &letter, sizeof letter, &not_at_all, &written);
    }
}

static xipc_status step(xipci_ring_line *self)
{
    xipc_status status;

    switch (self->stage) {
    case XIPCI_LINE_HEARS:
        status = hear(self);
        if (status == XIPC_OK) {
            self->stage = XIPCI_LINE_JOINS;
        }
        return status;
    case XIPCI_LINE_JOINS:
        status = join(self);
        if (status == XIPC_OK) {
            begin_answer(self);
            self->stage = XIPCI_LINE_ANSWERS;
        } else if (status != XIPC_E_AGAIN) {
            tell_refusal(self, status);
        }
        return status;
    case XIPCI_LINE_ANSWERS:
        status = answer(self);
        if (status == XIPC_OK && self->is_stream) {
            self->stage = XIPCI_LINE_PASSES;
        } else if (status == XIPC_OK) {
            xipci_ring_line_begin(self);
        }
        return status;
    case XIPCI_LINE_PASSES:
    case XIPCI_LINE_UP: break;
    }
    return XIPC_OK;
}

xipc_status xipci_ring_line_advance(xipci_line *line)
{
    xipci_ring_line *self = (xipci_ring_line *)line;
    xipc_status status = XIPC_OK;

    while (status == XIPC_OK && self->stage < XIPCI_LINE_PASSES) {
        status = step(self);
    }
    if (status == XIPC_E_AGAIN && xipcos_clock_ns() >= self->give_up_at) {
        status = xipci_ring_line_fail(
            self, XIPC_E_TIMEOUT, "a client did not finish its hello");
    }
    return status;
}

/* This line's channel stays where it is: until it is closed it may be woken. */
xipc_status xipci_ring_line_succeed(xipci_line *line, xipci_line **next_out)
{
    xipci_ring_line *self = (xipci_ring_line *)line;
    xipc_status status = XIPC_OK;

    *next_out = NULL;
    if (self->stage == XIPCI_LINE_PASSES) {
        status = xipci_wire_line_over(self->channel, NULL, next_out);
        self->has_passed = status == XIPC_OK;
    }
    return status;
}
