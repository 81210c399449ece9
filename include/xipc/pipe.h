/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pipes carry bytes, or whole messages, between processes through the kernel.
 *
 * An anonymous pipe is two ends, which reach other processes by being
 * inherited, also as a foreign program's standard input or output. A named pipe
 * is a listener under a name; each client that connects gets a connection of
 * its own, which goes both ways.
 *
 *     server                                client
 *     xipc_pipe_listen("jobs", ...)
 *     xipc_pipe_accept(listener, ...) ..... xipc_pipe_connect("jobs", ...)
 *     xipc_pipe_read(pipe, ...) ........... xipc_pipe_write(pipe, ...)
 *
 * In byte mode a read gives what is there; where one write ends and the next
 * begins is not kept. In message mode each write is one message, which may be
 * empty, and each read gives one, whole.
 *
 * What was written arrives, also when its writer has closed or died since, as
 * long as the other side reads. Then reading ends: with XIPC_E_CLOSED if the
 * writer ended in good order, with XIPC_E_PEER_DIED if it died, or ended
 * without closing. Of an anonymous pipe, which may have many writers, nobody
 * can tell how they ended, and it is XIPC_E_CLOSED, but where a message has
 * begun and is not whole.
 *
 * A handle may be used by many threads at once, except that closing it must be
 * the last use. Writes of up to XIPC_PIPE_ATOMIC_SIZE bytes, and messages, are
 * not mixed with those of other threads; what several threads read is one
 * stream, which they share. In processes that have inherited the same end only
 * writes, or messages, of up to XIPC_PIPE_ATOMIC_SIZE bytes are not mixed. No
 * call is safe in a signal handler. A signal does not shorten or lengthen a
 * wait, and no call raises SIGPIPE. xipc_interrupt(xipc_pipe_object(pipe)) ends
 * the waits on that handle with XIPC_E_CANCELED.
 *
 * In a poller a pipe is XIPC_READABLE when a read will not wait, XIPC_WRITABLE
 * when there is room, and XIPC_HUNG_UP when the other side has ended, or only
 * ended to write; a listener is XIPC_READABLE when an accept will not wait.
 *
 * What calls on a handle may return besides what stands at each:
 *
 *     XIPC_E_INVALID    the handle is NULL
 *     XIPC_E_FORKED     the handle was inherited through fork()
 *     XIPC_E_NO_MEMORY  no memory or handles left for this process
 *     XIPC_E_OS         anything else; see xipc_native_error()
 */
#ifndef XIPC_PIPE_H
#define XIPC_PIPE_H

#include <xipc/base.h>
#include <xipc/name.h>
#include <xipc/section.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct xipc_pipe xipc_pipe; /* one end, or one side of a connection */
typedef struct xipc_pipe_listener xipc_pipe_listener;

/* Whether what is written keeps its bounds. */
typedef enum xipc_pipe_mode {
    XIPC_PIPE_BYTES = 0,   /* a stream */
    XIPC_PIPE_MESSAGES = 1 /* each is read as it was written */
} xipc_pipe_mode;

enum {
    /* Which of the two directions a "native:" pipe has at this side. */
    XIPC_PIPE_READ_ONLY = 1 << 0,
    XIPC_PIPE_WRITE_ONLY = 1 << 1
};

/* Bytes of a write that others do not come between. */
#define XIPC_PIPE_ATOMIC_SIZE 500u

/* Of message_max: what the initialiser of the options sets, and the most. */
#define XIPC_PIPE_MESSAGE_MAX_DEFAULT 65536u
#define XIPC_PIPE_MESSAGE_MAX_LIMIT   ((uint32_t)1 << 24)

typedef struct xipc_pipe_options {
    size_t options_size; /* set by XIPC_PIPE_OPTIONS_INIT */
    /* Listen, connect. XIPC_TRANSIENT only. Who may connect must be able to
       write; access to read alone is access for nobody else. */
    xipc_naming naming;
    xipc_pipe_mode mode; /* who connects follows the listener */
    uint32_t flags;      /* XIPC_PIPE_*_ONLY */
    /* Messages: bytes of the longest one; who connects follows the listener. */
    uint32_t message_max;
    /* Bytes that can be on their way, one way; advice. 0: as much as the system
       gives without asking, once that much is needed. */
    uint32_t buffer_size;
} xipc_pipe_options;

#define XIPC_PIPE_OPTIONS_INIT                                     \
    {                                                              \
        sizeof(xipc_pipe_options),                                 \
            {XIPC_SCOPE_USER, XIPC_ACCESS_PRIVATE, XIPC_TRANSIENT, \
             XIPC_TRUST_SELF},                                     \
            XIPC_PIPE_BYTES, 0, XIPC_PIPE_MESSAGE_MAX_DEFAULT, 0   \
    }

/*
 * Makes the two ends of a pipe that goes one way. `options` may be NULL for the
 * defaults: bytes.
 *
 * XIPC_OK           both are yours; xipc_pipe_close() ends each
 * XIPC_E_NO_MEMORY  no memory or handles left for this process
 * XIPC_E_INVALID    NULL, unknown options_size or mode, flags or naming (there
 *                   is no name), a message_max of 0 or above
 *                   XIPC_PIPE_MESSAGE_MAX_LIMIT
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_pipe_create(
    const xipc_pipe_options *options,
    xipc_pipe **reader_out,
    xipc_pipe **writer_out);

/* The same, both ways: what one end writes the other one reads. */
XIPC_API XIPC_MUST_USE xipc_status xipc_pipe_create_duplex(
    const xipc_pipe_options *options,
    xipc_pipe **first_out,
    xipc_pipe **second_out);

/*
 * An end over a copy of a native handle that was made or inherited: a pipe's
 * end, or a FIFO that is open. Which way it goes the handle says. `native`
 * stays the caller's. Only with XIPC_PIPE_MESSAGES if the other side is an end
 * of this library with the same mode and message_max.
 *
 * XIPC_OK               `*pipe_out` is yours
 * XIPC_E_NOT_SUPPORTED  not of a pipe
 * XIPC_E_INVALID        not an open handle; NULL; options as for
 *                       xipc_pipe_create()
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_pipe_adopt(
    xipc_native_handle native,
    const xipc_pipe_options *options,
    xipc_pipe **pipe_out);

/*
 * Takes a name, and listens: from now on clients can connect, and wait until
 * they are accepted.
 *
 * With "native:" and a name of the system's, other programs are met: on POSIX
 * systems the name is the path of a FIFO that is made, and goes with the
 * listener, and exactly one of the flags says which way it goes; on Windows it
 * is a pipe's, "\\.\pipe\NAME". Such a pipe carries bytes, takes no scope or
 * access, and does not tell death from close. A FIFO is one stream: its next
 * client is met when the last one's pipe has been closed.
 *
 * XIPC_OK               `*listener_out` is yours; xipc_pipe_listener_close()
 *                       ends it
 * XIPC_E_EXISTS         somebody living listens under that name
 * XIPC_E_NO_SPACE       too little room
 * XIPC_E_ACCESS         the system refuses the scope, or the name is another
 *                       user's
 * XIPC_E_INCOMPATIBLE   what has the name is of another layout version, byte
 *                       order or kind
 * XIPC_E_CORRUPT        what has the name makes no sense
 * XIPC_E_NOT_SUPPORTED  see xipc_capability()
 * XIPC_E_TIMEOUT        another process was in the middle of taking that name
 *                       or letting go of it until `deadline` (XIPC_NOW:
 *                       XIPC_E_AGAIN)
 * XIPC_E_NAME           not a legal name
 * XIPC_E_INVALID        NULL, unknown options_size, mode or flags, flags of a
 *                       name that is not "native:", messages of one that is,
 *                       XIPC_PERSISTENT, a message_max of 0 or above
 *                       XIPC_PIPE_MESSAGE_MAX_LIMIT
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_pipe_listen(
    const char *name,
    const xipc_pipe_options *options,
    xipc_deadline deadline,
    xipc_pipe_listener **listener_out);

/*
 * Takes the next client's connection, waiting for one to come.
 *
 * XIPC_OK          `*pipe_out` is yours; it does not end with the listener
 * XIPC_E_TIMEOUT   nobody came until `deadline` (XIPC_NOW: XIPC_E_AGAIN)
 * XIPC_E_CANCELED  xipc_interrupt() of the listener
 * XIPC_E_INVALID   NULL
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_pipe_accept(
    xipc_pipe_listener *listener, xipc_deadline deadline, xipc_pipe **pipe_out);

/*
 * Frees the name. Clients that were not accepted get XIPC_E_CLOSED; connections
 * that were go on. Accepts NULL. In a forked child it frees the child's copy
 * only.
 */
XIPC_API void xipc_pipe_listener_close(xipc_pipe_listener *listener);

/*
 * Connects to whoever listens under that name; waits until somebody does, and
 * has taken this client in, which takes an accept there, or a wait of a poller
 * in which the listener is. On some systems it returns before that, when it is
 * certain that the next accept is for this client.
 *
 * `options` may be NULL. With "native:" it opens what another program has made:
 * on POSIX systems a FIFO, exactly one of the flags saying which way; reading,
 * at once, and the first read waits for somebody to write; writing, as soon as
 * somebody reads it. On Windows a pipe that a program serves.
 *
 * XIPC_OK               `*pipe_out` is yours; xipc_pipe_close() ends it
 * XIPC_E_TIMEOUT        nobody listened there, or took this client in, until
 *                       `deadline`
 * XIPC_E_NOT_FOUND      XIPC_NOW, and nobody listens there
 * XIPC_E_AGAIN          XIPC_NOW, and somebody does, who would have to be
 *                       waited for
 * XIPC_E_ACCESS         not for this user, or the listener is another user's
 *                       and XIPC_TRUST_SELF was asked for
 * XIPC_E_INCOMPATIBLE, XIPC_E_CORRUPT, XIPC_E_NOT_SUPPORTED, XIPC_E_NAME
 * XIPC_E_INVALID        as for xipc_pipe_listen()
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_pipe_connect(
    const char *name,
    const xipc_pipe_options *options,
    xipc_deadline deadline,
    xipc_pipe **pipe_out);

/*
 * Writes all of it, waiting for room. `data` may be NULL if `size` is 0: that
 * is an empty message, or nothing.
 *
 * XIPC_OK            the other side can read it
 * XIPC_E_TIMEOUT     there was not enough room until `deadline` (XIPC_NOW:
 *                    XIPC_E_AGAIN)
 * XIPC_E_CLOSED      nobody reads it any more, or xipc_pipe_shutdown_write()
 * XIPC_E_PEER_DIED   the other side of the connection died
 * XIPC_E_TOO_BIG     the message is longer than message_max
 * XIPC_E_CANCELED    xipc_interrupt()
 * XIPC_E_ACCESS      this end only reads
 * XIPC_E_INVALID     NULL
 *
 * `*written_out` (may be NULL) says how many bytes the other side can get: on
 * XIPC_OK all; else, of bytes, those written before it ended, and of a message
 * 0: it will never be received. Nothing is written on XIPC_E_INVALID,
 * XIPC_E_FORKED and XIPC_E_ACCESS, and then it is unchanged.
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_pipe_write(
    xipc_pipe *pipe,
    const void *data,
    size_t size,
    xipc_deadline deadline,
    size_t *written_out);

/*
 * Reads what is there, waiting for something: at least one byte and at most
 * `capacity`; or one message, whole, which may be empty. `buffer` may be NULL
 * if `capacity` is 0, in message mode.
 *
 * XIPC_OK            `*size_out` bytes of `buffer` are it
 * XIPC_E_TIMEOUT     nothing came until `deadline` (XIPC_NOW: XIPC_E_AGAIN)
 * XIPC_E_CLOSED      all was read, and the other side has closed, or called
 *                    xipc_pipe_shutdown_write()
 * XIPC_E_PEER_DIED   all was read, and the other side of the connection died;
 *                    of an anonymous pipe: ended, in the middle of a message,
 *                    also of one whose write was given up
 * XIPC_E_TOO_SMALL   the message has `*size_out` bytes, and stays
 * XIPC_E_CANCELED    xipc_interrupt()
 * XIPC_E_CORRUPT     what the other side wrote is no message; all later reads
 *                    say so too
 * XIPC_E_ACCESS      this end only writes
 * XIPC_E_INVALID     NULL, or a `capacity` of 0 for bytes
 *
 * What is in `buffer` behind what was read is unspecified, and on any status
 * but XIPC_OK all of it; on any but XIPC_OK and XIPC_E_TOO_SMALL `*size_out` is
 * unchanged.
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_pipe_read(
    xipc_pipe *pipe,
    void *buffer,
    size_t capacity,
    xipc_deadline deadline,
    size_t *size_out);

/*
 * Ends writing, not reading: the other side reads what was written, and then
 * XIPC_E_CLOSED. Any number of times.
 *
 * XIPC_E_ACCESS         this end only reads
 * XIPC_E_NOT_SUPPORTED  a "native:" pipe of this system cannot
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_pipe_shutdown_write(xipc_pipe *pipe);

/* In good order; never waits, and what was written still arrives. Accepts NULL.
 * In a forked child it frees the child's copy only. */
XIPC_API void xipc_pipe_close(xipc_pipe *pipe);

/*
 * The operating system's handle of that direction (XIPC_READABLE or
 * XIPC_WRITABLE, see poller.h). It is the end's, is not inheritable, and never
 * blocks.
 *
 * XIPC_OK         `*native_out` is valid until the end is closed
 * XIPC_E_ACCESS   the end has no such direction
 * XIPC_E_INVALID  NULL, or not one of the two
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_pipe_native_handle(
    xipc_pipe *pipe, uint32_t direction, xipc_native_handle *native_out);

/* Bytes of the longest message; 0: it carries bytes, or it is NULL. */
XIPC_API uint32_t xipc_pipe_message_max(const xipc_pipe *pipe);

/* The handles as what all handles are: for xipc_interrupt(), a poller,
 * xipc_peer_credentials(). NULL for NULL. */
XIPC_API xipc_object *xipc_pipe_object(xipc_pipe *pipe);
XIPC_API xipc_object *xipc_pipe_listener_object(xipc_pipe_listener *listener);

#ifdef __cplusplus
}
#endif

#endif
