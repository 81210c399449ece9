/* SPDX-License-Identifier: Apache-2.0 */
#include "support/spec_record.h"

#include <stdio.h>
#include <string.h>

#include "support/spec_system.h"

spec_record *spec_record_map(const char *folder, int is_new)
{
    char path[SPEC_PATH_SIZE];

    (void)snprintf(path, sizeof path, "%s/record", folder);
    return spec_file_map(path, sizeof(spec_record), is_new);
}

void spec_record_unmap(spec_record *record)
{
    if (record) {
        spec_file_unmap(record, sizeof *record);
    }
}

spec_slot *
spec_record_claim(spec_record *record, int32_t process, const char *role)
{
    static spec_slot unseen;
    spec_slot *slot = &unseen;

    for (size_t index = 0; index < SPEC_SLOT_COUNT; index++) {
        int32_t nobody = 0;

        if (atomic_compare_exchange_strong(
                &record->slots[index].process, &nobody, process)) {
            slot = &record->slots[index];
            break;
        }
    }
    atomic_store(&slot->line, 0);
    (void)snprintf(slot->role, sizeof slot->role, "%s", role);
    return slot;
}

void spec_record_release(spec_record *record, int64_t process)
{
    for (size_t index = 0; index < SPEC_SLOT_COUNT; index++) {
        int32_t owner = (int32_t)process;

        if (atomic_compare_exchange_strong(
                &record->slots[index].process, &owner, 0)) {
            return;
        }
    }
}

void spec_record_conclude(spec_record *record, spec_verdict verdict)
{
    int32_t before = atomic_load(&record->verdict);

    while (before < (int32_t)verdict) {
        if (atomic_compare_exchange_weak(
                &record->verdict, &before, (int32_t)verdict)) {
            return;
        }
    }
}

void spec_record_say(spec_record *record, spec_tag tag, const char *line)
{
    size_t size = strlen(line) + 2;
    uint32_t at;

    if (size > SPEC_RECORD_TEXT) {
        return;
    }
    at = atomic_load(&record->text_size);
    do {
        if (at > SPEC_RECORD_TEXT - size) {
            return;
        }
    } while (!atomic_compare_exchange_weak(
        &record->text_size, &at, (uint32_t)(at + size)));

    record->text[at] = (char)tag;
    for (size_t index = 0; line[index] != '\0'; index++) {
        char byte = line[index];

        record->text[at + 1 + index] =
            (char)(byte == '\n' || byte == '\r' ? ' ' : byte);
    }
    record->text[at + size - 1] = '\n';
}

void spec_record_tell(
    const spec_record *record, const char *tags, spec_text *text)
{
    uint32_t size = atomic_load(&record->text_size);
    uint32_t start = 0;

    if (size > SPEC_RECORD_TEXT) {
        size = SPEC_RECORD_TEXT;
    }
    for (uint32_t at = 0; at < size; at++) {
        if (record->text[at] != '\n') {
            continue;
        }
        /* A process that was killed while it wrote leaves zeros. */
        while (start < at && record->text[start] == '\0') {
            start++;
        }
        if (start < at && strchr(tags, record->text[start])) {
            spec_text_add_bytes(
                text, &record->text[start + 1], (size_t)(at - start));
        }
        start = at + 1;
    }
}

void spec_slot_place(const spec_slot *slot, spec_text *text)
{
    int32_t line = atomic_load(&slot->line);

    if (line == 0) {
        spec_text_add(text, "before its first REQUIRE");
        return;
    }
    spec_text_add(
        text, "at %.*s:%d", (int)sizeof slot->file - 1, slot->file, (int)line);
}

size_t spec_record_process_count(const spec_record *record)
{
    size_t count = 0;

    for (size_t index = 0; index < SPEC_SLOT_COUNT; index++) {
        count += atomic_load(&record->slots[index].process) != 0;
    }
    return count;
}

void spec_record_tell_places(const spec_record *record, spec_text *text)
{
    for (size_t index = 0; index < SPEC_SLOT_COUNT; index++) {
        const spec_slot *slot = &record->slots[index];
        int32_t process = atomic_load(&slot->process);

        if (process != 0) {
            spec_text_add(
                text, "%.*s (process %d) was last seen ",
                (int)sizeof slot->role - 1, slot->role, (int)process);
            spec_slot_place(slot, text);
            spec_text_add(text, "\n");
        }
    }
}
