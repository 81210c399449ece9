/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mailslots under their own names: with a program that does not know the
 * library, and what follows from a slot's being its maker's.
 */
#include <stdio.h>
#include <string.h>

#include <windows.h>

#include "support/poller_kit.h"
#include "win32/slot_kit.h"

/* As many as one slot cannot hold under Wine. */
enum { PLAIN_COUNT = 300 };

/* A slot takes this many in no time where it has an end. */
enum { ENDLESS = 20000 };

#define NATIVE "native:"

static size_t plain_fill(unsigned char *bytes, unsigned number)
{
    size_t size = number % SLOT_LONGEST + 1;

    for (size_t at = 0; at < size; at++) {
        bytes[at] = (unsigned char)(number * 7 + at);
    }
    return size;
}

/* "native:" and a name that no other run of this case has. */
static const char *slot_name(void)
{
    static char name[64];

    snprintf(
        name, sizeof name, NATIVE "xipc-spec-%lu",
        (unsigned long)GetCurrentProcessId());
    return name;
}

static HANDLE event_named(const char *name, const char *tail)
{
    char full[128];
    HANDLE event;

    snprintf(full, sizeof full, "Local\\%s%s", name, tail);
    event = CreateEventA(NULL, TRUE, FALSE, full);
    REQUIRE(event != NULL);
    return event;
}

/* ---- the program ---- */

typedef struct plain {
    HANDLE process;
    HANDLE there;
    HANDLE go;
} plain;

/* It stands beside this one. */
static void plain_command(char *command, size_t capacity, const char *order)
{
    char self[MAX_PATH];
    char *last;

    REQUIRE(GetModuleFileNameA(NULL, self, sizeof self) < sizeof self);
    last = strrchr(self, '\\');
    REQUIRE(last != NULL);
    *last = '\0';
    REQUIRE(
        snprintf(
            command, capacity, "\"%s\\mailslot_plain.exe\" %s", self, order) <
        (int)capacity);
}

/* `verb NAME count`, on the slot of slot_name(). */
static plain plain_begun(const char *verb, unsigned count)
{
    const char *name = slot_name() + strlen(NATIVE);
    STARTUPINFOA start = {.cb = sizeof start};
    PROCESS_INFORMATION process;
    plain self = {NULL, event_named(name, "-there"), event_named(name, "-go")};
    char order[128];
    char command[MAX_PATH + 256];

    REQUIRE(ResetEvent(self.there));
    REQUIRE(ResetEvent(self.go));
    snprintf(order, sizeof order, "%s %s %u", verb, name, count);
    plain_command(command, sizeof command, order);
    REQUIRE(CreateProcessA(
        NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &start, &process));
    CloseHandle(process.hThread);
    self.process = process.hProcess;
    return self;
}

/* It has made its slot. */
static void plain_is_there(const plain *self)
{
    HANDLE either[2] = {self->there, self->process};

    REQUIRE(
        WaitForMultipleObjects(2, either, FALSE, INFINITE) == WAIT_OBJECT_0);
}

/* It was content. */
static void plain_ends(plain *self)
{
    DWORD exit_code;

    REQUIRE(WaitForSingleObject(self->process, INFINITE) == WAIT_OBJECT_0);
    REQUIRE(GetExitCodeProcess(self->process, &exit_code));
    REQUIRE_UINT(0, exit_code);
    CloseHandle(self->process);
    CloseHandle(self->there);
    CloseHandle(self->go);
}

/* ---- with the program ---- */

static xipc_mailbox *slot_made(void)
{
    xipc_mailbox_options options = box_of(16, SLOT_LONGEST);

    return box_made(slot_name(), &options);
}

static void require_plain(xipc_mailbox *box, unsigned number)
{
    unsigned char wanted[SLOT_LONGEST];
    unsigned char got[SLOT_LONGEST];
    xipc_envelope envelope = XIPC_ENVELOPE_INIT;
    size_t size = 0;

    REQUIRE_OK(xipc_mailbox_receive(
        box, got, sizeof got, &size, &envelope, XIPC_FOREVER));

    REQUIRE_UINT(plain_fill(wanted, number), size);
    REQUIRE(memcmp(got, wanted, size) == 0);
    REQUIRE_UINT(0, envelope.type);
    REQUIRE_UINT(0, envelope.priority);
    REQUIRE_UINT(0, envelope.sender_process);
    REQUIRE(envelope.sent_at == 0);
}

SPEC(what_a_plain_program_writes_to_a_mailslot_is_received, "MBOX-2 NAME-4")
{
    xipc_mailbox *box = slot_made();
    plain writer = plain_begun("write", PLAIN_COUNT);

    for (unsigned number = 0; number < PLAIN_COUNT; number++) {
        require_plain(box, number);
    }

    plain_ends(&writer);
    require_no_message(box);
    xipc_mailbox_close(box);
}

SPEC(an_empty_message_of_a_plain_program_is_one, "MBOX-2 NAME-4")
{
    xipc_mailbox *box = slot_made();
    unsigned char got[SLOT_LONGEST];
    size_t size = 7;
    plain writer = plain_begun("empty", 0);

    REQUIRE_OK(
        xipc_mailbox_receive(box, got, sizeof got, &size, NULL, XIPC_FOREVER));

    REQUIRE_UINT(0, size);
    plain_ends(&writer);
    require_no_message(box);
    xipc_mailbox_close(box);
}

SPEC(a_poller_tells_of_what_a_plain_program_wrote, "MBOX-6 WAIT-1")
{
    xipc_mailbox *box = slot_made();
    xipc_poller *poller = poller_made();
    plain writer;

    poller_takes(poller, xipc_mailbox_object(box), box);
    require_silent(poller);
    writer = plain_begun("write", 1);
    require_told(poller, box);
    require_told(poller, box);
    require_plain(box, 0);
    require_silent(poller);

    plain_ends(&writer);
    xipc_poller_close(poller);
    xipc_mailbox_close(box);
}

SPEC(a_plain_program_reads_what_is_sent_to_its_mailslot, "MBOX-2 NAME-4")
{
    plain reader = plain_begun("read", PLAIN_COUNT);
    unsigned char bytes[SLOT_LONGEST];
    xipc_mailbox *box;

    plain_is_there(&reader);
    box = box_joined(slot_name());
    for (unsigned number = 0; number < PLAIN_COUNT; number++) {
        REQUIRE_OK(xipc_mailbox_send(
            box, bytes, plain_fill(bytes, number), NULL, XIPC_FOREVER));
    }

    plain_ends(&reader);
    REQUIRE_STATUS(
        XIPC_E_CLOSED, xipc_mailbox_send(box, bytes, 1, NULL, XIPC_FOREVER));
    xipc_mailbox_close(box);
}

/* ---- a slot that nobody reads ---- */

static void plain_may_go(const plain *self)
{
    REQUIRE(SetEvent(self->go));
}

/* A sender to the slot of a program that reads nothing, which takes no more at
 * once; or skips the case. */
static xipc_mailbox *sender_to_full(plain *holder)
{
    xipc_status status = XIPC_OK;
    unsigned count = 0;
    xipc_mailbox *box;

    *holder = plain_begun("hold", 0);
    plain_is_there(holder);
    box = box_joined(slot_name());
    for (; status == XIPC_OK && count < ENDLESS; count++) {
        status = slot_send(box, XIPC_NOW);
    }
    if (status == XIPC_OK) {
        plain_may_go(holder);
        plain_ends(holder);
        xipc_mailbox_close(box);
        spec_skip("this host's mailslots take whatever they are given");
    }
    REQUIRE_STATUS(XIPC_E_AGAIN, status);
    spec_note("full after %u messages", count - 1);
    return box;
}

SPEC(a_send_to_a_full_mailslot_ends_at_its_deadline, "MBOX-6 GEN-4")
{
    plain holder;
    xipc_mailbox *box = sender_to_full(&holder);
    xipc_deadline deadline = xipc_after_ms(100);

    REQUIRE_STATUS(
        XIPC_E_TIMEOUT, xipc_mailbox_send(box, "x", 1, NULL, deadline));
    REQUIRE(xipc_after_ms(0) >= deadline);
    REQUIRE_STATUS(
        XIPC_E_AGAIN, xipc_mailbox_send(box, "x", 1, NULL, XIPC_NOW));

    plain_may_go(&holder);
    plain_ends(&holder);
    xipc_mailbox_close(box);
}

SPEC(an_interrupt_ends_a_send_to_a_full_mailslot, "MBOX-6 GEN-5")
{
    plain holder;
    xipc_mailbox *box = sender_to_full(&holder);
    box_call call;

    box_call_begin(&call, slot_send, box, XIPC_FOREVER);
    REQUIRE_OK(xipc_interrupt(xipc_mailbox_object(box)));
    REQUIRE_STATUS(XIPC_E_CANCELED, box_call_end(&call));

    plain_may_go(&holder);
    plain_ends(&holder);
    xipc_mailbox_close(box);
}

SPEC(the_end_of_a_full_mailslots_owner_ends_a_send_to_it, "MBOX-7")
{
    plain holder;
    xipc_mailbox *box = sender_to_full(&holder);
    box_call call;

    box_call_begin(&call, slot_send, box, XIPC_FOREVER);
    plain_may_go(&holder);
    plain_ends(&holder);
    REQUIRE_STATUS(XIPC_E_CLOSED, box_call_end(&call));

    xipc_mailbox_close(box);
}

/* ---- whose it is ---- */

SPEC(only_the_handle_that_made_a_mailslot_receives, "MBOX-5")
{
    xipc_mailbox *box = slot_made();
    xipc_mailbox *other = box_joined(slot_name());

    REQUIRE_OK(slot_send(other, XIPC_NOW));
    REQUIRE_STATUS(XIPC_E_NOT_SUPPORTED, slot_receive(other, XIPC_NOW));
    REQUIRE_STATUS(XIPC_E_NOT_SUPPORTED, slot_receive(other, XIPC_FOREVER));
    REQUIRE_OK(slot_receive(box, XIPC_FOREVER));

    xipc_mailbox_close(other);
    xipc_mailbox_close(box);
}

SPEC(a_mailslots_name_is_free_when_its_receiver_closes_it, "MBOX-7 NAME-4")
{
    xipc_mailbox *box = slot_made();
    xipc_mailbox *sender = box_joined(slot_name());
    xipc_mailbox *none = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_EXISTS,
        xipc_mailbox_create(slot_name(), NULL, XIPC_FOREVER, &none));
    REQUIRE_OK(slot_send(sender, XIPC_NOW));
    xipc_mailbox_close(box);
    REQUIRE_STATUS(XIPC_E_CLOSED, slot_send(sender, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND,
        xipc_mailbox_open(slot_name(), NULL, XIPC_FOREVER, &none));
    REQUIRE(none == UNTOUCHED);

    box = slot_made();
    require_no_message(box);
    xipc_mailbox_close(sender);
    xipc_mailbox_close(box);
}

SPEC(the_death_of_a_mailslots_owner_is_told_to_who_sends_next, "MBOX-7 GEN-11")
{
    spec_peer *owner = slot_owner_at(slot_name());
    xipc_mailbox *box;

    box = box_joined(slot_name());
    REQUIRE_OK(slot_send(box, XIPC_NOW));
    spec_kill(owner);
    REQUIRE_STATUS(XIPC_E_CLOSED, slot_send(box, XIPC_NOW));
    REQUIRE_STATUS(XIPC_E_CLOSED, slot_send(box, XIPC_FOREVER));

    xipc_mailbox_close(box);
}

SPEC(a_message_longer_than_a_mailslots_is_never_received_cut_short, "MBOX-2")
{
    xipc_mailbox *box = slot_made();
    xipc_mailbox *sender = box_joined(slot_name());
    unsigned char bytes[SLOT_LONGEST + 1] = {0};
    size_t size = 7;
    /* Where the system knows the limit it refuses; else the receiver is told
     * that a message is gone. */
    xipc_status status =
        xipc_mailbox_send(sender, bytes, sizeof bytes, NULL, XIPC_FOREVER);

    if (status == XIPC_OK) {
        REQUIRE_STATUS(
            XIPC_E_CORRUPT,
            xipc_mailbox_receive(
                box, bytes, sizeof bytes, &size, NULL, XIPC_FOREVER));
    } else {
        REQUIRE_STATUS(XIPC_E_TOO_BIG, status);
    }
    REQUIRE_UINT(7, size);
    REQUIRE_OK(slot_send(sender, XIPC_NOW));
    REQUIRE_OK(slot_receive(box, XIPC_FOREVER));

    xipc_mailbox_close(sender);
    xipc_mailbox_close(box);
}

SPEC(what_a_mailslot_cannot_be_is_refused, "MBOX-2 NAME-4")
{
    xipc_mailbox_options options = box_of(4, SLOT_LONGEST);
    xipc_mailbox *none = UNTOUCHED;
    char name[320] = NATIVE;

    options.message_max = 1 << 20;
    REQUIRE_STATUS(
        XIPC_E_LIMIT,
        xipc_mailbox_create(slot_name(), &options, XIPC_FOREVER, &none));
    memset(name + strlen(NATIVE), 'x', 300);
    REQUIRE_STATUS(
        XIPC_E_NAME, xipc_mailbox_create(name, NULL, XIPC_FOREVER, &none));
    REQUIRE_STATUS(
        XIPC_E_NAME, xipc_mailbox_open(name, NULL, XIPC_FOREVER, &none));
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_remove(
            XIPC_KIND_MAILBOX, slot_name(), XIPC_SCOPE_USER, XIPC_FOREVER));
    REQUIRE(none == UNTOUCHED);
}

/* It was in the slot, or in its reader's hands, a moment ago. */
SPEC(what_was_sent_to_a_mailslot_is_there_at_once, "MBOX-6")
{
    xipc_mailbox *box = slot_made();
    xipc_mailbox *sender = box_joined(slot_name());

    for (int turn = 0; turn < 300; turn++) {
        REQUIRE_OK(slot_send(sender, XIPC_NOW));
        REQUIRE_OK(slot_receive(box, XIPC_NOW));
        REQUIRE_STATUS(XIPC_E_AGAIN, slot_receive(box, XIPC_NOW));
    }

    xipc_mailbox_close(sender);
    xipc_mailbox_close(box);
}

SPEC(an_interrupt_ends_a_receive_from_a_mailslot, "MBOX-6 GEN-5")
{
    xipc_mailbox *box = slot_made();
    box_call call;

    box_call_begin(&call, slot_receive, box, XIPC_FOREVER);
    REQUIRE_OK(xipc_interrupt(xipc_mailbox_object(box)));
    REQUIRE_STATUS(XIPC_E_CANCELED, box_call_end(&call));

    xipc_mailbox_close(box);
}

SPEC(a_mailslot_has_neither_types_nor_priorities, "MBOX-3 MBOX-4")
{
    xipc_mailbox *box = slot_made();
    xipc_mailbox *sender = box_joined(slot_name());
    xipc_postage postage = XIPC_POSTAGE_INIT;

    postage.priority = 1;
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_mailbox_send(sender, "x", 1, &postage, XIPC_NOW));
    postage.priority = 0;
    postage.type = 1;
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_mailbox_send(sender, "x", 1, &postage, XIPC_NOW));
    require_no_message(box);

    xipc_mailbox_close(sender);
    xipc_mailbox_close(box);
}
