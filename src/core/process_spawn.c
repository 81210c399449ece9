/* SPDX-License-Identifier: Apache-2.0 */
/* What a child is given, from the caller's words to the backend's. */
#include <stdlib.h>
#include <string.h>

#include "core/failure.h"
#include "core/heritage.h"
#include "core/process_handle.h"

#define ALL_FLAGS (XIPC_SPAWN_DIE_WITH_PARENT | XIPC_SPAWN_SEARCH)

static const xipc_spawn_options default_options = XIPC_SPAWN_OPTIONS_INIT;

/* What one of the caller's objects or handles has lent. */
typedef struct lent {
    xipc_object *object; /* NULL: a native handle, and nothing to give back */
    intptr_t native;
} lent;

/* A gift for each handle of each legacy, and its words. */
typedef struct gift_words {
    char text[XIPCI_LEGACY_WORDS_SIZE];
} gift_words;

typedef struct spawn_call {
    const char *program;
    const xipc_spawn_options *options;
    xipcos_spawn_plan plan;
    /* Room for each handle of each legacy. */
    xipcos_gift *gifts;
    gift_words *words;
    lent *loans; /* and for those of the streams */
    size_t loan_count;
} spawn_call;

static xipc_status
fail(const char *program, xipc_status status, const char *why)
{
    return xipcos_fault(status, 0, "program '%.200s': %s", program, why);
}

static void note_loan(spawn_call *call, xipc_object *object, intptr_t native)
{
    call->loans[call->loan_count++] = (lent){object, native};
}

static void give_back(spawn_call *call)
{
    while (call->loan_count > 0) {
        const lent *loan = &call->loans[--call->loan_count];

        if (loan->object && loan->object->heritage->give_back) {
            loan->object->heritage->give_back(loan->object, loan->native);
        }
    }
}

/* ---- streams ---- */

static xipc_status
lend_stream(xipc_object *object, int is_input, intptr_t *native_out)
{
    xipc_status status;

    if (!object) {
        return xipci_invalid("a stream's object is NULL");
    }
    status = xipci_object_check(object);
    if (status != XIPC_OK) {
        return status;
    }
    if (!object->heritage || !object->heritage->lend_stream) {
        return xipci_object_fail(
            object, XIPC_E_NOT_SUPPORTED, "it is no standard stream");
    }
    return object->heritage->lend_stream(object, is_input, native_out);
}

static xipc_status
plan_stream(spawn_call *call, const xipc_stream *stream, unsigned index)
{
    xipcos_stream *planned = &call->plan.streams[index];
    xipc_status status;

    switch (stream->kind) {
    case XIPC_STREAM_INHERIT: planned->source = XIPCOS_SOURCE_OWN; break;
    case XIPC_STREAM_NULL: planned->source = XIPCOS_SOURCE_NULL; break;
    case XIPC_STREAM_NATIVE:
        planned->source = XIPCOS_SOURCE_NATIVE;
        planned->native = stream->native;
        break;
    case XIPC_STREAM_OBJECT:
        planned->source = XIPCOS_SOURCE_NATIVE;
        status = lend_stream(stream->object, index == 0, &planned->native);
        if (status != XIPC_OK) {
            return status;
        }
        note_loan(call, stream->object, planned->native);
        break;
    default:
        return fail(call->program, XIPC_E_INVALID, "a stream of unknown kind");
    }
    return XIPC_OK;
}

/* ---- what is inherited ---- */

static xipc_status lend(const xipc_inherit *inherit, xipci_legacy *legacy_out)
{
    xipc_object *object = inherit->object;
    xipc_status status;

    if (!object) {
        *legacy_out = (xipci_legacy){
            .kind = XIPCI_LEGACY_NATIVE,
            .natives = {inherit->native},
            .native_count = 1};
        return XIPC_OK;
    }
    status = xipci_object_check(object);
    if (status != XIPC_OK) {
        return status;
    }
    if (!object->heritage) {
        return xipci_object_fail(
            object, XIPC_E_NOT_SUPPORTED,
            "it cannot be inherited; what has a name is opened by it");
    }
    return object->heritage->lend(object, legacy_out);
}

static xipc_status plan_inherit(spawn_call *call, const xipc_inherit *inherit)
{
    xipci_legacy legacy;
    xipc_status status = lend(inherit, &legacy);

    if (status != XIPC_OK) {
        return status;
    }
    for (unsigned part = 0; part < legacy.native_count; part++) {
        size_t at = call->plan.gift_count++;

        xipci_inherit_words(
            inherit->label, &legacy, part, call->words[at].text);
        call->gifts[at] =
            (xipcos_gift){call->words[at].text, legacy.natives[part]};
        note_loan(call, inherit->object, legacy.natives[part]);
    }
    return XIPC_OK;
}

static int came_before(const xipc_spawn_options *options, size_t at)
{
    for (size_t before = 0; before < at; before++) {
        if (strcmp(
                options->inherits[before].label, options->inherits[at].label) ==
            0) {
            return 1;
        }
    }
    return 0;
}

static xipc_status check_labels(const xipc_spawn_options *options)
{
    for (size_t at = 0; at < options->inherit_count; at++) {
        const char *label = options->inherits[at].label;
        xipc_status status = xipci_inherit_check_label(label);

        if (status == XIPC_OK && came_before(options, at)) {
            status = xipcos_fault(
                XIPC_E_EXISTS, 0, "label '%s': it comes twice", label);
        }
        if (status != XIPC_OK) {
            return status;
        }
    }
    return XIPC_OK;
}

/* ---- the call ---- */

static xipc_status
check_environment(const char *program, const char *const *environment)
{
    for (; environment && *environment; environment++) {
        /* Windows has names that begin with the sign. */
        if ((*environment)[0] == '\0' || !strchr(*environment + 1, '=')) {
            return fail(
                program, XIPC_E_INVALID,
                "an entry of the environment is not NAME=value");
        }
    }
    return XIPC_OK;
}

static xipc_status check_call(
    const char *program,
    const char *const *arguments,
    const xipc_spawn_options *options,
    xipc_process **process_out)
{
    if (!program || !arguments || !process_out) {
        return xipci_invalid("program, arguments or process_out is NULL");
    }
    if (program[0] == '\0' || !arguments[0]) {
        return fail(
            program, XIPC_E_INVALID, "it has no name, or no arguments[0]");
    }
    if (options->options_size != sizeof *options) {
        return fail(
            program, XIPC_E_INVALID,
            "options_size is unknown; use XIPC_SPAWN_OPTIONS_INIT");
    }
    if ((options->flags & ~(uint32_t)ALL_FLAGS) != 0) {
        return fail(program, XIPC_E_INVALID, "options has an unknown flag");
    }
    if ((!options->inherits && options->inherit_count > 0) ||
        options->inherit_count > SIZE_MAX / 4 / sizeof(gift_words)) {
        return fail(program, XIPC_E_INVALID, "inherits is NULL, or too many");
    }
    return check_environment(program, options->environment);
}

static int get_room(spawn_call *call)
{
    size_t count = call->options->inherit_count * XIPCI_LEGACY_NATIVE_MAX;

    call->loans = calloc(count + XIPCOS_STREAM_COUNT, sizeof *call->loans);
    call->gifts = calloc(count + 1, sizeof *call->gifts);
    call->words = calloc(count + 1, sizeof *call->words);
    call->plan.gifts = call->gifts;
    return call->loans && call->gifts && call->words;
}

static void drop_room(spawn_call *call)
{
    free(call->words);
    free(call->gifts);
    free(call->loans);
}

static xipc_status plan_gifts(spawn_call *call)
{
    const xipc_spawn_options *options = call->options;
    xipc_status status = plan_stream(call, &options->input, 0);

    if (status == XIPC_OK) {
        status = plan_stream(call, &options->output, 1);
    }
    if (status == XIPC_OK) {
        status = plan_stream(call, &options->error, 2);
    }
    for (size_t at = 0; status == XIPC_OK && at < options->inherit_count;
         at++) {
        status = plan_inherit(call, &options->inherits[at]);
    }
    return status;
}

static xipc_status start(spawn_call *call, xipc_process *process)
{
    xipc_status status = plan_gifts(call);

    if (status == XIPC_OK) {
        status = xipcos_spawn(&call->plan, &process->child);
        if (status != XIPC_OK) {
            xipcos_fault_subject("program '%.200s'", call->program);
        }
    }
    give_back(call);
    return status;
}

static xipc_status spawn(
    const char *program,
    const char *const *arguments,
    const xipc_spawn_options *options,
    xipc_process **process_out)
{
    spawn_call call = {
        .program = program,
        .options = options,
        .plan = {
            .program = program,
            .arguments = arguments,
        }};
    xipc_process *process;
    xipc_status status = check_call(program, arguments, options, process_out);

    if (status == XIPC_OK) {
        status = check_labels(options);
    }
    if (status != XIPC_OK) {
        return status;
    }
    call.plan.environment = options->environment;
    call.plan.directory = options->directory;
    call.plan.is_searched = (options->flags & XIPC_SPAWN_SEARCH) != 0;
    call.plan.is_to_die_with_us =
        (options->flags & XIPC_SPAWN_DIE_WITH_PARENT) != 0;
    process = xipci_process_new(program);
    status = process && get_room(&call)
                 ? start(&call, process)
                 : fail(program, XIPC_E_NO_MEMORY, "no memory to start it");
    drop_room(&call);
    if (status != XIPC_OK) {
        xipc_process_close(process);
        return status;
    }
    *process_out = process;
    return XIPC_OK;
}

xipc_status xipc_spawn(
    const char *program,
    const char *const *arguments,
    const xipc_spawn_options *options,
    xipc_process **process_out)
{
    return xipci_answer(spawn(
        program, arguments, options ? options : &default_options, process_out));
}
