/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the specs of processes say over and over. Every function here fails the
 * case if it cannot do what it says.
 *
 * The probe is a program beside this one (spawn_probe.c), or where it is
 * installed, which does what its arguments say.
 */
#ifndef SPAWN_KIT_H
#define SPAWN_KIT_H

#include "support/section_kit.h"

enum { PROBE_ARGUMENT_MAX = 64 };

const char *probe_path(void);
const char *probe_directory(void);
#if defined(_WIN32)
#define PROBE_NAME "spawn_probe.exe"
#else
#define PROBE_NAME "spawn_probe"
#endif

/* The probe with these arguments, and how xipc_spawn() answered. */
#define PROBE(options, ...) \
    probe_begun(options, (const char *const[]){__VA_ARGS__, NULL})
xipc_process *
probe_begun(const xipc_spawn_options *options, const char *const *arguments);
/* The same, and its end: it must have done what it was told. */
#define PROBE_DONE(options, ...) process_done(PROBE(options, __VA_ARGS__))

/* Waits for the end, and closes. */
xipc_exit process_ended(xipc_process *process);
/* With exit code 0. */
void process_done(xipc_process *process);
void process_killed(xipc_process *process);

xipc_spawn_options spawn_with(uint32_t flags);

/* The contents of a file of the case's, with a zero behind them; removes it.
 * The caller frees. */
char *file_taken(const char *name, size_t *size_out);
void text_written(const char *name, const char *text);
/* What is in it, and removes it. */
void require_file(const char *name, const char *text);

/* What a probe was told to write, one after the other, from `*at` on; moves it.
 * NULL at the end. The text is cut out of the buffer. */
const char *told_next(char **at, size_t *size_out);

/* How many handles the probe says it has besides its streams. */
unsigned handles_of_probe(const xipc_spawn_options *options, const char *file);

/* Native files, which no child inherits. */
xipc_native_handle native_file_made(const char *name);
xipc_native_handle native_file_opened(const char *name);
void native_file_closed(xipc_native_handle native);

/* A native file that every child would inherit. */
xipc_native_handle native_file_leaking(const char *name);

/* Threads of a case that do the same at once. */
enum { CROWD_COUNT = 8 };
void in_a_crowd(spec_thread_body *body);

#endif
