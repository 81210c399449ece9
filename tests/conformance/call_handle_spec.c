/* SPDX-License-Identifier: Apache-2.0 */
/* Handles that go with requests and replies. */
#include <string.h>

#include <xipc/section.h>

#include "support/call_kit.h"
#include "support/native_kit.h"
#include "support/section_kit.h"

enum { SWAP = 50, SIZE = 4096 };

static xipc_native_handle native_of(xipc_section *section)
{
    xipc_native_handle native = 0;

    REQUIRE_OK(xipc_section_native_handle(section, &native));
    return native;
}

static void writes(xipc_section *section, const char *text)
{
    xipc_map *map = mapped(section);

    memcpy(xipc_map_address(map), text, strlen(text) + 1);
    xipc_map_close(map);
}

static void reads(xipc_section *section, const char *text)
{
    xipc_map *map = mapped(section);

    REQUIRE_TEXT(text, (const char *)xipc_map_address(map));
    xipc_map_close(map);
}

static xipc_section *made(const char *text)
{
    xipc_section *section = NULL;

    REQUIRE_OK(xipc_section_create_anonymous(SIZE, NULL, &section));
    writes(section, text);
    return section;
}

static xipc_section *adopted(xipc_native_handle native)
{
    xipc_section *section = NULL;

    REQUIRE_OK(xipc_section_adopt(native, &section));
    return section;
}

/* Reads what came, changes it, and gives one of its own. */
static void swap(void *context, xipc_request *request)
{
    xipc_native_handle native = 0;
    xipc_section *theirs;
    xipc_section *ours = made("from the handler");
    xipc_native_handle given = native_of(ours);
    const xipc_call_data reply = {NULL, 0, &given, 1};

    (void)context;
    REQUIRE_UINT(2, xipc_request_handle_count(request));
    REQUIRE_OK(xipc_request_take_handle(request, 0, &native));
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, xipc_request_take_handle(request, 0, &native));
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, xipc_request_take_handle(request, 2, &native));
    theirs = adopted(native);
    native_let_go(native);
    reads(theirs, "from the caller");
    writes(theirs, "seen");
    REQUIRE_OK(xipc_request_reply(request, 0, &reply));
    xipc_section_close(theirs);
    xipc_section_close(ours);
}

SPEC(handles_go_with_a_request_and_with_its_reply, "CALL-9")
{
    xipc_call_answer reply = XIPC_CALL_ANSWER_INIT;
    xipc_call_data request = {NULL, 0, NULL, 2};
    xipc_native_handle natives[2];
    xipc_section *section;
    xipc_section *theirs;
    call_pair self;

    SPEC_NEEDS(XIPC_FEATURE_CALL_HANDLES);
    calls_begin(&self, "local");
    REQUIRE_OK(xipc_service_add(self.service, SWAP, swap, NULL));
    for (int round = 0; round < 20; round++) {
        section = made("from the caller");
        natives[0] = native_of(section);
        natives[1] = natives[0]; /* nobody takes it there */
        request.handles = natives;
        REQUIRE_OK(xipc_call(self.link, SWAP, &request, &reply, in_time()));
        reads(section, "seen");
        xipc_section_close(section);
        REQUIRE_UINT(1, reply.handle_count);
        theirs = adopted(reply.handles[0]);
        native_let_go(reply.handles[0]);
        reads(theirs, "from the handler");
        xipc_section_close(theirs);
        /* Handles that nobody wants go, too. */
        section = made("from the caller");
        natives[0] = native_of(section);
        natives[1] = natives[0];
        REQUIRE_OK(xipc_call(self.link, SWAP, &request, NULL, in_time()));
        xipc_section_close(section);
    }
    calls_end(&self);
}

enum { KEPT = 16, MANY = XIPC_CALL_HANDLE_MAX };

static xipc_pending *
submit_many(xipc_link *link, const xipc_native_handle *natives)
{
    const xipc_call_data request = {NULL, 0, natives, MANY};
    xipc_pending *pending = NULL;

    REQUIRE_OK(
        xipc_call_submit(link, HOLD, &request, NULL, in_time(), &pending));
    return pending;
}

SPEC(a_link_s_requests_keep_only_so_many_handles, "CALL-9 CALL-10")
{
    xipc_native_handle natives[MANY];
    xipc_pending *pending[KEPT];
    xipc_section *section;
    call_pair self;

    SPEC_NEEDS(XIPC_FEATURE_CALL_HANDLES);
    section = made("x");
    for (size_t at = 0; at < MANY; at++) {
        natives[at] = native_of(section);
    }
    calls_begin(&self, "local");
    for (int at = 0; at < KEPT; at++) {
        pending[at] = submit_many(self.link, natives);
    }
    REQUIRE_STATUS(
        XIPC_E_LIMIT,
        xipc_pending_finish(submit_many(self.link, natives), NULL, in_time()));
    for (int at = 0; at < KEPT; at++) {
        xipc_request *request = held(&self.board);

        REQUIRE_UINT(MANY, xipc_request_handle_count(request));
        REQUIRE_OK(xipc_request_reply(request, 0, NULL));
        REQUIRE_OK(xipc_pending_finish(pending[at], NULL, in_time()));
    }
    pending[0] = submit_many(self.link, natives);
    REQUIRE_OK(xipc_request_reply(held(&self.board), 0, NULL));
    REQUIRE_OK(xipc_pending_finish(pending[0], NULL, in_time()));
    calls_end(&self);
    xipc_section_close(section);
}

SPEC(handles_do_not_go_over_a_network, "CALL-9 CALL-8")
{
    xipc_section *section;
    xipc_native_handle native;
    xipc_call_data request = {NULL, 0, &native, 1};
    call_pair self;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_ANONYMOUS);
    section = made("x");
    native = native_of(section);
    calls_begin(&self, "tcp://127.0.0.1:0");
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        xipc_call(self.link, ECHO, &request, NULL, in_time()));
    echoes(self.link, 1, 10);
    calls_end(&self);
    xipc_section_close(section);
}

SPEC(a_handle_that_is_not_open_is_refused_and_nothing_sent, "CALL-9")
{
    const xipc_native_handle bad = 12345679;
    const xipc_call_data request = {NULL, 0, &bad, 1};
    call_pair self;

    SPEC_NEEDS(XIPC_FEATURE_CALL_HANDLES);
    calls_begin(&self, "local");
    REQUIRE_STATUS(
        XIPC_E_INVALID, xipc_call(self.link, COUNT, &request, NULL, in_time()));
    echoes(self.link, 1, 10);
    REQUIRE_UINT(0, atomic_load(&self.board.counted));
    calls_end(&self);
}
