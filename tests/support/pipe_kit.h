/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the specs of pipes say over and over. Every function here fails the case
 * if it cannot do what it says.
 *
 * What is written has a number, from which its bytes follow (message_fill() of
 * ring_kit.h).
 */
#ifndef PIPE_KIT_H
#define PIPE_KIT_H

#include <xipc/credentials.h>
#include <xipc/pipe.h>

#include "support/ring_kit.h"

/* The longest message that the kit's options allow. */
#define PIPE_LONGEST 200000u

xipc_pipe_options pipe_options(xipc_pipe_mode mode);

/* Two ends that are each other's. */
typedef struct pipe_pair {
    const char *what; /* for people */
    xipc_pipe *writer;
    xipc_pipe *reader;
    xipc_pipe_listener *listener; /* NULL: none */
    int is_duplex;
    int is_connection;
} pipe_pair;

pipe_pair pair_anonymous(xipc_pipe_mode mode);
pipe_pair pair_duplex(xipc_pipe_mode mode);
/* The client writes, or the server does. */
pipe_pair pair_connected(xipc_pipe_mode mode, int server_writes);
void ends_closed(pipe_pair *pair);

/* Runs the body for each of these, told as spec_within(). */
typedef void pair_body(pipe_pair *pair);
void with_all_pairs(xipc_pipe_mode mode, pair_body *body);

xipc_pipe_listener *listening(const char *name, xipc_pipe_mode mode);
/* Whoever was killed has let go of the name within a second (GEN-11). */
xipc_pipe_listener *listening_soon(const char *name, xipc_pipe_mode mode);
xipc_pipe *accepted(xipc_pipe_listener *listener);

/* A connect in a thread of its own. */
typedef struct pipe_caller {
    const char *name;
    xipc_deadline deadline;
    xipc_pipe_options options;
    xipc_status status;
    xipc_pipe *pipe;
    spec_thread *thread;
} pipe_caller;

void caller_begins(
    pipe_caller *caller, const char *name, xipc_deadline deadline);
void caller_begins_with(
    pipe_caller *caller,
    const char *name,
    const xipc_pipe_options *options,
    xipc_deadline deadline);
xipc_status caller_ends(pipe_caller *caller);

/* Writes one; all of it, waiting for ever. */
void pipe_puts(xipc_pipe *pipe, uint64_t number, size_t size);
/* Reads so many bytes, in as many pieces as they come, or one message of that
 * size; and they are these. */
void pipe_gets(xipc_pipe *pipe, uint64_t number, size_t size);

xipc_status
pipe_put(xipc_pipe *pipe, uint64_t number, size_t size, xipc_deadline deadline);
/* Any status; what is read is thrown away. */
xipc_status pipe_get(xipc_pipe *pipe, xipc_deadline deadline);

/* XIPC_NOW: there is nothing. */
void require_dry(xipc_pipe *pipe);
/* There is nothing more, ever, for that reason: told at each read. */
void require_end(xipc_pipe *pipe, xipc_status want);
/* A write says so, at the latest after some. */
void require_unheard(xipc_pipe *pipe, xipc_status want);

/* Writes pieces of that size until there is no room; how many they were. */
uint64_t pipe_fills(xipc_pipe *pipe, size_t size);

/* --- pipe_hand.c: another process that does as it is told --- */

/*
 * An order is a verb and what stands behind it. The answer is the name of the
 * status, as of the hands of sync_kit.h.
 *
 *     connect NAME        listen NAME MODE   accept
 *     put NUMBER SIZE     get NUMBER SIZE    (they wait for ever)
 *     fill SIZE           drain              (until it would wait; to the end)
 *     shutdown            close              deafen (closes the listener)
 */
spec_peer *pipe_hand(void);

#define pair_connected(...) \
    (spec_at(__FILE__, __LINE__), pair_connected(__VA_ARGS__))
#define listening(...) (spec_at(__FILE__, __LINE__), listening(__VA_ARGS__))
#define listening_soon(...) \
    (spec_at(__FILE__, __LINE__), listening_soon(__VA_ARGS__))
#define accepted(...)    (spec_at(__FILE__, __LINE__), accepted(__VA_ARGS__))
#define pipe_puts(...)   (spec_at(__FILE__, __LINE__), pipe_puts(__VA_ARGS__))
#define pipe_gets(...)   (spec_at(__FILE__, __LINE__), pipe_gets(__VA_ARGS__))
#define require_dry(...) (spec_at(__FILE__, __LINE__), require_dry(__VA_ARGS__))
#define require_end(...) (spec_at(__FILE__, __LINE__), require_end(__VA_ARGS__))
#define require_unheard(...) \
    (spec_at(__FILE__, __LINE__), require_unheard(__VA_ARGS__))
#define pipe_fills(...) (spec_at(__FILE__, __LINE__), pipe_fills(__VA_ARGS__))

#endif
