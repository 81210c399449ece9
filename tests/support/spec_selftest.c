/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cases that do what a case must not do. spec_selftest.cmake runs them and
 * requires that the runner notices each of them and says so.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/spec.h"

const spec_deviation spec_deviations[] = {
    {"", "a_deviation_that_still_fails_is_no_failure", "a known <weakness>"},
    {"", "a_deviation_that_passes_is_a_failure", "not weak any more"},
    {"no-such-host", "it_passes", "a deviation of another host"},
    {NULL, NULL, NULL}};

/* Keeps what is left behind from looking like lost memory. */
static xipc_section *left_section;

/* Waits for a line that nobody ever says. */
PEER(waits_forever)
{
    spec_expect(NULL, "the end");
}

PEER(answers)
{
    char line[64];

    spec_tell(NULL, "ready");
    spec_hear(NULL, line, sizeof line);
    spec_tell(NULL, line);
    spec_tell(NULL, spec_argument(0));
    spec_tell(NULL, spec_argument(1));
    REQUIRE(spec_argument(2) == NULL);
}

PEER(fails_at_once)
{
    REQUIRE(1 + 1 == 3);
}

PEER(ends_at_once)
{
    REQUIRE(1 + 1 == 2);
}

static volatile int *volatile nowhere;

static void touch_nothing(void)
{
    *nowhere = 1;
}

PEER(crashes_at_once)
{
    REQUIRE(spec_argument(0) == NULL);
    touch_nothing();
}

/* Deaf to the end of the process that started it. */
PEER(stays)
{
    volatile int is_over = 0;

    spec_tell(NULL, "here");
    while (!is_over) {
        /* until it is killed */
    }
}

PEER(starts_one_that_stays)
{
    spec_expect(START(stays), "here");
    spec_tell(NULL, "both are here");
    spec_expect(NULL, "the end");
}

PEER(holds_a_name)
{
    xipc_section *section;

    REQUIRE_OK(xipc_section_create("held", 1, NULL, XIPC_NOW, &section));
    spec_tell(NULL, "holding");
    spec_expect(NULL, "the end");
}

PEER(skips)
{
    spec_skip("the peer has no wish to go on");
}

PEER(adopts_a_section)
{
    xipc_section *section;

    REQUIRE(spec_inherited() != -1);
    REQUIRE_OK(xipc_section_adopt(spec_inherited(), &section));
    xipc_section_close(section);
}

SPEC(it_passes, "RUN-1")
{
    REQUIRE(strcmp(spec_host(), "") != 0);
    REQUIRE_UINT(2, 1 + 1);
    REQUIRE_TEXT("text", "text");
}

SPEC(a_case_talks_with_its_peers, "RUN-1 RUN-2")
{
    spec_peer *first = START(answers, "one \"word\" \\", "");
    spec_peer *second = START(answers, "2", "\\\\ \\\"");

    spec_expect(first, "ready");
    spec_expect(second, "ready");
    spec_tell(second, "to the second");
    spec_tell(first, "to the first");
    spec_expect(first, "to the first");
    spec_expect(first, "one \"word\" \\");
    spec_expect(first, "");
    spec_expect(second, "to the second");
    spec_expect(second, "2");
    spec_expect(second, "\\\\ \\\"");
    spec_join(first);
    spec_join(second);
}

SPEC(a_killed_peer_is_gone, "RUN-2")
{
    spec_peer *peer = START(stays);

    spec_expect(peer, "here");
    spec_suspend(peer);
    spec_resume(peer);
    REQUIRE(spec_peer_id(peer) > 0);
    spec_kill(peer);
}

SPEC(a_peer_inherits_what_it_is_given, "RUN-2")
{
    xipc_section *section;
    xipc_native_handle native;

    REQUIRE_OK(xipc_section_create_anonymous(1, NULL, &section));
    REQUIRE_OK(xipc_section_native_handle(section, &native));
    spec_join(START_WITH(native, adopts_a_section));
    xipc_section_close(section);
}

SPEC(its_directory_is_empty_and_its_own, "RUN-3")
{
    FILE *file = fopen("here", "wb");
    char path[1200];

    REQUIRE(file != NULL);
    REQUIRE(fclose(file) == 0);
    (void)snprintf(path, sizeof path, "%s/here", spec_directory());
    REQUIRE(remove(path) == 0);
}

SPEC(a_note_is_shown, "RUN-4")
{
    spec_note("%d messages", 42);
}

SPEC(a_false_condition_fails, "RUN-5")
{
    (void)fputs("<printed> & \"quoted\" \x01 \xff\n", stderr);
    REQUIRE(strcmp("<one> & two", "]]>") == 0);
}

SPEC(a_wrong_status_fails, "RUN-5")
{
    REQUIRE_OK(xipc_section_create_anonymous(0, NULL, &left_section));
}

static void fail_in_thread(void *context)
{
    (void)context;
    REQUIRE_UINT(1, 1 + 1);
}

SPEC(a_failure_in_a_thread_fails, "RUN-5")
{
    spec_thread_join(spec_thread_start(fail_in_thread, NULL));
}

SPEC(a_failure_in_a_peer_fails, "RUN-5")
{
    spec_expect(START(fails_at_once), "ready");
}

SPEC(a_failure_in_a_peer_ends_a_case_that_does_not_listen, "RUN-5")
{
    spec_peer *peer = START(waits_forever);

    spec_join(START(ends_at_once));
    (void)START(fails_at_once);
    spec_join(peer);
}

SPEC(a_crash_of_a_peer_fails, "RUN-5")
{
    spec_join(START(crashes_at_once));
}

SPEC(a_wrong_line_fails, "RUN-5")
{
    spec_expect(START(answers, "1", "2"), "steady");
}

SPEC(a_crash_fails, "RUN-6")
{
    REQUIRE(1);
    touch_nothing();
}

SPEC(an_early_end_fails, "RUN-6")
{
    exit(EXIT_SUCCESS);
}

SPEC(a_hang_fails, "RUN-7")
{
    spec_peer *peer = START(waits_forever);

    spec_expect(peer, "the beginning");
}

SPEC(a_handle_left_open_fails, "RUN-8")
{
    REQUIRE_OK(xipc_section_create_anonymous(1, NULL, &left_section));
}

SPEC(a_handle_opened_once_fails_unless_the_host_may_do_that, "RUN-8")
{
    if (!left_section) {
        REQUIRE_OK(xipc_section_create_anonymous(1, NULL, &left_section));
    }
}

SPEC(what_a_killed_peer_held_is_no_leak, "RUN-8")
{
    spec_peer *peer = START(holds_a_name);

    spec_expect(peer, "holding");
    spec_kill(peer);
}

SPEC(a_peer_left_unjoined_fails, "RUN-8")
{
    (void)START(waits_forever);
}

SPEC(a_process_left_behind_fails, "RUN-8")
{
    spec_peer *peer = START(starts_one_that_stays);

    spec_expect(peer, "both are here");
    spec_kill(peer);
}

SPEC(a_name_left_behind_fails, "RUN-8")
{
    REQUIRE_OK(xipc_section_create("left", 1, NULL, XIPC_NOW, &left_section));
}

SPEC(a_persistent_name_left_behind_fails, "RUN-8")
{
    xipc_section_options options = XIPC_SECTION_OPTIONS_INIT;
    xipc_section *section;

    options.naming.lifetime = XIPC_PERSISTENT;
    REQUIRE_OK(xipc_section_create("stays", 1, &options, XIPC_NOW, &section));
    xipc_section_close(section);
}

SPEC(a_file_left_behind_fails, "RUN-8")
{
    FILE *file = fopen("litter", "wb");

    REQUIRE(file != NULL);
    REQUIRE(fclose(file) == 0);
}

SPEC(a_skip_tells_its_reason, "RUN-9")
{
    spec_skip("the host lacks <this> & \"that\"");
}

SPEC(a_skip_in_a_peer_skips_the_case, "RUN-9")
{
    spec_expect(START(skips), "ready");
}

SPEC(a_feature_that_is_absent_skips, "RUN-9")
{
    for (int feature = 0; feature < XIPC_FEATURE_COUNT; feature++) {
        spec_needs((xipc_feature)feature);
    }
    spec_skip("the library reports nothing absent");
}

SPEC(a_deviation_that_still_fails_is_no_failure, "RUN-10")
{
    REQUIRE_TEXT("mended", "weak");
}

SPEC(a_deviation_that_passes_is_a_failure, "RUN-10")
{
    REQUIRE(1 + 1 == 2);
}
