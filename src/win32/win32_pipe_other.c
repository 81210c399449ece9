/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is at the other end of a connection, learned when that was made.
 *
 *     of a client   the token that the system keeps of whoever opened the pipe:
 *                   the server takes it on for a moment, as far as to be shown
 *                   it, which is all that a client of ours allows
 *     of a server   the owner of the pipe, which was checked before
 *
 * The numbers of both processes are the system's: of who opened the pipe, and
 * of who made it.
 */
#include "win32/win32_pipe_listen.h"

#include "win32/win32_security.h"
#include "win32/win32_status.h"

/* With the client's token as this thread's. */
static uint64_t user_of_thread(void)
{
    HANDLE token;
    uint64_t user = 0;

    if (OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token)) {
        user = win32_security_token_user(token);
        CloseHandle(token);
    }
    return user;
}

/* A thread may act as somebody else already, and does again afterwards. */
static uint64_t user_of_client(HANDLE pipe)
{
    HANDLE before = NULL;
    uint64_t user = 0;

    if (!OpenThreadToken(
            GetCurrentThread(), TOKEN_IMPERSONATE, TRUE, &before)) {
        if (GetLastError() != ERROR_NO_TOKEN) {
            return 0; /* it could not become itself again */
        }
        before = NULL;
    }
    if (ImpersonateNamedPipeClient(pipe)) {
        user = user_of_thread();
        if (!SetThreadToken(NULL, before)) {
            RevertToSelf();
        }
    }
    if (before) {
        CloseHandle(before);
    }
    return user;
}

void win32_pipe_learn_client(xipcos_pipe *pipe)
{
    ULONG process = 0;

    pipe->other.user = user_of_client(pipe->reading.file);
    if (GetNamedPipeClientProcessId(pipe->reading.file, &process)) {
        pipe->other.process = process;
        pipe->other.is_process_vouched = 1;
    }
}

void win32_pipe_learn_server(xipcos_pipe *pipe)
{
    ULONG process = 0;

    pipe->other.user = win32_security_owner_user(pipe->reading.file);
    if (GetNamedPipeServerProcessId(pipe->reading.file, &process)) {
        pipe->other.process = process;
        pipe->other.is_process_vouched = 1;
    }
}

xipc_status xipcos_pipe_other(const xipcos_pipe *pipe, xipcos_other *other_out)
{
    if (pipe->kind != WIN32_PIPE_CONNECTION) {
        return xipcos_fault(XIPC_E_NOT_SUPPORTED, 0, "it is not a connection");
    }
    *other_out = pipe->other;
    return XIPC_OK;
}

int xipcos_pipe_vouches_process(void)
{
    return 1;
}
