/* SPDX-License-Identifier: Apache-2.0 */
/* A clause's text, with as much of Markdown as the contract's clauses have. */
#include <string.h>

#include "support/spec_clauses.h"
#include "support/spec_report.h"

static void add_words(spec_text *html, const char *words, size_t size)
{
    spec_text part = {NULL, 0};

    spec_text_add_bytes(&part, words, size);
    spec_add_xml(html, spec_text_of(&part));
    spec_text_free(&part);
}

/* Between two of `mark`, which is in front of `text`. How much that was, with
 * both; 0 if there is no second one. */
static size_t
add_marked(spec_text *html, const char *text, size_t size, const char *element)
{
    const char *end = memchr(text + 1, text[0], size - 1);

    if (!end) {
        return 0;
    }
    spec_text_add(html, "<%s>", element);
    add_words(html, text + 1, (size_t)(end - text - 1));
    spec_text_add(html, "</%s>", element);
    return (size_t)(end - text + 1);
}

static void add_text(spec_text *html, const char *text, size_t size)
{
    size_t plain = 0;

    while (plain < size) {
        int is_mark = text[plain] == '`' || text[plain] == '*';
        size_t marked = 0;

        if (is_mark) {
            add_words(html, text, plain);
            marked = add_marked(
                html, text + plain, size - plain,
                text[plain] == '`' ? "code" : "em");
            text += plain;
            size -= plain;
            plain = 0;
        }
        text += marked;
        size -= marked;
        plain += marked == 0;
    }
    add_words(html, text, size);
}

/* With its full stop, which is not one within code. */
static size_t first_sentence(const char *text)
{
    int is_code = 0;
    size_t at = 0;

    while (text[at] && (is_code || strncmp(text + at, ". ", 2) != 0)) {
        is_code ^= text[at] == '`';
        at++;
    }
    return at + (text[at] != '\0');
}

void spec_clause_add(spec_text *html, const char *name)
{
    const spec_clause *at = spec_clauses;
    size_t first;

    while (at->name && strcmp(at->name, name) != 0) {
        at++;
    }
    if (!at->name) {
        return;
    }
    first = first_sentence(at->text);
    if (at->text[first] == '\0') {
        add_text(html, at->text, first);
        return;
    }
    spec_text_add(html, "<details><summary>");
    add_text(html, at->text, first);
    spec_text_add(html, "</summary>");
    add_text(html, at->text + first + 1, strlen(at->text + first + 1));
    spec_text_add(html, "</details>");
}
