/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pipes and FIFOs.
 *
 * What an end has open is its own: an opening (open file description) that
 * nobody else has, and that does not block. Another program that is given the
 * end, or from which we have it, has another opening of the same pipe. Only
 * where the system gives none (posix_pipe_portable.c) the opening is shared, as
 * it was; then it `blocks`, and is polled before each use.
 *
 * A connection is two FIFOs, each made and read by one side and written by the
 * other one. A FIFO's file belongs to the user who made it, who alone can
 * change its mode. That makes it a place where one side can say something that
 * the other one sees and nobody can forge, without a byte in the stream: an
 * orderly end marks the mode of the own FIFO, and then closes. Who finds the
 * end of the stream and no mark knows that the other side died.
 */
#ifndef XIPC_POSIX_PIPE_H
#define XIPC_POSIX_PIPE_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "os/os_pipe.h"
#include "posix/posix_sleepers.h"

struct pollfd;

/*
 * Whether it pays to let others run once before one sleeps, posix_pipe_yield.c.
 * Written and read by all who read, relaxed: it is a guess.
 */
typedef struct posix_yielder {
    _Atomic uint32_t skip;   /* waits that are to go to sleep at once */
    _Atomic uint32_t vain;   /* of the last ones, one after the other */
    _Atomic uint32_t recent; /* since the coarse clock went on meanwhile */
    _Atomic uint32_t empty;  /* of the last looks, one after the other */
} posix_yielder;

/* Looks for something to read, lets others run where that pays, and looks
 * again; once at least. XIPC_E_AGAIN: there is nothing. */
xipc_status posix_look(
    posix_yielder *yielder, xipc_status (*look)(void *context), void *context);

/* ---- an end ---- */

/* A message on its way in, with the lock. Its length comes first. */
typedef struct posix_pipe_reader {
    pthread_mutex_t lock;
    unsigned char head[4];
    size_t head_got; /* bytes of the head; then the head is complete at 4 */
    uint32_t size;
    size_t got;           /* bytes behind the head, all in the stash */
    unsigned char *stash; /* NULL: none yet */
    size_t stash_size;
    int is_corrupt;
} posix_pipe_reader;

/* A message on its way out, with the lock. */
typedef struct posix_pipe_writer {
    pthread_mutex_t lock;
    int is_amid;   /* somebody is in the middle of a long one */
    uint64_t owed; /* bytes of one that was given up, to be filled with zeros */
} posix_pipe_writer;

struct xipcos_pipe {
    xipcos_pipe *next; /* all of this process; with the leases' lock */
    xipcos_pipe **link;
    uint64_t epoch;
    int read_fd;
    int write_fd;
    int other_fd; /* the FIFO that was written to, once that has ended; or -1 */
    uint32_t directions;
    uint32_t message_max;
    uint32_t buffer_size;
    int is_connection;
    atomic_int read_blocks;
    atomic_int write_blocks;
    mode_t mode; /* of the own FIFO, with marks; with the writer's lock */
    atomic_int is_shut; /* writing has ended */
    atomic_int has_grown;
    atomic_int has_met; /* somebody has the other end of it, or had */
    xipcos_other other;
    posix_sleepers sleepers;
    posix_yielder yielder;
    posix_pipe_reader reader;
    posix_pipe_writer writer;
};

/* ---- posix_pipe_make.c ---- */

/* One that has no descriptors yet. NULL: no memory, with a fault. */
xipcos_pipe *posix_pipe_new(uint32_t directions, const xipcos_pipe_plan *plan);

/* Closes its descriptors, without a mark. Accepts a half-made one. */
void posix_pipe_free(xipcos_pipe *pipe);

/* In a forked child: closes what the parent has too. posix_pipe_listener.c has
 * the other one. */
void posix_pipe_forget(void);
void posix_listener_forget(void);

/* ---- posix_pipe.c ---- */

/*
 * Marks in the mode of the own FIFO, where they mean nothing else: no byte more
 * will be written to the other one; this one is not read any more either; the
 * client has come, and goes on as one who is connected.
 */
#define POSIX_MARK_WRITES S_IXUSR
#define POSIX_MARK_ALL    S_IXGRP
#define POSIX_MARK_HERE   S_IXOTH
#define POSIX_MARKS       ((mode_t)(S_IXUSR | S_IXGRP | S_IXOTH))

/* Of the own FIFO from now on: what it was, with marks or without. */
void posix_pipe_mark(xipcos_pipe *pipe, mode_t mode);

/* Those that the other side has left; all if there is no way to know. */
mode_t posix_pipe_marks_of_other(const xipcos_pipe *pipe);

/* The end of the stream was found. `is_cut`: in the middle of a message. */
xipc_status posix_pipe_ended(const xipcos_pipe *pipe, int is_cut);

/* One try to read into `parts`. XIPC_E_AGAIN: nothing is there, no fault;
 * XIPC_E_CLOSED: the stream has ended, no fault; XIPC_E_OS. */
xipc_status posix_pipe_try_read(
    xipcos_pipe *pipe, const struct iovec *parts, int count, size_t *size_out);

/* One try to write. XIPC_E_AGAIN: no room, no fault; XIPC_E_CLOSED,
 * XIPC_E_PEER_DIED, XIPC_E_OS. */
xipc_status posix_pipe_try_write(
    xipcos_pipe *pipe, const struct iovec *parts, int count, size_t *size_out);

/* ---- posix_pipe_message.c ---- */

xipc_status posix_pipe_read_message(
    xipcos_pipe *pipe,
    void *buffer,
    size_t capacity,
    const xipcos_patience *patience,
    size_t *size_out);
xipc_status posix_pipe_write_message(
    xipcos_pipe *pipe,
    const void *data,
    size_t size,
    const xipcos_patience *patience);

/* Whether a read would find a whole message, or why there is none. */
int posix_pipe_has_message(xipcos_pipe *pipe, int is_readable);

/* ---- posix_pipe_fifo.c: files ---- */

/* Requests to connect come here; one side of a connection reads here. */
#define POSIX_KNOCK_PREFIX "xipc-k-"
#define POSIX_WIRE_PREFIX  "xipc-w-"

#define POSIX_FIFO_PATH 640

/* The path of a listener's FIFO; of one side of a connection, which is
 * `user`'s. */
xipc_status posix_fifo_knock_path(
    xipc_scope scope, const char *letters, char path[POSIX_FIFO_PATH]);
xipc_status posix_fifo_wire_path(
    xipc_scope scope,
    uid_t user,
    const char *letters,
    char path[POSIX_FIFO_PATH]);

/* Letters that nobody can guess. */
void posix_fifo_draw(char letters[XIPCOS_SPOT_SIZE]);

/*
 * Makes the FIFO, and then its name, under which it so is always read, and
 * opens it for reading.
 */
xipc_status posix_fifo_make(const char *path, mode_t mode, int *fd_out);

/* Opens one that somebody reads, for writing, and tells whose it is. 0, or
 * errno: ENOENT, ENXIO: nobody reads it. */
int posix_fifo_open(const char *path, int *fd_out, struct stat *file_out);

/* Removes one that a dead process has left. Whether there was one. */
int posix_fifo_sweep(const char *path);

/* The directory of this user's connections with others, if there is one. 0 if
 * not. */
int posix_fifo_directory(char path[POSIX_FIFO_PATH]);

/* ---- posix_pipe_signal.c ---- */

/* As writev(), but there is no SIGPIPE. */
ssize_t posix_pipe_write_masked(int fd, const struct iovec *parts, int count);

/* ---- posix_pipe_linux.c, posix_pipe_portable.c ---- */

/* As writev(), but there is no SIGPIPE. */
ssize_t posix_pipe_writev(int fd, const struct iovec *parts, int count);

/* As pipe(); close-on-exec, and they do not block. 0, or errno. */
int posix_pipe_ends(int ends[2]);

/* What a sleeper is woken with; both may be the same. 0, or errno. */
int posix_pipe_bell(int ends[2]);
void posix_pipe_ring(int end);

/* As poll(), up to `ns` nanoseconds. */
int posix_pipe_poll(struct pollfd *polled, unsigned count, int64_t ns);

/* Another opening of the pipe that `fd` is one of, to read (O_RDONLY) or to
 * write, that does not block. -1 if there is no way to one. */
int posix_pipe_reopen(int fd, int way);

/* Keeps the file of `fd` to look at, without being one who reads or writes it.
 * -1 if there is no way to do that. */
int posix_pipe_keep(int fd);
int posix_pipe_can_keep(void);

/* Puts the file of `fd` behind the number `over`; close-on-exec. */
void posix_pipe_replace(int fd, int over);

/* Room for that many bytes, if the system gives it. */
void posix_pipe_grow(int fd, uint32_t size);

/* ---- posix_pipe_native.c ---- */

/* Whether a FIFO can have these: one of the two. XIPC_E_INVALID. */
xipc_status posix_native_check(uint32_t directions);

/* The same wherever this process goes. NULL: no memory. */
char *posix_native_full_path(const char *path);

/* In a listener of a native name. */
typedef struct posix_native_listener {
    char *path;   /* NULL: it is not one */
    dev_t device; /* of the file that was made */
    ino_t inode;
    uint32_t directions;
    pthread_mutex_t lock;
    int fd; /* opened for reading, and not given out; or -1; with the lock */
} posix_native_listener;

/* Removes it, if it is still there; there may be another one's by now. */
void posix_native_unlink(const posix_native_listener *listener);

xipc_status posix_native_accept(
    posix_native_listener *listener,
    posix_sleepers *sleepers,
    const xipcos_patience *patience,
    xipcos_pipe **pipe_out);

#endif
