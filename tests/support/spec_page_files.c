/* SPDX-License-Identifier: Apache-2.0 */
/* From files of results to the page, and from this run to it. */
#include <stdio.h>
#include <string.h>

#include "support/spec_json.h"
#include "support/spec_page.h"
#include "support/spec_report.h"

/* NULL if it cannot be read. */
static const char *read_file(const char *path, spec_text *text)
{
    FILE *file = fopen(path, "rb");
    char bytes[16384];
    size_t size = sizeof bytes;
    int is_good;

    if (!file) {
        return NULL;
    }
    while (size == sizeof bytes) {
        size = fread(bytes, 1, sizeof bytes, file);
        spec_text_add_bytes(text, bytes, size);
    }
    is_good = !ferror(file);
    (void)fclose(file);
    return is_good ? spec_text_of(text) : NULL;
}

static int is_only_one(const char *const *files, size_t count, size_t index)
{
    const char *name = spec_path_name(files[index]);
    size_t same = 0;

    for (size_t at = 0; at < count; at++) {
        same += strcmp(spec_path_name(files[at]), name) == 0;
    }
    return same == 1;
}

/* Its name, without folder unless another has the same, and without ".json". */
static void make_label(
    const char *const *files, size_t count, size_t index, spec_text *label)
{
    const char *name = files[index];
    size_t size;

    if (is_only_one(files, count, index)) {
        name = spec_path_name(name);
    }
    size = strlen(name);
    if (size > 5 && strcmp(name + size - 5, ".json") == 0) {
        size -= 5;
    }
    spec_text_add_bytes(label, name, size);
}

static spec_json *read_results(const char *program, const char *path)
{
    spec_text text = {NULL, 0};
    size_t line = 0;
    const char *bytes = read_file(path, &text);
    spec_json *results = bytes ? spec_json_read(bytes, &line) : NULL;

    if (!bytes) {
        (void)fprintf(stderr, "%s: cannot read %s\n", program, path);
    } else if (!results) {
        (void)fprintf(
            stderr, "%s: %s is no JSON, from line %zu on\n", program, path,
            line);
    } else if (!spec_json_member(results, "cases")) {
        (void)fprintf(
            stderr, "%s: %s was not written by --json\n", program, path);
        spec_json_free(results);
        results = NULL;
    }
    spec_text_free(&text);
    return results;
}

int spec_page_write(
    const char *program,
    const char *path,
    const char *const *files,
    size_t count)
{
    spec_page_run runs[SPEC_PAGE_RUNS_MAX] = {{NULL, NULL}};
    spec_text labels[SPEC_PAGE_RUNS_MAX] = {{NULL, 0}};
    spec_text html = {NULL, 0};
    size_t done = 0;
    int result = -1;

    while (done < count) {
        runs[done].results = read_results(program, files[done]);
        if (!runs[done].results) {
            break;
        }
        make_label(files, count, done, &labels[done]);
        runs[done].label = spec_text_of(&labels[done]);
        done++;
    }
    if (done == count) {
        spec_page_add(&html, runs, count);
        result = spec_text_write(&html, path);
        if (result < 0) {
            (void)fprintf(stderr, "%s: cannot write %s\n", program, path);
        }
    }
    spec_text_free(&html);
    while (done-- > 0) {
        spec_json_free(runs[done].results);
        spec_text_free(&labels[done]);
    }
    return result;
}

void spec_report_page(const spec_report *report, spec_text *html)
{
    spec_text json = {NULL, 0};
    size_t line;
    spec_page_run run = {.label = spec_host()};

    spec_report_json(report, &json);
    run.results = spec_json_read(spec_text_of(&json), &line);
    if (!run.results) {
        spec_die("what was written as JSON is none, from line %zu on", line);
    }
    spec_page_add(html, &run, 1);
    spec_json_free(run.results);
    spec_text_free(&json);
}
