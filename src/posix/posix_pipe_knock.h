/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a client and a listener come to a connection.
 *
 *     client                                   listener
 *     1  makes its FIFO and reads it
 *     2  HELLO, its name      -> knocks ->  3  opens that to write, makes its
 *                                              own FIFO and reads it
 *     5  opens that to write  <-  FIFO  <-  4  WELCOME, its name
 *     6  HERE, that name      -> knocks ->  7  has a connection
 *
 * Each FIFO is read before its name is told, and is opened to write before
 * anybody reads it in earnest: so nobody waits for an open, or sees an end that
 * is none. Both names are gone by then. Both sides know the other one by the
 * owner of its FIFO. It is the right one, because only the two know the names:
 * a name goes through a FIFO that only the one who is to know it can read. A
 * client requires that the listener's FIFOs both belong to the owner of the
 * name's section; so nobody who listens under one name can pass his clients on
 * to another user's.
 *
 * Before 6 the client marks its FIFO (posix_pipe.h), and from then on it is one
 * who is connected, however long the listener takes to hear that.
 *
 * Whoever dies on the way leaves the other one with a FIFO that nobody reads or
 * writes any more, which it sees. What a client wrote is not believed: it can
 * be any bytes.
 */
#ifndef XIPC_POSIX_PIPE_KNOCK_H
#define XIPC_POSIX_PIPE_KNOCK_H

#include "posix/posix_pipe.h"

#define POSIX_KNOCK_MARK UINT32_C(0x584b0001) /* "XK" and the version */

typedef enum posix_knock_kind {
    POSIX_KNOCK_HELLO = 1,
    POSIX_KNOCK_WELCOME = 2,
    POSIX_KNOCK_REFUSED = 3,
    POSIX_KNOCK_HERE = 4,
    POSIX_KNOCK_NUDGE = 5 /* of the listener itself: there is one to accept */
} posix_knock_kind;

/* Less than PIPE_BUF, so that it is written and read whole. */
typedef struct posix_knock {
    uint32_t mark;
    uint32_t kind;
    uint32_t process;
    uint32_t user;
    char letters[XIPCOS_SPOT_SIZE - 1]; /* of a FIFO's name */
} posix_knock;

_Static_assert(sizeof(posix_knock) == 40, "part of the layout");

void posix_knock_fill(
    posix_knock *knock, posix_knock_kind kind, const char *letters);

/* Whether it is one, as far as can be seen; then the letters as text. */
int posix_knock_check(const posix_knock *knock, char letters[XIPCOS_SPOT_SIZE]);

/* One that stands for a client, until it is accepted. */
typedef struct posix_caller posix_caller;

struct posix_caller {
    posix_caller *next;
    xipcos_pipe *pipe;
    char letters[XIPCOS_SPOT_SIZE]; /* of the FIFO made for it */
};

struct xipcos_listener {
    xipcos_listener *next; /* all of this process; with the leases' lock */
    uint64_t epoch;
    xipc_scope scope;
    xipcos_pipe_plan plan;
    char path[POSIX_FIFO_PATH];
    int read_fd;
    int keep_fd; /* an end to write, so that there is always one */
    posix_sleepers sleepers;
    posix_native_listener native;
    /* With the lock: */
    pthread_mutex_t lock;
    posix_caller *welcomed; /* not here yet, the last one first */
    unsigned welcomed_count;
    posix_caller *here; /* in the order in which they are to be accepted */
    posix_caller **here_end;
    int is_nudged; /* there is a NUDGE in the FIFO */
    unsigned char bytes[4096];
    size_t byte_count;
};

/* ---- posix_pipe_accept.c; with the lock ---- */

/*
 * Does with all knocks what there is to do. XIPC_E_NO_MEMORY: there are no
 * descriptors or no memory for one, which is kept.
 */
xipc_status posix_listener_serve(xipcos_listener *listener);

/* The next one that is here; NULL: none. */
xipcos_pipe *posix_listener_take(xipcos_listener *listener);

/* Keeps the FIFO readable as long as there is one to accept. */
void posix_listener_nudge(xipcos_listener *listener);

/* All that were not accepted. */
void posix_listener_drop_all(xipcos_listener *listener);

#endif
