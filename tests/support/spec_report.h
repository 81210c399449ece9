/* SPDX-License-Identifier: Apache-2.0 */
/* What came of the cases, and how it is told: to people and TAP readers as it
 * happens, to machines in a file at the end. */
#ifndef SPEC_REPORT_H
#define SPEC_REPORT_H

#include <time.h>

#include "support/spec_options.h"
#include "support/spec_text.h"

typedef enum spec_outcome {
    SPEC_OUTCOME_PASSED,
    SPEC_OUTCOME_FAILED,
    SPEC_OUTCOME_SKIPPED,
    SPEC_OUTCOME_DEVIATED /* failed, as its host is known to */
} spec_outcome;

typedef struct spec_result {
    const spec_entry *entry;
    spec_outcome outcome;
    spec_text reason;      /* of a skip or a deviation */
    spec_text diagnostics; /* lines */
    int64_t ns;
} spec_result;

typedef struct spec_report {
    const spec_options *options;
    spec_result *results; /* in the order of their ends */
    size_t count;
    size_t planned_count;
    time_t started;
    int64_t ns;
} spec_report;

void spec_report_begin(const spec_report *report);

/* Prints the newest result. */
void spec_report_newest(const spec_report *report);

/* Prints the counts, writes the files that the options name. */
void spec_report_end(const spec_report *report);

size_t spec_report_tally(const spec_report *report, spec_outcome outcome);

/* Those that did as they should here, the known deviations among them. */
size_t spec_report_passed(const spec_report *report);

/* --- spec_report_files.c --- */

void spec_report_junit(const spec_report *report, spec_text *xml);
void spec_report_json(const spec_report *report, spec_text *json);

/* --- spec_page_files.c: the page of this run alone --- */

void spec_report_page(const spec_report *report, spec_text *html);

/* --- spec_capabilities.c --- */

void spec_capabilities_print(void);
void spec_capabilities_json(spec_text *json);

/* --- spec_escape.c: text as a value, safe whatever it holds --- */

void spec_add_xml(spec_text *text, const char *value);
void spec_add_json(spec_text *text, const char *value); /* with its quotes */

#endif
