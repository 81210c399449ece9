/* SPDX-License-Identifier: Apache-2.0 */
/* xipc serve: programs that answer calls. */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "commands.h"
#include "environment.h"
#include "events.h"
#include "memory.h"
#include "pieces.h"
#include "program.h"
#include "say.h"
#include "stop.h"
#include "words.h"

enum { METHOD_MAX = OPTION_LIST_MAX + 1 };

#define PROCESS_NAME "XIPC_CLIENT_PROCESS"
#define USER_NAME    "XIPC_CLIENT_USER"

static option_list methods;
static uint64_t worker_count = 1;
static uint64_t request_max;
static uint64_t payload_max = XIPC_CALL_PAYLOAD_DEFAULT;
static const char *into;
static int is_echo;

const option serve_options[] = {
    {"method", OPTION_LIST, "N=PROGRAM",
     "PROGRAM, and its arguments, for method N", &methods},
    {"echo", OPTION_FLAG, NULL, "method 1 sends back what came", &is_echo},
    {"into", OPTION_TEXT, "FILE",
     "take one file of xipc call --pieces, and end", &into},
    {"workers", OPTION_NUMBER, "N", "requests that are answered at once: 1",
     &worker_count},
    {"count", OPTION_NUMBER, "N", "end after so many, with 0 at Ctrl-C: 0",
     &request_max},
    {"payload-max", OPTION_NUMBER, "SIZE", "the longest request: 16M",
     &payload_max},
    OPTION_SCOPE,
    OPTION_TIMEOUT,
    OPTION_PROGRESS,
    OPTION_JSON,
    OPTION_END};

/* One method, and who answers it. */
typedef struct serve_method {
    uint32_t number;
    const char *const *arguments; /* NULL: it is an echo */
} serve_method;

/*
 * The counters are added to by the threads that serve, and read by the one that
 * waits, which is interrupted behind each change that may end its wait: the
 * order is that of the interruption.
 */
static struct {
    xipc_poller *poller; /* in which nothing is; where the program waits */
    char address[XIPC_CALL_ADDRESS_SIZE]; /* where it listens */
    serve_method methods[METHOD_MAX];
    size_t method_count;
    atomic_uint begun;
    atomic_uint answered;
    atomic_uint link_count;
} server;

static int is_done(void)
{
    return request_max > 0 && atomic_load(&server.answered) >= request_max;
}

static void wake_waiting(void)
{
    (void)!xipc_interrupt(xipc_poller_object(server.poller));
}

/* ---- answering ---- */

/* One request that is answered. */
typedef struct served {
    const serve_method *method;
    xipc_request *request;
    int64_t began_at;
} served;

/* Before the answer: then the link is still there. */
static void note(const served *self, xipc_status status, int code, size_t size)
{
    event_answer what = {
        .method = self->method->number,
        .is_one_way = xipc_request_is_one_way(self->request),
        .sent = size,
        .status = status,
        .result = code,
        .time = xipc_after_ns(0) - self->began_at};

    (void)xipc_request_data(self->request, &what.received);
    if (events_note_answer(xipc_request_link(self->request), &what)) {
        wake_waiting();
    }
}

static void reply(const served *self, int code, const void *bytes, size_t size)
{
    xipc_call_data data = {.data = bytes, .size = size};
    xipc_status status;

    note(self, XIPC_OK, code, size);
    status = xipc_request_reply(self->request, code, &data);

    /* Who has given up, or is gone, knows it. */
    if (status != XIPC_OK && status != XIPC_E_CANCELED &&
        status != XIPC_E_CLOSED && status != XIPC_E_PEER_DIED) {
        say("method %" PRIu32 ": the reply was lost: %s (%s)",
            self->method->number, xipc_detail(), xipc_status_name(status));
    }
}

/* Who calls one way may leave at once. */
static int is_unwanted(void *context)
{
    xipc_request *request = context;

    return stop_asked() || (!xipc_request_is_one_way(request) &&
                            xipc_request_is_canceled(request));
}

/* What the caller takes at most. */
static size_t reply_max(xipc_request *request)
{
    xipc_link_info info = XIPC_LINK_INFO_INIT;

    if (xipc_link_get_info(xipc_request_link(request), &info) != XIPC_OK) {
        return XIPC_CALL_PAYLOAD_LIMIT;
    }
    return info.payload_max;
}

/* "NAME=value" of each, or "NAME" where there is none. */
typedef struct told {
    char method[32];
    char process[48];
    char user[48];
    char address[XIPC_CALL_ADDRESS_SIZE + 16];
} told;

/* What the program is told besides the request: nothing that the caller could
 * choose but the method. */
static char **environment_of(const served *self)
{
    told words = {.process = PROCESS_NAME, .user = USER_NAME};
    const char *const entries[] = {
        words.method, words.address, words.process, words.user, NULL};
    xipc_credentials who = XIPC_CREDENTIALS_INIT;

    (void)snprintf(
        words.method, sizeof words.method, "XIPC_METHOD=%" PRIu32,
        self->method->number);
    (void)snprintf(
        words.address, sizeof words.address, "XIPC_ADDRESS=%s", server.address);
    if (xipc_request_credentials(self->request, &who) == XIPC_OK) {
        (void)snprintf(
            words.user, sizeof words.user, USER_NAME "=%" PRIu64, who.user);
        if (who.is_process_vouched) {
            (void)snprintf(
                words.process, sizeof words.process, PROCESS_NAME "=%" PRIu32,
                who.process);
        }
    }
    return environment_with(entries);
}

static void run_program(const served *self)
{
    char **environment = environment_of(self);
    program_run run = {
        .arguments = self->method->arguments,
        .environment = (const char *const *)environment,
        .output_max = reply_max(self->request),
        .deadline = deadline_after(common.timeout),
        .is_unwanted = is_unwanted,
        .context = self->request};
    xipc_status status;

    run.input = xipc_request_data(self->request, &run.input_size);
    status = program_answer(&run);
    if (status == XIPC_OK) {
        reply(self, run.code, run.output, run.output_size);
    } else if (status == XIPC_E_CANCELED) {
        if (stop_asked()) { /* whoever still waits is told so */
            (void)!xipc_link_hang_up(xipc_request_link(self->request));
        }
        note(self, status, CODE_STOPPED, 0);
        (void)xipc_request_reply(self->request, CODE_STOPPED, NULL);
    } else {
        say("method %" PRIu32 ": %s wrote more than the caller takes, or could "
            "not be heard (%s)",
            self->method->number, run.arguments[0], xipc_status_name(status));
        note(self, status, 0, 0);
        (void)xipc_request_fail(self->request, status);
    }
    environment_free(environment);
    free(run.output);
}

static void answer(void *context, xipc_request *request)
{
    const served self = {context, request, xipc_after_ns(0)};

    if (request_max > 0 && atomic_fetch_add(&server.begun, 1) >= request_max) {
        note(&self, XIPC_E_LIMIT, 0, 0);
        (void)xipc_request_fail(request, XIPC_E_LIMIT);
        return;
    }
    if (self.method->arguments) {
        run_program(&self);
    } else {
        size_t size;
        const void *bytes = xipc_request_data(request, &size);

        reply(&self, 0, bytes, size);
    }
    atomic_fetch_add(&server.answered, 1);
    if (is_done()) {
        wake_waiting();
    }
}

static void note_link(void *context, xipc_link *link, xipc_status what)
{
    (void)context;
    if (events_note_link(link, what)) {
        wake_waiting();
    }
    if (what == XIPC_OK) {
        atomic_fetch_add(&server.link_count, 1);
        return;
    }
    if (what == XIPC_E_CORRUPT) {
        say("a client broke the rules, and was cut off");
    }
    if (atomic_fetch_sub(&server.link_count, 1) == 1 && is_done()) {
        wake_waiting();
    }
}

/* ---- which methods ---- */

static int add_method(uint64_t number, const char *const *arguments)
{
    serve_method *method = &server.methods[server.method_count];

    for (size_t at = 0; at < server.method_count; at++) {
        if (server.methods[at].number == number) {
            return say_usage(
                "method %" PRIu64 " is answered by one program", number);
        }
    }
    method->number = (uint32_t)number;
    method->arguments = arguments;
    server.method_count++;
    return CODE_DONE;
}

/* "N=PROGRAM" */
static int add_item(const char *item)
{
    size_t size = strcspn(item, "=");
    const char **arguments = NULL;
    char *number_text = memory_text(item);
    uint64_t number = 0;
    int is_number;
    int code;

    number_text[size] = '\0';
    is_number = args_number(number_text, &number) == 0 && number <= UINT32_MAX;
    free(number_text);
    if (is_number && item[size] == '=') {
        arguments = words_of(item + size + 1);
    }
    if (!arguments) {
        return say_usage(
            "--method %s is not N=PROGRAM, or a quote has no end", item);
    }
    code = add_method(number, arguments);
    if (code != CODE_DONE) {
        free((void *)arguments);
    }
    return code;
}

static int add_methods(char **program)
{
    int code = CODE_DONE;

    if (is_echo && program[0]) {
        return say_usage("--echo or PROGRAM, not both");
    }
    if (is_echo || program[0]) {
        code = add_method(1, is_echo ? NULL : (const char *const *)program);
    }
    for (size_t at = 0; at < methods.count && code == CODE_DONE; at++) {
        code = add_item(methods.items[at]);
    }
    if (code == CODE_DONE && server.method_count == 0 && !into) {
        code = say_usage("who answers? PROGRAM, --method, --echo or --into");
    }
    return code;
}

static int check_numbers(void)
{
    if (worker_count == 0 || worker_count > XIPC_CALL_WORKER_LIMIT) {
        return say_usage("--workers is 1 to %u", XIPC_CALL_WORKER_LIMIT);
    }
    if (request_max > UINT32_MAX) {
        return say_usage("--count is 0 to %" PRIu32, UINT32_MAX);
    }
    if (payload_max == 0 || payload_max > XIPC_CALL_PAYLOAD_LIMIT) {
        return say_usage(
            "--payload-max is 1 to %" PRIu32, XIPC_CALL_PAYLOAD_LIMIT);
    }
    return CODE_DONE;
}

/* ---- serving ---- */

static xipc_status make_service(xipc_service **service_out)
{
    xipc_service_options options = XIPC_SERVICE_OPTIONS_INIT;
    xipc_status status = xipc_poller_create(&server.poller);

    if (status != XIPC_OK) {
        return status;
    }
    options.workers = (uint32_t)worker_count;
    options.on_link = note_link;
    status = xipc_service_create(&options, service_out);
    for (size_t at = 0; at < server.method_count && status == XIPC_OK; at++) {
        status = xipc_service_add(
            *service_out, server.methods[at].number, answer,
            &server.methods[at]);
    }
    return status;
}

static xipc_call_options options_chosen(void)
{
    xipc_call_options options = XIPC_CALL_OPTIONS_INIT;

    options.naming.scope = scope_chosen();
    options.payload_max = (uint32_t)payload_max;
    return options;
}

static xipc_status listen_at(
    const char *address,
    xipc_service *service,
    xipc_call_listener **listener_out)
{
    const xipc_call_options options = options_chosen();
    xipc_status status = xipc_call_listen(
        service, address, &options, deadline_after(common.timeout),
        listener_out);

    if (status == XIPC_OK) {
        status = xipc_call_listener_address(
            *listener_out, server.address, sizeof server.address);
    }
    if (status == XIPC_OK) {
        say("listening at %s", server.address);
        events_tell_address(server.address);
    }
    return status;
}

/* Until Ctrl-C, or until all that are wanted are answered and whoever called
 * has taken them, and gone. */
static void wait_for_end(xipc_call_listener **listener)
{
    xipc_object *object = xipc_poller_object(server.poller);
    xipc_ready ready;
    size_t count;

    stop_watch(object);
    while (!stop_asked() &&
           !(is_done() && atomic_load(&server.link_count) == 0)) {
        (void)!xipc_poller_wait(server.poller, &ready, 1, XIPC_FOREVER, &count);
        (void)!xipc_interrupt_clear(object);
        events_tell();
        if (is_done()) {
            xipc_call_listener_close(*listener);
            *listener = NULL;
        }
    }
    stop_watch(NULL);
}

static int serve(const char *address)
{
    xipc_service *service = NULL;
    xipc_call_listener *listener = NULL;
    xipc_status status = make_service(&service);
    int code;

    if (status == XIPC_OK) {
        status = listen_at(address, service, &listener);
    }
    if (status == XIPC_OK) {
        wait_for_end(&listener);
        code = stop_asked() ? CODE_STOPPED : CODE_DONE;
    } else {
        code = say_status(status, address);
    }
    xipc_call_listener_close(listener);
    xipc_service_close(service);
    xipc_poller_close(server.poller);
    events_tell();
    events_tell_end(atomic_load(&server.answered), code);
    return code;
}

/* ---- a file ---- */

static int receive(const char *address)
{
    xipc_call_options options = options_chosen();

    if (server.method_count > 0 || worker_count != 1 || request_max > 0) {
        return say_usage(
            "--into takes one file, and goes without PROGRAM, --method, "
            "--echo, --workers and --count");
    }
    if (common.is_json && stream_is_standard(into)) {
        return say_usage("--json needs a FILE: the standard output is taken");
    }
    if (options.payload_max > PIECE_HEAD_SIZE + PIECE_SIZE) {
        options.payload_max = PIECE_HEAD_SIZE + PIECE_SIZE;
    }
    return pieces_receive(address, &options, into);
}

int do_serve(char **operands, size_t count)
{
    int code = check_numbers();

    (void)count;
    if (code == CODE_DONE) {
        code = add_methods(operands + 1);
    }
    if (code != CODE_DONE) {
        return code;
    }
    return into ? receive(operands[0]) : serve(operands[0]);
}
