/* SPDX-License-Identifier: Apache-2.0 */
/* What the benchmark needs of the running system besides what it measures. */
#ifndef XIPC_BENCH_PROCESS_H
#define XIPC_BENCH_PROCESS_H

#include "result.h"

/* This program again, with an option and a name. It ends when this one dies;
 * who stops it gives it so long to end by itself. */
typedef struct bench_process bench_process;
bench_process *bench_process_start(const char *option, const char *name);
int bench_process_is_alive(const bench_process *process);
void bench_process_stop(bench_process *process, int patience_ms);

/* In the started process, first of all. `last` is the last thing that it does
 * when its parent has died, in a thread of its own. */
void bench_process_end_with_parent(void (*last)(void));

/* Whether the user has asked to end it, while that is waited for. */
void bench_catch_interrupts(void);
int bench_is_interrupted(void);
void bench_release_interrupts(void); /* ends by it, if there was one */

/* This process, and those it starts from now on, run on the processor with
 * that index among those it may use; or again on any of them. */
#define BENCH_ANY_PROCESSOR (-1)
void bench_process_pin(int processor);
unsigned bench_processor_count(void);

/* What this process has used of all processors, nanoseconds. */
double bench_process_cpu_ns(void);

/* Ends the program, from a thread of its own, if this is not called again
 * within `seconds`; 0 ends the watch. */
void bench_process_watch(unsigned seconds, const char *what);

/* Runs it in so many threads at once, numbered from 0 on; returns when all have
 * ended. */
typedef void bench_thread_body(void *context, unsigned index);
void bench_threads_run(unsigned count, bench_thread_body *body, void *context);
#define BENCH_THREAD_MAX 8

/* An empty folder of this run's own, and its end with all that is in it. */
const char *bench_folder_make(void);
void bench_folder_remove(const char *path);

void bench_machine(result_machine *machine_out);

#endif
