/* SPDX-License-Identifier: Apache-2.0 */
/* What the mailbox rows would be without a library, on Windows: a mailslot. It
 * ends with the handle that made it. */
#include <windows.h>

#include "bench.h"

#define NAME     "\\\\.\\mailslot\\xipc-bench"
#define NEW_NAME "\\\\.\\mailslot\\xipc-bench-new"

static char message[BENCH_MAILBOX_MESSAGE_SIZE];
static HANDLE in;
static HANDLE out;

static HANDLE create_slot(const char *name)
{
    HANDLE made =
        CreateMailslotA(name, sizeof message, MAILSLOT_WAIT_FOREVER, NULL);

    bench_require(made != INVALID_HANDLE_VALUE, "CreateMailslot");
    return made;
}

static HANDLE open_slot(void)
{
    HANDLE opened = CreateFileA(
        NAME, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
        OPEN_EXISTING, 0, NULL);

    bench_require(opened != INVALID_HANDLE_VALUE, "CreateFile");
    return opened;
}

void bench_raw_mailbox_begin(void)
{
    in = create_slot(NAME);
    out = open_slot();
}

void bench_raw_mailbox_end(void)
{
    CloseHandle(out);
    CloseHandle(in);
}

static void pass(unsigned count)
{
    DWORD size;

    while (count-- > 0) {
        bench_require(
            WriteFile(out, message, sizeof message, &size, NULL), "WriteFile");
        bench_require(
            ReadFile(in, message, sizeof message, &size, NULL), "ReadFile");
    }
}

static void open_only(unsigned count)
{
    while (count-- > 0) {
        CloseHandle(open_slot());
    }
}

static void create(unsigned count)
{
    while (count-- > 0) {
        CloseHandle(create_slot(NEW_NAME));
    }
}

const bench_row bench_mailbox_rows[] = {
    {"mailbox: send, receive", "WriteFile, ReadFile", bench_mailbox_copy, pass,
     bench_mailbox_begin, bench_mailbox_end},
    {"mailbox: in place", "WriteFile, ReadFile", bench_mailbox_in_place, pass,
     bench_mailbox_begin, bench_mailbox_end},
    {"mailbox: open, close", "CreateFile", bench_mailbox_open, open_only,
     bench_mailbox_begin, bench_mailbox_end},
    {"mailbox: create, close", "CreateMailslot", bench_mailbox_create, create,
     NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};
