/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers for people. */
#ifndef FIGURES_H
#define FIGURES_H

#include <stddef.h>
#include <stdint.h>

enum { FIGURE_SIZE = 32 };

/* "512 B", "1.5 MiB". Returns `text`, of FIGURE_SIZE bytes. */
const char *figure_bytes(uint64_t bytes, char *text);

/* "7s", "7m", "7h", "7d"; "-" for what is below 0. Returns `text`. */
const char *figure_age(int64_t seconds, char *text);

#endif
