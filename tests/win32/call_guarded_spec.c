/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of a client whose process the server may not open, as if it were
 * another user's or a protected one: the two share no memory and pass no
 * handles, and all else is as it always is.
 */
#include <string.h>

#include "support/call_kit.h"
#include "win32/win32_system.h"

#include <aclapi.h>

enum { ROUNDS = 20, LENGTH = 1000000, POSTS = 50, THREADS = 4 };

/* From now on nobody gets a handle of this process. */
static void guard_this_process(void)
{
    unsigned char room[sizeof(ACL)];
    PACL nobody = (PACL)(void *)room;

    REQUIRE(InitializeAcl(nobody, sizeof room, ACL_REVISION));
    REQUIRE_UINT(
        ERROR_SUCCESS,
        SetSecurityInfo(
            GetCurrentProcess(), SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION,
            NULL, NULL, nobody, NULL));
}

static DWORD error_of_open(DWORD process)
{
    HANDLE handle =
        OpenProcess(PROCESS_DUP_HANDLE | SYNCHRONIZE, FALSE, process);

    if (handle) {
        CloseHandle(handle);
        return ERROR_SUCCESS;
    }
    return GetLastError();
}

/* A host whose processes cannot be guarded proves nothing. */
static void require_guarded(DWORD process)
{
    if (error_of_open(process) == ERROR_SUCCESS) {
        spec_skip("this host opens guarded processes all the same");
    }
    REQUIRE_UINT(ERROR_ACCESS_DENIED, error_of_open(process));
}

static DWORD process_of(const xipc_object *object)
{
    xipc_credentials other = XIPC_CREDENTIALS_INIT;

    REQUIRE_OK(xipc_peer_credentials(object, &other));
    REQUIRE(other.is_process_vouched);
    return other.process;
}

static xipc_status call_with_a_handle(xipc_link *link)
{
    const xipc_native_handle native = (xipc_native_handle)(intptr_t)1;
    const xipc_call_data request = {NULL, 0, &native, 1};

    return xipc_call(link, ECHO, &request, NULL, in_time());
}

static xipc_status call_back(xipc_link *link)
{
    xipc_call_answer answer = XIPC_CALL_ANSWER_INIT;

    return xipc_call(link, BACK, NULL, &answer, in_time());
}

PEER(a_client_that_guards_its_process)
{
    call_board board;
    xipc_service *service;
    xipc_link *link = NULL;

    memset(&board, 0, sizeof board);
    guard_this_process();
    service = serving(&board, NULL);
    REQUIRE_OK(
        xipc_call_connect(service, spec_argument(0), NULL, in_time(), &link));
    for (uint64_t round = 0; round < ROUNDS; round++) {
        echoes(link, round, 8);
    }
    echoes(link, 1, 0);
    echoes(link, 2, LENGTH);
    REQUIRE_OK(call_back(link));
    REQUIRE_STATUS(XIPC_E_NOT_SUPPORTED, call_with_a_handle(link));
    for (int at = 0; at < POSTS; at++) {
        REQUIRE_OK(xipc_call_post(link, COUNT, NULL, in_time()));
    }
    spec_tell(NULL, "posted");
    spec_expect(NULL, "close");
    xipc_link_close(link);
    xipc_service_close(service);
}

SPEC(a_client_that_may_not_be_opened_calls_all_the_same, "CALL-2 CALL-7 CALL-9")
{
    spec_peer *client;
    call_pair self;

    calls_begin(&self, "local");
    client = START(a_client_that_guards_its_process, self.address);
    spec_expect(client, "posted");
    await_number(&self.board.came, 2);
    require_guarded(
        process_of(xipc_link_object(atomic_load(&self.board.last_link))));
    await_number(&self.board.counted, POSTS);
    spec_tell(client, "close");
    spec_join(client);
    await_number(&self.board.closed, 1);
    echoes(self.link, 1, 100);
    calls_end(&self);
}

static void echo_over(void *context)
{
    for (uint64_t round = 0; round < ROUNDS; round++) {
        echoes(context, round, (size_t)round * 997);
    }
}

PEER(a_guarded_client_with_threads)
{
    spec_thread *threads[THREADS];
    call_thread kept;
    xipc_link *link;

    guard_this_process();
    link = linked(spec_argument(0));
    call_begins(&kept, link, HOLD, XIPC_FOREVER);
    for (int at = 0; at < THREADS; at++) {
        threads[at] = spec_thread_start(echo_over, link);
    }
    REQUIRE_STATUS(XIPC_E_TIMEOUT, call_plain(link, WATCH, xipc_after_ms(50)));
    for (int at = 0; at < THREADS; at++) {
        spec_thread_join(threads[at]);
    }
    REQUIRE_OK(xipc_interrupt(xipc_link_object(link)));
    REQUIRE_STATUS(XIPC_E_CANCELED, call_ends(&kept));
    REQUIRE_OK(xipc_interrupt_clear(xipc_link_object(link)));
    echoes(link, 1, 1);
    xipc_link_close(link);
}

SPEC(threads_of_a_client_that_may_not_be_opened_call_at_once, "CALL-2 CALL-5")
{
    xipc_service_options options = XIPC_SERVICE_OPTIONS_INIT;
    spec_peer *client;
    xipc_request *request;
    call_pair self;

    options.workers = 2;
    calls_begin_with(&self, "local", &options, NULL);
    client = START(a_guarded_client_with_threads, self.address);
    request = held(&self.board);
    await_number(&self.board.canceled, 1);
    spec_join(client);
    REQUIRE(xipc_request_reply(request, 0, NULL) != XIPC_OK);
    await_number(&self.board.closed, 1);
    calls_end(&self);
}

PEER(a_guarded_client_that_is_killed)
{
    xipc_link *link;

    guard_this_process();
    link = linked(spec_argument(0));
    (void)call_plain(link, WATCH, XIPC_FOREVER);
}

SPEC(the_death_of_a_client_that_may_not_be_opened_is_told, "CALL-6")
{
    spec_peer *client;
    call_pair self;

    calls_begin(&self, "local");
    client = START(a_guarded_client_that_is_killed, self.address);
    await_number(&self.board.watching, 1);
    spec_kill(client);
    await_number(&self.board.canceled, 1);
    await_number(&self.board.died, 1);
    echoes(self.link, 1, 100);
    calls_end(&self);
}

PEER(a_guarded_client_that_is_left)
{
    xipc_link *link;

    guard_this_process();
    link = linked(spec_argument(0));
    spec_tell(NULL, "linked");
    REQUIRE_STATUS(XIPC_E_CLOSED, call_plain(link, HOLD, XIPC_FOREVER));
    xipc_link_close(link);
}

SPEC(a_client_that_may_not_be_opened_hears_of_the_service_s_end, "CALL-6")
{
    spec_peer *client;
    xipc_request *request;
    call_pair self;

    calls_begin(&self, "local");
    client = START(a_guarded_client_that_is_left, self.address);
    spec_expect(client, "linked");
    request = held(&self.board);
    xipc_service_close(self.service);
    self.service = NULL;
    REQUIRE(xipc_request_reply(request, 0, NULL) != XIPC_OK);
    spec_join(client);
    calls_end(&self);
}

PEER(a_guarded_client_that_loses_its_server)
{
    xipc_link *link;

    guard_this_process();
    link = linked(spec_argument(0));
    echoes(link, 1, 100);
    spec_tell(NULL, "linked");
    spec_expect(NULL, "call");
    REQUIRE_STATUS(XIPC_E_PEER_DIED, call_plain(link, ECHO, in_time()));
    xipc_link_close(link);
}

SPEC(a_client_that_may_not_be_opened_hears_of_the_server_s_death, "CALL-6")
{
    char where[XIPC_CALL_ADDRESS_SIZE];
    spec_peer *server = call_server("local", where);
    spec_peer *client = START(a_guarded_client_that_loses_its_server, where);

    spec_expect(client, "linked");
    spec_kill(server);
    spec_tell(client, "call");
    spec_join(client);
}
