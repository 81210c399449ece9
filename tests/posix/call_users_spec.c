/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls between users: who may connect, whom one meets, and that handles go
 * between them. Whoever forks has no thread yet; who connects waits for the
 * listener.
 */
#include <string.h>
#include <unistd.h>

#include "posix/attack_kit.h"
#include "support/call_kit.h"

enum { SIZE = 4096 };

static xipc_call_options of_machine(xipc_access access, xipc_trust trust)
{
    xipc_call_options options = XIPC_CALL_OPTIONS_INIT;

    options.naming.scope = XIPC_SCOPE_MACHINE;
    options.naming.access = access;
    options.naming.trust = trust;
    return options;
}

static xipc_status connects(xipc_trust trust, xipc_link **link_out)
{
    const xipc_call_options options = of_machine(XIPC_ACCESS_PRIVATE, trust);

    return xipc_call_connect(NULL, "calls", &options, in_time(), link_out);
}

typedef struct server {
    call_board board;
    xipc_service *service;
    xipc_call_listener *listener;
} server;

static void server_begins(server *self, xipc_access access)
{
    const xipc_call_options options = of_machine(access, XIPC_TRUST_SELF);

    memset(self, 0, sizeof *self);
    self->service = serving(&self->board, NULL);
    REQUIRE_OK(xipc_call_listen(
        self->service, "calls", &options, in_time(), &self->listener));
}

static void server_ends(server *self)
{
    xipc_call_listener_close(self->listener);
    xipc_service_close(self->service);
}

/* ---- sections, as handles ---- */

static xipc_section *written(const char *text, xipc_native_handle *native)
{
    xipc_section *section = NULL;
    xipc_map *map = NULL;

    REQUIRE_OK(xipc_section_create_anonymous(SIZE, NULL, &section));
    REQUIRE_OK(xipc_section_map(section, 0, 0, XIPC_MAP_WRITE, &map));
    strcpy(xipc_map_address(map), text);
    xipc_map_close(map);
    REQUIRE_OK(xipc_section_native_handle(section, native));
    return section;
}

/* Closes it. */
static void reads(xipc_native_handle native, const char *text)
{
    xipc_section *section = NULL;
    xipc_map *map = NULL;

    REQUIRE_OK(xipc_section_adopt(native, &section));
    close((int)native);
    REQUIRE_OK(xipc_section_map(section, 0, 0, 0, &map));
    REQUIRE_TEXT(text, (const char *)xipc_map_address(map));
    xipc_map_close(map);
    xipc_section_close(section);
}

/* ---- the client is another user's ---- */

static void calls_with_a_section(void *context)
{
    xipc_call_answer answer = XIPC_CALL_ANSWER_INIT;
    xipc_native_handle native;
    xipc_section *section;
    xipc_call_data request = {"", 0, &native, 1};
    xipc_link *link = NULL;

    (void)context;
    REQUIRE_OK(connects(XIPC_TRUST_EVERYONE, &link));
    echoes(link, 1, 100);
    section = written("from the stranger", &native);
    REQUIRE_OK(xipc_call(link, HOLD, &request, &answer, in_time()));
    REQUIRE_UINT(1, answer.handle_count);
    reads(answer.handles[0], "for the stranger");
    xipc_section_close(section);
    xipc_link_close(link);
}

SPEC(handles_go_between_users_where_both_want_it, "CALL-7 CALL-9 NAME-6")
{
    xipc_credentials caller = XIPC_CREDENTIALS_INIT;
    xipc_native_handle native;
    const xipc_call_data reply = {"", 0, &native, 1};
    xipc_section *section;
    xipc_request *request;
    pid_t stranger;
    server self;

    SPEC_NEEDS(XIPC_FEATURE_CALL_HANDLES);
    attack_needs_users();
    stranger = attack_start(attack_stranger(), calls_with_a_section, NULL);
    server_begins(&self, XIPC_ACCESS_EVERYONE_WRITE);
    request = held(&self.board);
    REQUIRE_OK(xipc_request_credentials(request, &caller));
    REQUIRE_UINT(attack_stranger(), caller.user);
    REQUIRE_UINT((uint64_t)stranger, caller.process);
    REQUIRE_OK(xipc_request_take_handle(request, 0, &native));
    reads(native, "from the stranger");
    section = written("for the stranger", &native);
    REQUIRE_OK(xipc_request_reply(request, 0, &reply));
    xipc_section_close(section);
    attack_join(stranger);
    await_number(&self.board.closed, 1);
    server_ends(&self);
    attack_users_gone();
}

static void is_refused(void *context)
{
    xipc_link *link = UNTOUCHED;

    (void)context;
    REQUIRE_STATUS(XIPC_E_ACCESS, connects(XIPC_TRUST_EVERYONE, &link));
    REQUIRE(link == UNTOUCHED);
}

SPEC(another_user_is_refused_a_service_that_is_not_for_it, "CALL-2 NAME-6")
{
    static const xipc_access narrow[] = {
        XIPC_ACCESS_PRIVATE, XIPC_ACCESS_GROUP_WRITE,
        XIPC_ACCESS_EVERYONE_READ};
    pid_t stranger;
    server self;

    attack_needs_users();
    for (size_t at = 0; at < sizeof narrow / sizeof narrow[0]; at++) {
        stranger = attack_start(attack_stranger(), is_refused, NULL);
        server_begins(&self, narrow[at]);
        attack_join(stranger);
        REQUIRE_UINT(0, atomic_load(&self.board.came));
        server_ends(&self);
    }
    attack_users_gone();
}

/* ---- the service is another user's ---- */

/* Until it is killed. */
static void serves(void *context)
{
    static server self;

    (void)context;
    server_begins(&self, XIPC_ACCESS_EVERYONE_WRITE);
    for (;;) {
        pause();
    }
}

static void trusts_only_its_own(void *context)
{
    xipc_link *link = UNTOUCHED;

    (void)context;
    REQUIRE_STATUS(XIPC_E_ACCESS, connects(XIPC_TRUST_SELF, &link));
    REQUIRE(link == UNTOUCHED);
    REQUIRE_OK(connects(XIPC_TRUST_EVERYONE, &link));
    echoes(link, 1, 100);
    xipc_link_close(link);
}

SPEC(another_users_service_is_met_by_who_trusts_it, "CALL-2 NAME-6")
{
    pid_t stranger;

    SPEC_NEEDS(XIPC_FEATURE_SOCKET_CREDENTIALS);
    attack_needs_users();
    stranger = attack_start(attack_stranger(), serves, NULL);
    attack_run(attack_victim(), trusts_only_its_own, NULL);
    attack_kill(stranger);
    attack_users_gone();
}
