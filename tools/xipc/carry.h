/* SPDX-License-Identifier: Apache-2.0 */
/* A connection, of a named pipe or of a socket, and files through it. */
#ifndef CARRY_H
#define CARRY_H

#include <xipc/xipc.h>

typedef struct channel {
    const char *name;
    xipc_pipe *pipe; /* one of the three; no file goes through a link */
    xipc_socket *socket;
    xipc_link *link;
} channel;

/* Which way a file goes; "neither" is the subcommand's own way. */
typedef struct channel_choices {
    int is_send;
    int is_receive;
} channel_choices;

extern channel_choices channel_chosen;

/*
 * Sends the file, or receives it; NULL: the standard input or output. Whoever
 * sends ends its side, and then writes what comes back to the standard output,
 * until the other side has ended too: then all has arrived. Closes the
 * channel. Returns a code, after it said what failed.
 */
int channel_run(channel *self, const char *path, int is_send);

/*
 * Tries `attempt` until it succeeds, in the time that was chosen: nobody may
 * listen yet. It is given a short time, so that Ctrl-C is heard in between.
 */
typedef xipc_status channel_attempt(channel *self, xipc_deadline deadline);
int channel_meet(channel *self, channel_attempt *attempt);

#endif
