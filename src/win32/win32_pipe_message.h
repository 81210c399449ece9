/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One message of the system's, and what it means (win32_pipe.h). All with the
 * turn to read.
 */
#ifndef XIPC_WIN32_PIPE_MESSAGE_H
#define XIPC_WIN32_PIPE_MESSAGE_H

#include "win32/win32_pipe.h"

typedef enum win32_pipe_meaning {
    WIN32_PIPE_IS_NOTHING,
    WIN32_PIPE_IS_DATA,
    WIN32_PIPE_IS_EMPTY, /* a message of 0 bytes */
    WIN32_PIPE_IS_END
} win32_pipe_meaning;

/* One that was read and not asked for. */
struct win32_pipe_letter {
    win32_pipe_letter *next;
    size_t at; /* what was given of it */
    size_t size;
    unsigned char bytes[];
};

/* NULL: no memory. */
win32_pipe_letter *win32_pipe_new_letter(size_t capacity);
void win32_pipe_drop_first(xipcos_pipe *pipe);

/* What comes is no message, from now on. */
win32_pipe_meaning win32_pipe_spoil(xipcos_pipe *pipe);

/* One whole message; ERROR_MORE_DATA: it was longer. */
xipc_status win32_pipe_read_message(
    xipcos_pipe *pipe,
    void *buffer,
    DWORD capacity,
    const xipcos_patience *patience,
    DWORD *error_out,
    DWORD *size_out);

/* What is to be made of what that brought. */
xipc_status win32_pipe_understand(
    xipcos_pipe *pipe,
    DWORD error,
    const void *bytes,
    DWORD size,
    win32_pipe_meaning *meaning_out);

/* The word behind an escape. */
xipc_status
win32_pipe_read_word(xipcos_pipe *pipe, const xipcos_patience *patience);

/* Into `letter`, which has room for `capacity`, and is kept if it is data. */
xipc_status win32_pipe_read_letter(
    xipcos_pipe *pipe,
    win32_pipe_letter *letter,
    DWORD capacity,
    const xipcos_patience *patience);

/* The size of the next one, when it has come; 0: it was something else. */
xipc_status win32_pipe_await_size(
    xipcos_pipe *pipe, const xipcos_patience *patience, DWORD *size_out);

#endif
