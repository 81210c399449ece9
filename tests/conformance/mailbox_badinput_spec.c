/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arguments of mailbox.h that break the contract: the right status, outputs
 * unchanged, nothing made, nothing sent. Pointers to blocks are in
 * mailbox_block_spec.c.
 */
#include <limits.h>
#include <string.h>

#include "support/mailbox_kit.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

SPEC(calls_on_no_mailbox_are_refused, "GEN-7 MBOX-6 MBOX-9")
{
    char bytes[8];
    size_t size = 77;
    void *block = UNTOUCHED;
    const void *data = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_mailbox_send(NULL, "x", 1, NULL, XIPC_FOREVER));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_mailbox_receive(NULL, bytes, 8, &size, NULL, XIPC_FOREVER));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_mailbox_reserve(NULL, 8, &block, XIPC_FOREVER));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_mailbox_commit(NULL, bytes, 0, NULL, XIPC_NOW));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_mailbox_cancel(NULL, bytes));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_mailbox_take(NULL, &data, &size, NULL, XIPC_FOREVER));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_mailbox_release(NULL, bytes));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_mailbox_return(NULL, bytes));
    REQUIRE(size == 77 && block == UNTOUCHED && data == UNTOUCHED);
}

SPEC(what_no_mailbox_has_is_0, "GEN-7 MBOX-1")
{
    REQUIRE_UINT(0, xipc_mailbox_capacity(NULL));
    REQUIRE_UINT(0, xipc_mailbox_message_max(NULL));
    REQUIRE_UINT(0, xipc_mailbox_flags(NULL));
    REQUIRE_UINT(0, xipc_mailbox_depth(NULL));
    REQUIRE_UINT(0, xipc_mailbox_dropped(NULL));
    REQUIRE(xipc_mailbox_provider(NULL) == XIPC_PROVIDER_AUTO);
    REQUIRE(xipc_mailbox_object(NULL) == NULL);
    xipc_mailbox_close(NULL);
}

/* ---- what the calls are given ---- */

BOX_SPEC(no_buffer_is_refused_unless_a_message_has_none, "GEN-7 MBOX-2")
{
    xipc_mailbox *box = box_sized("a", 4);
    size_t size = 77;
    char bytes[8] = "same";

    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_mailbox_send(box, NULL, 1, NULL, XIPC_FOREVER));
    require_no_message(box);
    REQUIRE_OK(xipc_mailbox_send(box, NULL, 0, NULL, XIPC_NOW));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_mailbox_receive(box, NULL, 1, &size, NULL, XIPC_FOREVER));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_mailbox_receive(box, bytes, 8, NULL, NULL, XIPC_FOREVER));
    REQUIRE_UINT(77, size);
    REQUIRE_TEXT("same", bytes);
    box_receives(box, 0, 0);
    require_no_message(box);
    xipc_mailbox_close(box);
}

SPEC(no_place_for_what_is_reserved_or_taken_is_refused, "GEN-7 MBOX-9")
{
    xipc_mailbox *box = box_sized("a", 1);
    const void *data = UNTOUCHED;
    size_t size = 77;

    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_mailbox_reserve(box, 8, NULL, XIPC_FOREVER));
    box_sends(box, 1, 10);
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_mailbox_take(box, NULL, &size, NULL, XIPC_FOREVER));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_mailbox_take(box, &data, NULL, NULL, XIPC_FOREVER));
    REQUIRE(size == 77 && data == UNTOUCHED);
    box_receives(box, 1, 10);
    require_no_message(box);
    xipc_mailbox_close(box);
}

static void
require_no_postage(xipc_mailbox *box, void *block, const xipc_postage *postage)
{
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_mailbox_send(box, "x", 1, postage, XIPC_FOREVER));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_mailbox_commit(box, block, 1, postage, XIPC_FOREVER));
}

SPEC(postage_nobody_knows_is_refused, "GEN-7 MBOX-3 MBOX-4")
{
    static const uint32_t priorities[] = {
        XIPC_PRIORITY_MAX + 1, 255, 256, 0x80000000U, UINT32_MAX};
    static const size_t sizes[] = {
        0, 1, sizeof(xipc_postage) - 1, sizeof(xipc_postage) + 1, SIZE_MAX};
    xipc_mailbox *box = box_sized("a", 2);
    void *block = box_reserves(box, 1, 100);
    xipc_postage postage = XIPC_POSTAGE_INIT;

    for (size_t i = 0; i < COUNT(priorities); i++) {
        postage.priority = priorities[i];
        require_no_postage(box, block, &postage);
    }
    postage.priority = 0;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        postage.postage_size = sizes[i];
        require_no_postage(box, block, &postage);
    }
    require_no_message(box);
    REQUIRE(message_is(block, 100, 1));
    box_commits(box, block, 1, 100);
    box_receives(box, 1, 100);
    REQUIRE_UINT(2, box_fill(box, 0, 1));
    xipc_mailbox_close(box);
}

SPEC(an_envelope_nobody_knows_is_refused, "GEN-7 MBOX-4")
{
    static const size_t sizes[] = {
        0, 1, sizeof(xipc_envelope) - 1, sizeof(xipc_envelope) + 1, SIZE_MAX};
    xipc_mailbox *box = box_sized("a", 2);
    xipc_envelope envelope = XIPC_ENVELOPE_INIT;
    const void *data = UNTOUCHED;
    char bytes[16];
    size_t size = 77;

    box_sends(box, 1, 10);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        envelope.envelope_size = sizes[i];
        REQUIRE_STATUS(
            XIPC_E_INVALID,
            xipc_mailbox_receive(
                box, bytes, 16, &size, &envelope, XIPC_FOREVER));
        REQUIRE_STATUS(
            XIPC_E_INVALID,
            xipc_mailbox_take(box, &data, &size, &envelope, XIPC_FOREVER));
        REQUIRE(envelope.envelope_size == sizes[i]);
    }
    REQUIRE(size == 77 && data == UNTOUCHED && envelope.sequence == 0);
    box_receives(box, 1, 10);
    xipc_mailbox_close(box);
}

/* ---- what a mailbox is made with ---- */

/* None of the calls that make or find one does. */
static void require_none(
    xipc_status want, const char *name, const xipc_mailbox_options *options)
{
    xipc_mailbox *box = UNTOUCHED;
    int created = 77;

    REQUIRE_STATUS(
        want, xipc_mailbox_create(name, options, XIPC_FOREVER, &box));
    REQUIRE_STATUS(want, xipc_mailbox_open(name, options, XIPC_FOREVER, &box));
    REQUIRE_STATUS(
        want, xipc_mailbox_open_or_create(
                  name, options, XIPC_FOREVER, &box, &created));
    REQUIRE(box == UNTOUCHED);
    REQUIRE(created == 77);
}

/* What is the box's own is looked at when it is made. */
static void require_not_made(const xipc_mailbox_options *options)
{
    xipc_mailbox *box = UNTOUCHED;
    int created = 77;

    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_mailbox_create("a", options, XIPC_FOREVER, &box));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_mailbox_open_or_create(
                            "a", options, XIPC_FOREVER, &box, &created));
    REQUIRE(box == UNTOUCHED);
    REQUIRE(created == 77);
}

SPEC(flags_nobody_knows_are_refused_for_mailboxes, "GEN-7 MBOX-1")
{
    for (int bit = 4; bit < 32; bit++) {
        xipc_mailbox_options options = box_flagged(UINT32_C(1) << bit);

        require_not_made(&options);
        options.flags |= XIPC_MAILBOX_ACKED;
        require_not_made(&options);
    }
    require_nothing_exists();
}

SPEC(an_overflow_nobody_knows_is_refused, "GEN-7 MBOX-10")
{
    static const int none[] = {-1, 3, 100, INT_MAX, INT_MIN};

    for (size_t i = 0; i < COUNT(none); i++) {
        xipc_mailbox_options options =
            box_overflowing(4, (xipc_overflow)none[i]);

        require_not_made(&options);
    }
    require_nothing_exists();
}

SPEC(sizes_out_of_range_are_refused_for_mailboxes, "GEN-7 MBOX-1 MBOX-2")
{
    static const uint32_t capacities[] = {
        XIPC_MAILBOX_CAPACITY_MAX + 1, 0x7fffffff, 0x80000000U, UINT32_MAX - 1};
    static const uint32_t longest[] = {
        XIPC_MAILBOX_MESSAGE_MAX_LIMIT + 1, 0x80000000U, UINT32_MAX};
    xipc_mailbox_options options;

    for (size_t i = 0; i < COUNT(capacities); i++) {
        options = box_of(capacities[i], 0);
        require_not_made(&options);
    }
    for (size_t i = 0; i < COUNT(longest); i++) {
        options = box_of(0, longest[i]);
        require_not_made(&options);
        options = box_of(XIPC_UNBOUNDED, longest[i]);
        require_not_made(&options);
    }
    options = box_of(XIPC_UNBOUNDED, 100);
    options.byte_max = 0;
    require_not_made(&options);
    require_nothing_exists();
}

SPEC(options_that_contradict_each_other_are_refused, "GEN-7 MBOX-10 MBOX-7")
{
    xipc_mailbox_options options =
        box_overflowing(0, XIPC_OVERFLOW_DROP_OLDEST);

    require_not_made(&options);
    options.capacity = XIPC_UNBOUNDED;
    require_not_made(&options);
    options = box_flagged(XIPC_MAILBOX_OWNED);
    options.naming.lifetime = XIPC_PERSISTENT;
    require_not_made(&options);
    require_nothing_exists();
}

SPEC(an_options_size_nobody_knows_is_refused_for_mailboxes, "GEN-7 MBOX-1")
{
    static const size_t sizes[] = {
        0, 1, sizeof(xipc_mailbox_options) - 1,
        sizeof(xipc_mailbox_options) + 1, SIZE_MAX};

    for (size_t i = 0; i < COUNT(sizes); i++) {
        xipc_mailbox_options options = XIPC_MAILBOX_OPTIONS_INIT;

        options.options_size = sizes[i];
        require_none(XIPC_E_INVALID, "a", &options);
    }
    require_nothing_exists();
}

SPEC(a_naming_nobody_knows_is_refused_for_mailboxes, "GEN-7 NAME-5 MBOX-7")
{
    static const int none[] = {-1, 100, INT_MAX, INT_MIN};

    for (size_t i = 0; i < COUNT(none); i++) {
        xipc_mailbox_options options[4];

        for (size_t j = 0; j < COUNT(options); j++) {
            options[j] = box_of(4, 4);
        }
        options[0].naming.scope = (xipc_scope)none[i];
        options[1].naming.access = (xipc_access)none[i];
        options[2].naming.lifetime = (xipc_lifetime)none[i];
        options[3].naming.trust = (xipc_trust)none[i];
        for (size_t j = 0; j < COUNT(options); j++) {
            require_none(XIPC_E_INVALID, "a", &options[j]);
        }
    }
    require_nothing_exists();
}

SPEC(access_for_others_needs_the_scope_of_all_for_mailboxes, "NAME-6 MBOX-7")
{
    xipc_mailbox_options options = XIPC_MAILBOX_OPTIONS_INIT;
    xipc_mailbox *box = UNTOUCHED;

    options.naming.access = XIPC_ACCESS_EVERYONE_WRITE;
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_mailbox_create("a", &options, XIPC_FOREVER, &box));
    REQUIRE(box == UNTOUCHED);
    require_nothing_exists();
}

SPEC(illegal_names_are_refused_for_mailboxes, "NAME-1 NAME-4 GEN-7 MBOX-7")
{
    static const char *const names[] = {"",    ".",   "..",      ".a",
                                        "-a",  "a b", "a/b",     "a\\b",
                                        "a:b", "@a",  "\xc3\xa4"};
    char too_long[XIPC_NAME_MAX + 2];

    for (size_t i = 0; i < COUNT(names); i++) {
        require_none(XIPC_E_NAME, names[i], NULL);
    }
    memset(too_long, 'a', XIPC_NAME_MAX + 1);
    too_long[XIPC_NAME_MAX + 1] = '\0';
    require_none(XIPC_E_NAME, too_long, NULL);
    require_none(XIPC_E_INVALID, NULL, NULL);
    require_nothing_exists();
}

SPEC(no_place_for_the_mailbox_is_refused, "GEN-7 MBOX-7")
{
    int created = 77;

    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_mailbox_create("a", NULL, XIPC_NOW, NULL));
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_mailbox_open("a", NULL, XIPC_NOW, NULL));
    REQUIRE_STATUS(
        XIPC_E_INVALID,
        xipc_mailbox_open_or_create("a", NULL, XIPC_NOW, NULL, &created));
    REQUIRE(created == 77);
    require_nothing_exists();
}

/* ---- the story ---- */

static void require_told_of(const char *what)
{
    if (strstr(xipc_detail(), what) == NULL) {
        spec_note("'%s' is missing in: %s", what, xipc_detail());
    }
    REQUIRE(strstr(xipc_detail(), what) != NULL);
    REQUIRE(strstr(xipc_detail(), "stock") != NULL);
}

BOX_SPEC(
    a_detail_of_a_mailbox_says_which_one_and_what_the_limit_was, "GEN-2 MBOX-2")
{
    xipc_mailbox_options options = box_of(4, 123);
    xipc_mailbox *box = box_made("stock", &options);
    unsigned char bytes[16];
    size_t size;

    REQUIRE_STATUS(XIPC_E_TOO_BIG, box_send(box, 1, 124, XIPC_NOW));
    require_told_of("123");
    require_told_of("124");
    box_sends(box, 1, 100);
    REQUIRE_STATUS(
        XIPC_E_TOO_SMALL,
        xipc_mailbox_receive(box, bytes, 16, &size, NULL, XIPC_NOW));
    require_told_of("100");
    require_told_of("16");
    REQUIRE_STATUS(XIPC_E_INVALID, box_send_at(box, 1, 1, 32, XIPC_NOW));
    require_told_of("32");
    REQUIRE_STATUS(
        box_is_native() ? XIPC_E_NOT_SUPPORTED : XIPC_E_INVALID,
        xipc_mailbox_release(box, bytes));
    require_told_of("mailbox");
    REQUIRE_STATUS(
        box_is_native() ? XIPC_E_NOT_SUPPORTED : XIPC_E_INVALID,
        xipc_mailbox_cancel(box, bytes));
    require_told_of("mailbox");
    xipc_mailbox_close(box);
}

BOX_SPEC(a_detail_of_a_mailbox_says_why_nothing_went, "GEN-2 MBOX-6 MBOX-5")
{
    box_needs(XIPC_FEATURE_NATIVE_RECEIVERS);
    xipc_mailbox_options options = box_of(1, 8);
    xipc_mailbox *box;
    xipc_mailbox *other;
    box_mail mail;

    options.flags = XIPC_MAILBOX_EXCLUSIVE;
    box = box_made("stock", &options);
    other = box_joined("stock");
    REQUIRE_STATUS(XIPC_E_AGAIN, box_fetch(box, &mail, XIPC_NOW));
    require_told_of("mailbox");
    REQUIRE_STATUS(XIPC_E_TIMEOUT, box_fetch(box, &mail, xipc_after_ms(1)));
    require_told_of("mailbox");
    box_sends(box, 1, 8);
    REQUIRE_STATUS(XIPC_E_AGAIN, box_send(box, 1, 8, XIPC_NOW));
    require_told_of("mailbox");
    box_receives(box, 1, 8);
    REQUIRE_STATUS(XIPC_E_BUSY, box_fetch(other, &mail, XIPC_NOW));
    require_told_of("mailbox");
    xipc_mailbox_close(other);
    xipc_mailbox_close(box);
}
