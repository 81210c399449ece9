/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that is run for its answer: bytes are its standard input, and its
 * standard output is gathered. Many threads may run one each.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stddef.h>

#include <xipc/xipc.h>

typedef struct program_run {
    const char *const *arguments;   /* the first is looked for in the PATH */
    const char *const *environment; /* all of it; NULL: this process's own */
    const void *input;
    size_t input_size;
    size_t output_max;
    xipc_deadline deadline;
    /* Asked now and then: 1: nobody wants the answer any more. */
    int (*is_unwanted)(void *context);
    void *context;
    /* Filled in: */
    unsigned char *output; /* to be freed */
    size_t output_size;
    int code; /* as its exit code, or what `xipc run` would end with */
} program_run;

/*
 * Runs it to its end. It is killed if that does not come in time, if nobody
 * wants it any more, or if it writes too much.
 *
 * XIPC_OK          `code` tells how it ended; also if it could not be started
 * XIPC_E_TOO_BIG   it wrote more than `output_max`
 * XIPC_E_CANCELED  nobody wants it any more
 * Else what failed.
 */
xipc_status program_answer(program_run *self);

#endif
