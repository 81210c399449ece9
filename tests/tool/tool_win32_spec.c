/* SPDX-License-Identifier: Apache-2.0 */
/* At a console of Windows, one without a window: Ctrl-C, and watch. */
#include <stdio.h>
#include <string.h>

#include "tool/tool_kit.h"

#include <windows.h>

#define IN_A_CONSOLE      ((DWORD_PTR)0x00020016)
#define ATTRIBUTES_SIZE   256
#define COMMAND_LINE_SIZE 1200
#define IS_GOOD(result)   ((result) >= 0)

typedef HRESULT WINAPI make_console(COORD, HANDLE, HANDLE, DWORD, HANDLE *);
typedef void WINAPI end_console(HANDLE);

/* The command in a console of its own. */
typedef struct typed {
    HANDLE console;
    HANDLE keys;   /* what is typed */
    HANDLE screen; /* what it shows */
    PROCESS_INFORMATION started;
} typed;

static FARPROC console_call(const char *name)
{
    FARPROC call = GetProcAddress(GetModuleHandleW(L"kernel32.dll"), name);

    if (!call) {
        spec_skip("this system has no consoles without a window");
    }
    return call;
}

static HANDLE new_console(HANDLE *keys_out, HANDLE *screen_out)
{
    make_console *make =
        (make_console *)(void (*)(void))console_call("CreatePseudoConsole");
    HANDLE console = NULL;
    HANDLE keyboard;
    HANDLE picture;

    REQUIRE(CreatePipe(&keyboard, keys_out, NULL, 0));
    REQUIRE(CreatePipe(screen_out, &picture, NULL, 0));
    REQUIRE(IS_GOOD(make((COORD){80, 25}, keyboard, picture, 0, &console)));
    CloseHandle(keyboard);
    CloseHandle(picture);
    return console;
}

static typed begun(const char *arguments)
{
    _Alignas(16) unsigned char room[ATTRIBUTES_SIZE];
    STARTUPINFOEXA startup = {.StartupInfo.cb = sizeof startup};
    char line[COMMAND_LINE_SIZE];
    SIZE_T size = sizeof room;
    typed self;

    self.console = new_console(&self.keys, &self.screen);
    startup.lpAttributeList = (LPPROC_THREAD_ATTRIBUTE_LIST)(void *)room;
    REQUIRE(InitializeProcThreadAttributeList(
        startup.lpAttributeList, 1, 0, &size));
    REQUIRE(UpdateProcThreadAttribute(
        startup.lpAttributeList, 0, IN_A_CONSOLE, self.console,
        sizeof self.console, NULL, NULL));
    snprintf(line, sizeof line, "\"%s\" %s", tool_path(), arguments);
    /* Whoever started this process may have told it to ignore the keys. */
    REQUIRE(SetConsoleCtrlHandler(NULL, FALSE));
    REQUIRE(CreateProcessA(
        NULL, line, NULL, NULL, FALSE, EXTENDED_STARTUPINFO_PRESENT, NULL, NULL,
        &startup.StartupInfo, &self.started));
    DeleteProcThreadAttributeList(startup.lpAttributeList);
    return self;
}

static BOOL WINAPI take_no_notice(DWORD why)
{
    (void)why;
    return TRUE;
}

/* All who are at that console get it, this process for a moment, too. */
static void press_ctrl_c(const typed *self)
{
    REQUIRE(SetConsoleCtrlHandler(take_no_notice, TRUE));
    (void)FreeConsole();
    REQUIRE(AttachConsole(self->started.dwProcessId));
    REQUIRE(GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0));
    REQUIRE(FreeConsole());
}

static void require_stopped(typed *self, DWORD want)
{
    end_console *end =
        (end_console *)(void (*)(void))console_call("ClosePseudoConsole");
    DWORD code = 0;

    press_ctrl_c(self);
    REQUIRE(
        WaitForSingleObject(self->started.hProcess, INFINITE) == WAIT_OBJECT_0);
    REQUIRE(GetExitCodeProcess(self->started.hProcess, &code));
    REQUIRE_UINT(want, code);
    CloseHandle(self->started.hProcess);
    CloseHandle(self->started.hThread);
    CloseHandle(self->keys);
    CloseHandle(self->screen);
    end(self->console);
}

SPEC(ctrl_c_at_a_console_ends_a_receiver_and_leaves_nothing, "GEN-5 TOOL-10")
{
    typed receiver = begun("recv jobs");

    xipc_mailbox_close(box_awaited("jobs"));
    require_stopped(&receiver, 130);
    require_nothing_exists();
}

/* The screen of its console, to which this process belongs from now on. */
static HANDLE screen_of(const typed *self)
{
    HANDLE screen;

    (void)FreeConsole();
    REQUIRE(AttachConsole(self->started.dwProcessId));
    screen = CreateFileW(
        L"CONOUT$", GENERIC_READ | GENERIC_WRITE,
        FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    REQUIRE(screen != INVALID_HANDLE_VALUE);
    return screen;
}

/* All that it shows, once the part is there. */
static void
await_on_screen(HANDLE screen, const char *part, char *text, size_t capacity)
{
    DWORD size = 0;

    do {
        REQUIRE(ReadConsoleOutputCharacterA(
            screen, text, (DWORD)capacity - 1, (COORD){0, 0}, &size));
        text[size] = '\0';
    } while (!strstr(text, part));
}

SPEC(watch_at_a_console_shows_the_list_and_nothing_else, "TOOL-9 TOOL-11")
{
    const char *arguments[] = {tool_path(), "watch", "--interval",
                               "5ms",       "first", NULL};
    xipc_spawn_options options = XIPC_SPAWN_OPTIONS_INIT;
    xipc_section *section = section_created("first", 1);
    typed neighbour = begun("recv jobs");
    xipc_process *watcher;
    HANDLE screen;
    char text[80 * 25 + 1];

    xipc_mailbox_close(box_awaited("jobs"));
    screen = screen_of(&neighbour);
    options.output.kind = XIPC_STREAM_NATIVE;
    options.output.native = (xipc_native_handle)(intptr_t)screen;
    REQUIRE_OK(xipc_spawn(tool_path(), arguments, &options, &watcher));
    await_on_screen(screen, "section  first", text, sizeof text);
    require_in(text, "KIND");
    /* As a sequence would have. */
    require_not_in(text, "[");
    CloseHandle(screen);
    require_stopped(&neighbour, 130);
    process_done(watcher);
    xipc_section_close(section);
}

SPEC(ctrl_c_at_a_console_ends_a_sender_whose_messages_wait, "GEN-5 TOOL-10")
{
    xipc_mailbox *box;
    typed sender;

    text_written("file", "x");
    sender = begun("send jobs file");
    box = box_awaited("jobs");
    depth_awaited(box, 1);
    require_stopped(&sender, 130);
    xipc_mailbox_close(box);
    require_nothing_exists();
    REQUIRE(remove("file") == 0);
}
