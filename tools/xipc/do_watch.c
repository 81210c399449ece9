/* SPDX-License-Identifier: Apache-2.0 */
/* xipc watch: the list, again and again, and how fast it changes. */
#include <inttypes.h>
#include <string.h>

#include "args.h"
#include "catalog.h"
#include "commands.h"
#include "nap.h"
#include "say.h"
#include "stop.h"
#include "system.h"

#define CLEAR_SCREEN "\033[2J"
#define GO_HOME      "\033[H"
#define CLEAR_REST   "\033[J"

/* The columns behind those of the list. */
#define RATES_RIGHT (UINT32_C(3) << CATALOG_COLUMNS)

static int64_t interval = 1000000000;
static uint64_t round_max;

const option watch_options[] = {
    {"interval", OPTION_TIME, "TIME", "how often: 1s", &interval},
    {"count", OPTION_NUMBER, "N", "how many times, with 0 until Ctrl-C: 0",
     &round_max},
    OPTION_KIND,
    OPTION_SCOPES,
    OPTION_JSON,
    OPTION_END};

const field watch_fields[] = {
    CATALOG_FIELDS,
    {"SENT/S", "messages sent to it a second"},
    {"TAKEN/S", "messages taken from it a second, or dropped for want of room"},
    FIELD_END};

/* One look, and when. */
typedef struct look {
    catalog all;
    int64_t at;
} look;

static const catalog_entry *
find_before(const look *before, const catalog_entry *entry)
{
    for (size_t at = 0; at < before->all.count; at++) {
        const catalog_entry *other = &before->all.entries[at];

        if (other->kind == entry->kind && other->scope == entry->scope &&
            strcmp(other->native_name, entry->native_name) == 0) {
            return other;
        }
    }
    return NULL;
}

/* Messages a second. */
typedef struct rates {
    double sent;
    double taken;
} rates;

/* Those that were sent and do not wait were taken, or dropped. */
static double taken_of(const catalog_entry *entry)
{
    return (double)entry->sent_count - (double)entry->depth;
}

/* Where the counts have begun anew, since who owned the box has changed,
 * nothing can be said. */
static rates
rates_of(const look *before, const catalog_entry *entry, int64_t at)
{
    const catalog_entry *old = find_before(before, entry);
    double seconds = (double)(at - before->at) / 1e9;

    if (!old || seconds <= 0 || old->sent_count > entry->sent_count) {
        return (rates){0, 0};
    }
    return (rates){
        ((double)entry->sent_count - (double)old->sent_count) / seconds,
        (taken_of(entry) - taken_of(old)) / seconds};
}

/* From the top, and so that no line wraps and none scrolls away: the last
 * column and the last line stay empty. */
static void print_on_screen(table *rows)
{
    int columns = system_output_columns() - 1;
    int lines = system_output_lines() - 1;

    printf(GO_HOME CLEAR_REST);
    table_print_within(
        rows, columns > 0 ? (size_t)columns : 1, lines > 2 ? (size_t)lines : 2);
}

static void show_table(const look *now, const look *before, int is_screen)
{
    table rows = {CATALOG_COLUMNS + 2, catalog_right | RATES_RIGHT, NULL, 0};

    catalog_titles(&rows, watch_fields);
    for (size_t at = 0; at < now->all.count; at++) {
        const catalog_entry *entry = &now->all.entries[at];
        const rates speed = rates_of(before, entry, now->at);

        catalog_row(&rows, entry);
        if (catalog_counts_sent(entry)) {
            table_add(&rows, "%.1f", speed.sent);
            table_add(&rows, "%.1f", speed.taken);
        } else {
            table_add(&rows, "-");
            table_add(&rows, "-");
        }
    }
    if (is_screen) {
        print_on_screen(&rows);
    } else {
        table_print(&rows);
        printf("\n");
    }
    (void)fflush(stdout);
}

/* One object a line and round, so that a program can read as they come. */
static void show_json(const look *now, const look *before)
{
    json out = {stdout, 0};

    json_object_begin(&out, NULL);
    json_signed(&out, "at_ms", now->at / 1000000);
    json_array_begin(&out, "objects");
    for (size_t at = 0; at < now->all.count; at++) {
        const catalog_entry *entry = &now->all.entries[at];
        const rates speed = rates_of(before, entry, now->at);

        json_object_begin(&out, NULL);
        catalog_json(&out, entry);
        if (catalog_counts_sent(entry)) {
            json_rate(&out, "sent_per_second", speed.sent);
            json_rate(&out, "taken_per_second", speed.taken);
        } else {
            json_null(&out, "sent_per_second");
            json_null(&out, "taken_per_second");
        }
        json_object_end(&out);
    }
    json_array_end(&out);
    json_object_end(&out);
    json_end(&out);
}

static int
show_round(look *now, const look *before, const char *name, int is_screen)
{
    int code = catalog_read(&now->all, kind_chosen(), name);

    now->at = xipc_after_ns(0);
    if (code != CODE_DONE) {
        return code;
    }
    if (common.is_json) {
        show_json(now, before);
    } else {
        show_table(now, before, is_screen);
    }
    return code;
}

int do_watch(char **operands, size_t count)
{
    look before = {.at = 0};
    int is_screen = 0;
    int code = CODE_DONE;
    uint64_t done = 0;

    if (interval <= 0 || interval == TIME_FOREVER) {
        return say_usage("--interval is more than 0");
    }
    is_screen = !common.is_json && system_terminal_begin();
    printf("%s", is_screen ? CLEAR_SCREEN : "");
    /* Whoever does not take it is told so at the end of the program. */
    while (code == CODE_DONE && !stop_asked() && !ferror(stdout)) {
        look now;

        code = show_round(
            &now, &before, count > 0 ? operands[0] : NULL, is_screen);
        catalog_free(&before.all);
        before = now;
        done++;
        if (done == round_max || nap_until(deadline_after(interval)) < 0) {
            break;
        }
    }
    catalog_free(&before.all);
    /* Behind the "^C" that the terminal shows. */
    printf("%s", is_screen && stop_asked() ? "\n" : "");
    return code;
}
