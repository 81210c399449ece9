/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may do what with a pipe of the library's. What the system is asked for is
 * seen in what it says of the handles; hosts differ in what they enforce of it.
 */
#include <stdio.h>
#include <string.h>

#include "support/spec.h"
#include "win32/win32_nt.h"
#include "win32/win32_pipe_listen.h"
#include "win32/win32_security.h"

#include <aclapi.h>
#include <sddl.h>

enum { RIGHT_TO_SERVE = FILE_APPEND_DATA }; /* FILE_CREATE_PIPE_INSTANCE */

typedef struct served {
    char path[WIN32_PIPE_PATH_SIZE];
    HANDLE pipe;
} served;

static served served_for(const char *others)
{
    served self;
    win32_pipe_server server = {
        self.path, PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE, 0, 4096,
        others};

    win32_pipe_fresh_path(self.path);
    REQUIRE_OK(win32_pipe_serve(&server, &self.pipe));
    return self;
}

static PACL dacl_of(HANDLE pipe, PSECURITY_DESCRIPTOR *descriptor_out)
{
    SECURITY_DESCRIPTOR_CONTROL control = 0;
    DWORD revision = 0;
    PACL dacl = NULL;

    REQUIRE_UINT(
        ERROR_SUCCESS,
        GetSecurityInfo(
            pipe, SE_KERNEL_OBJECT,
            OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, NULL, NULL,
            &dacl, NULL, descriptor_out));
    REQUIRE(GetSecurityDescriptorControl(*descriptor_out, &control, &revision));
    REQUIRE((control & SE_DACL_PROTECTED) != 0);
    REQUIRE(dacl != NULL);
    return dacl;
}

/* What the list gives to everybody, 0 if nothing; it denies nothing. */
static DWORD rights_of_everyone(PACL dacl)
{
    DWORD rights = 0;

    for (DWORD at = 0; at < dacl->AceCount; at++) {
        ACCESS_ALLOWED_ACE *ace = NULL;
        char *sid = NULL;

        REQUIRE(GetAce(dacl, at, (void **)&ace));
        REQUIRE(ace->Header.AceType == ACCESS_ALLOWED_ACE_TYPE);
        REQUIRE(ConvertSidToStringSidA((PSID)&ace->SidStart, &sid));
        if (strcmp(sid, "S-1-1-0") == 0) {
            rights |= ace->Mask;
        }
        LocalFree(sid);
    }
    return rights;
}

SPEC(a_private_pipe_is_this_users_and_the_systems, "PIPE-7 NAME-6")
{
    served self = served_for(NULL);
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PACL dacl = dacl_of(self.pipe, &descriptor);

    REQUIRE_UINT(2, dacl->AceCount);
    REQUIRE_UINT(0, rights_of_everyone(dacl));
    LocalFree(descriptor);
    CloseHandle(self.pipe);
}

SPEC(who_may_connect_may_not_serve, "PIPE-7 NAME-6")
{
    served self = served_for(WIN32_PIPE_OTHERS_CONNECT);
    PSECURITY_DESCRIPTOR descriptor = NULL;
    DWORD rights = rights_of_everyone(dacl_of(self.pipe, &descriptor));

    REQUIRE_UINT(0, rights & RIGHT_TO_SERVE);
    REQUIRE_UINT(0, rights & (WRITE_DAC | WRITE_OWNER | DELETE));
    /* And it is all that a client asks for. */
    REQUIRE_UINT(WIN32_PIPE_CLIENT_ACCESS, rights);
    LocalFree(descriptor);
    CloseHandle(self.pipe);
}

SPEC(no_pipe_is_made_that_remote_clients_reach, "PIPE-7")
{
    REQUIRE((WIN32_PIPE_TYPE & PIPE_REJECT_REMOTE_CLIENTS) != 0);
    REQUIRE((WIN32_PIPE_TYPE & PIPE_NOWAIT) == 0);
}

SPEC(no_handle_of_a_pipe_is_inheritable, "PIPE-3 PROC-1")
{
    served self = served_for(NULL);
    HANDLE client = NULL;
    DWORD flags = HANDLE_FLAG_INHERIT;

    REQUIRE(GetHandleInformation(self.pipe, &flags));
    REQUIRE((flags & HANDLE_FLAG_INHERIT) == 0);
    REQUIRE_UINT(
        ERROR_SUCCESS, win32_pipe_dial(
                           self.path, WIN32_PIPE_CLIENT_ACCESS,
                           FILE_FLAG_OVERLAPPED, &client));
    REQUIRE(GetHandleInformation(client, &flags));
    REQUIRE((flags & HANDLE_FLAG_INHERIT) == 0);
    CloseHandle(client);
    CloseHandle(self.pipe);
}

SPEC(a_client_asks_for_no_right_to_serve, "PIPE-7")
{
    served self = served_for(NULL);
    win32_handle_facts facts = {0};
    HANDLE client = NULL;

    REQUIRE_UINT(
        ERROR_SUCCESS, win32_pipe_dial(
                           self.path, WIN32_PIPE_CLIENT_ACCESS,
                           FILE_FLAG_OVERLAPPED, &client));
    REQUIRE_OK(win32_nt_handle(client, &facts));
    REQUIRE_UINT(0, facts.granted_access & RIGHT_TO_SERVE);
    CloseHandle(client);
    CloseHandle(self.pipe);
}

SPEC(pipes_have_names_that_nobody_had, "PIPE-7 PIPE-9")
{
    char one[WIN32_PIPE_PATH_SIZE];
    char two[WIN32_PIPE_PATH_SIZE];

    win32_pipe_fresh_path(one);
    win32_pipe_fresh_path(two);
    REQUIRE(strcmp(one, two) != 0);
    REQUIRE(strlen(one) == strlen("\\\\.\\pipe\\xipc-") + 32);
}

SPEC(an_owner_is_told_from_another_one, "PIPE-7")
{
    served self = served_for(NULL);
    served other = served_for(WIN32_PIPE_OTHERS_CONNECT);

    REQUIRE_OK(win32_security_check_same_owner(self.pipe, other.pipe));
    /* The system's own, as its service manager's. */
    REQUIRE(win32_security_owner_user(self.pipe) != 0);
    CloseHandle(self.pipe);
    CloseHandle(other.pipe);
}

/* ---- strange clients of a listener ---- */

typedef struct hearing {
    xipcos_section *companion;
    xipcos_listener *listener;
    xipcos_pipe_place at;
    char path[WIN32_PIPE_PATH_SIZE];
} hearing;

static hearing hearing_begun(void)
{
    static unsigned char head[XIPCOS_HEAD_SIZE] = "a listener's";
    const xipcos_pipe_plan plan = {0, 0, XIPC_ACCESS_PRIVATE};
    xipcos_section_plan memory = {
        .size = xipcos_map_granularity(),
        .max_size = xipcos_map_granularity(),
        .lifetime = XIPC_TRANSIENT,
        .head = head};
    hearing self = {
        NULL, NULL, {NULL, "strangerstrangerstranger", XIPC_SCOPE_USER}, ""};

    REQUIRE_OK(xipcos_section_create(
        (xipcos_place){
            .scope = XIPC_SCOPE_USER,
            .native_name = "xipc-v-strangerstrangerstra"},
        &memory, XIPC_FOREVER, &self.companion));
    self.at.companion = self.companion;
    REQUIRE_OK(xipcos_listener_create(self.at, &plan, &self.listener));
    win32_pipe_place_path(self.at, self.path);
    return self;
}

static void hearing_ended(hearing *self)
{
    xipcos_listener_close(self->listener);
    xipcos_section_close(self->companion);
}

static void call_in(void *context)
{
    const xipcos_patience forever = {XIPC_FOREVER, NULL};
    const xipcos_pipe_plan plan = {0, 0, XIPC_ACCESS_PRIVATE};
    const hearing *self = context;
    xipcos_pipe *pipe = NULL;
    xipc_status status = XIPC_E_NOT_FOUND;

    /* Where all is busy for long, the caller looks again. */
    while (status == XIPC_E_NOT_FOUND) {
        status = xipcos_pipe_connect(self->at, &plan, &forever, &pipe);
    }
    REQUIRE_OK(status);
    xipcos_pipe_close(pipe);
}

/* As a poller does, which waits for nothing else. */
static void require_visitor(hearing *self)
{
    const xipcos_patience now = {XIPC_NOW, NULL};
    spec_thread *thread = spec_thread_start(call_in, self);
    xipcos_pipe *pipe = NULL;
    intptr_t event = 0;

    REQUIRE_UINT(
        XIPC_READABLE, xipcos_listener_waitable(self->listener, &event));
    while (xipcos_listener_ready(self->listener) == 0) {
        REQUIRE_UINT(
            WAIT_OBJECT_0, WaitForSingleObject((HANDLE)event, INFINITE));
    }
    REQUIRE_OK(xipcos_listener_accept(self->listener, &now, &pipe));
    xipcos_pipe_close(pipe);
    spec_thread_join(thread);
}

SPEC(clients_that_say_nothing_do_not_keep_others_out, "PIPE-4 PIPE-7")
{
    enum { SILENT = 4 };
    hearing self = hearing_begun();
    HANDLE silent[SILENT];

    for (int at = 0; at < SILENT; at++) {
        REQUIRE_UINT(
            ERROR_SUCCESS, win32_pipe_dial(
                               self.path, WIN32_PIPE_CLIENT_ACCESS,
                               FILE_FLAG_OVERLAPPED, &silent[at]));
        REQUIRE_UINT(0, xipcos_listener_ready(self.listener));
    }
    require_visitor(&self);
    for (int at = 0; at < SILENT; at++) {
        CloseHandle(silent[at]);
    }
    hearing_ended(&self);
}

SPEC(a_client_that_says_something_else_is_thrown_out, "PIPE-4 PIPE-7")
{
    static const char *const words[] = {
        "", "hello", "0123456789abcdef",
        "much more than the first message of anybody has"};
    hearing self = hearing_begun();
    HANDLE client = NULL;
    DWORD size;
    char byte;

    for (size_t at = 0; at < sizeof words / sizeof *words; at++) {
        REQUIRE_UINT(
            ERROR_SUCCESS,
            win32_pipe_dial(self.path, WIN32_PIPE_CLIENT_ACCESS, 0, &client));
        REQUIRE(WriteFile(
            client, words[at], (DWORD)strlen(words[at]), &size, NULL));
        REQUIRE_UINT(0, xipcos_listener_ready(self.listener));
        REQUIRE(!ReadFile(client, &byte, 1, &size, NULL));
        REQUIRE_UINT(ERROR_BROKEN_PIPE, GetLastError());
        CloseHandle(client);
    }
    require_visitor(&self);
    hearing_ended(&self);
}

/* What a liar sends after it was taken in. */
SPEC(what_no_library_sends_is_corrupt_and_stays_so, "PIPE-5 GEN-7")
{
    const xipcos_patience forever = {XIPC_FOREVER, NULL};
    hearing self = hearing_begun();
    win32_pipe_greeting ours = win32_pipe_greet(0);
    xipcos_pipe *pipe = NULL;
    HANDLE client = NULL;
    DWORD size;
    char text[8];
    size_t got;

    REQUIRE_UINT(
        ERROR_SUCCESS,
        win32_pipe_dial(self.path, WIN32_PIPE_CLIENT_ACCESS, 0, &client));
    REQUIRE(WriteFile(client, &ours, (DWORD)sizeof ours, &size, NULL));
    REQUIRE(WriteFile(client, &ours, (DWORD)sizeof ours, &size, NULL));
    REQUIRE_OK(xipcos_listener_accept(self.listener, &forever, &pipe));
    REQUIRE(WriteFile(client, "", 0, &size, NULL));
    REQUIRE(WriteFile(client, "no word", 7, &size, NULL));
    for (int turn = 0; turn < 2; turn++) {
        REQUIRE_STATUS(
            XIPC_E_CORRUPT,
            xipcos_pipe_read(pipe, text, sizeof text, &forever, &got));
    }
    CloseHandle(client);
    xipcos_pipe_close(pipe);
    hearing_ended(&self);
}
