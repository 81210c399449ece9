/* SPDX-License-Identifier: Apache-2.0 */
/* The cases, and how each of their processes says what it found. */
#include "support/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/spec_process.h"

spec_process spec_self = {.inherited = -1, .parent = {0, -1, -1, -1}};

/* All entries: as they registered, and after spec_entries_sort() by place. */
typedef struct listed {
    const spec_entry *entry;
} listed;

static spec_entry *entries;
static listed *by_place;
static size_t entry_count;

/* The cases among them, by name. */
static listed *by_name;
static size_t case_count;

/* Set while a thread writes this process's place. */
static atomic_flag place_is_busy = ATOMIC_FLAG_INIT;
static const char *place_file;

static int compare_places(const void *left_listed, const void *right_listed)
{
    const spec_entry *left = ((const listed *)left_listed)->entry;
    const spec_entry *right = ((const listed *)right_listed)->entry;
    int order = left->file == right->file ? 0 : strcmp(left->file, right->file);

    return order != 0 ? order : left->line - right->line;
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(
        ((const listed *)left)->entry->name,
        ((const listed *)right)->entry->name);
}

void spec_register(spec_entry *entry)
{
    entry->next = entries;
    entries = entry;
    entry_count++;
}

/* Every case has a process, and each of its peers: this is done often. */
void spec_entries_sort(void)
{
    size_t count = 0;

    by_place = calloc(2 * entry_count + 1, sizeof *by_place);
    if (!by_place) {
        spec_die("no memory");
    }
    by_name = by_place + entry_count;
    for (const spec_entry *at = entries; at; at = at->next) {
        by_place[count++].entry = at;
        if (at->clauses) {
            by_name[case_count++].entry = at;
        }
    }
    qsort(by_place, entry_count, sizeof *by_place, compare_places);
    qsort(by_name, case_count, sizeof *by_name, compare_names);
}

const spec_entry *spec_entry_at(size_t index)
{
    return index < entry_count ? by_place[index].entry : NULL;
}

size_t spec_entry_index(const spec_entry *entry)
{
    size_t index = 0;

    while (index < entry_count && by_place[index].entry != entry) {
        index++;
    }
    return index;
}

const spec_entry *spec_case_named(const char *name)
{
    const spec_entry wanted = {.name = name};
    const listed key = {&wanted};
    const listed *found =
        bsearch(&key, by_name, case_count, sizeof *by_name, compare_names);

    return found ? found->entry : NULL;
}

/* The file's own folder and name are enough to find it. */
static const char *short_path(const char *path)
{
    const char *start = path;
    int slash_count = 0;

    for (const char *at = path + strlen(path); at > path; at--) {
        if ((at[-1] == '/' || at[-1] == '\\') && ++slash_count == 2) {
            start = at;
            break;
        }
    }
    return start;
}

/*
 * Two threads that get here at once may lose one of two places that are
 * equally true. Nobody ever waits, so this may run anywhere.
 */
void spec_at(const char *file, int line)
{
    spec_slot *slot = spec_self.slot;

    if (!slot || atomic_flag_test_and_set_explicit(
                     &place_is_busy, memory_order_acquire)) {
        return;
    }
    if (file != place_file) {
        (void)snprintf(slot->file, sizeof slot->file, "%s", short_path(file));
        place_file = file;
    }
    atomic_store_explicit(&slot->line, line, memory_order_relaxed);
    atomic_flag_clear_explicit(&place_is_busy, memory_order_release);
}

static void add_role(spec_text *text)
{
    if (spec_self.entry && !spec_self.entry->clauses) {
        spec_text_add(text, "in the peer %s: ", spec_self.entry->name);
    }
    if (spec_self.second_run_reason) {
        spec_text_add(
            text, "when run again, because the first run left %s: ",
            spec_self.second_run_reason);
    }
    if (spec_self.within) {
        spec_text_add(text, "%s: ", spec_self.within);
    }
}

void spec_within(const char *doing)
{
    spec_self.within = doing;
}

_Noreturn static void fail_saying(const char *place, const char *line)
{
    spec_text text = {NULL, 0};

    if (!spec_self.record) {
        spec_die("%s%s", place, line);
    }
    add_role(&text);
    spec_text_add(&text, "%s%s", place, line);
    spec_record_say(spec_self.record, SPEC_TAG_FAILURE, spec_text_of(&text));
    spec_record_conclude(spec_self.record, SPEC_FAILED);
    spec_host_exit(SPEC_EXIT_FAILED);
}

void spec_fail(const char *file, int line, const char *what, const char *got)
{
    char place[128];
    spec_text text = {NULL, 0};

    (void)snprintf(place, sizeof place, "%s:%d: ", short_path(file), line);
    spec_text_add(&text, "%s: %s", what, got);
    fail_saying(place, spec_text_of(&text));
}

void spec_fail_here(const char *format, ...)
{
    char line[1400];
    char place[128] = "";
    const spec_slot *slot = spec_self.slot;
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (slot && atomic_load(&slot->line) > 0) {
        (void)snprintf(
            place, sizeof place, "%s:%d: ", slot->file,
            (int)atomic_load(&slot->line));
    }
    fail_saying(place, line);
}

void spec_left(const char *format, ...)
{
    char line[1400];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    spec_record_say(spec_self.record, SPEC_TAG_LEFT, line);
    spec_record_conclude(spec_self.record, SPEC_FAILED);
}

void spec_require_status(
    const char *file,
    int line,
    const char *call,
    xipc_status want,
    xipc_status got)
{
    char text[800];

    if (got == want) {
        return;
    }
    if (got == XIPC_OK) {
        (void)snprintf(
            text, sizeof text, "wanted %s, got XIPC_OK",
            xipc_status_name(want));
    } else {
        (void)snprintf(
            text, sizeof text, "wanted %s, got %s (%s)", xipc_status_name(want),
            xipc_status_name(got), xipc_detail());
    }
    spec_fail(file, line, call, text);
}

void spec_require_uint(
    const char *file, int line, const char *what, uint64_t want, uint64_t got)
{
    char text[128];

    if (got != want) {
        (void)snprintf(
            text, sizeof text, "wanted %llu, got %llu",
            (unsigned long long)want, (unsigned long long)got);
        spec_fail(file, line, what, text);
    }
}

void spec_require_text(
    const char *file,
    int line,
    const char *what,
    const char *want,
    const char *got)
{
    char text[1100];

    if (!want || !got || strcmp(want, got) != 0) {
        (void)snprintf(
            text, sizeof text, "wanted \"%.500s\", got \"%.500s\"",
            want ? want : "(NULL)", got ? got : "(NULL)");
        spec_fail(file, line, what, text);
    }
}

void spec_skip(const char *reason)
{
    spec_record_say(spec_self.record, SPEC_TAG_SKIP, reason);
    spec_record_conclude(spec_self.record, SPEC_SKIPPED);
    if (spec_self.entry->clauses) {
        spec_audit_names();
    }
    spec_host_exit(SPEC_EXIT_SKIPPED);
}

void spec_needs(xipc_feature feature)
{
    xipc_capability_info info = XIPC_CAPABILITY_INFO_INIT;
    xipc_status status = xipc_capability(feature, &info);
    char reason[600];

    if (status != XIPC_OK) {
        spec_fail_here(
            "the library does not know feature %d: %s", (int)feature,
            xipc_status_name(status));
    }
    if (info.support == XIPC_SUPPORT_ABSENT) {
        (void)snprintf(
            reason, sizeof reason, "the library reports %s absent: %s",
            info.name, info.text ? info.text : "");
        spec_skip(reason);
    }
}

void spec_note(const char *format, ...)
{
    char line[1400];
    va_list arguments;

    if (spec_self.second_run_reason) {
        return;
    }
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    spec_record_say(spec_self.record, SPEC_TAG_NOTE, line);
}

const char *spec_argument(int index)
{
    const char *const *at = spec_self.arguments;

    while (at && *at && index-- > 0) {
        at++;
    }
    return at ? *at : NULL;
}

intptr_t spec_inherited(void)
{
    return spec_self.inherited;
}

const char *spec_directory(void)
{
    return spec_self.directory;
}
