/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where local listeners stand; see posix_socket_local.c. The right to a path is
 * a file that is open without sharing, and goes when it is closed. Who may
 * connect must be able to write to the file that is the socket.
 */
#include <string.h>

#include "win32/win32_security.h"
#include "win32/win32_socket.h"

#define LOCK_END L".lock"

/* A socket is a file of a sort of its own. */
static int is_socket(const wchar_t *path)
{
    WIN32_FIND_DATAW found;
    HANDLE search = FindFirstFileW(path, &found);

    if (search == INVALID_HANDLE_VALUE) {
        return 0;
    }
    FindClose(search);
    return (found.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0 &&
           found.dwReserved0 == 0x80000023UL; /* IO_REPARSE_TAG_AF_UNIX */
}

static xipc_status lock_path(win32_local_place *place)
{
    wchar_t path[UNIX_PATH_MAX + 8];
    HANDLE lock;
    DWORD error;

    wcscpy(path, place->path);
    wcscat(path, LOCK_END);
    lock = CreateFileW(
        path, GENERIC_READ | GENERIC_WRITE | DELETE, 0, NULL, OPEN_ALWAYS,
        FILE_FLAG_DELETE_ON_CLOSE | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    if (lock != INVALID_HANDLE_VALUE) {
        place->lock = lock;
        return XIPC_OK;
    }
    error = GetLastError();
    return error == ERROR_SHARING_VIOLATION
               ? xipcos_fault(
                     XIPC_E_EXISTS, (int64_t)error, "somebody listens there")
               : win32_fault(error, "cannot open the socket's lock");
}

/* With the right to it. */
static int is_alive(const win32_sockaddr *native)
{
    SOCKET probe = WSASocketW(
        AF_UNIX, SOCK_STREAM, 0, NULL, 0,
        WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    int is_refused;

    if (probe == INVALID_SOCKET) {
        return 1;
    }
    is_refused = connect(probe, &native->any, (int)sizeof native->local) != 0 &&
                 WSAGetLastError() == WSAECONNREFUSED;
    closesocket(probe);
    return !is_refused;
}

static xipc_status
clear(const win32_local_place *place, const win32_sockaddr *native)
{
    DWORD error;

    if (GetFileAttributesW(place->path) == INVALID_FILE_ATTRIBUTES) {
        return XIPC_OK;
    }
    if (!is_socket(place->path)) {
        return xipcos_fault(
            XIPC_E_EXISTS, 0, "what stands there is not a socket");
    }
    if (place->lock && is_alive(native)) {
        return xipcos_fault(XIPC_E_EXISTS, 0, "somebody listens there");
    }
    if (!DeleteFileW(place->path)) {
        error = GetLastError();
        return win32_fault(error, "cannot take a dead listener's socket away");
    }
    return XIPC_OK;
}

/* It has what its directory gives, until it is told; nobody listens there
 * before. */
static xipc_status give_access(const wchar_t *path, const char *others)
{
    win32_security security;
    xipc_status status = win32_security_make(others, &security);
    HANDLE file;
    DWORD error;

    if (status != XIPC_OK) {
        return status;
    }
    file = CreateFileW(
        path, WRITE_DAC, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
        NULL, OPEN_EXISTING,
        FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS, NULL);
    if (file == INVALID_HANDLE_VALUE ||
        !SetKernelObjectSecurity(
            file, DACL_SECURITY_INFORMATION,
            security.attributes.lpSecurityDescriptor)) {
        error = GetLastError();
        status = win32_fault(error, "cannot say who may connect");
    }
    if (file != INVALID_HANDLE_VALUE) {
        CloseHandle(file);
    }
    win32_security_drop(&security);
    return status;
}

static xipc_status bind_to(xipcos_socket *socket, const win32_sockaddr *native)
{
    int error;

    if (bind(socket->handle, &native->any, (int)sizeof native->local) == 0) {
        return XIPC_OK;
    }
    error = WSAGetLastError();
    socket->place.path[0] = L'\0';
    return error == WSAEADDRINUSE
               ? xipcos_fault(XIPC_E_EXISTS, error, "something stands there")
               : win32_fault((unsigned long)error, "cannot bind the socket");
}

xipc_status win32_local_bind(
    xipcos_socket *socket,
    const win32_sockaddr *native,
    const xipcos_socket_plan *plan)
{
    win32_local_place *place = &socket->place;
    const char *others = NULL;
    xipc_status status =
        win32_security_others(plan->options->naming.access, &others);

    if (status != XIPC_OK) {
        return status;
    }
    if (MultiByteToWideChar(
            CP_UTF8, MB_ERR_INVALID_CHARS, native->local.sun_path, -1,
            place->path, UNIX_PATH_MAX) == 0) {
        return win32_fault_as(
            XIPC_E_NAME, GetLastError(), "the path is not UTF-8");
    }
    if (!plan->is_companions) {
        status = lock_path(place);
    }
    if (status == XIPC_OK) {
        status = clear(place, native);
    }
    if (status != XIPC_OK) {
        place->path[0] = L'\0'; /* it is not ours */
        return status;
    }
    status = bind_to(socket, native);
    return status == XIPC_OK ? give_access(place->path, others) : status;
}

void win32_local_leave(xipcos_socket *socket)
{
    if (socket->place.path[0] != L'\0') {
        DeleteFileW(socket->place.path);
    }
    if (socket->place.lock) {
        CloseHandle(socket->place.lock);
    }
}
