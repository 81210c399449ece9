/* SPDX-License-Identifier: Apache-2.0 */
/* The results as JUnit XML and as JSON. */
#include <stdio.h>
#include <string.h>

#include "support/spec_report.h"

static void add_time(spec_text *text, time_t when)
{
    char stamp[32] = "";
    const struct tm *utc = gmtime(&when);

    if (utc) {
        (void)strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", utc);
    }
    spec_text_add(text, "%s", stamp);
}

static void add_seconds(spec_text *text, int64_t ns)
{
    spec_text_add(
        text, "%lld.%06lld", (long long)(ns / 1000000000),
        (long long)(ns / 1000 % 1000000));
}

static void add_property(spec_text *xml, const char *name, const char *value)
{
    spec_text_add(xml, "      <property name=\"%s\" value=\"", name);
    spec_add_xml(xml, value);
    spec_text_add(xml, "\"/>\n");
}

static void add_junit_body(spec_text *xml, const spec_result *result)
{
    if (result->outcome == SPEC_OUTCOME_FAILED) {
        const char *rest = spec_text_of(&result->diagnostics);
        size_t size = 0;
        const char *line = spec_text_line(&rest, &size);
        spec_text first = {NULL, 0};

        spec_text_add_bytes(&first, line ? line : "", size);
        spec_text_add(xml, "      <failure message=\"");
        spec_add_xml(xml, spec_text_of(&first));
        spec_text_add(xml, "\">");
        spec_add_xml(xml, spec_text_of(&result->diagnostics));
        spec_text_add(xml, "</failure>\n");
        spec_text_free(&first);
        return;
    }
    if (result->outcome == SPEC_OUTCOME_SKIPPED) {
        spec_text_add(xml, "      <skipped message=\"");
        spec_add_xml(xml, spec_text_of(&result->reason));
        spec_text_add(xml, "\"/>\n");
    }
    if (result->outcome == SPEC_OUTCOME_DEVIATED || result->diagnostics.size) {
        spec_text_add(xml, "      <system-out>");
        if (result->outcome == SPEC_OUTCOME_DEVIATED) {
            spec_text_add(xml, "deviation: ");
            spec_add_xml(xml, spec_text_of(&result->reason));
            spec_text_add(xml, "&#10;");
        }
        spec_add_xml(xml, spec_text_of(&result->diagnostics));
        spec_text_add(xml, "</system-out>\n");
    }
}

static void add_junit_case(
    spec_text *xml, const spec_report *report, const spec_result *result)
{
    spec_text sentence = {NULL, 0};

    spec_text_add_sentence(&sentence, result->entry->name);
    spec_text_add(xml, "    <testcase classname=\"");
    spec_add_xml(xml, report->options->program);
    spec_text_add(xml, ".");
    spec_add_xml(xml, result->entry->clauses);
    spec_text_add(xml, "\" name=\"");
    spec_add_xml(xml, spec_text_of(&sentence));
    spec_text_add(xml, "\" time=\"");
    add_seconds(xml, result->ns);
    spec_text_add(xml, "\">\n");
    add_junit_body(xml, result);
    spec_text_add(xml, "    </testcase>\n");
    spec_text_free(&sentence);
}

void spec_report_junit(const spec_report *report, spec_text *xml)
{
    char seed[24] = "none";

    if (report->options->is_shuffled) {
        (void)snprintf(
            seed, sizeof seed, "%llu",
            (unsigned long long)report->options->seed);
    }
    spec_text_add(
        xml, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
             "  <testsuite name=\"");
    spec_add_xml(xml, report->options->program);
    spec_text_add(
        xml, "\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\"",
        report->count, spec_report_tally(report, SPEC_OUTCOME_FAILED),
        spec_report_tally(report, SPEC_OUTCOME_SKIPPED));
    spec_text_add(xml, " timestamp=\"");
    add_time(xml, report->started);
    spec_text_add(xml, "\" time=\"");
    add_seconds(xml, report->ns);
    spec_text_add(xml, "\">\n    <properties>\n");
    add_property(xml, "library", xipc_version());
    add_property(xml, "host", spec_host());
    add_property(xml, "seed", seed);
    spec_text_add(xml, "    </properties>\n");
    for (size_t index = 0; index < report->count; index++) {
        add_junit_case(xml, report, &report->results[index]);
    }
    spec_text_add(xml, "  </testsuite>\n</testsuites>\n");
}

/* Adds `"name": ["one", "two"]`, cut at what `separators` has. */
static void add_json_list(
    spec_text *json,
    const char *name,
    const char *value,
    const char *separators)
{
    const char *comma = "";

    spec_text_add(json, "\"%s\": [", name);
    while (*value) {
        size_t size = strcspn(value, separators);
        spec_text item = {NULL, 0};

        if (size > 0) {
            spec_text_add_bytes(&item, value, size);
            spec_text_add(json, "%s", comma);
            spec_add_json(json, spec_text_of(&item));
            spec_text_free(&item);
            comma = ", ";
        }
        value += size + (value[size] != '\0');
    }
    spec_text_add(json, "]");
}

static const char *outcome_name(spec_outcome outcome)
{
    switch (outcome) {
    case SPEC_OUTCOME_PASSED: return "passed";
    case SPEC_OUTCOME_FAILED: return "failed";
    case SPEC_OUTCOME_SKIPPED: return "skipped";
    case SPEC_OUTCOME_DEVIATED: return "deviated";
    }
    return "";
}

static void add_json_case(spec_text *json, const spec_result *result)
{
    spec_text sentence = {NULL, 0};

    spec_text_add_sentence(&sentence, result->entry->name);
    spec_text_add(json, "    {\"name\": ");
    spec_add_json(json, result->entry->name);
    spec_text_add(json, ", \"sentence\": ");
    spec_add_json(json, spec_text_of(&sentence));
    spec_text_add(json, ", ");
    add_json_list(json, "clauses", result->entry->clauses, " ");
    spec_text_add(
        json,
        ", \"outcome\": \"%s\", \"seconds\": ", outcome_name(result->outcome));
    add_seconds(json, result->ns);
    if (result->reason.size) {
        spec_text_add(json, ", \"reason\": ");
        spec_add_json(json, spec_text_of(&result->reason));
    }
    spec_text_add(json, ", ");
    add_json_list(
        json, "diagnostics", spec_text_of(&result->diagnostics), "\n");
    spec_text_add(json, "}");
    spec_text_free(&sentence);
}

/* Which cases were to run; all, if all of these are empty. */
static void add_json_filters(
    spec_text *json, const char *name, const char *const *texts, size_t count)
{
    spec_text_add(json, "  \"%s\": [", name);
    for (size_t at = 0; at < count; at++) {
        spec_text_add(json, "%s", at > 0 ? ", " : "");
        spec_add_json(json, texts[at]);
    }
    spec_text_add(json, "],\n");
}

static void add_json_selection(spec_text *json, const spec_options *options)
{
    add_json_filters(
        json, "filters", options->filters.texts, options->filters.count);
    add_json_filters(
        json, "excludes", options->excludes.texts, options->excludes.count);
    add_json_filters(json, "exact", &options->exact, options->exact != NULL);
}

static void add_json_counts(spec_text *json, const spec_report *report)
{
    spec_text_add(
        json,
        "  \"passed\": %zu,\n  \"failed\": %zu,\n  \"skipped\": %zu,\n"
        "  \"deviated\": %zu,\n",
        spec_report_passed(report),
        spec_report_tally(report, SPEC_OUTCOME_FAILED),
        spec_report_tally(report, SPEC_OUTCOME_SKIPPED),
        spec_report_tally(report, SPEC_OUTCOME_DEVIATED));
}

void spec_report_json(const spec_report *report, spec_text *json)
{
    spec_text_add(json, "{\n  \"program\": ");
    spec_add_json(json, report->options->program);
    spec_text_add(json, ",\n  \"library\": ");
    spec_add_json(json, xipc_version());
    spec_text_add(json, ",\n  \"host\": ");
    spec_add_json(json, spec_host());
    if (report->options->is_shuffled) {
        /* As text: a number this long does not survive every reader. */
        spec_text_add(
            json, ",\n  \"seed\": \"%llu\"",
            (unsigned long long)report->options->seed);
    } else {
        spec_text_add(json, ",\n  \"seed\": null");
    }
    spec_text_add(json, ",\n  \"started\": \"");
    add_time(json, report->started);
    spec_text_add(json, "\",\n  \"seconds\": ");
    add_seconds(json, report->ns);
    spec_text_add(json, ",\n");
    add_json_selection(json, report->options);
    add_json_counts(json, report);
    spec_text_add(json, "  \"capabilities\": ");
    spec_capabilities_json(json);
    spec_text_add(json, ",\n  \"cases\": [\n");
    for (size_t index = 0; index < report->count; index++) {
        add_json_case(json, &report->results[index]);
        spec_text_add(json, "%s\n", index + 1 < report->count ? "," : "");
    }
    spec_text_add(json, "  ]\n}\n");
}
