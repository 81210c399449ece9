/* SPDX-License-Identifier: Apache-2.0 */
#include "win32/win32_nt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "os/os_checksum.h"
#include "win32/win32_handle.h"
#include "win32/win32_status.h"

#include <winternl.h>

#define SECTION_BASIC_INFORMATION   0
#define OBJECT_BASIC_INFORMATION    0
#define OBJECT_NAME_INFORMATION     1
#define ATTRIBUTE_FILE              0x00800000UL
#define ATTRIBUTE_RESERVE           0x04000000UL
#define FILE_MODE_INFORMATION       16
#define FILE_PIPE_LOCAL_INFORMATION 24
#define MODE_SYNCHRONOUS            0x30UL
#define PIPE_STATE_CLOSING          4
#define DIRECTORY_QUERY_TRAVERSE    0x0003UL
/* An entry with the longest names that a UNICODE_STRING can have. */
#define ENTRY_SIZE_MAX ((ULONG)3 << 16)

#define STATUS_IS_OK(status) ((status) >= 0)

/* Longer names than this are not ours. */
#define NAME_SIZE 64

typedef struct section_answer {
    PVOID base;
    ULONG attributes;
    LARGE_INTEGER size;
} section_answer;

typedef struct object_answer {
    ULONG attributes;
    ULONG granted_access;
    ULONG handle_count;
    ULONG rest[11];
} object_answer;

typedef struct pipe_answer {
    ULONG type;
    ULONG configuration;
    ULONG instances[2];
    ULONG room[4];
    ULONG state;
    ULONG end;
} pipe_answer;

/* The text follows the string that points to it. */
typedef union name_answer {
    UNICODE_STRING name;
    unsigned char bytes[4096];
} name_answer;

typedef struct directory_entry {
    UNICODE_STRING name;
    UNICODE_STRING type;
} directory_entry;

typedef LONG NTAPI query_file(HANDLE, IO_STATUS_BLOCK *, PVOID, ULONG, int);
typedef LONG NTAPI query_section(HANDLE, int, PVOID, SIZE_T, SIZE_T *);
typedef LONG NTAPI query_object(HANDLE, int, PVOID, ULONG, ULONG *);
typedef LONG NTAPI
open_directory(HANDLE *, ACCESS_MASK, const OBJECT_ATTRIBUTES *);
typedef LONG NTAPI
query_directory(HANDLE, PVOID, ULONG, BOOLEAN, BOOLEAN, ULONG *, ULONG *);
typedef ULONG NTAPI to_dos_error(LONG);

typedef void any_function(void);

/* NULL if this system has no such function. */
static any_function *lookup(const char *name)
{
    return (any_function *)GetProcAddress(GetModuleHandleW(L"ntdll.dll"), name);
}

int win32_nt_is_wine(void)
{
    return lookup("wine_get_version") != NULL;
}

static xipc_status missing(const char *name)
{
    return xipcos_fault(XIPC_E_NOT_SUPPORTED, 0, "this system has no %s", name);
}

static xipc_status nt_fault(LONG status, const char *what)
{
    to_dos_error *convert = (to_dos_error *)lookup("RtlNtStatusToDosError");

    if (!convert) {
        return missing("RtlNtStatusToDosError");
    }
    return win32_fault(convert(status), "%s", what);
}

xipc_status win32_nt_section(HANDLE section, win32_section_facts *facts_out)
{
    query_section *query = (query_section *)lookup("NtQuerySection");
    section_answer answer = {0};
    LONG status;

    if (!query) {
        return missing("NtQuerySection");
    }
    status =
        query(section, SECTION_BASIC_INFORMATION, &answer, sizeof answer, NULL);
    if (!STATUS_IS_OK(status)) {
        return nt_fault(status, "cannot see how large it is");
    }
    facts_out->size = (uint64_t)answer.size.QuadPart;
    facts_out->is_file_backed = (answer.attributes & ATTRIBUTE_FILE) != 0;
    facts_out->is_reserved = (answer.attributes & ATTRIBUTE_RESERVE) != 0;
    return XIPC_OK;
}

xipc_status win32_nt_handle(HANDLE handle, win32_handle_facts *facts_out)
{
    query_object *query = (query_object *)lookup("NtQueryObject");
    object_answer answer = {0};
    LONG status;

    if (!query) {
        return missing("NtQueryObject");
    }
    status = query(
        handle, OBJECT_BASIC_INFORMATION, &answer, (ULONG)sizeof answer, NULL);
    if (!STATUS_IS_OK(status)) {
        return nt_fault(status, "cannot see who holds it");
    }
    facts_out->granted_access = answer.granted_access;
    facts_out->handle_count = answer.handle_count;
    return XIPC_OK;
}

/* One question of a file's. */
static xipc_status
ask_file(HANDLE file, int question, void *answer, ULONG answer_size)
{
    query_file *query = (query_file *)lookup("NtQueryInformationFile");
    IO_STATUS_BLOCK block;
    LONG status;

    if (!query) {
        return missing("NtQueryInformationFile");
    }
    status = query(file, &block, answer, answer_size, question);
    return STATUS_IS_OK(status)
               ? XIPC_OK
               : nt_fault(status, "cannot see what kind of file it is");
}

xipc_status win32_nt_pipe(HANDLE pipe, win32_pipe_facts *facts_out)
{
    win32_handle_facts facts = {0};
    DWORD flags = 0;
    ULONG mode = 0;
    xipc_status status;

    if (!win32_is_handle(pipe) || !GetHandleInformation(pipe, &flags)) {
        return xipcos_fault(
            XIPC_E_INVALID, ERROR_INVALID_HANDLE, "%p is no open handle", pipe);
    }
    flags = 0;
    /* Sockets are of that type too; a handle that only writes may not ask. */
    if (GetFileType(pipe) != FILE_TYPE_PIPE ||
        (!GetNamedPipeInfo(pipe, &flags, NULL, NULL, NULL) &&
         GetLastError() != ERROR_ACCESS_DENIED)) {
        return xipcos_fault(
            XIPC_E_NOT_SUPPORTED, 0, "handle %p is not of a pipe", pipe);
    }
    status = win32_nt_handle(pipe, &facts);
    if (status == XIPC_OK) {
        status = ask_file(pipe, FILE_MODE_INFORMATION, &mode, sizeof mode);
    }
    if (status != XIPC_OK) {
        return status;
    }
    facts_out->can_read = (facts.granted_access & FILE_READ_DATA) != 0;
    facts_out->can_write = (facts.granted_access & FILE_WRITE_DATA) != 0;
    facts_out->is_message = (flags & PIPE_TYPE_MESSAGE) != 0;
    facts_out->is_synchronous = (mode & MODE_SYNCHRONOUS) != 0;
    return XIPC_OK;
}

xipc_status win32_nt_pipe_closing(HANDLE pipe, int *is_closing_out)
{
    pipe_answer answer = {0};
    xipc_status status =
        ask_file(pipe, FILE_PIPE_LOCAL_INFORMATION, &answer, sizeof answer);

    if (status == XIPC_OK) {
        *is_closing_out = answer.state == PIPE_STATE_CLOSING;
    }
    return status;
}

xipc_status win32_nt_name_number(HANDLE object, uint64_t *number_out)
{
    query_object *query = (query_object *)lookup("NtQueryObject");
    name_answer answer = {{0, 0, NULL}};
    LONG status;

    if (!query) {
        return missing("NtQueryObject");
    }
    status = query(
        object, OBJECT_NAME_INFORMATION, &answer, (ULONG)sizeof answer, NULL);
    if (!STATUS_IS_OK(status)) {
        return nt_fault(status, "cannot see what it is called");
    }
    if (answer.name.Length == 0) {
        return xipcos_fault(XIPC_E_NOT_SUPPORTED, 0, "it has no name");
    }
    *number_out = xipcos_checksum(0, answer.name.Buffer, answer.name.Length);
    return XIPC_OK;
}

/* Session 0 has its own names where the global ones are. */
static xipc_status open_names(int is_global, HANDLE *names_out)
{
    open_directory *open_it = (open_directory *)lookup("NtOpenDirectoryObject");
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING path;
    wchar_t text[64];
    DWORD session = 0;
    LONG status;

    if (!open_it) {
        return missing("NtOpenDirectoryObject");
    }
    if (!is_global && !ProcessIdToSessionId(GetCurrentProcessId(), &session)) {
        return win32_fault(GetLastError(), "cannot tell the session");
    }
    wcscpy(text, L"\\BaseNamedObjects");
    if (session != 0) {
        swprintf(
            text, sizeof text / sizeof *text,
            L"\\Sessions\\%lu\\BaseNamedObjects", session);
    }
    path.Length = (USHORT)(wcslen(text) * sizeof *text);
    path.MaximumLength = (USHORT)sizeof text;
    path.Buffer = text;
    InitializeObjectAttributes(
        &attributes, &path, OBJ_CASE_INSENSITIVE, NULL, NULL);
    status = open_it(names_out, DIRECTORY_QUERY_TRAVERSE, &attributes);
    if (!STATUS_IS_OK(status)) {
        return nt_fault(status, "cannot list the kernel's names");
    }
    return XIPC_OK;
}

static int equals(const UNICODE_STRING *string, const wchar_t *text)
{
    size_t size = wcslen(text) * sizeof *text;

    return string->Length == size && memcmp(string->Buffer, text, size) == 0;
}

/* Returns 0 if the name is too long or not plain ASCII. */
static int to_ascii(const UNICODE_STRING *string, char *text, size_t capacity)
{
    size_t count = string->Length / sizeof *string->Buffer;
    size_t index;

    if (count >= capacity) {
        return 0;
    }
    for (index = 0; index < count; index++) {
        if (string->Buffer[index] < ' ' || string->Buffer[index] > '~') {
            return 0;
        }
        text[index] = (char)string->Buffer[index];
    }
    text[count] = '\0';
    return 1;
}

xipc_status win32_nt_list_sections(
    int is_global, const char *start, win32_nt_visit *visit, void *context)
{
    query_directory *query =
        (query_directory *)lookup("NtQueryDirectoryObject");
    directory_entry *answer;
    char name[NAME_SIZE];
    HANDLE names = NULL;
    ULONG position = 0;
    BOOLEAN is_first = TRUE;
    xipc_status status;

    if (!query) {
        return missing("NtQueryDirectoryObject");
    }
    answer = malloc(ENTRY_SIZE_MAX);
    if (!answer) {
        return xipcos_fault(XIPC_E_NO_MEMORY, 0, "no memory to list names");
    }
    status = open_names(is_global, &names);
    if (status != XIPC_OK) {
        free(answer);
        return status;
    }
    /* One entry a call: Wine 8 knows no other way. Anything but success,
     * "no more entries" in particular, ends the list. */
    while (
        query(names, answer, ENTRY_SIZE_MAX, TRUE, is_first, &position, NULL) ==
        0) {
        is_first = FALSE;
        if (equals(&answer->type, L"Section") &&
            to_ascii(&answer->name, name, sizeof name) &&
            strncmp(name, start, strlen(start)) == 0 && visit(name, context)) {
            break;
        }
    }
    CloseHandle(names);
    free(answer);
    return XIPC_OK;
}
