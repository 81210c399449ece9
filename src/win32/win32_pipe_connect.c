/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's side: of our own listeners, and of foreign servers.
 *
 * Where all instances are busy the system has one wait, which can be neither
 * ended nor waited for with anything else; so it is used in slices. Nobody can
 * see whether a busy pipe's listener is gone and only old connections are left;
 * after a while the caller is sent to look whether somebody else has the name.
 */
#include "win32/win32_pipe_listen.h"

#include "win32/win32_crash.h"
#include "win32/win32_section.h"
#include "win32/win32_security.h"
#include "win32/win32_status.h"

#define SLICE_MS  20
#define SLICE_MAX 10

/* As a wait with no turn. */
static xipc_status look_whether(const xipcos_patience *patience)
{
    if (patience->deadline == XIPC_NOW) {
        return XIPC_E_AGAIN;
    }
    if (patience->is_interrupted && atomic_load(patience->is_interrupted)) {
        return XIPC_E_CANCELED;
    }
    return win32_pipe_left_ms(patience->deadline) == 0 ? XIPC_E_TIMEOUT
                                                       : XIPC_OK;
}

static xipc_status dial_fault(DWORD error, const char *path)
{
    switch (error) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
        return win32_fault_as(
            XIPC_E_NOT_FOUND, error, "nobody serves '%s'", path);
    case ERROR_INVALID_NAME:
    case ERROR_BAD_PATHNAME:
        return win32_fault_as(
            XIPC_E_NAME, error, "cannot open the pipe '%s'", path);
    default: return win32_fault(error, "cannot open the pipe '%s'", path);
    }
}

/* `slices` 0: as long as the patience lasts; else XIPC_E_NOT_FOUND then. */
static xipc_status dial_until(
    const char *path,
    DWORD access,
    unsigned slices,
    const xipcos_patience *patience,
    HANDLE *pipe_out)
{
    xipc_status status = XIPC_OK;
    DWORD error = win32_pipe_dial(path, access, FILE_FLAG_OVERLAPPED, pipe_out);

    for (unsigned turn = 1; error == ERROR_PIPE_BUSY; turn++) {
        DWORD left = win32_pipe_left_ms(patience->deadline);

        status = look_whether(patience);
        if (status != XIPC_OK) {
            return status;
        }
        if (turn == slices) {
            return win32_fault_as(
                XIPC_E_NOT_FOUND, error, "all of '%s' stays busy", path);
        }
        WaitNamedPipeA(path, left < SLICE_MS ? left : SLICE_MS);
        error = win32_pipe_dial(path, access, FILE_FLAG_OVERLAPPED, pipe_out);
    }
    return error == ERROR_SUCCESS ? XIPC_OK : dial_fault(error, path);
}

/* ---- our own ---- */

/* The pipe has room, so this does not wait. */
static xipc_status say_greeting(xipcos_pipe *pipe)
{
    win32_pipe_greeting ours = win32_pipe_greet(0);
    win32_pipe_turn *writing = &pipe->writing;
    DWORD size = 0;
    DWORD error;

    WIN32_CRASH_POINT();
    error = win32_pipe_outcome(
        writing->file,
        WriteFile(
            writing->file, &ours, (DWORD)sizeof ours, NULL,
            &writing->operation),
        &writing->operation, &size);
    WIN32_CRASH_POINT();
    return error == ERROR_SUCCESS
               ? XIPC_OK
               : win32_fault_as(
                     XIPC_E_NOT_FOUND, error, "the listener went away");
}

static xipc_status
hear_greeting(xipcos_pipe *pipe, const xipcos_patience *patience)
{
    win32_pipe_greeting theirs = {0, 0, 0, 0};
    DWORD size = 0;
    xipc_status status = win32_pipe_read_raw(
        pipe, &theirs, (DWORD)sizeof theirs, patience, &size);

    if (status == XIPC_E_CLOSED) {
        return xipcos_fault(XIPC_E_NOT_FOUND, 0, "the listener went away");
    }
    if (status == XIPC_OK && !win32_pipe_is_greeting(&theirs, size)) {
        return xipcos_fault(
            XIPC_E_CORRUPT, 0, "no listener of this library is there");
    }
    if (status == XIPC_OK) {
        pipe->message_max = theirs.message_max;
    }
    return status;
}

static xipc_status
shake_hands(xipcos_pipe *pipe, const xipcos_patience *patience)
{
    xipc_status status = say_greeting(pipe);

    if (status == XIPC_OK) {
        status = hear_greeting(pipe, patience);
    }
    return status == XIPC_OK ? say_greeting(pipe) : status;
}

/* The handle is the pipe's from now on, or closed. */
static xipc_status
enter(HANDLE handle, const xipcos_patience *patience, xipcos_pipe **pipe_out)
{
    xipcos_pipe *pipe =
        win32_pipe_new(WIN32_PIPE_CONNECTION, 0, handle, handle);
    xipc_status status;

    if (!pipe) {
        return XIPC_E_NO_MEMORY;
    }
    status = shake_hands(pipe, patience);
    if (status != XIPC_OK) {
        pipe->kind = WIN32_PIPE_FOREIGN; /* no connection, and no words */
        xipcos_pipe_close(pipe);
        return status;
    }
    win32_pipe_learn_server(pipe);
    *pipe_out = pipe;
    return XIPC_OK;
}

xipc_status xipcos_pipe_connect(
    xipcos_pipe_place place,
    const xipcos_pipe_plan *plan,
    const xipcos_patience *patience,
    xipcos_pipe **pipe_out)
{
    char path[WIN32_PIPE_PATH_SIZE];
    HANDLE handle = NULL;
    xipc_status status;

    (void)plan; /* the server's sizes are both sides' */
    if (patience->deadline == XIPC_NOW) {
        return XIPC_E_AGAIN; /* nobody takes us in that fast */
    }
    win32_pipe_place_path(place, path);
    status = dial_until(
        path, WIN32_PIPE_CLIENT_ACCESS, SLICE_MAX, patience, &handle);
    if (status != XIPC_OK) {
        return status;
    }
    WIN32_CRASH_POINT();
    status = win32_security_check_same_owner(handle, place.companion->mapping);
    if (status == XIPC_OK && !win32_pipe_read_messages(handle)) {
        status = win32_fault(GetLastError(), "cannot read messages");
    }
    if (status != XIPC_OK) {
        CloseHandle(handle);
        return status;
    }
    return enter(handle, patience, pipe_out);
}

/* ---- foreign ones ---- */

static DWORD access_of(uint32_t directions)
{
    DWORD access = SYNCHRONIZE | FILE_READ_ATTRIBUTES;

    if ((directions & XIPC_READABLE) != 0) {
        access |= FILE_READ_DATA | FILE_WRITE_ATTRIBUTES;
    }
    if ((directions & XIPC_WRITABLE) != 0) {
        access |= FILE_WRITE_DATA;
    }
    return access;
}

static int is_of_messages(HANDLE pipe)
{
    DWORD flags = 0;

    return GetNamedPipeInfo(pipe, &flags, NULL, NULL, NULL) &&
           (flags & PIPE_TYPE_MESSAGE) != 0;
}

xipc_status xipcos_pipe_open_native(
    const char *native_name,
    uint32_t directions,
    const xipcos_patience *patience,
    xipcos_pipe **pipe_out)
{
    char path[MAX_PATH];
    DWORD access = access_of(directions);
    HANDLE handle = NULL;
    xipcos_pipe *pipe;
    xipc_status status = win32_pipe_native_path(native_name, path);

    if (status == XIPC_OK) {
        status = dial_until(path, access, 0, patience, &handle);
    }
    if (status == XIPC_E_ACCESS) {
        /* To be told message by message is more than a server may allow. */
        status = dial_until(
            path, access & ~(DWORD)FILE_WRITE_ATTRIBUTES, 0, patience, &handle);
    }
    if (status != XIPC_OK) {
        return status;
    }
    pipe = win32_pipe_new(
        WIN32_PIPE_FOREIGN, 0, (directions & XIPC_READABLE) ? handle : NULL,
        (directions & XIPC_WRITABLE) ? handle : NULL);
    if (!pipe) {
        return XIPC_E_NO_MEMORY;
    }
    pipe->is_message_read =
        is_of_messages(handle) && win32_pipe_read_messages(handle);
    *pipe_out = pipe;
    return XIPC_OK;
}
