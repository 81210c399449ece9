/* SPDX-License-Identifier: Apache-2.0 */
#include "win32/win32_status.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <winsock2.h>

#include "win32/win32_system.h"

xipc_status xipcos_status(unsigned long os_error)
{
    switch (os_error) {
    case ERROR_SUCCESS: return XIPC_OK;
    case ERROR_INVALID_HANDLE:
    case ERROR_INVALID_PARAMETER:
    case WSAEINVAL:
    case WSAENOTSOCK: return XIPC_E_INVALID;
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
    case ERROR_INVALID_ADDRESS:
    case ERROR_NO_SYSTEM_RESOURCES:
    case ERROR_WORKING_SET_QUOTA:
    case ERROR_NOT_ENOUGH_QUOTA:
    case ERROR_TOO_MANY_OPEN_FILES:
    case WSAEMFILE:
    case WSAENOBUFS: return XIPC_E_NO_MEMORY;
    case ERROR_COMMITMENT_LIMIT:
    case ERROR_COMMITMENT_MINIMUM:
    case ERROR_PAGEFILE_QUOTA:
    case ERROR_DISK_FULL:
    case ERROR_HANDLE_DISK_FULL:
    case ERROR_FILE_TOO_LARGE: return XIPC_E_NO_SPACE;
    case ERROR_FILE_EXISTS:
    case ERROR_ALREADY_EXISTS: return XIPC_E_EXISTS;
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND: return XIPC_E_NOT_FOUND;
    case ERROR_ACCESS_DENIED:
    case ERROR_PRIVILEGE_NOT_HELD:
    case ERROR_WRITE_PROTECT:
    case ERROR_INVALID_OWNER:
    case ERROR_DIRECTORY:
    case ERROR_NETWORK_ACCESS_DENIED:
    case WSAEACCES: return XIPC_E_ACCESS;
    case ERROR_TIMEOUT:
    case WAIT_TIMEOUT: return XIPC_E_TIMEOUT;
    case ERROR_BROKEN_PIPE:
    case ERROR_NO_DATA: return XIPC_E_CLOSED;
    case ERROR_NOT_SUPPORTED:
    case ERROR_CALL_NOT_IMPLEMENTED:
    case ERROR_INVALID_FUNCTION:
    case WSAEOPNOTSUPP: return XIPC_E_NOT_SUPPORTED;
    default: return XIPC_E_OS;
    }
}

/* The system's words for `os_error`, in English where it has them: a text in
 * the user's language would come in the user's code page. */
static void reason_of(unsigned long os_error, char *reason, size_t capacity)
{
    DWORD size = FormatMessageA(
        FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL,
        os_error, MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US), reason,
        (DWORD)capacity, NULL);

    if (size == 0) {
        snprintf(reason, capacity, "Windows error %lu", os_error);
        return;
    }
    while (size > 0 && strchr(".\r\n ", reason[size - 1])) {
        reason[--size] = '\0';
    }
}

XIPCOS_PRINTF(3, 0)
static xipc_status record(
    xipc_status status,
    unsigned long os_error,
    const char *format,
    va_list arguments)
{
    char what[XIPCOS_FAULT_TEXT_SIZE / 2];
    char reason[160];

    vsnprintf(what, sizeof what, format, arguments);
    reason_of(os_error, reason, sizeof reason);
    return xipcos_fault(status, (int64_t)os_error, "%s: %s", what, reason);
}

xipc_status win32_fault(unsigned long os_error, const char *format, ...)
{
    xipc_status status;
    va_list arguments;

    va_start(arguments, format);
    status = os_error != ERROR_SUCCESS ? xipcos_status(os_error) : XIPC_E_OS;
    record(status, os_error, format, arguments);
    va_end(arguments);
    return status;
}

xipc_status win32_fault_as(
    xipc_status status, unsigned long os_error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    record(status, os_error, format, arguments);
    va_end(arguments);
    return status;
}

xipc_status win32_space_fault(unsigned long os_error, uint64_t asked)
{
    xipc_status status = xipcos_status(os_error);
    MEMORYSTATUSEX memory = {.dwLength = sizeof memory};

    if (status != XIPC_E_NO_MEMORY && status != XIPC_E_NO_SPACE) {
        return win32_fault(
            os_error, "cannot make a section of %" PRIu64 " bytes", asked);
    }
    GlobalMemoryStatusEx(&memory);
    return xipcos_fault(
        XIPC_E_NO_SPACE, (int64_t)os_error,
        "%" PRIu64 " bytes asked for, %" PRIu64
        " bytes of memory and page file are free",
        asked, (uint64_t)memory.ullAvailPageFile);
}

win32_utf8 win32_utf8_of(const wchar_t *path)
{
    win32_utf8 utf8 = {""};
    int room = (int)sizeof utf8.text - 1;
    size_t count;

    if (wcsncmp(path, WIN32_LONG_PATH, wcslen(WIN32_LONG_PATH)) == 0) {
        path += wcslen(WIN32_LONG_PATH);
    }
    count = wcslen(path);
    /* As many whole characters as there is room for. */
    while (count > 0 && WideCharToMultiByte(
                            CP_UTF8, 0, path, (int)count, utf8.text, room, NULL,
                            NULL) == 0) {
        memset(utf8.text, 0, sizeof utf8.text);
        count--;
    }
    return utf8;
}
