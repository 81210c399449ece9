/* SPDX-License-Identifier: Apache-2.0 */
/* The subcommands: one function each, and the table that all of help, parsing
 * and completion come from. */
#ifndef COMMANDS_H
#define COMMANDS_H

#include <stddef.h>

#include "args.h"

/* A row whose name is NULL ends it. */
extern const command commands[];

/* What each takes besides what is common; beside its function. */
extern const option box_send_options[];
extern const option box_receive_options[];
extern const option watch_options[];
extern const option shm_create_options[];
extern const option shm_dump_options[];
extern const option shm_write_options[];
extern const option ring_options[];
extern const option peer_send_options[];
extern const option peer_receive_options[];
extern const option pipe_listen_options[];
extern const option pipe_connect_options[];
extern const option sock_stream_options[];
extern const option sock_send_options[];
extern const option sock_receive_options[];
extern const option call_options[];
extern const option serve_options[];
extern const option run_options[];

/* What those show that show columns or objects; beside their functions. */
extern const field list_fields[];
extern const field watch_fields[];
extern const field receive_fields[];
extern const field serve_fields[];

/* NULL: it shows nothing that needs a word. */
const field *command_fields(const command *which);

int do_ls(char **operands, size_t count);
int do_watch(char **operands, size_t count);
int do_info(char **operands, size_t count);
int do_rm(char **operands, size_t count);
int do_sweep(char **operands, size_t count);
int do_doctor(char **operands, size_t count);
int do_send(char **operands, size_t count);
int do_recv(char **operands, size_t count);
int do_ring_send(char **operands, size_t count);
int do_ring_recv(char **operands, size_t count);
int do_peer_send(char **operands, size_t count);
int do_peer_recv(char **operands, size_t count);
int do_pipe_listen(char **operands, size_t count);
int do_pipe_connect(char **operands, size_t count);
int do_sock_listen(char **operands, size_t count);
int do_sock_connect(char **operands, size_t count);
int do_sock_send(char **operands, size_t count);
int do_sock_recv(char **operands, size_t count);
int do_shm_create(char **operands, size_t count);
int do_shm_dump(char **operands, size_t count);
int do_shm_write(char **operands, size_t count);
int do_call(char **operands, size_t count);
int do_serve(char **operands, size_t count);
int do_run(char **operands, size_t count);
int do_bench(char **operands, size_t count);
int do_conformance(char **operands, size_t count);

/* argv[0] of this program, as system_arguments() knows it. */
extern const char *program_name;

#endif
