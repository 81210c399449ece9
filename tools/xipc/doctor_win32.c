/* SPDX-License-Identifier: Apache-2.0 */
/* What of Windows may stand in the way. */
#include "doctor.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "system.h"
#include "system_win32.h"

typedef LONG WINAPI version_call(OSVERSIONINFOW *info);
typedef const char *__cdecl wine_call(void);

static FARPROC system_call(const char *name)
{
    HMODULE module = GetModuleHandleW(L"ntdll.dll");

    return module ? GetProcAddress(module, name) : NULL;
}

static void tell_system(void)
{
    OSVERSIONINFOW info = {.dwOSVersionInfoSize = sizeof info};
    FARPROC found = system_call("RtlGetVersion");
    version_call *version;
    wine_call *wine;

    memcpy(&version, &found, sizeof version);
    if (version && version(&info) == 0) {
        doctor_tell(
            "system", DOCTOR_NOTE, NULL, "Windows %lu.%lu build %lu",
            info.dwMajorVersion, info.dwMinorVersion, info.dwBuildNumber);
    }
    found = system_call("wine_get_version");
    memcpy(&wine, &found, sizeof wine);
    if (wine) {
        doctor_tell(
            "Wine", DOCTOR_NOTE, NULL, "%s; what it lacks is absent above",
            wine());
    } else {
        doctor_tell("Wine", DOCTOR_NOTE, NULL, "no");
    }
}

static void tell_session(void)
{
    DWORD session;

    if (ProcessIdToSessionId(GetCurrentProcessId(), &session)) {
        doctor_tell(
            "session", DOCTOR_NOTE, NULL,
            "%lu; transient names of scope user are this session's", session);
    }
}

static int has_privilege(HANDLE token, const wchar_t *name)
{
    PRIVILEGE_SET wanted = {.PrivilegeCount = 1};
    BOOL result = FALSE;

    wanted.Control = PRIVILEGE_SET_ALL_NECESSARY;
    wanted.Privilege[0].Attributes = SE_PRIVILEGE_ENABLED;
    return LookupPrivilegeValueW(NULL, name, &wanted.Privilege[0].Luid) &&
           PrivilegeCheck(token, &wanted, &result) && result;
}

static void tell_privileges(void)
{
    TOKEN_ELEVATION elevation = {0};
    DWORD size;
    HANDLE token;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) {
        return;
    }
    if (GetTokenInformation(
            token, TokenElevation, &elevation, sizeof elevation, &size)) {
        doctor_tell(
            "privileges", DOCTOR_NOTE, NULL, "%s, %s names under Global\\",
            elevation.TokenIsElevated ? "elevated" : "not elevated",
            has_privilege(token, L"SeCreateGlobalPrivilege") ? "may make"
                                                             : "may not make");
    }
    CloseHandle(token);
}

/* Where `variable` leads, with `tail` behind it. 0 if it is not set. */
static int
tell_place(const char *topic, const wchar_t *variable, const char *tail)
{
    wchar_t path[MAX_PATH];
    DWORD count = GetEnvironmentVariableW(variable, path, MAX_PATH);
    DWORD attributes;
    char *text;

    if (count == 0 || count >= MAX_PATH) {
        return 0;
    }
    attributes = GetFileAttributesW(path);
    text = win32_narrow(path);
    if (attributes != INVALID_FILE_ATTRIBUTES &&
        !(attributes & FILE_ATTRIBUTE_DIRECTORY)) {
        doctor_tell(
            topic, DOCTOR_BAD, "move it out of the way",
            "%s is not a directory", text ? text : "?");
    } else {
        doctor_tell(topic, DOCTOR_NOTE, NULL, "%s%s", text ? text : "?", tail);
    }
    free(text);
    return 1;
}

void system_facts(void)
{
    tell_system();
    tell_privileges();
    tell_session();
    if (!tell_place("runtime directory", L"XIPC_RUNTIME_DIR", "") &&
        !tell_place("runtime directory", L"LOCALAPPDATA", "\\xipc")) {
        doctor_tell(
            "runtime directory", DOCTOR_BAD, "set LOCALAPPDATA",
            "the environment names none");
    }
    (void)tell_place("machine's directory", L"ProgramData", "\\xipc");
}
