/* SPDX-License-Identifier: Apache-2.0 */
/* What the contract promises. */
#ifndef SPEC_CLAUSES_H
#define SPEC_CLAUSES_H

#include <stddef.h>

#include "support/spec_text.h"

typedef struct spec_clause {
    const char *name; /* "SHM-4" */
    const char *text; /* as in docs/contract.md, on one line */
} spec_clause;

/* In the contract's order; the name of the last is NULL. The build makes it. */
extern const spec_clause spec_clauses[];

/* What the clause says, as HTML: its first sentence, and the others when that
 * is opened. Nothing for one that the contract has not. */
void spec_clause_add(spec_text *html, const char *name);

#endif
