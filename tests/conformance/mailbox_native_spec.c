/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which provider a mailbox has, what only shared memory can do, and boxes under
 * a name of the system's. That the rest is the same is said by the cases whose
 * names begin with "natively".
 */
#include <stdio.h>
#include <string.h>

#include "support/mailbox_kit.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum { NATIVE_NAME_SIZE = 64 };

static int is_absent(xipc_feature feature)
{
    xipc_capability_info info = XIPC_CAPABILITY_INFO_INIT;

    REQUIRE_OK(xipc_capability(feature, &info));
    return info.support == XIPC_SUPPORT_ABSENT;
}

static xipc_mailbox_options queue_of(uint32_t capacity)
{
    xipc_mailbox_options options = XIPC_MAILBOX_OPTIONS_INIT;

    options.capacity = capacity;
    options.message_max = 64;
    options.provider = XIPC_PROVIDER_NATIVE;
    return options;
}

static void
require_not_made(xipc_status want, const xipc_mailbox_options *options)
{
    xipc_mailbox *box = UNTOUCHED;
    int created = 77;

    REQUIRE_STATUS(want, xipc_mailbox_create("a", options, XIPC_NOW, &box));
    REQUIRE_STATUS(
        want,
        xipc_mailbox_open_or_create("a", options, XIPC_NOW, &box, &created));
    REQUIRE(box == UNTOUCHED);
    REQUIRE(created == 77);
    require_nothing_exists();
}

/* ---- which one ---- */

SPEC(a_plain_name_is_shared_memory_unless_asked_otherwise, "MBOX-1 CAP-1")
{
    static const xipc_provider providers[] = {
        XIPC_PROVIDER_AUTO, XIPC_PROVIDER_SHM};

    for (size_t i = 0; i < COUNT(providers); i++) {
        xipc_mailbox_options options = XIPC_MAILBOX_OPTIONS_INIT;
        xipc_mailbox *box;

        options.provider = providers[i];
        box = box_made("a", &options);
        REQUIRE(xipc_mailbox_provider(box) == XIPC_PROVIDER_SHM);
        xipc_mailbox_close(box);
    }
}

SPEC(a_provider_that_is_not_there_is_refused, "MBOX-1 CAP-1")
{
    xipc_mailbox_options options = queue_of(4);
    xipc_mailbox *box = NULL;

    if (is_absent(XIPC_FEATURE_MAILBOX_NATIVE)) {
        require_not_made(XIPC_E_NOT_SUPPORTED, &options);
        REQUIRE_STATUS(
            XIPC_E_NOT_SUPPORTED,
            xipc_mailbox_open("a", &options, XIPC_NOW, &box));
        REQUIRE_STATUS(
            XIPC_E_NOT_SUPPORTED,
            xipc_mailbox_create("native:/a", NULL, XIPC_NOW, &box));
        REQUIRE_STATUS(
            XIPC_E_NOT_SUPPORTED,
            xipc_remove(
                XIPC_KIND_MAILBOX, "native:/a", XIPC_SCOPE_USER, XIPC_NOW));
        return;
    }
    REQUIRE_OK(xipc_mailbox_create("a", &options, XIPC_NOW, &box));
    REQUIRE(xipc_mailbox_provider(box) == XIPC_PROVIDER_NATIVE);
    xipc_mailbox_close(box);
}

SPEC(a_provider_nobody_knows_is_refused, "GEN-7 MBOX-1")
{
    static const int none[] = {-1, 3, 100};

    for (size_t i = 0; i < COUNT(none); i++) {
        xipc_mailbox_options options = XIPC_MAILBOX_OPTIONS_INIT;

        options.provider = (xipc_provider)none[i];
        require_not_made(XIPC_E_INVALID, &options);
    }
}

SPEC(whoever_opens_a_mailbox_gets_the_provider_it_has, "MBOX-1 LIFE-3")
{
    static const xipc_provider providers[] = {
        XIPC_PROVIDER_SHM, XIPC_PROVIDER_NATIVE};

    SPEC_NEEDS(XIPC_FEATURE_MAILBOX_NATIVE);
    for (size_t i = 0; i < COUNT(providers); i++) {
        xipc_mailbox_options options = queue_of(4);
        xipc_mailbox *box;
        xipc_mailbox *other = NULL;

        options.provider = providers[i];
        box = box_made("a", &options);
        other = box_joined("a");
        REQUIRE(xipc_mailbox_provider(other) == providers[i]);
        REQUIRE_UINT(4, xipc_mailbox_capacity(other));
        REQUIRE_UINT(64, xipc_mailbox_message_max(other));
        xipc_mailbox_close(other);
        REQUIRE_OK(xipc_mailbox_open("a", &options, XIPC_NOW, &other));
        xipc_mailbox_close(other);
        other = UNTOUCHED;
        options.provider = providers[1 - i];
        REQUIRE_STATUS(
            XIPC_E_INCOMPATIBLE,
            xipc_mailbox_open("a", &options, XIPC_NOW, &other));
        REQUIRE(other == UNTOUCHED);
        xipc_mailbox_close(box);
        require_nothing_exists();
    }
}

/* ---- what only shared memory can do ---- */

SPEC(what_no_queue_has_is_refused_and_told_before, "CAP-1 MBOX-1 MBOX-10")
{
    xipc_mailbox_options options[5];

    SPEC_NEEDS(XIPC_FEATURE_MAILBOX_NATIVE);
    for (size_t i = 0; i < COUNT(options); i++) {
        options[i] = queue_of(4);
    }
    REQUIRE(is_absent(XIPC_FEATURE_NATIVE_RENDEZVOUS));
    options[0].capacity = 0;
    REQUIRE(is_absent(XIPC_FEATURE_NATIVE_UNBOUNDED));
    options[1].capacity = XIPC_UNBOUNDED;
    REQUIRE(is_absent(XIPC_FEATURE_NATIVE_DROP));
    options[2].overflow = XIPC_OVERFLOW_DROP_OLDEST;
    REQUIRE(is_absent(XIPC_FEATURE_NATIVE_REDELIVERY));
    options[3].flags = XIPC_MAILBOX_ACKED;
    REQUIRE(is_absent(XIPC_FEATURE_NATIVE_PERSISTENT));
    options[4].naming.lifetime = XIPC_PERSISTENT;
    for (size_t i = 0; i < COUNT(options); i++) {
        require_not_made(XIPC_E_NOT_SUPPORTED, &options[i]);
        REQUIRE(strstr(xipc_detail(), "mailbox.native.") != NULL);
    }
}

static void require_no_blocks(xipc_mailbox *box)
{
    char bytes[16] = "same";
    void *block = UNTOUCHED;
    const void *data = UNTOUCHED;
    size_t size = 77;

    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED, xipc_mailbox_reserve(box, 8, &block, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_mailbox_commit(box, bytes, 8, NULL, XIPC_NOW));
    REQUIRE_STATUS(XIPC_E_NOT_SUPPORTED, xipc_mailbox_cancel(box, bytes));
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_mailbox_take(box, &data, &size, NULL, XIPC_NOW));
    REQUIRE_STATUS(XIPC_E_NOT_SUPPORTED, xipc_mailbox_release(box, bytes));
    REQUIRE_STATUS(XIPC_E_NOT_SUPPORTED, xipc_mailbox_return(box, bytes));
    REQUIRE(block == UNTOUCHED && data == UNTOUCHED && size == 77);
    REQUIRE_TEXT("same", bytes);
}

SPEC(a_queue_has_no_blocks, "CAP-1 MBOX-9")
{
    xipc_mailbox_options options = queue_of(4);
    xipc_mailbox *box;

    SPEC_NEEDS(XIPC_FEATURE_MAILBOX_NATIVE);
    REQUIRE(is_absent(XIPC_FEATURE_NATIVE_BLOCKS));
    box = box_made("a", &options);
    require_no_blocks(box);
    box_sends(box, 1, 10);
    require_no_blocks(box);
    box_receives(box, 1, 10);
    xipc_mailbox_close(box);
}

SPEC(priorities_of_a_queue_are_there_if_told_so, "CAP-1 MBOX-3")
{
    xipc_mailbox_options options = queue_of(4);
    int is_there;
    xipc_mailbox *box;

    SPEC_NEEDS(XIPC_FEATURE_MAILBOX_NATIVE);
    is_there = !is_absent(XIPC_FEATURE_NATIVE_PRIORITY);
    box = box_made("a", &options);
    REQUIRE_STATUS(
        is_there ? XIPC_OK : XIPC_E_NOT_SUPPORTED,
        box_send_at(box, 1, 10, 1, XIPC_NOW));
    if (is_there) {
        box_receives(box, 1, 10);
    }
    require_no_message(box);
    xipc_mailbox_close(box);
}

SPEC(several_receivers_of_a_queue_are_there_if_told_so, "CAP-1 MBOX-5")
{
    xipc_mailbox_options options = queue_of(4);
    xipc_mailbox *box;
    xipc_mailbox *other;
    box_mail mail;

    SPEC_NEEDS(XIPC_FEATURE_MAILBOX_NATIVE);
    box = box_made("a", &options);
    other = box_joined("a");
    box_sends(other, 1, 10);
    if (is_absent(XIPC_FEATURE_NATIVE_RECEIVERS)) {
        REQUIRE_STATUS(XIPC_E_NOT_SUPPORTED, box_fetch(other, &mail, XIPC_NOW));
        box_receives(box, 1, 10);
    } else {
        box_receives(other, 1, 10);
    }
    require_no_message(box);
    xipc_mailbox_close(other);
    xipc_mailbox_close(box);
}

/* One that can receive at all: who tried in vain is not the one. */
SPEC(the_one_receiver_of_a_queue_is_one_that_can_receive, "CAP-1 MBOX-5")
{
    xipc_mailbox_options options = queue_of(4);
    xipc_mailbox *box;
    xipc_mailbox *other;
    box_mail mail;
    int is_one;

    SPEC_NEEDS(XIPC_FEATURE_MAILBOX_NATIVE);
    is_one = is_absent(XIPC_FEATURE_NATIVE_RECEIVERS);
    options.flags = XIPC_MAILBOX_EXCLUSIVE;
    box = box_made("a", &options);
    other = box_joined("a");
    box_sends(other, 1, 10);
    REQUIRE_STATUS(
        is_one ? XIPC_E_NOT_SUPPORTED : XIPC_OK,
        box_fetch(other, &mail, XIPC_NOW));
    REQUIRE_STATUS(
        is_one ? XIPC_OK : XIPC_E_BUSY, box_fetch(box, &mail, XIPC_FOREVER));
    xipc_mailbox_close(other);
    xipc_mailbox_close(box);
}

SPEC(a_full_queue_fails_at_once_where_it_was_made_so, "MBOX-10")
{
    xipc_mailbox_options options = queue_of(4);
    xipc_mailbox *box;
    xipc_mailbox *other;

    SPEC_NEEDS(XIPC_FEATURE_MAILBOX_NATIVE);
    options.overflow = XIPC_OVERFLOW_FAIL;
    box = box_made("a", &options);
    other = box_joined("a");
    REQUIRE_UINT(4, box_fill(other, 0, 10));
    REQUIRE_STATUS(XIPC_E_AGAIN, box_send(other, 9, 10, XIPC_FOREVER));
    REQUIRE_STATUS(XIPC_E_AGAIN, box_send(box, 9, 10, xipc_after_ms(600000)));
    box_empty(box, 0, 4, 10);
    REQUIRE_UINT(0, xipc_mailbox_dropped(box));
    xipc_mailbox_close(other);
    xipc_mailbox_close(box);
}

/* ---- under a name of the system's ---- */

/* One that every system takes and no other case has. */
static const char *native_name_for(const char *plain, char *name)
{
    char hashed[XIPC_NATIVE_NAME_SIZE];

    SPEC_NEEDS(XIPC_FEATURE_MAILBOX_NATIVE);
    REQUIRE_OK(xipc_native_name(
        XIPC_KIND_MAILBOX, plain, XIPC_SCOPE_USER, hashed, sizeof hashed));
    snprintf(
        name, NATIVE_NAME_SIZE, "native:%sspec-%s",
        is_absent(XIPC_FEATURE_NATIVE_LASTING) ? "" : "/", hashed);
    return name;
}

static xipc_mailbox *native_made(const char *name)
{
    xipc_mailbox_options options = queue_of(4);

    options.provider = XIPC_PROVIDER_AUTO;
    return box_made(name, &options);
}

/* It goes with its maker, or must be taken away by hand. */
static void close_and_remove(xipc_mailbox *box, const char *name)
{
    xipc_mailbox *none = UNTOUCHED;

    xipc_mailbox_close(box);
    REQUIRE_STATUS(
        is_absent(XIPC_FEATURE_NATIVE_LASTING) ? XIPC_E_NOT_SUPPORTED : XIPC_OK,
        xipc_remove(XIPC_KIND_MAILBOX, name, XIPC_SCOPE_USER, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, xipc_mailbox_open(name, NULL, XIPC_NOW, &none));
    REQUIRE(none == UNTOUCHED);
}

static void require_text(xipc_mailbox *box, const char *want)
{
    xipc_envelope envelope = XIPC_ENVELOPE_INIT;
    char text[64];
    size_t size = 77;

    REQUIRE_OK(xipc_mailbox_receive(
        box, text, sizeof text, &size, &envelope, XIPC_FOREVER));
    REQUIRE_UINT(strlen(want), size);
    REQUIRE(memcmp(want, text, size) == 0);
    REQUIRE(envelope.type == 0 && envelope.sequence == 0);
    REQUIRE(envelope.sender_process == 0 && envelope.sent_at == 0);
}

static void say(xipc_mailbox *box, const char *text)
{
    REQUIRE_OK(xipc_mailbox_send(box, text, strlen(text), NULL, XIPC_FOREVER));
}

/* Argument 0: the name. */
PEER(one_who_sends_natively)
{
    xipc_mailbox *box = box_joined(spec_argument(0));

    say(box, "across");
    say(box, "and again");
    xipc_mailbox_close(box);
}

SPEC(a_native_mailbox_reaches_another_process, "NAME-4 MBOX-2")
{
    char name[NATIVE_NAME_SIZE];
    xipc_mailbox *box = native_made(native_name_for("across", name));
    spec_peer *peer = START(one_who_sends_natively, name);

    REQUIRE(xipc_mailbox_provider(box) == XIPC_PROVIDER_NATIVE);
    require_text(box, "across");
    require_text(box, "and again");
    spec_join(peer);
    close_and_remove(box, name);
}

SPEC(a_native_mailboxes_name_is_taken_like_any_other, "NAME-4 LIFE-3")
{
    char name[NATIVE_NAME_SIZE];
    xipc_mailbox *box = native_made(native_name_for("taken", name));
    xipc_mailbox_options options = queue_of(4);
    xipc_mailbox *second = UNTOUCHED;
    int created = 77;

    REQUIRE_STATUS(
        XIPC_E_EXISTS, xipc_mailbox_create(name, &options, XIPC_NOW, &second));
    REQUIRE(second == UNTOUCHED);
    REQUIRE_OK(xipc_mailbox_open_or_create(
        name, &options, XIPC_FOREVER, &second, &created));
    REQUIRE(created == 0);
    say(second, "hello");
    require_text(box, "hello");
    xipc_mailbox_close(second);
    close_and_remove(box, name);
}

SPEC(a_native_mailbox_is_no_object_of_ours_in_the_list, "NAME-4 LIFE-7")
{
    char name[NATIVE_NAME_SIZE];
    xipc_mailbox *box = native_made(native_name_for("foreign", name));

    require_nothing_exists();
    close_and_remove(box, name);
}

SPEC(a_native_mailbox_takes_nothing_that_is_ours, "NAME-4 GEN-7")
{
    char name[NATIVE_NAME_SIZE];
    xipc_mailbox_options options[5];
    static const xipc_status want[] = {
        XIPC_E_INVALID, XIPC_E_INVALID, XIPC_E_INVALID, XIPC_E_NOT_SUPPORTED,
        XIPC_E_NOT_SUPPORTED};
    xipc_postage postage = XIPC_POSTAGE_INIT;
    xipc_mailbox *box = UNTOUCHED;

    native_name_for("plain", name);
    for (size_t i = 0; i < COUNT(options); i++) {
        options[i] = queue_of(4);
    }
    options[0].naming.scope = XIPC_SCOPE_MACHINE;
    options[1].naming = options[0].naming;
    options[1].naming.access = XIPC_ACCESS_EVERYONE_WRITE;
    options[2].provider = XIPC_PROVIDER_SHM;
    options[3].flags = XIPC_MAILBOX_FIXED_SIZE;
    options[4].overflow = XIPC_OVERFLOW_DROP_OLDEST;
    for (size_t i = 0; i < COUNT(options); i++) {
        REQUIRE_STATUS(
            want[i], xipc_mailbox_create(name, &options[i], XIPC_NOW, &box));
    }
    REQUIRE(box == UNTOUCHED);
    box = native_made(name);
    postage.type = 1;
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_mailbox_send(box, "x", 1, &postage, XIPC_NOW));
    require_no_blocks(box);
    require_no_message(box);
    close_and_remove(box, name);
}

SPEC(a_native_mailbox_that_is_not_there_is_not_found, "NAME-4 LIFE-3")
{
    char name[NATIVE_NAME_SIZE];
    xipc_mailbox *box = UNTOUCHED;

    native_name_for("missing", name);
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, xipc_mailbox_open(name, NULL, XIPC_FOREVER, &box));
    REQUIRE(box == UNTOUCHED);
}

/* What was too long for one buffer is there for the next, and counted. */
SPEC(a_short_buffer_leaves_a_queues_message_to_its_handle, "MBOX-2 WAIT-1")
{
    xipc_mailbox_options options = queue_of(4);
    xipc_poller *poller;
    xipc_mailbox *box;
    xipc_ready ready;
    size_t size = 77;
    size_t count = 0;
    char bytes[8];

    SPEC_NEEDS(XIPC_FEATURE_MAILBOX_NATIVE);
    box = box_made("a", &options);
    REQUIRE_OK(xipc_poller_create(&poller));
    REQUIRE_OK(
        xipc_poller_add(poller, xipc_mailbox_object(box), XIPC_READABLE, box));
    box_sends(box, 1, 40);
    REQUIRE_STATUS(
        XIPC_E_TOO_SMALL,
        xipc_mailbox_receive(box, bytes, 8, &size, NULL, XIPC_FOREVER));
    REQUIRE_UINT(40, size);
    for (int i = 0; i < 3; i++) {
        REQUIRE_UINT(1, xipc_mailbox_depth(box));
        REQUIRE_OK(xipc_poller_wait(poller, &ready, 1, XIPC_FOREVER, &count));
        REQUIRE(count == 1 && ready.cookie == box);
        REQUIRE_UINT(XIPC_READABLE, ready.events);
    }
    box_sends(box, 2, 8);
    box_receives(box, 1, 40);
    box_receives(box, 2, 8);
    REQUIRE_STATUS(
        XIPC_E_AGAIN, xipc_poller_wait(poller, &ready, 1, XIPC_NOW, &count));
    xipc_poller_close(poller);
    xipc_mailbox_close(box);
}
