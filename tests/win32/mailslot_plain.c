/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that uses mailslots and does not know the library:
 *
 *     mailslot_plain read NAME COUNT   makes the slot, sets the event
 *                                      NAME-there, reads so many messages
 *     mailslot_plain hold NAME         the same, but it reads nothing, and ends
 *                                      when the event NAME-go is set
 *     mailslot_plain write NAME COUNT  writes so many
 *     mailslot_plain empty NAME        writes one of 0 bytes
 *
 * Message n has n % 200 + 1 bytes, of which byte k is n * 7 + k. It ends with
 * 0, or with the number of the line where something was not as it must be.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#define LONGEST 200
#define WAIT_MS 60000

#define MUST(condition) must((condition) != 0, __LINE__)

static void must(int is_so, int line)
{
    if (!is_so) {
        exit(line);
    }
}

static DWORD fill(unsigned char *bytes, unsigned number)
{
    DWORD size = number % LONGEST + 1;

    for (DWORD at = 0; at < size; at++) {
        bytes[at] = (unsigned char)(number * 7 + at);
    }
    return size;
}

static HANDLE event_of(const char *name, const char *tail)
{
    char full[128];
    HANDLE event;

    snprintf(full, sizeof full, "Local\\%s%s", name, tail);
    event = CreateEventA(NULL, TRUE, FALSE, full);
    MUST(event);
    return event;
}

static HANDLE made(const char *name)
{
    char path[128];
    HANDLE slot;

    snprintf(path, sizeof path, "\\\\.\\mailslot\\%s", name);
    slot = CreateMailslotA(path, 0, WAIT_MS, NULL);
    MUST(slot != INVALID_HANDLE_VALUE);
    MUST(SetEvent(event_of(name, "-there")));
    return slot;
}

/* As in most programs that are found: nobody else may write meanwhile. */
static HANDLE opened(const char *name)
{
    char path[128];
    HANDLE slot;

    snprintf(path, sizeof path, "\\\\.\\mailslot\\%s", name);
    slot = CreateFileA(
        path, GENERIC_WRITE, FILE_SHARE_READ, NULL, OPEN_EXISTING,
        FILE_ATTRIBUTE_NORMAL, NULL);
    MUST(slot != INVALID_HANDLE_VALUE);
    return slot;
}

static void read_all(const char *name, unsigned count)
{
    HANDLE slot = made(name);
    unsigned char wanted[LONGEST];
    unsigned char got[LONGEST + 1];
    DWORD size;

    for (unsigned number = 0; number < count; number++) {
        MUST(ReadFile(slot, got, sizeof got, &size, NULL));
        MUST(size == fill(wanted, number));
        MUST(memcmp(got, wanted, size) == 0);
    }
}

static void write_all(const char *name, unsigned count)
{
    HANDLE slot = opened(name);
    unsigned char bytes[LONGEST];
    DWORD written;

    for (unsigned number = 0; number < count; number++) {
        DWORD size = fill(bytes, number);

        MUST(WriteFile(slot, bytes, size, &written, NULL));
        MUST(written == size);
    }
}

static void write_empty(const char *name)
{
    DWORD written;

    MUST(WriteFile(opened(name), "", 0, &written, NULL));
}

static void hold(const char *name)
{
    made(name);
    MUST(WaitForSingleObject(event_of(name, "-go"), WAIT_MS) == WAIT_OBJECT_0);
}

int main(int argument_count, char **arguments)
{
    unsigned count;

    MUST(argument_count >= 3);
    count = argument_count > 3 ? (unsigned)strtoul(arguments[3], NULL, 10) : 0;
    if (strcmp(arguments[1], "read") == 0) {
        read_all(arguments[2], count);
    } else if (strcmp(arguments[1], "write") == 0) {
        write_all(arguments[2], count);
    } else if (strcmp(arguments[1], "empty") == 0) {
        write_empty(arguments[2]);
    } else {
        MUST(strcmp(arguments[1], "hold") == 0);
        hold(arguments[2]);
    }
    return 0;
}
