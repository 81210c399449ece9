/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a child made by fork() has of its parent's handles: nothing that works,
 * and nothing that disturbs.
 *
 * A child here runs one function and ends with its result: 0 is success. It
 * leaves by _exit(), so that nothing of the test's own ends twice.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/section_kit.h"

typedef int child_body(void *context);

static pid_t forked(child_body *body, void *context)
{
    pid_t child = fork();

    REQUIRE(child >= 0);
    if (child == 0) {
        _exit(body(context));
    }
    return child;
}

static void require_child_succeeds(child_body *body, void *context)
{
    pid_t child = forked(body, context);
    int how = 0;

    REQUIRE(waitpid(child, &how, 0) == child);
    REQUIRE(WIFEXITED(how));
    REQUIRE_UINT(0, (uint64_t)WEXITSTATUS(how));
}

static int finds_every_call_forked(void *context)
{
    xipc_section *section = context;
    xipc_object *object = xipc_section_object(section);
    xipc_map *map = UNTOUCHED;
    uint64_t size = 77;

    if (xipc_section_map(section, 0, 0, 0, &map) != XIPC_E_FORKED) {
        return 1;
    }
    if (xipc_section_grow(section, 1, XIPC_FOREVER) != XIPC_E_FORKED) {
        return 2;
    }
    if (xipc_section_refresh(section, &size) != XIPC_E_FORKED) {
        return 3;
    }
    if (xipc_interrupt(object) != XIPC_E_FORKED) {
        return 4;
    }
    if (xipc_interrupt_clear(object) != XIPC_E_FORKED) {
        return 5;
    }
    return map == UNTOUCHED && size == 77 ? 0 : 6;
}

SPEC(a_handle_inherited_through_fork_tells_so, "GEN-8")
{
    xipc_section *section = section_saying("a", "parent's");

    require_child_succeeds(finds_every_call_forked, section);

    require_section_says(section, "parent's");
    xipc_section_close(section);
}

static int finds_the_native_handle_forked(void *context)
{
    xipc_native_handle native = 77;

    if (xipc_section_native_handle(context, &native) != XIPC_E_FORKED) {
        return 1;
    }
    return native == 77 ? 0 : 2;
}

SPEC(an_inherited_anonymous_section_tells_so_too, "GEN-8 SHM-5")
{
    xipc_section *section = NULL;

    REQUIRE_OK(xipc_section_create_anonymous(1, NULL, &section));

    require_child_succeeds(finds_every_call_forked, section);
    require_child_succeeds(finds_the_native_handle_forked, section);

    xipc_section_close(section);
}

static int tells_what_failed(void *context)
{
    xipc_map *map = UNTOUCHED;

    if (xipc_section_map(context, 0, 0, 0, &map) != XIPC_E_FORKED) {
        return 1;
    }
    return strstr(xipc_detail(), "parent") != NULL ? 0 : 2;
}

SPEC(the_detail_of_an_inherited_handle_speaks_of_the_parent, "GEN-8 GEN-2")
{
    xipc_section *section = section_created("a", 1);

    require_child_succeeds(tells_what_failed, section);

    xipc_section_close(section);
}

static int closes_it(void *context)
{
    xipc_section_close(context);
    return 0;
}

static int leaves_it(void *context)
{
    return context == NULL;
}

PEER(a_process_that_looks_in)
{
    xipc_section *section = section_opened(spec_argument(0));

    require_section_says(section, spec_argument(1));
    xipc_section_close(section);
}

/* It is still there, held by this process alone, and says `text`. */
static void require_undisturbed(xipc_section *section, const char *text)
{
    require_holders("a", 1);
    spec_join(START(a_process_that_looks_in, "a", text));
    require_section_says(section, text);
    require_holders("a", 1);
}

SPEC(a_child_that_closes_its_copy_disturbs_nothing, "GEN-8 LIFE-6")
{
    xipc_section *section = section_saying("a", "parent's");

    require_child_succeeds(closes_it, section);

    require_undisturbed(section, "parent's");
    xipc_section_close(section);
    require_absent("a");
}

SPEC(a_child_that_just_ends_disturbs_nothing, "GEN-8 LIFE-6")
{
    xipc_section *section = section_saying("a", "parent's");
    xipc_map *map = mapped(section);

    require_child_succeeds(leaves_it, map);

    require_undisturbed(section, "parent's");
    xipc_map_close(map);
    xipc_section_close(section);
    require_absent("a");
}

static int closes_the_map(void *context)
{
    xipc_map_close(context);
    return 0;
}

SPEC(a_child_that_closes_an_inherited_map_disturbs_nothing, "GEN-8 SHM-4")
{
    xipc_section *section = section_saying("a", "parent's");
    xipc_map *map = mapped(section);

    require_child_succeeds(closes_the_map, map);

    REQUIRE_TEXT("parent's", (const char *)bytes_of(map));
    xipc_section_close(section);
    section = section_opened("a");
    require_undisturbed(section, "parent's");
    xipc_section_close(section);
    xipc_map_close(map);
}

static int opens_by_name(void *context)
{
    xipc_section *section = NULL;
    xipc_map *map = NULL;
    const char *name = context;
    int differs;

    if (xipc_section_open(name, NULL, XIPC_FOREVER, &section) != XIPC_OK) {
        return 1;
    }
    if (xipc_section_map(section, 0, 0, 0, &map) != XIPC_OK) {
        return 2;
    }
    differs = strcmp(xipc_map_address(map), "parent's") != 0;
    xipc_map_close(map);
    xipc_section_close(section);
    return differs ? 3 : 0;
}

static char name_a[] = "a";

SPEC(a_child_may_open_by_name_what_its_parent_holds, "GEN-8")
{
    xipc_section *section = section_saying("a", "parent's");

    require_child_succeeds(opens_by_name, name_a);

    require_undisturbed(section, "parent's");
    xipc_section_close(section);
    require_absent("a");
}

static int opens_what_is_gone(void *context)
{
    xipc_section *section = UNTOUCHED;

    return xipc_section_open(context, NULL, XIPC_FOREVER, &section) !=
           XIPC_E_NOT_FOUND;
}

SPEC(an_inherited_handle_keeps_nothing_alive, "GEN-8 LIFE-1")
{
    xipc_section *section = section_saying("a", "parent's");
    int gate[2];
    pid_t child;
    int how = 0;

    REQUIRE(pipe(gate) == 0);
    child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        char byte;

        close(gate[1]);
        _exit(read(gate[0], &byte, 1) == 1 ? opens_what_is_gone(name_a) : 100);
    }
    close(gate[0]);
    xipc_section_close(section);
    require_absent("a");
    REQUIRE(write(gate[1], "g", 1) == 1);

    REQUIRE(waitpid(child, &how, 0) == child);
    REQUIRE(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    close(gate[1]);
}

/* Takes a hold of its own, tells so, and lets go when told. */
static int holds_on_its_own(int in, int out)
{
    xipc_section *section = NULL;
    char byte;

    if (xipc_section_open("a", NULL, XIPC_FOREVER, &section) != XIPC_OK) {
        return 1;
    }
    if (write(out, "h", 1) != 1 || read(in, &byte, 1) != 1) {
        return 2;
    }
    xipc_section_close(section);
    return 0;
}

SPEC(a_child_that_opened_it_itself_keeps_it_alive, "GEN-8 LIFE-1 LIFE-7")
{
    xipc_section *section = section_saying("a", "parent's");
    int to_child[2];
    int to_parent[2];
    char byte;
    pid_t child;
    int how = 0;

    REQUIRE(pipe(to_child) == 0 && pipe(to_parent) == 0);
    child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        _exit(holds_on_its_own(to_child[0], to_parent[1]));
    }
    REQUIRE(read(to_parent[0], &byte, 1) == 1);
    require_holders("a", 2);
    xipc_section_close(section);
    require_holders("a", 1);
    spec_join(START(a_process_that_looks_in, "a", "parent's"));
    REQUIRE(write(to_child[1], "x", 1) == 1);

    REQUIRE(waitpid(child, &how, 0) == child);
    REQUIRE(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    require_absent("a");
    for (int i = 0; i < 2; i++) {
        close(to_child[i]);
        close(to_parent[i]);
    }
}

static int makes_and_lists(void *context)
{
    xipc_section *section = NULL;
    size_t removed = 77;

    (void)context;
    if (xipc_section_create("b", 1, NULL, XIPC_FOREVER, &section) != XIPC_OK) {
        return 1;
    }
    if (xipc_sweep(XIPC_SCOPE_USER, &removed) != XIPC_OK || removed != 0) {
        return 2;
    }
    if (listed_count(XIPC_SCOPE_USER) != 2) {
        return 3;
    }
    return 0; /* with "b" still open: it goes with this process */
}

SPEC(a_child_makes_and_sweeps_on_its_own, "GEN-8 LIFE-6")
{
    xipc_section *section = section_saying("a", "parent's");

    require_child_succeeds(makes_and_lists, NULL);

    require_absent("b");
    require_undisturbed(section, "parent's");
    xipc_section_close(section);
}

static int forks_again(void *context)
{
    pid_t child = fork();
    int how = 0;

    if (child == 0) {
        _exit(finds_every_call_forked(context));
    }
    if (child < 0 || waitpid(child, &how, 0) != child || !WIFEXITED(how)) {
        return 10;
    }
    return WEXITSTATUS(how);
}

SPEC(a_grandchild_has_no_more_of_it_than_a_child, "GEN-8")
{
    xipc_section *section = section_saying("a", "parent's");

    require_child_succeeds(forks_again, section);

    require_undisturbed(section, "parent's");
    xipc_section_close(section);
}

#define LIFE_LINE "life-line"

/*
 * Creates, then forks a child that outlives it. The child holds the writing
 * end of a FIFO, through which it tells its number, and stays until killed.
 */
PEER(a_process_whose_child_outlives_it)
{
    xipc_section *section = section_saying(spec_argument(0), "orphaned");
    char path[512];

    REQUIRE(section != NULL);
    snprintf(path, sizeof path, "%s", spec_argument(1));
    if (fork() == 0) {
        int line = open(path, O_WRONLY);
        pid_t self = getpid();

        if (line < 0 || write(line, &self, sizeof self) < 0) {
            _exit(1);
        }
        for (;;) {
            pause();
        }
    }
    spec_expect(NULL, "never told");
}

SPEC(
    a_killed_parents_section_goes_though_its_child_lives, "GEN-8 GEN-11 LIFE-1")
{
    char path[512];
    spec_peer *peer;
    pid_t child = 0;
    int64_t killed;
    int line;
    char byte;

    snprintf(path, sizeof path, "%s/" LIFE_LINE, spec_directory());
    REQUIRE(mkfifo(path, 0600) == 0);
    peer = START(a_process_whose_child_outlives_it, "a", path);
    line = open(path, O_RDONLY);
    REQUIRE(line >= 0);
    REQUIRE(read(line, &child, sizeof child) == (ssize_t)sizeof child);
    xipc_section_close(section_opened("a"));
    killed = spec_now_ns();
    spec_kill(peer);

    require_absent("a");
    xipc_section_close(section_created("a", 1));

    REQUIRE(spec_now_ns() - killed < INT64_C(1000000000));
    REQUIRE(kill(child, 0) == 0);
    REQUIRE(kill(child, SIGKILL) == 0);
    REQUIRE(read(line, &byte, 1) == 0);
    close(line);
    REQUIRE(unlink(path) == 0);
}

static atomic_int threads_may_stop;

static void open_and_close(void *context)
{
    while (!atomic_load(&threads_may_stop)) {
        xipc_section_close(section_opened(context));
    }
}

SPEC(a_child_forked_while_other_threads_are_busy_can_go_on, "GEN-8 GEN-6")
{
    xipc_section *section = section_saying("a", "parent's");
    spec_thread *threads[2];

    atomic_store(&threads_may_stop, 0);
    for (int i = 0; i < 2; i++) {
        threads[i] = spec_thread_start(open_and_close, name_a);
    }
    for (int i = 0; i < 200; i++) {
        require_child_succeeds(opens_by_name, name_a);
    }
    atomic_store(&threads_may_stop, 1);
    for (int i = 0; i < 2; i++) {
        spec_thread_join(threads[i]);
    }

    require_undisturbed(section, "parent's");
    xipc_section_close(section);
}

SPEC(every_descriptor_of_the_library_closes_on_exec, "GEN-8")
{
    static int was_open[1024];
    xipc_section *section;
    xipc_section *reader;
    xipc_section *anonymous = NULL;
    int opened = 0;

    for (int fd = 0; fd < 1024; fd++) {
        was_open[fd] = fcntl(fd, F_GETFD) >= 0;
    }
    section = section_created("a", 1);
    reader = section_opened_with("a", flagged(XIPC_SECTION_READ_ONLY));
    REQUIRE_OK(xipc_section_create_anonymous(1, NULL, &anonymous));
    for (int fd = 0; fd < 1024; fd++) {
        int flags = fcntl(fd, F_GETFD);

        if (flags >= 0 && !was_open[fd]) {
            REQUIRE((flags & FD_CLOEXEC) != 0);
            opened++;
        }
    }

    REQUIRE(opened > 0);
    xipc_section_close(anonymous);
    xipc_section_close(reader);
    xipc_section_close(section);
}
