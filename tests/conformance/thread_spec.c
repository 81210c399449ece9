/* SPDX-License-Identifier: Apache-2.0 */
/* Many threads of one process, and interrupting them. */
#include <string.h>

#include "support/section_kit.h"

#define THREAD_COUNT 4

static void in_threads(spec_thread_body *body, void *context)
{
    spec_thread *threads[THREAD_COUNT];

    for (int i = 0; i < THREAD_COUNT; i++) {
        threads[i] = spec_thread_start(body, context);
    }
    for (int i = 0; i < THREAD_COUNT; i++) {
        spec_thread_join(threads[i]);
    }
}

static void use_the_handle(void *context)
{
    xipc_section *section = context;
    unsigned rounds = rounds_here(1000, 200);

    for (unsigned i = 0; i < rounds; i++) {
        uint64_t size = 0;
        xipc_map *map = mapped(section);

        REQUIRE(bytes_of(map)[7] == 7);
        REQUIRE_OK(xipc_section_refresh(section, &size));
        REQUIRE_UINT(size, xipc_section_size(section));
        REQUIRE_UINT(size, xipc_map_size(map));
        xipc_map_close(map);
    }
}

SPEC(threads_map_and_refresh_one_handle_at_once, "GEN-6")
{
    xipc_section *section = section_created("a", 1);
    xipc_map *map = mapped(section);

    bytes_of(map)[7] = 7;
    in_threads(use_the_handle, section);

    REQUIRE(bytes_of(map)[7] == 7);
    xipc_map_close(map);
    xipc_section_close(section);
}

static void join_and_leave(void *context)
{
    unsigned rounds = rounds_here(1000, 200);

    for (unsigned i = 0; i < rounds; i++) {
        xipc_section *section = section_opened(context);

        require_section_says(section, "shared");
        xipc_section_close(section);
    }
}

static char shared_name[] = "a";

SPEC(threads_open_and_close_one_held_name_at_once, "GEN-6")
{
    xipc_section *section = section_saying(shared_name, "shared");

    in_threads(join_and_leave, shared_name);

    require_holders(shared_name, 1);
    require_section_says(section, "shared");
    xipc_section_close(section);
    require_absent(shared_name);
}

static void make_and_leave(void *context)
{
    unsigned rounds = rounds_here(1000, 200);

    for (unsigned i = 0; i < rounds; i++) {
        xipc_section *section = NULL;
        xipc_section *opened;

        REQUIRE_OK(xipc_section_open_or_create(
            context, 64, NULL, XIPC_FOREVER, &section, NULL));
        opened = section_opened(context);
        xipc_section_close(section);
        xipc_section_close(opened);
    }
}

SPEC(threads_make_and_drop_one_transient_name_at_once, "GEN-6 LIFE-1")
{
    in_threads(make_and_leave, shared_name);

    require_absent(shared_name);
    require_nothing_exists();
}

static void list_and_sweep(void *context)
{
    unsigned rounds = rounds_here(200, 40);

    (void)context;
    for (unsigned i = 0; i < rounds; i++) {
        REQUIRE(listed_count(XIPC_SCOPE_USER) >= 1);
        REQUIRE_OK(xipc_sweep(XIPC_SCOPE_USER, NULL));
    }
}

SPEC(threads_list_and_sweep_beside_a_holder, "GEN-6 LIFE-6")
{
    xipc_section *section = section_saying(shared_name, "held");
    xipc_section *opened;

    in_threads(list_and_sweep, NULL);
    opened = section_opened(shared_name);

    require_section_says(opened, "held");
    xipc_section_close(opened);
    xipc_section_close(section);
}

SPEC(a_section_is_an_object, "GEN-5")
{
    xipc_section *section = section_created("a", 1);

    REQUIRE(xipc_section_object(section) != NULL);
    REQUIRE(xipc_section_object(section) == xipc_section_object(section));

    xipc_section_close(section);
}

SPEC(an_interrupt_is_given_and_cleared_as_often_as_wanted, "GEN-5")
{
    xipc_section *section = section_created("a", 1);
    xipc_object *object = xipc_section_object(section);

    REQUIRE_OK(xipc_interrupt(object));
    REQUIRE_OK(xipc_interrupt(object));
    REQUIRE_OK(xipc_interrupt_clear(object));
    REQUIRE_OK(xipc_interrupt_clear(object));

    xipc_section_close(section);
}

SPEC(an_interrupt_leaves_calls_alone_that_do_not_block, "GEN-5")
{
    xipc_section *section = section_created("a", 1);
    xipc_section *opened;
    xipc_map *map;

    REQUIRE_OK(xipc_interrupt(xipc_section_object(section)));
    map = mapped(section);
    REQUIRE_OK(xipc_section_refresh(section, NULL));
    opened = section_opened("a");

    xipc_section_close(opened);
    xipc_map_close(map);
    xipc_section_close(section);
}

static void interrupt_it(void *context)
{
    REQUIRE_OK(xipc_interrupt(context));
}

SPEC(any_thread_may_interrupt, "GEN-5 GEN-6")
{
    xipc_section *section = section_created("a", 1);

    in_threads(interrupt_it, xipc_section_object(section));

    REQUIRE_OK(xipc_interrupt_clear(xipc_section_object(section)));
    xipc_section_close(section);
}
