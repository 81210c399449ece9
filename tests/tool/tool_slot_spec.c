/* SPDX-License-Identifier: Apache-2.0 */
/* Mailslots, with programs of Windows that do not use the library. */
#include <stdio.h>
#include <string.h>

#include "tool/tool_kit.h"

#include <windows.h>

enum { SLOT_NAME_SIZE = 64 };

/* What the command calls it; no other case has it. */
static void slot_named(char name[SLOT_NAME_SIZE])
{
    snprintf(
        name, SLOT_NAME_SIZE, "native:xipc-tool-%lu", GetCurrentProcessId());
}

/* What Windows calls it. */
static void slot_path(char path[SLOT_NAME_SIZE])
{
    snprintf(
        path, SLOT_NAME_SIZE, "\\\\.\\mailslot\\xipc-tool-%lu",
        GetCurrentProcessId());
}

SPEC(a_mailslot_is_received_from_that_another_program_writes, "NAME-4")
{
    char name[SLOT_NAME_SIZE];
    char path[SLOT_NAME_SIZE];
    HANDLE slot;
    DWORD written = 0;
    tool receiver;
    tool_result result;

    slot_named(name);
    slot_path(path);
    receiver = TOOL_BEGUN(NULL, "recv", name);
    do {
        REQUIRE_STATUS(
            XIPC_E_AGAIN, xipc_process_wait(receiver.process, XIPC_NOW, NULL));
        slot = CreateFileA(
            path, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
            OPEN_EXISTING, 0, NULL);
    } while (slot == INVALID_HANDLE_VALUE);
    REQUIRE(WriteFile(slot, "words", 5, &written, NULL));
    CloseHandle(slot);
    result = tool_ended(&receiver);
    REQUIRE_CODE(0, result);
    REQUIRE_TEXT("words", result.output);
    tool_freed(&result);
}

SPEC(a_mailslot_is_sent_to_that_another_program_reads, "NAME-4")
{
    char name[SLOT_NAME_SIZE];
    char path[SLOT_NAME_SIZE];
    char bytes[16] = "";
    DWORD size = 0;
    HANDLE slot;

    slot_named(name);
    slot_path(path);
    slot = CreateMailslotA(path, 0, MAILSLOT_WAIT_FOREVER, NULL);
    REQUIRE(slot != INVALID_HANDLE_VALUE);
    text_written("file", "words");
    TOOL_CODE(0, "send", name, "file");
    REQUIRE(ReadFile(slot, bytes, sizeof bytes - 1, &size, NULL));
    REQUIRE_TEXT("words", bytes);
    CloseHandle(slot);
    REQUIRE(remove("file") == 0);
}

SPEC(a_mailslots_sender_waits_for_its_receiver, "NAME-4")
{
    char name[SLOT_NAME_SIZE];
    tool sender;
    tool_result result;

    slot_named(name);
    text_written("file", "words");
    sender = TOOL_BEGUN(NULL, "send", name, "file");
    result = TOOL("recv", name);
    REQUIRE_CODE(0, result);
    REQUIRE_TEXT("words", result.output);
    tool_freed(&result);
    tool_require_end(0, &sender);
    REQUIRE(remove("file") == 0);
}

static void require_no_receiver(const char *const *arguments)
{
    tool_result result = tool_ran(NULL, arguments);

    REQUIRE_CODE(4, result);
    require_in(result.error, "no receiver has made it");
    require_in(result.error, "xipc recv");
    require_not_in(result.error, "poller");
    tool_freed(&result);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

SPEC(a_mailslot_without_a_receiver_is_not_waited_for_too_long, "TOOL-8")
{
    char name[SLOT_NAME_SIZE];

    slot_named(name);
    text_written("file", "words");
    require_no_receiver(WORDS("send", name, "file", "--timeout", "60ms"));
    require_no_receiver(WORDS("send", name, "file", "--timeout", "now"));
    require_no_receiver(
        WORDS("send", "jobs", "file", "--native", "--timeout", "60ms"));
    REQUIRE(remove("file") == 0);
}
