/* SPDX-License-Identifier: Apache-2.0 */
/* One page for people: clauses by runs, each cell with its cases. */
#ifndef SPEC_PAGE_H
#define SPEC_PAGE_H

#include "support/spec_text.h"

enum { SPEC_PAGE_RUNS_MAX = 32 };

/* What one run wrote with --json. */
typedef struct spec_page_run {
    const char *label; /* the head of its column */
    struct spec_json *results;
} spec_page_run;

/* The page's HTML, complete in itself. */
void spec_page_add(spec_text *html, const spec_page_run *runs, size_t count);

/*
 * Reads `count` files that --json wrote, each a run with the file's name as
 * its label, and with its folder where two have the same name, and writes the
 * page. 0; or -1, and the reason is on the standard error.
 */
int spec_page_write(
    const char *program,
    const char *path,
    const char *const *files,
    size_t count);

#endif
