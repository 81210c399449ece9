/* SPDX-License-Identifier: Apache-2.0 */
#include "support/spec_page.h"

#include <stdlib.h>
#include <string.h>

#include "support/spec_clauses.h"
#include "support/spec_json.h"
#include "support/spec_report.h"

/* How a case ended, or the worst of a cell's; worse is more. */
typedef enum verdict {
    VERDICT_NONE,
    VERDICT_PASSED,
    VERDICT_SKIPPED,
    VERDICT_DEVIATED,
    VERDICT_FAILED,
    VERDICT_COUNT
} verdict;

static const struct verdict_text {
    const char *outcome;
    const char *mark;
    const char *words;
} verdicts[VERDICT_COUNT] = {
    [VERDICT_NONE] = {"", "empty:", "no case ran"},
    [VERDICT_PASSED] = {"passed", "&#10003;", "passed"},
    [VERDICT_SKIPPED] = {"skipped", "&#8211;", "skipped: absent on that host"},
    [VERDICT_DEVIATED] = {"deviated", "~", "failed, as its host is known to"},
    [VERDICT_FAILED] = {"failed", "&#10007;", "failed"},
};

/* The families in the order of the contract; others follow by name. */
static const char *const families[] = {"GEN",  "NAME", "LIFE", "SHM",  "SYNC",
                                       "RING", "MBOX", "PEER", "PIPE", "SOCK",
                                       "CALL", "WAIT", "PROC", "CAP"};

#define FAMILY_COUNT (sizeof families / sizeof families[0])

/* ---- clauses ---- */

typedef struct clauses {
    const char **names;
    size_t count;
} clauses;

static size_t family_size(const char *clause)
{
    return strcspn(clause, "-");
}

static size_t family_rank(const char *clause)
{
    size_t rank = 0;

    while (rank < FAMILY_COUNT &&
           (strlen(families[rank]) != family_size(clause) ||
            memcmp(families[rank], clause, family_size(clause)) != 0)) {
        rank++;
    }
    return rank;
}

static int compare_families(const char *one, const char *other)
{
    size_t one_rank = family_rank(one);
    size_t other_rank = family_rank(other);
    size_t size = family_size(one);

    if (one_rank != other_rank) {
        return one_rank < other_rank ? -1 : 1;
    }
    if (one_rank < FAMILY_COUNT) {
        return 0;
    }
    return strncmp(
        one, other, size > family_size(other) ? size : family_size(other));
}

static int compare(const void *left, const void *right)
{
    const char *one = *(const char *const *)left;
    const char *other = *(const char *const *)right;
    int order = compare_families(one, other);
    long one_number = strtol(one + family_size(one) + 1, NULL, 10);
    long other_number = strtol(other + family_size(other) + 1, NULL, 10);

    if (order == 0 && one_number != other_number) {
        return one_number < other_number ? -1 : 1;
    }
    return order != 0 ? order : strcmp(one, other);
}

static void add_clause(clauses *all, const char *name)
{
    const char **grown;

    if (!strchr(name, '-')) {
        return;
    }
    for (size_t at = 0; at < all->count; at++) {
        if (strcmp(all->names[at], name) == 0) {
            return;
        }
    }
    grown = realloc(all->names, (all->count + 1) * sizeof *grown);
    if (!grown) {
        spec_die("no memory");
    }
    all->names = grown;
    all->names[all->count++] = name;
}

static const spec_json *first_of(const spec_json *list)
{
    return list ? list->first : NULL;
}

static const spec_json *cases_of(const spec_page_run *run)
{
    return first_of(spec_json_member(run->results, "cases"));
}

static const spec_json *clauses_of(const spec_json *one)
{
    return first_of(spec_json_member(one, "clauses"));
}

static void add_clauses_of(clauses *all, const spec_json *one)
{
    for (const spec_json *clause = clauses_of(one); clause;
         clause = clause->next) {
        add_clause(all, clause->text ? clause->text : "");
    }
}

/* Those that the contract has, and those that cases name. */
static clauses all_clauses(const spec_page_run *runs, size_t count)
{
    clauses all = {NULL, 0};

    for (const spec_clause *at = spec_clauses; at->name; at++) {
        add_clause(&all, at->name);
    }
    for (size_t at = 0; at < count; at++) {
        for (const spec_json *one = cases_of(&runs[at]); one; one = one->next) {
            add_clauses_of(&all, one);
        }
    }
    if (all.count > 0) {
        qsort(all.names, all.count, sizeof *all.names, compare);
    }
    return all;
}

/* ---- cells ---- */

static int is_of(const spec_json *one, const char *name)
{
    const spec_json *clause = clauses_of(one);

    while (clause && (!clause->text || strcmp(clause->text, name) != 0)) {
        clause = clause->next;
    }
    return clause != NULL;
}

static verdict verdict_of(const spec_json *one)
{
    const char *outcome = spec_json_member_text(one, "outcome");
    int at = VERDICT_COUNT - 1;

    while (at > VERDICT_NONE && strcmp(verdicts[at].outcome, outcome) != 0) {
        at--;
    }
    return (verdict)at;
}

static void add_case(spec_text *html, const spec_json *one)
{
    const struct verdict_text *text = &verdicts[verdict_of(one)];
    const char *reason = spec_json_member_text(one, "reason");

    spec_text_add(html, "<li class=\"%s\">%s ", text->outcome, text->mark);
    spec_add_xml(html, spec_json_member_text(one, "sentence"));
    if (*reason) {
        spec_text_add(html, "<small>");
        spec_add_xml(html, reason);
        spec_text_add(html, "</small>");
    }
    for (const spec_json *line = first_of(spec_json_member(one, "diagnostics"));
         line; line = line->next) {
        spec_text_add(html, "<small>");
        spec_add_xml(html, line->text ? line->text : "");
        spec_text_add(html, "</small>");
    }
    spec_text_add(html, "</li>\n");
}

/* What a cell says before it is opened. */
static void
add_summary(spec_text *html, verdict worst, const size_t counts[VERDICT_COUNT])
{
    static const verdict order[] = {
        VERDICT_FAILED, VERDICT_DEVIATED, VERDICT_PASSED, VERDICT_SKIPPED};
    const char *comma = "";

    spec_text_add(html, "%s ", verdicts[worst].mark);
    for (size_t index = 0; index < sizeof order / sizeof order[0]; index++) {
        verdict at = order[index];
        const char *word = at == VERDICT_PASSED ? "" : verdicts[at].outcome;

        if (counts[at] == 0) {
            continue;
        }
        spec_text_add(
            html, "%s%zu%s%s", comma, counts[at], *word ? " " : "", word);
        comma = ", ";
    }
}

/* A cell is as bad as its worst case; what was skipped takes nothing from what
 * passed. */
static verdict worst_of(const size_t counts[VERDICT_COUNT])
{
    verdict worst = VERDICT_FAILED;

    while (worst > VERDICT_NONE && counts[worst] == 0) {
        worst = (verdict)(worst - 1);
    }
    return worst == VERDICT_SKIPPED && counts[VERDICT_PASSED] > 0
               ? VERDICT_PASSED
               : worst;
}

static void
add_cell(spec_text *html, const spec_page_run *run, const char *clause)
{
    size_t counts[VERDICT_COUNT] = {0};
    verdict worst;

    for (const spec_json *one = cases_of(run); one; one = one->next) {
        counts[verdict_of(one)] += is_of(one, clause) != 0;
    }
    counts[VERDICT_NONE] = 0;
    worst = worst_of(counts);
    if (worst == VERDICT_NONE) {
        spec_text_add(html, "<td></td>");
        return;
    }
    spec_text_add(
        html, "<td class=\"%s\"><details><summary>", verdicts[worst].outcome);
    add_summary(html, worst, counts);
    spec_text_add(html, "</summary>\n<ul>\n");
    for (const spec_json *one = cases_of(run); one; one = one->next) {
        if (is_of(one, clause)) {
            add_case(html, one);
        }
    }
    spec_text_add(html, "</ul></details></td>\n");
}

/* ---- the page ---- */

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<title>xipc conformance</title>\n<style>\n"
    ":root{color-scheme:light dark}\n"
    "body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;"
    "max-width:80rem;padding:0 1rem}\n"
    "table{border-collapse:collapse;margin:1rem 0}\n"
    "th,td{border:1px solid #8886;padding:.3rem .6rem;text-align:left;"
    "vertical-align:top}\n"
    "thead th{position:sticky;top:0;background:Canvas}\n"
    "tr.family th{background:#8882;font-size:1.05em}\n"
    "summary{cursor:pointer;white-space:nowrap}\n"
    "td.clause{width:28rem;font-size:.9em}"
    ".clause summary{white-space:normal}"
    "code{font:.92em ui-monospace,monospace;overflow-wrap:anywhere}\n"
    "ul{list-style:none;margin:.4rem 0;padding:0;max-width:34rem}\n"
    "small{display:block;opacity:.75;padding-left:1.2em}\n"
    "td.passed{background:#2a82}\ntd.skipped{background:#8882}\n"
    "td.deviated{background:#c902}\ntd.failed{background:#d334}\n"
    "li.failed{color:#d33;font-weight:600}\n"
    "</style>\n</head>\n<body>\n<h1>xipc conformance</h1>\n"
    "<p>Each row is a clause of the contract, each column a run of its cases. "
    "Open a cell to see them, a clause to read all of it.</p>\n";

static void add_legend(spec_text *html)
{
    spec_text_add(html, "<p>");
    for (int at = VERDICT_NONE; at < VERDICT_COUNT; at++) {
        spec_text_add(
            html, "%s %s%s", verdicts[at].mark, verdicts[at].words,
            at + 1 < VERDICT_COUNT ? " &#183; " : "</p>\n");
    }
}

static void add_figure(spec_text *html, const spec_json *of, const char *name)
{
    spec_text_add(html, "<td>");
    spec_add_xml(html, spec_json_member_text(of, name));
    spec_text_add(html, "</td>");
}

/* Which cases a run was told to run. */
static void add_selection(spec_text *html, const spec_json *results)
{
    static const struct {
        const char *member;
        const char *before;
    } kinds[] = {
        {"filters", "only"}, {"exact", "only"}, {"excludes", "without"}};
    const char *comma = "";

    for (size_t at = 0; at < sizeof kinds / sizeof kinds[0]; at++) {
        const char *before = kinds[at].before;
        const spec_json *text =
            first_of(spec_json_member(results, kinds[at].member));

        for (; text; text = text->next) {
            spec_text_add(html, "%s%s ", comma, before);
            spec_add_xml(html, text->text ? text->text : "");
            comma = " ";
            before = "and";
        }
    }
    if (*comma == '\0') {
        spec_text_add(html, "all");
    }
}

static void add_runs(spec_text *html, const spec_page_run *runs, size_t count)
{
    static const char *const names[] = {"host",    "library", "started",
                                        "passed",  "failed",  "skipped",
                                        "deviated"};
    const size_t name_count = sizeof names / sizeof names[0];

    spec_text_add(html, "<table class=\"runs\">\n<tr><th>run</th>");
    for (size_t at = 0; at < name_count; at++) {
        spec_text_add(html, "<th>%s</th>", names[at]);
    }
    spec_text_add(html, "<th>cases</th></tr>\n");
    for (size_t run = 0; run < count; run++) {
        spec_text_add(html, "<tr><th>");
        spec_add_xml(html, runs[run].label);
        spec_text_add(html, "</th>");
        for (size_t at = 0; at < name_count; at++) {
            add_figure(html, runs[run].results, names[at]);
        }
        spec_text_add(html, "<td>");
        add_selection(html, runs[run].results);
        spec_text_add(html, "</td></tr>\n");
    }
    spec_text_add(html, "</table>\n");
}

static void add_matrix(spec_text *html, const spec_page_run *runs, size_t count)
{
    clauses all = all_clauses(runs, count);
    const char *family = "";

    spec_text_add(
        html,
        "<table class=\"matrix\">\n<thead><tr><th colspan=\"2\">clause</th>");
    for (size_t run = 0; run < count; run++) {
        spec_text_add(html, "<th>");
        spec_add_xml(html, runs[run].label);
        spec_text_add(html, "</th>");
    }
    spec_text_add(html, "</tr></thead>\n<tbody>\n");
    for (size_t at = 0; at < all.count; at++) {
        const char *clause = all.names[at];

        if (strncmp(family, clause, family_size(clause) + 1) != 0) {
            spec_text_add(
                html, "<tr class=\"family\"><th colspan=\"%zu\">", count + 2);
            family = clause;
            spec_text_add_bytes(html, clause, family_size(clause));
            spec_text_add(html, "</th></tr>\n");
        }
        spec_text_add(html, "<tr><th>");
        spec_add_xml(html, clause);
        spec_text_add(html, "</th><td class=\"clause\">");
        spec_clause_add(html, clause);
        spec_text_add(html, "</td>");
        for (size_t run = 0; run < count; run++) {
            add_cell(html, &runs[run], clause);
        }
        spec_text_add(html, "</tr>\n");
    }
    spec_text_add(html, "</tbody></table>\n");
    free(all.names);
}

void spec_page_add(spec_text *html, const spec_page_run *runs, size_t count)
{
    spec_text_add_bytes(html, head, sizeof head - 1);
    add_legend(html);
    add_runs(html, runs, count);
    add_matrix(html, runs, count);
    spec_text_add(html, "</body>\n</html>\n");
}
