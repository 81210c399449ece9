/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xipc doctor: what this system can do (xipc_capability()), whether each
 * mechanism works when it is tried, and what of the system stands in the way
 * (doctor_posix.c, doctor_win32.c).
 */
#include "doctor.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "args.h"
#include "commands.h"
#include "figures.h"
#include "json.h"
#include "memory.h"
#include "say.h"
#include "system.h"
#include "table.h"

#define PATIENCE_MS 1000

enum { FINDING_MAX = 64, VALUE_SIZE = 600 };

typedef struct finding {
    char *topic;
    doctor_verdict verdict;
    char *value;
    char *remedy;
} finding;

static finding findings[FINDING_MAX];
static size_t finding_count;

void doctor_tell(
    const char *topic,
    doctor_verdict verdict,
    const char *remedy,
    const char *format,
    ...)
{
    char value[VALUE_SIZE];
    va_list values;
    finding *into;

    if (finding_count == FINDING_MAX) {
        return;
    }
    va_start(values, format);
    (void)vsnprintf(value, sizeof value, format, values);
    va_end(values);
    into = &findings[finding_count++];
    into->topic = memory_text(topic);
    into->verdict = verdict;
    into->value = memory_text(value);
    into->remedy = memory_text(remedy ? remedy : "");
}

/* ---- trying ---- */

#define TRIAL_NAME "xipc-doctor"

/* What may be done about a trial that failed. */
static const char *remedy_for(xipc_status status)
{
    switch (code_of(status)) {
    case CODE_REFUSED: return "this user must be able to write there";
    case CODE_NO_ROOM: return "the limits are told above";
    default: return "xipc conformance tells what of it fails";
    }
}

static void told(const char *what, xipc_feature feature, xipc_status status)
{
    xipc_capability_info info = XIPC_CAPABILITY_INFO_INIT;

    if (status == XIPC_OK) {
        doctor_tell(what, DOCTOR_NOTE, NULL, "works");
    } else if (
        xipc_capability(feature, &info) == XIPC_OK &&
        info.support == XIPC_SUPPORT_ABSENT) {
        doctor_tell(what, DOCTOR_NOTE, NULL, "absent: %s", info.text);
    } else if (status == XIPC_E_EXISTS) {
        doctor_tell(what, DOCTOR_NOTE, NULL, "works; somebody else tries it");
    } else {
        doctor_tell(
            what, DOCTOR_BAD, remedy_for(status), "%s: %s",
            xipc_status_name(status), xipc_detail());
    }
}

static void try_section(void)
{
    xipc_section *section = NULL;

    told(
        "trial.section", XIPC_FEATURE_SECTION,
        xipc_section_create(
            TRIAL_NAME, 4096, NULL, xipc_after_ms(PATIENCE_MS), &section));
    xipc_section_close(section);
}

static void try_mailbox(const char *what, xipc_provider provider)
{
    xipc_mailbox_options options = XIPC_MAILBOX_OPTIONS_INIT;
    xipc_mailbox *box = NULL;
    xipc_status status;
    size_t size;
    char byte = 'x';

    options.provider = provider;
    options.capacity = 1;
    options.message_max = 1;
    if (provider == XIPC_PROVIDER_NATIVE) {
        options.flags = XIPC_MAILBOX_OWNED;
    }
    status = xipc_mailbox_create(
        TRIAL_NAME, &options, xipc_after_ms(PATIENCE_MS), &box);
    if (status == XIPC_OK) {
        status = xipc_mailbox_send(box, &byte, 1, NULL, XIPC_NOW);
    }
    if (status == XIPC_OK) {
        status = xipc_mailbox_receive(box, &byte, 1, &size, NULL, XIPC_NOW);
    }
    told(
        what,
        provider == XIPC_PROVIDER_NATIVE ? XIPC_FEATURE_MAILBOX_NATIVE
                                         : XIPC_FEATURE_MAILBOX,
        status);
    xipc_mailbox_close(box);
}

static void try_pipe(void)
{
    xipc_pipe_listener *listener = NULL;

    told(
        "trial.pipe", XIPC_FEATURE_PIPE_NAMED,
        xipc_pipe_listen(
            TRIAL_NAME, NULL, xipc_after_ms(PATIENCE_MS), &listener));
    xipc_pipe_listener_close(listener);
}

static void try_socket(const char *what, const char *uri, xipc_feature feature)
{
    xipc_socket_listener *listener = NULL;

    told(
        what, feature,
        xipc_socket_listen(uri, NULL, xipc_after_ms(PATIENCE_MS), &listener));
    xipc_socket_listener_close(listener);
}

static xipc_status call_there_and_back(const char *address)
{
    xipc_deadline deadline = xipc_after_ms(PATIENCE_MS);
    char place[XIPC_CALL_ADDRESS_SIZE];
    xipc_service *service = NULL;
    xipc_call_listener *listener = NULL;
    xipc_link *link = NULL;
    xipc_status status = xipc_service_create(NULL, &service);

    if (status == XIPC_OK) {
        status = xipc_call_listen(service, address, NULL, deadline, &listener);
    }
    if (status == XIPC_OK) {
        status = xipc_call_listener_address(listener, place, sizeof place);
    }
    if (status == XIPC_OK) {
        status = xipc_call_connect(NULL, place, NULL, deadline, &link);
    }
    if (status == XIPC_OK) {
        status = xipc_call(link, 1, NULL, NULL, deadline);
        /* Nothing is added to the service: that it has no such method is its
           answer. */
        status = status == XIPC_E_NOT_FOUND ? XIPC_OK : status;
    }
    xipc_link_close(link);
    xipc_call_listener_close(listener);
    xipc_service_close(service);
    return status;
}

static void try_call(const char *what, const char *address)
{
    told(what, XIPC_FEATURE_CALL, call_there_and_back(address));
}

static void try_poller(void)
{
    xipc_poller *poller = NULL;

    told("trial.poller", XIPC_FEATURE_POLLER, xipc_poller_create(&poller));
    xipc_poller_close(poller);
}

static int see_nothing(const xipc_listing *listing, void *context)
{
    (void)listing;
    (void)context;
    return 0;
}

static void try_all(void)
{
    try_section();
    try_mailbox("trial.mailbox", XIPC_PROVIDER_SHM);
    try_mailbox("trial.mailbox.native", XIPC_PROVIDER_NATIVE);
    try_poller();
    try_pipe();
    try_socket("trial.tcp", "tcp://127.0.0.1:0", XIPC_FEATURE_SOCKET);
    try_socket("trial.tcp6", "tcp://[::1]:0", XIPC_FEATURE_SOCKET);
    try_socket("trial.unix", "unix:" TRIAL_NAME, XIPC_FEATURE_SOCKET_LOCAL);
    try_call("trial.call", TRIAL_NAME);
    try_call("trial.call.tcp", "tcp://127.0.0.1:0");
    told(
        "trial.scope.user", XIPC_FEATURE_SECTION,
        xipc_list(XIPC_SCOPE_USER, see_nothing, NULL));
    told(
        "trial.scope.machine", XIPC_FEATURE_MACHINE_SCOPE,
        xipc_list(XIPC_SCOPE_MACHINE, see_nothing, NULL));
}

/* ---- telling ---- */

static const char *support_name(xipc_support support)
{
    static const char *const names[] = {"absent", "emulated", "native"};

    return names[support];
}

static const char *verdict_name(doctor_verdict verdict)
{
    static const char *const names[] = {"ok", "warning", "bad"};

    return names[verdict];
}

static xipc_capability_info capability(int feature)
{
    xipc_capability_info info = XIPC_CAPABILITY_INFO_INIT;

    if (xipc_capability((xipc_feature)feature, &info) != XIPC_OK) {
        info.name = "?";
    }
    if (!info.text) {
        info.text = "";
    }
    return info;
}

static void tell_json(void)
{
    json out = {stdout, 0};

    json_object_begin(&out, NULL);
    json_text(&out, "version", xipc_version());
    json_array_begin(&out, "capabilities");
    for (int feature = 0; feature < XIPC_FEATURE_COUNT; feature++) {
        xipc_capability_info info = capability(feature);

        json_object_begin(&out, NULL);
        json_text(&out, "name", info.name);
        json_text(&out, "support", support_name(info.support));
        if (info.has_limit) {
            json_number(&out, "limit", info.limit);
        } else {
            json_null(&out, "limit");
        }
        json_text(&out, "text", info.text);
        json_object_end(&out);
    }
    json_array_end(&out);
    json_array_begin(&out, "findings");
    for (size_t at = 0; at < finding_count; at++) {
        json_object_begin(&out, NULL);
        json_text(&out, "topic", findings[at].topic);
        json_text(&out, "verdict", verdict_name(findings[at].verdict));
        json_text(&out, "value", findings[at].value);
        json_text(&out, "remedy", findings[at].remedy);
        json_object_end(&out);
    }
    json_array_end(&out);
    json_object_end(&out);
    json_end(&out);
}

static void tell_people(void)
{
    table rows = {4, 1 << 2, NULL, 0};

    printf("xipc %s\n\nWhat this system can do\n", xipc_version());
    for (int feature = 0; feature < XIPC_FEATURE_COUNT; feature++) {
        xipc_capability_info info = capability(feature);

        table_add(&rows, "  %s", info.name);
        table_add(&rows, "%s", support_name(info.support));
        if (info.has_limit) {
            table_add(&rows, "%" PRIu64, info.limit);
        } else {
            table_add(&rows, "-");
        }
        table_add(&rows, "%s", info.text);
    }
    table_print(&rows);
    rows.column_count = 3;
    rows.right = 0;
    printf("\nHow it is here\n");
    for (size_t at = 0; at < finding_count; at++) {
        const finding *one = &findings[at];

        table_add(&rows, "  %s", one->topic);
        table_add(&rows, "%s", verdict_name(one->verdict));
        table_add(
            &rows, "%s%s%s", one->value, one->remedy[0] ? "; " : "",
            one->remedy);
    }
    table_print(&rows);
}

int do_doctor(char **operands, size_t count)
{
    doctor_verdict worst = DOCTOR_NOTE;

    (void)operands;
    (void)count;
    system_facts();
    try_all();
    if (common.is_json) {
        tell_json();
    } else {
        tell_people();
    }
    for (size_t at = 0; at < finding_count; at++) {
        worst = findings[at].verdict > worst ? findings[at].verdict : worst;
        free(findings[at].topic);
        free(findings[at].value);
        free(findings[at].remedy);
    }
    return worst == DOCTOR_BAD ? CODE_FAILED : CODE_DONE;
}
