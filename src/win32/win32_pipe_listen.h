/* SPDX-License-Identifier: Apache-2.0 */
/* What both sides of a listener know: its name, and the first words. */
#ifndef XIPC_WIN32_PIPE_LISTEN_H
#define XIPC_WIN32_PIPE_LISTEN_H

#include "win32/win32_pipe.h"

#define WIN32_PIPE_MAGIC   0x70637078U /* "xpcp" in memory order */
#define WIN32_PIPE_VERSION 1U

/*
 * The first messages: the client's, the server's, and the client's again. With
 * the first one the system lets the server ask who that is. The second one says
 * that the client was taken in, and the third one that it was still there then:
 * so no client that has given up is ever accepted.
 */
typedef struct win32_pipe_greeting {
    uint32_t magic;
    uint32_t version;
    uint32_t message_max; /* 0 from a client */
    uint32_t reserved;
} win32_pipe_greeting;

_Static_assert(sizeof(win32_pipe_greeting) == 16, "with no gaps");

win32_pipe_greeting win32_pipe_greet(uint32_t message_max);
int win32_pipe_is_greeting(const win32_pipe_greeting *greeting, DWORD size);

void win32_pipe_place_path(
    xipcos_pipe_place place, char path[WIN32_PIPE_PATH_SIZE]);

/* The system's path of what followed "native:", with or without "\\.\pipe\".
 * XIPC_E_NAME: too long, or not of this machine. */
xipc_status win32_pipe_native_path(const char *name, char path[MAX_PATH]);

/* Who is there, once and for all; with the greeting read. */
void win32_pipe_learn_client(xipcos_pipe *pipe);
void win32_pipe_learn_server(xipcos_pipe *pipe);

#endif
