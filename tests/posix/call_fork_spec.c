/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a child made by fork() has of its parent's services and links: nothing
 * that works, and nothing that disturbs.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "support/call_kit.h"

typedef int child_body(call_pair *self);

static void require_child_succeeds(child_body *body, call_pair *self)
{
    pid_t child = fork();
    int how = 0;

    REQUIRE(child >= 0);
    if (child == 0) {
        _exit(body(self));
    }
    REQUIRE(waitpid(child, &how, 0) == child);
    REQUIRE(WIFEXITED(how));
    REQUIRE_UINT(0, (uint64_t)WEXITSTATUS(how));
}

static int finds_every_call_forked(call_pair *self)
{
    xipc_link_info info = XIPC_LINK_INFO_INIT;
    xipc_pending *pending;
    xipc_call_listener *listener;
    xipc_request *request;
    char address[XIPC_CALL_ADDRESS_SIZE];
    xipc_link *link;

    if (xipc_call(self->link, ECHO, NULL, NULL, XIPC_FOREVER) !=
            XIPC_E_FORKED ||
        xipc_call_post(self->link, ECHO, NULL, XIPC_NOW) != XIPC_E_FORKED ||
        xipc_call_submit(
            self->link, ECHO, NULL, NULL, XIPC_FOREVER, &pending) !=
            XIPC_E_FORKED ||
        xipc_call_collect(self->link, XIPC_NOW, &pending, NULL) !=
            XIPC_E_FORKED) {
        return 1;
    }
    if (xipc_link_get_info(self->link, &info) != XIPC_E_FORKED ||
        xipc_link_hang_up(self->link) != XIPC_E_FORKED ||
        xipc_interrupt(xipc_link_object(self->link)) != XIPC_E_FORKED) {
        return 2;
    }
    return xipc_service_take(self->service, XIPC_NOW, &request) ==
                       XIPC_E_FORKED &&
                   xipc_call_listen(
                       self->service, "more", NULL, XIPC_NOW, &listener) ==
                       XIPC_E_FORKED &&
                   xipc_call_connect(
                       self->service, self->address, NULL, XIPC_NOW, &link) ==
                       XIPC_E_FORKED &&
                   xipc_call_listener_address(
                       self->listener, address, sizeof address) == XIPC_E_FORKED
               ? 0
               : 3;
}

static int closes_all(call_pair *self)
{
    xipc_link_close(self->link);
    xipc_call_listener_close(self->listener);
    xipc_service_close(self->service);
    return 0;
}

static int just_ends(call_pair *self)
{
    return self == NULL;
}

/* A child that has links of its own to its parent. */
static int calls_its_parent(call_pair *self)
{
    xipc_link *link = NULL;
    int failed = xipc_call_connect(
                     NULL, self->address, NULL, in_time(), &link) != XIPC_OK ||
                 echo(link, 1, 1000, in_time()) != XIPC_OK;

    xipc_link_close(link);
    return failed;
}

static void with_children(const char *address)
{
    static child_body *const bodies[] = {
        finds_every_call_forked, closes_all, just_ends, calls_its_parent};
    call_pair self;

    calls_begin(&self, address);
    for (size_t at = 0; at < sizeof bodies / sizeof bodies[0]; at++) {
        echoes(self.link, at, 100);
        require_child_succeeds(bodies[at], &self);
        echoes(self.link, at, 100);
    }
    calls_end(&self);
}

SPEC(a_forked_child_disturbs_no_call_of_its_parent, "GEN-6 CALL-6")
{
    with_both_sorts(with_children);
}

/* The child that still has copies of the parent's connections keeps nobody from
 * seeing the parent's end. */
PEER(a_server_that_forks_and_waits_to_be_killed)
{
    call_pair self;
    pid_t child;

    calls_begin(&self, spec_argument(0));
    child = fork();
    if (child == 0) {
        char byte;

        (void)!read(0, &byte, 1);
        _exit(0);
    }
    spec_tell(NULL, self.address);
    spec_expect(NULL, "close");
    calls_end(&self);
    spec_tell(NULL, "closed");
    waitpid(child, NULL, 0);
}

static void ends_in_spite_of_a_child(const char *address)
{
    spec_peer *server =
        START(a_server_that_forks_and_waits_to_be_killed, address);
    char where[XIPC_CALL_ADDRESS_SIZE];
    xipc_link *link;

    spec_hear(server, where, sizeof where);
    link = linked(where);
    echoes(link, 1, 10);
    spec_tell(server, "close");
    spec_expect(server, "closed");
    REQUIRE_STATUS(XIPC_E_CLOSED, call_plain(link, ECHO, in_time()));
    xipc_link_close(link);
    spec_join(server);
}

SPEC(a_close_is_seen_while_a_forked_child_lives, "CALL-6")
{
    with_both_sorts(ends_in_spite_of_a_child);
}
