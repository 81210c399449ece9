/* SPDX-License-Identifier: Apache-2.0 */
/* A child has what it is given, under labels, and nothing else. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/spawn_kit.h"

static xipc_section *section_for_you(void)
{
    xipc_section *section = NULL;
    xipc_map *map;

    REQUIRE_OK(xipc_section_create_anonymous(65536, NULL, &section));
    map = mapped(section);
    memcpy(bytes_of(map), "for you", 8);
    xipc_map_close(map);
    return section;
}

static xipc_spawn_options giving(const xipc_inherit *inherits, size_t count)
{
    xipc_spawn_options options = spawn_with(0);

    options.inherits = inherits;
    options.inherit_count = count;
    return options;
}

static void require_claimed(const char *label)
{
    xipc_section *section = section_for_you();
    const xipc_inherit inherits[] = {{label, xipc_section_object(section), 0}};
    xipc_spawn_options options = giving(inherits, 1);

    PROBE_DONE(&options, "claim", label);

    require_section_says(section, "claimed");
    xipc_section_close(section);
}

SPEC(a_section_is_claimed_by_its_label, "PROC-1 SHM-5")
{
    require_claimed("table");
}

SPEC(a_label_is_any_legal_name, "PROC-1 NAME-1")
{
    char longest[XIPC_NAME_MAX + 1];

    memset(longest, 'x', XIPC_NAME_MAX);
    longest[XIPC_NAME_MAX] = '\0';

    require_claimed(longest);
    require_claimed("a");
    require_claimed("_.-0Z");
}

SPEC(a_native_handle_is_claimed_by_its_label, "PROC-1")
{
    xipc_native_handle file = native_file_made("file");
    const xipc_inherit inherits[] = {{"purse", NULL, file}};
    xipc_spawn_options options = giving(inherits, 1);

    PROBE_DONE(&options, "spend", "purse");

    native_file_closed(file); /* it stayed ours */
    require_file("file", "spent");
}

SPEC(many_things_are_inherited_at_once, "PROC-1")
{
    enum { COUNT = 40 };
    xipc_section *sections[COUNT];
    xipc_inherit inherits[COUNT];
    char labels[COUNT][16];
    xipc_spawn_options options;

    for (int i = 0; i < COUNT; i++) {
        sections[i] = section_for_you();
        snprintf(labels[i], sizeof labels[i], "label-%d", i);
        inherits[i] =
            (xipc_inherit){labels[i], xipc_section_object(sections[i]), 0};
    }
    options = giving(inherits, COUNT);
    PROBE_DONE(&options, "claim", "label-0");
    PROBE_DONE(&options, "claim", "label-23");
    PROBE_DONE(&options, "claim", "label-39");
    REQUIRE_UINT(COUNT, handles_of_probe(&options, "told"));

    require_section_says(sections[0], "claimed");
    require_section_says(sections[1], "for you");
    require_section_says(sections[23], "claimed");
    require_section_says(sections[39], "claimed");
    for (int i = 0; i < COUNT; i++) {
        xipc_section_close(sections[i]);
    }
}

static void with_a_table(const char *order, const char *label)
{
    xipc_section *section = section_for_you();
    const xipc_inherit inherits[] = {
        {"table", xipc_section_object(section), 0}};
    xipc_spawn_options options = giving(inherits, 1);

    PROBE_DONE(&options, order, label);

    xipc_section_close(section);
}

SPEC(a_label_that_was_not_given_is_not_found, "PROC-1")
{
    with_a_table("miss", "tables");
    with_a_table("miss", "tabl");
    PROBE_DONE(NULL, "miss", "table");
}

SPEC(a_label_is_claimed_once_and_nothing_of_it_goes_on, "PROC-1")
{
    with_a_table("twice", "table");
}

SPEC(what_is_claimed_as_something_else_stays, "PROC-1")
{
    with_a_table("mistake", "table");
}

SPEC(a_childs_child_is_given_nothing_by_us, "PROC-1")
{
    with_a_table("pass", "table");
}

SPEC(in_a_process_that_was_given_nothing_nothing_is_found, "PROC-1")
{
    xipc_section *section = UNTOUCHED;
    xipc_native_handle native = 77;

    REQUIRE_STATUS(XIPC_E_NOT_FOUND, xipc_inherited_section("table", &section));
    REQUIRE_STATUS(XIPC_E_NOT_FOUND, xipc_inherited_native("table", &native));
    REQUIRE(section == UNTOUCHED);
    REQUIRE(native == 77);
}

/* ---- nothing leaks ---- */

SPEC(a_child_has_no_handle_that_it_is_not_given, "PROC-1 GEN-8")
{
    xipc_section *section = section_for_you();
    xipc_section *named = section_saying("a", "named");
    xipc_poller *poller = NULL;
    xipc_process *other = PROBE(NULL, "sleep");
    const xipc_inherit inherits[] = {
        {"table", xipc_section_object(section), 0}};
    xipc_spawn_options options = giving(inherits, 1);

    REQUIRE_OK(xipc_poller_create(&poller));

    REQUIRE_UINT(0, handles_of_probe(NULL, "told"));
    REQUIRE_UINT(1, handles_of_probe(&options, "told"));
    process_killed(other);
    xipc_poller_close(poller);
    xipc_section_close(named);
    xipc_section_close(section);
}

SPEC(a_child_has_no_handle_that_others_let_leak, "PROC-1 GEN-8")
{
    xipc_native_handle leaking = native_file_leaking("leaking");
    xipc_native_handle given = native_file_leaking("given");
    const xipc_inherit inherits[] = {{"given", NULL, given}};
    xipc_spawn_options options = giving(inherits, 1);

    REQUIRE_UINT(0, handles_of_probe(NULL, "told"));
    REQUIRE_UINT(1, handles_of_probe(&options, "told"));
    native_file_closed(given);
    native_file_closed(leaking);
    require_file("given", "");
    require_file("leaking", "");
}

SPEC(a_handle_can_be_given_under_two_labels_and_as_a_stream, "PROC-1")
{
    xipc_native_handle file = native_file_made("file");
    const xipc_inherit inherits[] = {{"one", NULL, file}, {"two", NULL, file}};
    xipc_spawn_options options = giving(inherits, 2);

    options.output = (xipc_stream){XIPC_STREAM_NATIVE, NULL, file};
    PROBE_DONE(&options, "spend", "two");
    PROBE_DONE(&options, "say", " and said");
    REQUIRE_UINT(2, handles_of_probe(&options, "told"));

    native_file_closed(file);
    require_file("file", "spent and said");
}

/* ---- what cannot be inherited ---- */

static xipc_status answer_for(xipc_object *object)
{
    const char *arguments[] = {"probe", "exit", "0", NULL};
    const xipc_inherit inherits[] = {{"it", object, 0}};
    xipc_spawn_options options = giving(inherits, 1);
    xipc_process *process = UNTOUCHED;
    xipc_status status =
        xipc_spawn(probe_path(), arguments, &options, &process);

    REQUIRE(process == UNTOUCHED);
    return status;
}

SPEC(what_has_a_name_is_opened_by_it, "PROC-1 SHM-5")
{
    xipc_section *named = section_saying("a", "named");
    xipc_event *event = NULL;
    xipc_poller *poller = NULL;

    REQUIRE_OK(
        xipc_event_create("e", XIPC_EVENT_MANUAL, NULL, XIPC_FOREVER, &event));
    REQUIRE_OK(xipc_poller_create(&poller));

    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED, answer_for(xipc_section_object(named)));
    REQUIRE_STATUS(XIPC_E_NOT_SUPPORTED, answer_for(xipc_event_object(event)));
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED, answer_for(xipc_poller_object(poller)));
    xipc_poller_close(poller);
    xipc_event_close(event);
    xipc_section_close(named);
}

SPEC(a_section_is_no_stream, "PROC-1")
{
    const char *arguments[] = {"probe", "exit", "0", NULL};
    xipc_section *section = section_for_you();
    xipc_spawn_options options = spawn_with(0);
    xipc_process *process = UNTOUCHED;

    options.output =
        (xipc_stream){XIPC_STREAM_OBJECT, xipc_section_object(section), 0};
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_spawn(probe_path(), arguments, &options, &process));

    REQUIRE(process == UNTOUCHED);
    xipc_section_close(section);
}
