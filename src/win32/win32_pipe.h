/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an end of a pipe is inside this backend. All of them are named pipes of
 * the system, of messages, also where bytes go through them.
 *
 * Why messages, what the system does with a write that waits. When it is
 * canceled, all of it goes away, also where a part of it was read, and nobody
 * says which part. So whatever is written is one message, and whoever reads it
 * takes it whole: then a canceled write is all there or not at all, which is
 * what a deadline needs. What does not fit into the caller's buffer is kept
 * here. (A foreign program may read as it likes: of a write to one that was
 * given up, it may have seen a beginning.)
 *
 * A connection tells the end in good order from a death by what comes before
 * it. What is written goes through as it is; a message of 0 bytes is an escape,
 * and what follows it says what it means:
 *
 *     0 bytes   the other side writes no more; and another such message after
 *               that: it has closed
 *     one byte  WIN32_PIPE_EMPTY: a message of 0 bytes
 *     others    that begin with WIN32_PIPE_NOTHING: nothing
 *
 * The system takes a message of 0 bytes however full the pipe is. So the end
 * can always be said without waiting, and who reads a broken pipe with no such
 * words knows of a death. WIN32_PIPE_NOTHING is how room is waited for: when
 * the system has taken it, there is some. Other pipes, whose other end may be
 * anybody's, have no such words.
 *
 * Two threads may use an end at the same time, one in each direction; who
 * comes second waits for his turn (win32_pipe_turn.c).
 */
#ifndef XIPC_WIN32_PIPE_H
#define XIPC_WIN32_PIPE_H

#include "os/os_pipe.h"
#include "win32/win32_system.h"

/* Bytes go through in messages of at most this. */
#define WIN32_PIPE_PIECE 65536U

/* What the system keeps of bytes that were not read: where nobody says it, and
 * what it is at least and at most. It has room for the longest message. */
#define WIN32_PIPE_BUFFER     (UINT32_C(256) << 10)
#define WIN32_PIPE_BUFFER_MIN (UINT32_C(4) << 10)
#define WIN32_PIPE_BUFFER_MAX (UINT32_C(1) << 20)

#define WIN32_PIPE_EMPTY   'E'
#define WIN32_PIPE_NOTHING 'N'

/* All that a client asks for; above all not for the right to make another
 * instance, which FILE_GENERIC_WRITE has in it. */
#define WIN32_PIPE_CLIENT_ACCESS                               \
    (FILE_READ_DATA | FILE_WRITE_DATA | FILE_READ_ATTRIBUTES | \
     FILE_WRITE_ATTRIBUTES | READ_CONTROL | SYNCHRONIZE)
/* The same for everybody, in a descriptor. */
#define WIN32_PIPE_OTHERS_CONNECT "0x120183"

typedef enum win32_pipe_kind {
    WIN32_PIPE_MADE,       /* one of two that were created together */
    WIN32_PIPE_CONNECTION, /* with the words above */
    WIN32_PIPE_FOREIGN
} win32_pipe_kind;

/* One direction of an end, and what the thread whose turn it is waits for. */
typedef struct win32_pipe_turn {
    SRWLOCK lock; /* of is_taken; nobody waits for a pipe with it */
    CONDITION_VARIABLE given;
    int is_taken;
    atomic_int is_over; /* no more turns: XIPC_E_CLOSED */
    HANDLE file;        /* NULL: no such direction (any more) */
    OVERLAPPED operation;
} win32_pipe_turn;

typedef enum win32_pipe_state {
    WIN32_PIPE_IDLE,    /* it was not asked */
    WIN32_PIPE_PENDING, /* the system has not answered yet */
    WIN32_PIPE_IS_SO
} win32_pipe_state;

/* Something that is asked of the system for a poller; `operation.hEvent` is
 * what the poller waits for, NULL: there was none yet. */
typedef struct win32_pipe_question {
    OVERLAPPED operation;
    win32_pipe_state state;
    atomic_int is_wanted; /* a poller could not look: set its event */
} win32_pipe_question;

typedef struct win32_pipe_letter win32_pipe_letter;
typedef struct win32_pipe_pair win32_pipe_pair;

struct xipcos_pipe {
    win32_pipe_kind kind;
    uint32_t directions;
    uint32_t message_max;
    int is_server;       /* of a connection */
    int is_message_read; /* `reading.file` gives message by message */
    int is_synchronous;  /* it was made for plain ReadFile() (..._plain.c) */
    xipcos_other other;
    _Atomic int is_used; /* relaxed: see win32_pipe_make.c */
    win32_pipe_turn reading;
    win32_pipe_turn writing;

    /* Of the thread whose turn it is to read. */
    xipc_status end;  /* XIPC_OK: not yet; else what a read says */
    int is_escaped;   /* a message of 0 bytes has come, and nothing since */
    int has_farewell; /* the other side has closed */
    win32_pipe_letter *first; /* what has been read and not been asked for */
    win32_pipe_letter **last;
    win32_pipe_letter *spare;
    win32_pipe_question data; /* is there something? */

    /* Of the thread whose turn it is to write. */
    int has_escaped; /* as is_escaped, for the other side */
    int has_ended;   /* the words of the end are said */
    int is_full;     /* at the last try, */
    DWORD wanted;    /* which was for so many bytes */
    win32_pipe_question room;
    PTP_TIMER timer; /* asks for room again where there are no words */

    win32_pipe_pair *pairs[2]; /* by direction, reading first; NULL: none */
};

/* ---- turns; win32_pipe_turn.c ---- */

/* XIPC_E_AGAIN, XIPC_E_TIMEOUT, XIPC_E_CANCELED; XIPC_E_CLOSED: is_over. */
xipc_status
win32_pipe_take(win32_pipe_turn *turn, const xipcos_patience *patience);

/* Whether nobody has it. */
int win32_pipe_try(win32_pipe_turn *turn);
void win32_pipe_leave(win32_pipe_turn *turn);

/* Whoever waits looks at what may end that. */
void win32_pipe_stir(win32_pipe_turn *turn);

/* No more turns. Waits for whoever has it, who is stirred; then it is the
 * caller's. 0: that was done before. */
int win32_pipe_end_turns(win32_pipe_turn *turn);

/*
 * Waits for turn->operation, which may be under way. XIPC_OK: it has come to
 * its end, *error_out and *size_out say how; ERROR_OPERATION_ABORTED: somebody
 * stirred, try again. Else it was given up, and has done nothing; statuses as
 * above.
 */
xipc_status win32_pipe_await(
    win32_pipe_turn *turn,
    const xipcos_patience *patience,
    DWORD *error_out,
    DWORD *size_out);

/* Whether it has come to its end; what it brought can be seen then. */
int win32_pipe_has_ended(const OVERLAPPED *operation);

/*
 * Cancels it, and waits until it is no longer the system's, which tells the
 * thread that began it, and that may not be this one. Its event may be set for
 * other reasons too, so GetOverlappedResult() might not wait.
 */
void win32_pipe_take_back(HANDLE file, OVERLAPPED *operation);

/* How a read or a write that was just begun went: ERROR_IO_PENDING, or its
 * error and size. */
DWORD win32_pipe_outcome(
    HANDLE file, BOOL is_done, OVERLAPPED *operation, DWORD *size_out);

/* Milliseconds until then, rounded up; 0: it has passed. */
DWORD win32_pipe_left_ms(xipc_deadline deadline);

/* What a wait says that has to end: XIPC_OK if it has not. */
xipc_status win32_pipe_patience(
    const xipcos_patience *patience, const win32_pipe_turn *turn);

/* ---- reading; with the turn ---- */

/* What has come stands in `first`, or `end` is set, or data.state says so.
 * Does not wait. */
void win32_pipe_look(xipcos_pipe *pipe);

/* Before anything else is read: takes the poller's question back. */
void win32_pipe_withdraw_question(xipcos_pipe *pipe);

/* The other side is gone: finds out how it ended. */
void win32_pipe_learn_end(xipcos_pipe *pipe);

/* Waits for one message of at most `capacity` bytes, as the system has it. */
xipc_status win32_pipe_read_raw(
    xipcos_pipe *pipe,
    void *buffer,
    DWORD capacity,
    const xipcos_patience *patience,
    DWORD *size_out);

/* Frees what was read and not asked for. */
void win32_pipe_drop_letters(xipcos_pipe *pipe);

int win32_pipe_is_broken(DWORD error);

/* ---- writing; with the turn ---- */

/* Asks for room again if there was none. Does not wait. */
void win32_pipe_look_for_room(xipcos_pipe *pipe);

/* The words of an end in good order, for a connection. Never waits. */
void win32_pipe_say_end(xipcos_pipe *pipe, int is_farewell);

/* ---- handles made for plain ReadFile(); win32_pipe_plain.c ---- */

xipc_status win32_pipe_plain_read(
    xipcos_pipe *pipe,
    void *buffer,
    size_t capacity,
    const xipcos_patience *patience,
    size_t *size_out);

/* One piece of at most WIN32_PIPE_PIECE bytes. */
xipc_status win32_pipe_plain_write(
    xipcos_pipe *pipe,
    const void *data,
    DWORD size,
    const xipcos_patience *patience);

/* XIPC_READABLE, XIPC_HUNG_UP */
uint32_t win32_pipe_plain_ready(xipcos_pipe *pipe);

/* ---- life; win32_pipe.c ---- */

/* NULL with a fault. The handles are its own from now on, also when it fails;
 * NULL for a direction that it does not have. */
xipcos_pipe *win32_pipe_new(
    win32_pipe_kind kind, uint32_t message_max, HANDLE in, HANDLE out);

/* What a poller waits for; NULL: the system has none left. */
HANDLE win32_pipe_event(win32_pipe_turn *turn, win32_pipe_question *question);

/* win32_pipe_try() for a poller, who is called again if it says 0; and what
 * ends each turn during which that may have been. */
int win32_pipe_try_to_look(
    win32_pipe_turn *turn, win32_pipe_question *question);
void win32_pipe_leave_to_look(
    win32_pipe_turn *turn, win32_pipe_question *question);

/* ---- pairs; win32_pipe_make.c ---- */

/* Whether there is no room for what was wanted last; 0 also where nobody knows:
 * the other end is not here, or was made for plain calls. */
int win32_pipe_pair_is_full(const xipcos_pipe *writer);

/* The other end no longer looks at this one, which stays a holder. */
void win32_pipe_part_pair(const xipcos_pipe *pipe, int direction_index);
void win32_pipe_leave_pair(xipcos_pipe *pipe, int direction_index);

/* Whether a read of 0 bytes that meets a message without any takes it, and one
 * that meets bytes says so, as Wine's. 0: with success it leaves all there. */
int win32_pipe_empty_read_takes(void);

/* Fills in `path`, a name that nobody has. */
#define WIN32_PIPE_PATH_SIZE 96
void win32_pipe_fresh_path(char path[WIN32_PIPE_PATH_SIZE]);

/* What each pipe of ours is: no remote clients, messages, overlapped. */
#define WIN32_PIPE_TYPE                                      \
    (PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT | \
     PIPE_REJECT_REMOTE_CLIENTS)

/*
 * The one place where a pipe of the system's is made, so that nothing else can
 * be: `open_mode` is PIPE_ACCESS_DUPLEX and the like, with
 * FILE_FLAG_FIRST_PIPE_INSTANCE or not; INVALID_HANDLE_VALUE and the last
 * error. `instances` 0: any number.
 */
typedef struct win32_pipe_server {
    const char *path;
    DWORD open_mode;
    DWORD instances;
    DWORD buffer_size;
    const char *others; /* their rights; NULL: none */
} win32_pipe_server;

uint32_t win32_pipe_buffer_size(const xipcos_pipe_plan *plan);

xipc_status win32_pipe_serve(const win32_pipe_server *server, HANDLE *pipe_out);

/* The one place where one is opened; never lets the server act as this user.
 * The error, or ERROR_SUCCESS. */
DWORD win32_pipe_dial(
    const char *path, DWORD access, DWORD flags, HANDLE *pipe_out);

/* From now on it gives message by message, if it is of messages and may be
 * told. */
int win32_pipe_read_messages(HANDLE pipe);

#endif
