/* SPDX-License-Identifier: Apache-2.0 */
#include "events.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "args.h"
#include "commands.h"
#include "json.h"
#include "memory.h"

const field serve_fields[] = {
    {"event", "with --json: listening, link, answer, gone, file, end"},
    {"address", "of listening: where"},
    {"link", "a number of the client's own"},
    {"process", "of link: the client's, unless it came over a network"},
    {"user", "of link: the client's, unless it came over a network"},
    {"method", "of answer: which one was called"},
    {"one_way", "of answer: true: nobody waits for it"},
    {"received", "of answer: bytes of the request"},
    {"sent", "of answer: bytes of the reply"},
    {"result", "of answer: how the program ended"},
    {"status", "of answer: XIPC_OK, or why there is no result;"},
    {"", "of gone: XIPC_E_CLOSED, or what else has become of it"},
    {"ns", "of answer and file: the nanoseconds that it took"},
    {"file", "of file: what --into has written"},
    {"pieces", "of file: calls that it came by"},
    {"bytes", "of file: how long it is"},
    {"answered", "of end: how many requests were"},
    {"code", "of end: the exit code"},
    FIELD_END};

typedef struct event {
    struct event *before;
    const xipc_link *link; /* compared, never looked into */
    int is_answer;
    xipc_status status; /* of a link: what has become of it */
    xipc_credentials who;
    event_answer answer;
} event;

/*
 * The last one that was noted, and through it all that were not told yet. Put
 * there by any thread that serves, which releases what stands in it, and taken
 * all at once by the one that tells, which acquires it.
 */
static _Atomic(event *) last_noted;

/* The numbers of links. A place may be another link's later on: what the one
 * did was noted before the other came. */
static struct {
    struct {
        const xipc_link *link;
        uint64_t number;
    } * entries;
    size_t count;
    uint64_t last;
} links;

/* ---- noting ---- */

static int note(const event *one)
{
    event *noted = memory_resize(NULL, sizeof *noted);

    *noted = *one;
    noted->before = atomic_load_explicit(&last_noted, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(
        &last_noted, &noted->before, noted, memory_order_release,
        memory_order_relaxed)) {
    }
    return 1;
}

int events_note_link(xipc_link *link, xipc_status what)
{
    event one = {.link = link, .status = what, .who = XIPC_CREDENTIALS_INIT};

    if (!common.is_json) {
        return 0;
    }
    if (what == XIPC_OK &&
        xipc_peer_credentials(xipc_link_object(link), &one.who) != XIPC_OK) {
        one.who.process = 0;
    }
    return note(&one);
}

int events_note_answer(const xipc_link *link, const event_answer *answer)
{
    event one = {.link = link, .is_answer = 1, .answer = *answer};

    return common.is_json ? note(&one) : 0;
}

/* ---- telling ---- */

static json begin_line(const char *what)
{
    json out = {stdout, 0};

    json_object_begin(&out, NULL);
    json_text(&out, "event", what);
    return out;
}

static void end_line(json *out)
{
    json_object_end(out);
    json_end(out);
}

static uint64_t number_of(const xipc_link *link)
{
    for (size_t at = 0; at < links.count; at++) {
        if (links.entries[at].link == link) {
            return links.entries[at].number;
        }
    }
    return 0;
}

static uint64_t number_for(const xipc_link *link)
{
    size_t at = 0;

    while (at < links.count && links.entries[at].link != link) {
        at++;
    }
    if (at == links.count) {
        links.count++;
        links.entries =
            memory_resize(links.entries, links.count * sizeof *links.entries);
        links.entries[at].link = link;
    }
    links.entries[at].number = ++links.last;
    return links.last;
}

static void tell_link(const event *one)
{
    json out = begin_line(one->status == XIPC_OK ? "link" : "gone");

    if (one->status != XIPC_OK) {
        json_number(&out, "link", number_of(one->link));
        json_text(&out, "status", xipc_status_name(one->status));
        end_line(&out);
        return;
    }
    json_number(&out, "link", number_for(one->link));
    if (one->who.process != 0) {
        json_number(&out, "process", one->who.process);
        json_number(&out, "user", one->who.user);
    }
    end_line(&out);
}

static void tell_answer(const event *one)
{
    const event_answer *answer = &one->answer;
    json out = begin_line("answer");

    json_number(&out, "link", number_of(one->link));
    json_number(&out, "method", answer->method);
    json_truth(&out, "one_way", answer->is_one_way);
    json_number(&out, "received", answer->received);
    json_text(&out, "status", xipc_status_name(answer->status));
    json_signed(&out, "result", answer->result);
    json_number(&out, "sent", answer->sent);
    json_signed(&out, "ns", answer->time);
    end_line(&out);
}

/* The first that was noted comes last in the list. */
static event *in_order(event *last)
{
    event *list = NULL;

    while (last) {
        event *before = last->before;

        last->before = list;
        list = last;
        last = before;
    }
    return list;
}

void events_tell(void)
{
    event *one = in_order(
        atomic_exchange_explicit(&last_noted, NULL, memory_order_acquire));

    while (one) {
        event *next = one->before;

        if (one->is_answer) {
            tell_answer(one);
        } else {
            tell_link(one);
        }
        free(one);
        one = next;
    }
}

void events_tell_address(const char *address)
{
    if (common.is_json) {
        json out = begin_line("listening");

        json_text(&out, "address", address);
        end_line(&out);
    }
}

void events_tell_file(const char *path, const pieces_moved *moved)
{
    if (common.is_json) {
        json out = begin_line("file");

        json_text(&out, "file", path);
        json_number(&out, "pieces", moved->pieces);
        json_number(&out, "bytes", moved->bytes);
        json_signed(&out, "ns", moved->time);
        end_line(&out);
    }
}

void events_tell_end(uint64_t answered, int code)
{
    if (common.is_json) {
        json out = begin_line("end");

        json_number(&out, "answered", answered);
        json_signed(&out, "code", code);
        end_line(&out);
    }
    free(links.entries);
    links.entries = NULL;
    links.count = 0;
}
