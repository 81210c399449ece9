/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments arrive byte for byte, whatever is in them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/spawn_kit.h"

enum { NASTY_MAX = 40, NASTY_SIZE = 600 };

/* `order` is how the probe takes them apart. */
static void require_echo(const char *order, const char *const *nasty)
{
    const char *arguments[NASTY_MAX + 3] = {order, "told"};
    size_t count = 0;
    char *text;
    char *at;

    for (; nasty[count]; count++) {
        REQUIRE(count < NASTY_MAX);
        arguments[count + 2] = nasty[count];
    }
    process_done(probe_begun(NULL, arguments));

    at = text = file_taken("told", NULL);
    for (size_t i = 0; i < count; i++) {
        size_t size;
        const char *told = told_next(&at, &size);

        REQUIRE(told != NULL);
        REQUIRE_TEXT(nasty[i], told);
        REQUIRE_UINT(strlen(nasty[i]), size);
    }
    REQUIRE(*at == '\0');
    free(text);
}

static void require_echoes(const char *const *nasty)
{
    require_echo("arguments", nasty);
    require_echo("again", nasty);
}

SPEC(arguments_with_blanks_and_quotes_arrive_as_they_are, "PROC-3 PROC-1")
{
    static const char *const nasty[] = {
        "",        " ",      "a b",      "\t",       "\n",
        "a\nb",    "\"",     "\"\"",     "\\",       "\\\\",
        "\\\"",    "\\\\\"", "\\\\\\\"", "a\\",      "a b\\",
        "a b\\\\", "\\a b",  "\"a b\"",  "a\"b",     "a\\\"b c\\",
        "'",       "'a b'",  "`",        "\v\f\r",   "\"\\\" \\\" \"",
        "--",      "-x",     "/?",       "\\\\x\\y", NULL};

    require_echoes(nasty);
}

SPEC(arguments_with_a_shells_signs_arrive_as_they_are, "PROC-3 PROC-1")
{
    static const char *const nasty[] = {
        "%PATH%",  "%",    "%%",  "^",         "^^\"", "&",
        "&& echo", "|",    "<in", ">out",      "(a)",  "!a!",
        "$HOME",   "$(x)", "`x`", "*",         "?",    "[a-z]",
        "{a,b}",   "~",    "#",   ";",         "a=b",  ",",
        "@file",   "%1",   "^&",  "\"&calc\"", NULL};

    require_echoes(nasty);
}

SPEC(arguments_beyond_ascii_arrive_as_they_are, "PROC-3 PROC-1")
{
    static const char *const nasty[] = {
        "\xc3\xa4\xc3\xb6\xc3\xbc", /* umlauts */
        "\xe2\x82\xac",             /* a sign of three bytes */
        "\xf0\x9f\x98\x80",         /* one of four: a pair in UTF-16 */
        "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e \"\xe6\x97\xa5\"",
        "\xef\xbc\x82", /* a quote that is none */
        "\xc2\xa0",     /* a blank that is none */
        "\xe2\x80\xa8", /* a line end that is none */
        "\xef\xbf\xbd",
        "e\xcc\x81",
        "\x01\x02\x1f\x7f",
        NULL};

    require_echoes(nasty);
}

SPEC(a_long_argument_arrives_whole, "PROC-3 PROC-1")
{
    enum { LONG_SIZE = 15000 };
    char *text = malloc(LONG_SIZE + 1);
    const char *nasty[] = {text, "behind it", NULL};

    REQUIRE(text != NULL);
    memset(text, '"', LONG_SIZE); /* each takes two */
    text[LONG_SIZE] = '\0';

    require_echoes(nasty);
    free(text);
}

/* ---- by dice ---- */

/* Mostly what means something to somebody. */
static size_t throw_piece(uint32_t *dice, char *text)
{
    static const char *const pieces[] = {
        "\\",
        "\\\\",
        "\"",
        "\"",
        " ",
        " ",
        "\t",
        "\n",
        "'",
        "%",
        "^",
        "&",
        "|",
        "<",
        ">",
        "(",
        ")",
        "!",
        "$",
        "`",
        "*",
        "?",
        "=",
        ";",
        ",",
        "a",
        "b c",
        "\\\"",
        "\"\\",
        "\xc3\xa4",
        "\xe2\x82\xac",
        "\xf0\x9f\x98\x80",
        "\r",
        "\x01",
        "/",
        ":",
        "-",
        "@",
        "~",
        "#"};
    const char *piece = pieces[thrown(dice, sizeof pieces / sizeof *pieces)];

    strcpy(text, piece);
    return strlen(piece);
}

static void throw_argument(uint32_t *dice, char *text)
{
    uint32_t count = thrown(dice, thrown(dice, 8) == 0 ? 120 : 12);

    *text = '\0';
    for (uint32_t at = 0; at < count; at++) {
        text += throw_piece(dice, text);
    }
}

SPEC(arguments_by_dice_arrive_as_they_are, "PROC-3 PROC-1")
{
    static char texts[NASTY_MAX][NASTY_SIZE];
    const char *wanted = getenv("XIPC_SEED");
    uint32_t seed = wanted ? (uint32_t)strtoul(wanted, NULL, 10)
                           : (uint32_t)(spec_now_ns() / 1000) | 1;
    uint32_t dice = seed;
    char doing[64];

    snprintf(doing, sizeof doing, "XIPC_SEED=%lu", (unsigned long)seed);
    spec_within(doing);
    spec_note("%s", doing);
    for (unsigned round = 0; round < rounds_here(200, 20); round++) {
        const char *nasty[NASTY_MAX + 1] = {NULL};
        uint32_t count = 1 + thrown(&dice, NASTY_MAX);

        for (uint32_t at = 0; at < count; at++) {
            throw_argument(&dice, texts[at]);
            nasty[at] = texts[at];
        }
        require_echo(round % 2 == 0 ? "arguments" : "again", nasty);
    }
    spec_within(NULL);
}

/* ---- the environment ---- */

SPEC(an_environment_arrives_as_it_is, "PROC-3 PROC-1")
{
    static const char *const given[] = {
        "QUOTES=\"a\" \\\"b\\\"",
        "LINES=a\nb",
        "BLANK= ",
        "PERCENT=%PATH%",
        "WORD=\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
        "SIGNS=a=b;c|d",
        NULL};
    xipc_spawn_options options = spawn_with(0);
    size_t found = 0;
    const char *told;
    size_t size;
    char *text;
    char *at;

    options.environment = given;
    PROBE_DONE(&options, "environment", "told");

    at = text = file_taken("told", NULL);
    while ((told = told_next(&at, &size)) != NULL) {
        for (size_t i = 0; given[i]; i++) {
            found += strcmp(told, given[i]) == 0;
        }
    }
    REQUIRE_UINT(sizeof given / sizeof *given - 1, found);
    free(text);
}
