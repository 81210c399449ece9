/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The benchmark: each row does one thing through the library and the same
 * thing with the raw system calls it needs, in turn, in one run. What counts
 * is the ratio of the two, formed within each repetition; absolute figures
 * belong to the machine.
 */
#ifndef XIPC_BENCH_H
#define XIPC_BENCH_H

#include <stddef.h>
#include <stdint.h>

/* Does the thing `count` times. */
typedef void bench_body(unsigned count);

typedef struct bench_row {
    const char *name;     /* "open, map, close" */
    const char *raw_name; /* the raw calls, in words */
    bench_body *ours;
    bench_body *raw;
    void (*begin)(void); /* NULL, or makes what both need */
    void (*end)(void);
} bench_row;

/* Ends with a row whose name is NULL. */
extern const bench_row bench_section_rows[];

/* Bytes of the sections that the rows use. */
#define BENCH_SECTION_SIZE ((uint64_t)1 << 20)

/*
 * The raw calls of the running system. `open` rows work on what
 * bench_raw_begin() made: the same kind of object as the library's, made with
 * the same calls, without the library.
 */
void bench_raw_begin(void);
void bench_raw_end(void);
bench_body bench_raw_map;
bench_body bench_raw_open;
bench_body bench_raw_open_map;
bench_body bench_raw_create;

/* Ends the program with what failed; a benchmark has nothing to rescue. */
void bench_require(int condition, const char *what);

#endif
