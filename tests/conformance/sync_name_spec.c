/* SPDX-License-Identifier: Apache-2.0 */
/* The names and the lives of mutexes, semaphores, events and conditions. */
#include <string.h>

#include "support/sync_kit.h"

static sync_handle created(xipc_kind kind, xipc_lifetime lifetime)
{
    xipc_sync_options options = sync_lasting(lifetime);
    sync_handle handle = {NULL};

    REQUIRE_OK(sync_create(kind, "a", &options, XIPC_FOREVER, &handle));
    REQUIRE(handle.any != NULL);
    return handle;
}

static sync_handle opened(xipc_kind kind)
{
    sync_handle handle = {NULL};

    REQUIRE_OK(sync_open(kind, "a", NULL, XIPC_FOREVER, &handle));
    REQUIRE(handle.any != NULL);
    return handle;
}

static void require_gone(xipc_kind kind)
{
    sync_handle handle = {UNTOUCHED};

    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, sync_open(kind, "a", NULL, XIPC_FOREVER, &handle));
    REQUIRE(handle.any == UNTOUCHED);
}

static void taken(xipc_kind kind)
{
    sync_handle handle = created(kind, XIPC_TRANSIENT);
    sync_handle second = {UNTOUCHED};

    REQUIRE_STATUS(
        XIPC_E_EXISTS, sync_create(kind, "a", NULL, XIPC_FOREVER, &second));
    REQUIRE_STATUS(
        XIPC_E_EXISTS, sync_create(kind, "a", NULL, XIPC_NOW, &second));
    REQUIRE(second.any == UNTOUCHED);

    sync_close(kind, handle);
}

SPEC(a_name_that_is_taken_makes_no_second_one, "SYNC-1 SYNC-2 SYNC-3 LIFE-3")
{
    for_each_kind(taken);
}

static void either_way(xipc_kind kind)
{
    sync_handle one = {NULL};
    sync_handle two = {NULL};
    sync_handle three = {NULL};
    int was_created = 77;

    REQUIRE_OK(
        sync_open_or_create(kind, "a", NULL, XIPC_FOREVER, &one, &was_created));
    REQUIRE(was_created == 1);
    REQUIRE_OK(
        sync_open_or_create(kind, "a", NULL, XIPC_FOREVER, &two, &was_created));
    REQUIRE(was_created == 0);
    REQUIRE_OK(sync_open_or_create(kind, "a", NULL, XIPC_NOW, &three, NULL));
    sync_close(kind, three);
    sync_close(kind, two);
    sync_close(kind, one);
    require_gone(kind);
}

SPEC(open_or_create_says_which_it_was_for_each_kind, "SYNC-1 SYNC-2 LIFE-3")
{
    for_each_kind(either_way);
}

static void not_there(xipc_kind kind)
{
    require_gone(kind);
    require_nothing_exists();
}

SPEC(what_was_never_made_is_not_found, "SYNC-1 SYNC-2 SYNC-3 LIFE-3")
{
    for_each_kind(not_there);
}

SPEC(names_of_different_kinds_do_not_meet, "NAME-2 SYNC-1 SYNC-2 SYNC-3")
{
    sync_handle handles[SYNC_KIND_COUNT];
    xipc_section *section;
    sighting seen;
    int i;

    for (i = 0; i < SYNC_KIND_COUNT; i++) {
        handles[i] = created(sync_kinds[i], XIPC_TRANSIENT);
    }
    section = section_created("a", 1);
    seen = sighted(XIPC_SCOPE_USER, "a");
    REQUIRE_UINT(SYNC_KIND_COUNT + 1, seen.count);

    for (i = 0; i < SYNC_KIND_COUNT; i++) {
        sync_close(sync_kinds[i], opened(sync_kinds[i]));
        sync_close(sync_kinds[i], handles[i]);
        require_gone(sync_kinds[i]);
    }
    xipc_section_close(section_opened("a"));
    xipc_section_close(section);
    require_nothing_exists();
}

static void of_another_kind(xipc_kind kind)
{
    sync_handle handle = created(kind, XIPC_TRANSIENT);

    for (int i = 0; i < SYNC_KIND_COUNT; i++) {
        if (sync_kinds[i] != kind) {
            require_gone(sync_kinds[i]);
        }
    }
    require_absent("a");

    sync_close(kind, handle);
}

SPEC(a_name_of_another_kind_is_not_found, "NAME-2 SYNC-1 SYNC-2 SYNC-3")
{
    for_each_kind(of_another_kind);
}

static void longest_name(xipc_kind kind)
{
    char name[XIPC_NAME_MAX + 1];
    sync_handle handle = {NULL};
    sync_handle again = {NULL};

    memset(name, 'm', XIPC_NAME_MAX);
    name[XIPC_NAME_MAX] = '\0';
    REQUIRE_OK(sync_create(kind, name, NULL, XIPC_FOREVER, &handle));
    REQUIRE_OK(sync_open(kind, name, NULL, XIPC_FOREVER, &again));
    REQUIRE_UINT(1, sighted(XIPC_SCOPE_USER, name).count);

    sync_close(kind, again);
    sync_close(kind, handle);
}

SPEC(each_kind_takes_the_longest_name, "NAME-1 SYNC-1 SYNC-2 SYNC-3")
{
    for_each_kind(longest_name);
}

SPEC(the_kinds_are_called_by_plain_words, "NAME-2 SYNC-1")
{
    REQUIRE_TEXT("mutex", xipc_kind_name(XIPC_KIND_MUTEX));
    REQUIRE_TEXT("semaphore", xipc_kind_name(XIPC_KIND_SEMAPHORE));
    REQUIRE_TEXT("event", xipc_kind_name(XIPC_KIND_EVENT));
    REQUIRE_TEXT("condition", xipc_kind_name(XIPC_KIND_CONDITION));
}

SPEC(one_name_has_a_native_name_for_each_kind, "NAME-3 NAME-2 SYNC-1")
{
    char native_names[SYNC_KIND_COUNT][XIPC_NATIVE_NAME_SIZE];
    char of_section[XIPC_NATIVE_NAME_SIZE];

    REQUIRE_OK(xipc_native_name(
        XIPC_KIND_SECTION, "a", XIPC_SCOPE_USER, of_section,
        sizeof of_section));
    for (int i = 0; i < SYNC_KIND_COUNT; i++) {
        REQUIRE_OK(xipc_native_name(
            sync_kinds[i], "a", XIPC_SCOPE_USER, native_names[i],
            XIPC_NATIVE_NAME_SIZE));
        REQUIRE(strlen(native_names[i]) <= 30);
        REQUIRE(strcmp(native_names[i], of_section) != 0);
        for (int j = 0; j < i; j++) {
            REQUIRE(strcmp(native_names[i], native_names[j]) != 0);
        }
    }
}

static void of_the_machine(xipc_kind kind)
{
    xipc_sync_options options = XIPC_SYNC_OPTIONS_INIT;
    sync_handle handle = {NULL};
    sync_handle again = {NULL};
    xipc_status status;

    options.naming.scope = XIPC_SCOPE_MACHINE;
    status = sync_create(kind, "a", &options, XIPC_FOREVER, &handle);
    if (status != XIPC_OK) {
        REQUIRE_STATUS(XIPC_E_ACCESS, status);
        return;
    }
    require_gone(kind);
    REQUIRE_OK(sync_open(kind, "a", &options, XIPC_FOREVER, &again));

    sync_close(kind, again);
    sync_close(kind, handle);
}

SPEC(the_scopes_of_each_kind_do_not_meet, "NAME-5 SYNC-1 SYNC-2 SYNC-3")
{
    SPEC_NEEDS(XIPC_FEATURE_MACHINE_SCOPE);
    for_each_kind(of_the_machine);
}

static void last_close(xipc_kind kind)
{
    sync_handle one = created(kind, XIPC_TRANSIENT);
    sync_handle two = opened(kind);

    sync_close(kind, one);
    sync_close(kind, opened(kind));
    sync_close(kind, two);
    require_gone(kind);
    sync_close(kind, created(kind, XIPC_TRANSIENT));
    require_gone(kind);
}

SPEC(each_kind_goes_with_its_last_handle, "LIFE-1 SYNC-1 SYNC-2 SYNC-3 SYNC-4")
{
    for_each_kind(last_close);
}

/* Makes one of each kind, "a", and leaves as it is told. */
PEER(a_process_that_makes_them_all)
{
    /* Static, so that to a leak checker they are kept and not lost. */
    static sync_handle handles[SYNC_KIND_COUNT];

    for (int i = 0; i < SYNC_KIND_COUNT; i++) {
        handles[i] = created(sync_kinds[i], XIPC_TRANSIENT);
        REQUIRE(handles[i].any != NULL);
    }
    spec_tell(NULL, "made");
    spec_expect(NULL, "leave");
}

static spec_peer *maker_of_all(void)
{
    spec_peer *peer = START(a_process_that_makes_them_all);

    spec_expect(peer, "made");
    return peer;
}

static void free_again(xipc_kind kind)
{
    require_gone(kind);
    sync_close(kind, created(kind, XIPC_TRANSIENT));
}

SPEC(each_kind_goes_with_a_process_that_just_exits, "LIFE-1 SYNC-1 SYNC-2")
{
    spec_peer *peer = maker_of_all();

    spec_tell(peer, "leave");
    spec_join(peer);

    for_each_kind(free_again);
}

SPEC(each_kind_goes_with_a_killed_process, "LIFE-1 GEN-11 SYNC-1 SYNC-2 SYNC-3")
{
    spec_kill(maker_of_all());

    for_each_kind(free_again);
}

static void kept(xipc_kind kind)
{
    sync_close(kind, opened(kind));
}

SPEC(each_kind_stays_with_a_second_holder, "LIFE-1 GEN-11 SYNC-1 SYNC-2")
{
    spec_peer *peer = maker_of_all();
    sync_handle handles[SYNC_KIND_COUNT];
    int i;

    for (i = 0; i < SYNC_KIND_COUNT; i++) {
        handles[i] = opened(sync_kinds[i]);
    }
    spec_kill(peer);
    for_each_kind(kept);

    for (i = 0; i < SYNC_KIND_COUNT; i++) {
        sync_close(sync_kinds[i], handles[i]);
    }
    for_each_kind(free_again);
}

static xipc_status removed(xipc_kind kind)
{
    return xipc_remove(kind, "a", XIPC_SCOPE_USER, XIPC_FOREVER);
}

static void persistent(xipc_kind kind)
{
    sync_close(kind, created(kind, XIPC_PERSISTENT));
    sync_close(kind, opened(kind));
    for (int i = 0; i < SYNC_KIND_COUNT; i++) {
        if (sync_kinds[i] != kind) {
            REQUIRE_STATUS(XIPC_E_NOT_FOUND, removed(sync_kinds[i]));
        }
    }
    REQUIRE_OK(removed(kind));
    require_gone(kind);
    REQUIRE_STATUS(XIPC_E_NOT_FOUND, removed(kind));
}

SPEC(a_persistent_one_stays_until_it_is_removed, "LIFE-2 LIFE-5 SYNC-1 SYNC-2")
{
    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    for_each_kind(persistent);
}

static void removed_and_held(xipc_kind kind)
{
    sync_handle old = created(kind, XIPC_PERSISTENT);
    sync_handle new;

    REQUIRE_OK(removed(kind));
    require_gone(kind);
    new = created(kind, XIPC_TRANSIENT);
    REQUIRE_STATUS(XIPC_E_NOT_SUPPORTED, removed(kind));
    sync_close(kind, old);
    sync_close(kind, opened(kind));

    sync_close(kind, new);
    require_gone(kind);
}

SPEC(whoever_holds_a_removed_one_keeps_it, "LIFE-5 SYNC-1 SYNC-2 SYNC-3")
{
    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    for_each_kind(removed_and_held);
}

SPEC(a_removed_mutex_is_not_the_new_one_of_its_name, "LIFE-5 SYNC-1")
{
    sync_handle old;
    xipc_mutex *new;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_PERSISTENT);
    old = created(XIPC_KIND_MUTEX, XIPC_PERSISTENT);
    REQUIRE_OK(removed(XIPC_KIND_MUTEX));
    new = mutex_made("a");
    REQUIRE_OK(xipc_mutex_lock(old.mutex, XIPC_NOW));
    REQUIRE_OK(xipc_mutex_lock(new, XIPC_NOW));
    REQUIRE_OK(xipc_mutex_unlock(old.mutex));
    REQUIRE_STATUS(XIPC_E_NOT_OWNER, xipc_mutex_unlock(old.mutex));
    REQUIRE_OK(xipc_mutex_unlock(new));

    xipc_mutex_close(new);
    xipc_mutex_close(old.mutex);
}

static void listed(xipc_kind kind)
{
    sync_handle handle = created(kind, XIPC_TRANSIENT);
    sync_handle again = opened(kind);
    sighting seen = sighted(XIPC_SCOPE_USER, "a");
    char native_name[XIPC_NATIVE_NAME_SIZE];

    REQUIRE_OK(xipc_native_name(
        kind, "a", XIPC_SCOPE_USER, native_name, sizeof native_name));
    REQUIRE_UINT(1, seen.count);
    REQUIRE(seen.listing.kind == kind);
    REQUIRE(seen.listing.scope == XIPC_SCOPE_USER);
    REQUIRE(seen.listing.lifetime == XIPC_TRANSIENT);
    REQUIRE(!seen.listing.is_stale);
    REQUIRE_UINT(0, seen.listing.depth);
    REQUIRE_UINT(1, seen.listing.holder_count);
    REQUIRE(seen.listing.size >= XIPC_SYNC_SIZE);
    REQUIRE_TEXT("shm", seen.provider);
    REQUIRE_TEXT(native_name, seen.native_name);

    sync_close(kind, again);
    sync_close(kind, handle);
    require_nothing_exists();
}

SPEC(each_kind_is_listed_with_its_properties, "LIFE-7 SYNC-1 SYNC-2 SYNC-3")
{
    for_each_kind(listed);
}

static void holders(xipc_kind kind)
{
    sync_handle handle = opened(kind);
    sighting seen;

    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_USER, NULL));
    seen = sighted(XIPC_SCOPE_USER, "a");
    REQUIRE_UINT(SYNC_KIND_COUNT, seen.count);
    REQUIRE_UINT(seen.listing.kind == kind ? 2 : 1, seen.listing.holder_count);
    sync_close(kind, handle);
}

SPEC(
    each_process_that_holds_one_counts_and_is_not_swept, "LIFE-7 LIFE-6 SYNC-1")
{
    spec_peer *peer = maker_of_all();

    for_each_kind(holders);
    spec_kill(peer);
    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_USER, NULL));

    require_nothing_exists();
}

typedef struct crowd {
    xipc_kind kind;
    atomic_uint created_count;
} crowd;

static void come_and_go(void *context)
{
    crowd *self = context;
    unsigned rounds = rounds_here(300, 50);

    for (unsigned i = 0; i < rounds; i++) {
        sync_handle handle = {NULL};
        int was_created = 0;

        REQUIRE_OK(sync_open_or_create(
            self->kind, "a", NULL, XIPC_FOREVER, &handle, &was_created));
        atomic_fetch_add(&self->created_count, (unsigned)was_created);
        sync_close(self->kind, opened(self->kind));
        sync_close(self->kind, handle);
    }
}

static void crowded(xipc_kind kind)
{
    crowd self = {.kind = kind};
    spec_thread *threads[3];

    atomic_init(&self.created_count, 0);
    for (int i = 0; i < 3; i++) {
        threads[i] = spec_thread_start(come_and_go, &self);
    }
    for (int i = 0; i < 3; i++) {
        spec_thread_join(threads[i]);
    }

    REQUIRE(atomic_load(&self.created_count) >= 1);
    require_gone(kind);
}

SPEC(threads_make_and_drop_one_of_each_kind_at_once, "GEN-6 LIFE-1 SYNC-1")
{
    for_each_kind(crowded);
}
