/* SPDX-License-Identifier: Apache-2.0 */
/* What files go through in pieces: a named pipe, a socket, a ring, or peers. */
#ifndef CARRY_H
#define CARRY_H

#include <xipc/xipc.h>

typedef struct channel channel;

/* What each sort of channel does; beside its subcommands. */
typedef struct channel_kind {
    xipc_status (*write)(
        channel *self, const void *bytes, size_t size, xipc_deadline deadline);
    /* XIPC_E_CLOSED: that was all. */
    xipc_status (*read)(
        channel *self,
        void *buffer,
        size_t capacity,
        xipc_deadline deadline,
        size_t *size_out);
    /* All is written. `*hears_out`: the other side may still say something. */
    xipc_status (*end)(channel *self, xipc_deadline deadline, int *hears_out);
    /* All is read, and the file is written. NULL: nobody waits to know. */
    xipc_status (*confirm)(channel *self, xipc_deadline deadline);
    /* The longest piece; 0: any. */
    size_t (*piece_max)(const channel *self);
    xipc_object *(*object)(const channel *self);
    void (*close)(channel *self);
    /* Whether to close it now would look like the end of the file. NULL: no. */
    int (*is_end)(channel *self);
    const char *too_big; /* what to do if a piece is; NULL: none is */
} channel_kind;

struct channel {
    const char *name;
    const channel_kind *kind; /* NULL: no file goes through it */
    xipc_pipe *pipe;          /* one of these */
    xipc_socket *socket;
    xipc_ring *ring;
    xipc_peer *peer;
    xipc_link *link;
    char other[XIPC_NAME_MAX + 1]; /* of a peer: with whom */
};

/* Of a channel that ends by shutting down its side: what that means if it came
 * to `status`. */
xipc_status channel_ended(xipc_status status, int *hears_out);

/* Which way a file goes; "neither" is the subcommand's own way. */
typedef struct channel_choices {
    int is_send;
    int is_receive;
} channel_choices;

extern channel_choices channel_chosen;

/* Before anybody is waited for: whether the file can be sent or received, as
 * far as that is known. Returns a code, after it said why not. */
int channel_check(const char *path, int is_send);

/*
 * Sends the file, or receives it; NULL: the standard input or output. Whoever
 * sends ends its side, and then, if the channel goes both ways, writes what
 * comes back to the standard output, until the other side has ended too: then
 * all has arrived. Closes the channel; or leaves it to end with this process,
 * if the sender did not come to the end, and the other side could not tell.
 * Returns a code, after it said what failed.
 */
int channel_run(channel *self, const char *path, int is_send);

/*
 * Tries `attempt` until it succeeds, in the time that was chosen: nobody may
 * listen yet. It is given a short time, so that Ctrl-C is heard in between.
 */
typedef xipc_status channel_attempt(channel *self, xipc_deadline deadline);
int channel_meet(channel *self, channel_attempt *attempt);

#endif
