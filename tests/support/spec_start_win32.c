/* SPDX-License-Identifier: Apache-2.0 */
#include "support/spec_start_win32.h"

#include <stdlib.h>
#include <string.h>

#include "support/spec_system.h"

HANDLE spec_inheritable_copy(HANDLE handle)
{
    HANDLE copy = NULL;
    HANDLE self = GetCurrentProcess();

    if (!DuplicateHandle(
            self, handle, self, &copy, 0, TRUE, DUPLICATE_SAME_ACCESS)) {
        return NULL;
    }
    return copy;
}

/* Quotes an argument as the C library takes the command line apart: in front
 * of a quote, and at the end, backslashes count double. */
static void add_argument(spec_text *command, const char *argument)
{
    size_t slash_count = 0;

    spec_text_add(command, "%s\"", command->size ? " " : "");
    for (; *argument; argument++) {
        if (*argument == '\\') {
            slash_count++;
            continue;
        }
        if (*argument == '"') {
            slash_count = slash_count * 2 + 1;
        }
        for (; slash_count > 0; slash_count--) {
            spec_text_add_bytes(command, "\\", 1);
        }
        spec_text_add_bytes(command, argument, 1);
    }
    for (slash_count *= 2; slash_count > 0; slash_count--) {
        spec_text_add_bytes(command, "\\", 1);
    }
    spec_text_add_bytes(command, "\"", 1);
}

/* Adds a handle once: the system refuses a list that names one twice. */
static void add_handle(HANDLE *list, DWORD *count, HANDLE handle)
{
    for (DWORD index = 0; index < *count; index++) {
        if (list[index] == handle) {
            return;
        }
    }
    if (handle && handle != INVALID_HANDLE_VALUE) {
        list[(*count)++] = handle;
    }
}

static DWORD start_with_list(
    const spec_start_plan *plan,
    char *command,
    STARTUPINFOEXA *startup,
    PROCESS_INFORMATION *started)
{
    HANDLE list[SPEC_INHERIT_MAX + 3];
    DWORD count = 0;

    for (size_t index = 0; index < 3; index++) {
        add_handle(list, &count, plan->standard[index]);
    }
    for (DWORD index = 0; index < plan->inherited_count; index++) {
        add_handle(list, &count, plan->inherited[index]);
    }
    if (!UpdateProcThreadAttribute(
            startup->lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST,
            list, count * sizeof list[0], NULL, NULL)) {
        return GetLastError();
    }
    if (!CreateProcessA(
            spec_host_program(), command, NULL, NULL, TRUE,
            plan->flags | EXTENDED_STARTUPINFO_PRESENT, NULL, NULL,
            &startup->StartupInfo, started)) {
        return GetLastError();
    }
    return 0;
}

DWORD spec_start_process(
    const spec_start_plan *plan, PROCESS_INFORMATION *started)
{
    STARTUPINFOEXA startup;
    spec_text command = {NULL, 0};
    SIZE_T size = 0;
    DWORD error;

    memset(&startup, 0, sizeof startup);
    startup.StartupInfo.cb = sizeof startup;
    startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
    startup.StartupInfo.hStdInput = plan->standard[0];
    startup.StartupInfo.hStdOutput = plan->standard[1];
    startup.StartupInfo.hStdError = plan->standard[2];

    (void)InitializeProcThreadAttributeList(NULL, 1, 0, &size);
    startup.lpAttributeList = malloc(size);
    if (!startup.lpAttributeList) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    if (!InitializeProcThreadAttributeList(
            startup.lpAttributeList, 1, 0, &size)) {
        error = GetLastError();
        goto free_list;
    }
    add_argument(&command, spec_host_program());
    for (size_t index = 0; plan->arguments[index]; index++) {
        add_argument(&command, plan->arguments[index]);
    }
    error = start_with_list(plan, command.bytes, &startup, started);
    DeleteProcThreadAttributeList(startup.lpAttributeList);

free_list:
    spec_text_free(&command);
    free(startup.lpAttributeList);
    return error;
}
