/* SPDX-License-Identifier: Apache-2.0 */
#include "os/os_capability.h"

#include "win32/win32_nt.h"

/* Whether this process may make sections under `Global\`. */
static int can_make_global(void)
{
    PRIVILEGE_SET wanted = {.PrivilegeCount = 1};
    HANDLE token;
    BOOL has_it = FALSE;

    if (!LookupPrivilegeValueW(
            NULL, L"SeCreateGlobalPrivilege", &wanted.Privilege[0].Luid) ||
        !OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) {
        return 0;
    }
    if (!PrivilegeCheck(token, &wanted, &has_it)) {
        has_it = FALSE;
    }
    CloseHandle(token);
    return has_it != 0;
}

static void
tell(xipc_capability_info *info, xipc_support support, const char *text)
{
    info->support = support;
    info->has_limit = 0;
    info->limit = 0;
    info->text = text;
}

static void tell_section(xipc_capability_info *info)
{
    MEMORYSTATUSEX memory = {.dwLength = sizeof memory};

    tell(info, XIPC_SUPPORT_NATIVE, "CreateFileMapping on the page file");
    if (GlobalMemoryStatusEx(&memory)) {
        info->has_limit = 1;
        info->limit = memory.ullTotalPageFile;
    }
}

/* Wine makes sections of any size, and finds out later. */
static void tell_reserve(xipc_capability_info *info)
{
    if (win32_nt_is_wine()) {
        tell(
            info, XIPC_SUPPORT_ABSENT,
            "Wine reserves nothing for a section on the page file");
        return;
    }
    tell(
        info, XIPC_SUPPORT_NATIVE,
        "the system's commit limit; also for XIPC_SECTION_LAZY, except that "
        "persistent ones are sparse files");
}

static void tell_machine_scope(xipc_capability_info *info)
{
    tell(
        info, XIPC_SUPPORT_NATIVE,
        can_make_global()
            ? "names under Global\\, files in %ProgramData%\\xipc"
            : "opening, and persistent sections; this process lacks "
              "SeCreateGlobalPrivilege to create transient ones");
}

static void tell_rest(xipc_feature feature, xipc_capability_info *info)
{
    switch (feature) {
    case XIPC_FEATURE_PIPE_NATIVE:
        tell(info, XIPC_SUPPORT_NATIVE, "a named pipe, one way or both");
        break;
    case XIPC_FEATURE_PIPE_PROCESS:
        tell(
            info, XIPC_SUPPORT_NATIVE,
            "the process that opened or made the pipe");
        break;
    case XIPC_FEATURE_PIPE_DEATH:
        tell(info, XIPC_SUPPORT_NATIVE, "a message that only a close leaves");
        break;
    case XIPC_FEATURE_PIPE:
    case XIPC_FEATURE_PIPE_NAMED:
        tell(info, XIPC_SUPPORT_NATIVE, "CreateNamedPipe()");
        break;
    case XIPC_FEATURE_SPAWN:
        tell(info, XIPC_SUPPORT_NATIVE, "CreateProcess() with a handle list");
        break;
    case XIPC_FEATURE_DIE_WITH_PARENT:
        tell(info, XIPC_SUPPORT_NATIVE, "a job that ends with its handle");
        break;
    case XIPC_FEATURE_FORK:
    case XIPC_FEATURE_COUNT:
    default: tell(info, XIPC_SUPPORT_ABSENT, "Windows has no fork()"); break;
    }
}

void xipcos_capability(xipc_feature feature, xipc_capability_info *info)
{
    switch (feature) {
    case XIPC_FEATURE_SECTION: tell_section(info); break;
    case XIPC_FEATURE_SECTION_PERSISTENT:
        tell(info, XIPC_SUPPORT_EMULATED, "a file in the runtime directory");
        break;
    case XIPC_FEATURE_SECTION_ANONYMOUS:
        tell(info, XIPC_SUPPORT_NATIVE, "CreateFileMapping without a name");
        break;
    case XIPC_FEATURE_SECTION_RESERVE: tell_reserve(info); break;
    case XIPC_FEATURE_SECTION_GROW:
        tell(info, XIPC_SUPPORT_NATIVE, "SEC_RESERVE and VirtualAlloc");
        break;
    case XIPC_FEATURE_SECTION_SEAL:
        tell(info, XIPC_SUPPORT_NATIVE, "no section can shrink on this system");
        break;
    case XIPC_FEATURE_SECTION_HUGE_PAGES:
        tell(
            info, XIPC_SUPPORT_ABSENT,
            "SEC_LARGE_PAGES takes a privilege that users do not have");
        break;
    case XIPC_FEATURE_SECTION_NATIVE:
        tell(info, XIPC_SUPPORT_NATIVE, "any name CreateFileMapping takes");
        break;
    case XIPC_FEATURE_MACHINE_SCOPE: tell_machine_scope(info); break;
    case XIPC_FEATURE_GROUP_ACCESS:
        tell(info, XIPC_SUPPORT_ABSENT, "Windows has no access for a group");
        break;
    case XIPC_FEATURE_SYNC:
        tell(info, XIPC_SUPPORT_EMULATED, "shared memory and named semaphores");
        break;
    case XIPC_FEATURE_SYNC_ANONYMOUS:
        tell(info, XIPC_SUPPORT_EMULATED, "named events tell who lives");
        break;
    case XIPC_FEATURE_POLLER:
        tell(info, XIPC_SUPPORT_NATIVE, "events and thread-pool waits");
        break;
    case XIPC_FEATURE_POLLER_HANDLE:
        tell(info, XIPC_SUPPORT_NATIVE, "an event");
        break;
    case XIPC_FEATURE_RING:
        tell(
            info, XIPC_SUPPORT_EMULATED,
            "shared memory and named semaphores, with a fence a message");
        break;
    case XIPC_FEATURE_MAILBOX:
    case XIPC_FEATURE_PEER:
        tell(info, XIPC_SUPPORT_EMULATED, "shared memory and named semaphores");
        break;
    case XIPC_FEATURE_MAILBOX_SHRINK:
        tell(
            info, XIPC_SUPPORT_ABSENT,
            "what a section has committed it keeps on this system");
        break;
    default: tell_rest(feature, info); break;
    }
}
