/* SPDX-License-Identifier: Apache-2.0 */
/* Another process that serves, or calls, and does as it is told. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/call_kit.h"
#include "support/spec_process.h"

#undef linked
#undef await_number
#undef spec_tell
#undef spec_hear

/* Static, so that to a leak checker what a hand leaves behind is kept. */
static call_pair held_calls;
static call_thread held_thread;

static void do_serve(const char *word)
{
    xipc_call_listener *listener = NULL;

    held_calls.service = serving(&held_calls.board, NULL);
    REQUIRE_OK(
        xipc_call_listen(held_calls.service, word, NULL, in_time(), &listener));
    held_calls.listener = listener;
    REQUIRE_OK(xipc_call_listener_address(
        listener, held_calls.address, sizeof held_calls.address));
    spec_tell(NULL, held_calls.address);
}

static void do_connect(const char *word)
{
    held_calls.link = linked(word);
    spec_tell(NULL, "XIPC_OK");
}

static void do_call(const char *word)
{
    xipc_status status = call_plain(
        held_calls.link, (uint32_t)strtoul(word, NULL, 10), XIPC_FOREVER);

    spec_tell(NULL, xipc_status_name(status));
}

static void do_begin(const char *word)
{
    call_begins(
        &held_thread, held_calls.link, (uint32_t)strtoul(word, NULL, 10),
        XIPC_FOREVER);
    spec_tell(NULL, "XIPC_OK");
}

static void do_await_it(const char *word)
{
    await_number(
        strcmp(word, "counted") == 0 ? &held_calls.board.counted
                                     : &held_calls.board.watching,
        1);
    spec_tell(NULL, "XIPC_OK");
}

static void do_close(const char *word)
{
    (void)word;
    xipc_link_close(held_calls.link);
    xipc_call_listener_close(held_calls.listener);
    xipc_service_close(held_calls.service);
    memset(&held_calls, 0, sizeof held_calls);
    spec_tell(NULL, "XIPC_OK");
}

typedef struct verb {
    const char *word;
    void (*run)(const char *word);
} verb;

static const verb verbs[] = {{"serve", do_serve},    {"connect", do_connect},
                             {"call", do_call},      {"begin", do_begin},
                             {"await", do_await_it}, {"close", do_close}};

static void obey(const char *line)
{
    size_t size = strcspn(line, " ");

    for (size_t at = 0; at < sizeof verbs / sizeof verbs[0]; at++) {
        if (strlen(verbs[at].word) == size &&
            memcmp(verbs[at].word, line, size) == 0) {
            verbs[at].run(line[size] == ' ' ? line + size + 1 : "");
            return;
        }
    }
    spec_fail(__FILE__, __LINE__, line, "is no order for a caller's hand");
}

PEER(a_hand_that_calls)
{
    char line[500];

    spec_hear(NULL, line, sizeof line);
    while (strcmp(line, "end") != 0) {
        obey(line);
        spec_hear(NULL, line, sizeof line);
    }
}

spec_peer *call_hand(void)
{
    return spec_start(
        a_hand_that_calls_entry.name, (const char *const[]){NULL});
}

spec_peer *call_server(const char *where, char address[XIPC_CALL_ADDRESS_SIZE])
{
    spec_peer *peer = call_hand();
    char line[XIPC_CALL_ADDRESS_SIZE + 8];

    snprintf(line, sizeof line, "serve %s", where);
    spec_tell(peer, line);
    spec_hear(peer, address, XIPC_CALL_ADDRESS_SIZE);
    return peer;
}
