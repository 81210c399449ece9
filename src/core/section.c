/* SPDX-License-Identifier: Apache-2.0 */
#include <xipc/section.h>

#include "core/failure.h"
#include "core/heritage.h"
#include "core/layout.h"
#include "core/name.h"
#include "core/section.h"
#include "core/shared.h"

#define ALL_FLAGS \
    (XIPC_SECTION_LAZY | XIPC_SECTION_READ_ONLY | XIPC_SECTION_HUGE)

/* Room for the head and for rounding, below what a file offset can say. */
#define SIZE_LIMIT ((uint64_t)INT64_MAX - ((uint64_t)1 << 30))

static const xipc_section_options default_options = XIPC_SECTION_OPTIONS_INIT;

static xipc_status fail(xipc_status status, const char *name, const char *what)
{
    return xipci_fail(status, XIPC_KIND_SECTION, name, "%s", what);
}

/* Checks what create and open have in common; `*options` may become the
 * default. */
static xipc_status check_call(
    const char *name,
    const xipc_section_options **options,
    xipc_section **section_out)
{
    if (!section_out) {
        return xipci_invalid("section_out is NULL");
    }
    if (!*options) {
        *options = &default_options;
    }
    if ((*options)->options_size != sizeof **options) {
        return fail(
            XIPC_E_INVALID, name,
            "options_size is unknown; use XIPC_SECTION_OPTIONS_INIT");
    }
    if (((*options)->flags & ~(uint32_t)ALL_FLAGS) != 0) {
        return fail(XIPC_E_INVALID, name, "options has an unknown flag");
    }
    return xipci_naming_check(XIPC_KIND_SECTION, name, &(*options)->naming);
}

static xipc_status check_sizes(
    const char *name, uint64_t size, const xipc_section_options *options)
{
    if (size == 0) {
        return fail(XIPC_E_INVALID, name, "the size is 0");
    }
    if (size > SIZE_LIMIT || options->max_size > SIZE_LIMIT) {
        return fail(XIPC_E_INVALID, name, "the size is too large to address");
    }
    if (options->max_size != 0 && options->max_size < size) {
        return fail(XIPC_E_INVALID, name, "max_size is below the size");
    }
    if ((options->flags & XIPC_SECTION_READ_ONLY) != 0) {
        return fail(XIPC_E_INVALID, name, "a new section cannot be read-only");
    }
    return XIPC_OK;
}

static xipc_status
check_native(const char *name, const xipc_section_options *options)
{
    if (options->max_size != 0 || options->naming.scope != XIPC_SCOPE_USER ||
        options->naming.access != XIPC_ACCESS_PRIVATE) {
        return fail(
            XIPC_E_INVALID, name,
            "a native name takes no max_size, scope or access");
    }
    return XIPC_OK;
}

_Static_assert(sizeof(xipc_section) <= XIPCOS_ROOM_SIZE, "it stands there");

/* The handle stands in the native section's own memory. */
xipc_section *
xipci_section_over(xipcos_section *native, const char *name, xipc_scope scope)
{
    xipc_section *handle = xipcos_section_room(native);

    xipci_object_init(&handle->object, XIPC_KIND_SECTION, name);
    handle->object.scope = scope;
    atomic_init(&handle->use_count, 1);
    handle->native = native;
    return handle;
}

static xipc_status hand_out(
    xipcos_section *native,
    const char *name,
    xipc_scope scope,
    xipc_section **section_out)
{
    *section_out = xipci_section_over(native, name, scope);
    return XIPC_OK;
}

/* ---- to a child ---- */

static xipc_status lend(xipc_object *object, xipci_legacy *legacy_out)
{
    const xipc_section *section = (const xipc_section *)object;

    *legacy_out = (xipci_legacy){
        .kind = XIPCI_LEGACY_SECTION,
        .natives = {xipcos_section_native_handle(section->native)},
        .native_count = 1};
    return XIPC_OK;
}

static const xipci_heritage anonymous_heritage = {lend, NULL, NULL};

/* One without a name. */
static xipc_status
hand_out_anonymous(xipcos_section *native, xipc_section **section_out)
{
    xipc_status status = hand_out(native, "", XIPC_SCOPE_USER, section_out);

    (*section_out)->object.heritage = &anonymous_heritage;
    return status;
}

static xipcos_section_plan
plan_for(uint64_t size, const xipc_section_options *options)
{
    return (xipcos_section_plan){
        .size = xipci_shared_round_up(size),
        .max_size =
            xipci_shared_round_up(options->max_size ? options->max_size : size),
        .is_lazy = (options->flags & XIPC_SECTION_LAZY) != 0,
        .is_huge = (options->flags & XIPC_SECTION_HUGE) != 0,
    };
}

static xipc_status create_named(
    const char *name,
    uint64_t size,
    const xipc_section_options *options,
    xipc_deadline deadline,
    xipcos_section **native_out)
{
    xipcos_section_plan plan = plan_for(size, options);

    if (xipci_name_native(name)) {
        return xipci_relay(
            xipcos_section_create_native(
                xipci_name_native(name), plan.size, native_out),
            XIPC_KIND_SECTION, name);
    }
    return xipci_shared_create(
        XIPC_KIND_SECTION, name, &options->naming, &plan, deadline, native_out);
}

static xipc_status create_section(
    const char *name,
    uint64_t size,
    const xipc_section_options *options,
    xipc_deadline deadline,
    xipc_section **section_out)
{
    xipcos_section *native;
    xipc_status status = xipci_name_check(XIPC_KIND_SECTION, name);

    if (status == XIPC_OK) {
        status = check_call(name, &options, section_out);
    }
    if (status == XIPC_OK) {
        status = check_sizes(name, size, options);
    }
    if (status == XIPC_OK && xipci_name_native(name)) {
        status = check_native(name, options);
    }
    if (status == XIPC_OK) {
        status = create_named(name, size, options, deadline, &native);
    }
    if (status != XIPC_OK) {
        return status;
    }
    return hand_out(native, name, options->naming.scope, section_out);
}

xipc_status xipc_section_create(
    const char *name,
    uint64_t size,
    const xipc_section_options *options,
    xipc_deadline deadline,
    xipc_section **section_out)
{
    return xipci_answer(
        create_section(name, size, options, deadline, section_out));
}

static xipc_status open_named(
    const char *name,
    const xipc_section_options *options,
    xipc_deadline deadline,
    xipcos_section **native_out)
{
    int is_read_only = (options->flags & XIPC_SECTION_READ_ONLY) != 0;

    if (xipci_name_native(name)) {
        return xipci_relay(
            xipcos_section_open_native(
                xipci_name_native(name), is_read_only, native_out),
            XIPC_KIND_SECTION, name);
    }
    return xipci_shared_open(
        XIPC_KIND_SECTION, name, &options->naming, is_read_only, deadline,
        native_out);
}

static xipc_status open_section(
    const char *name,
    const xipc_section_options *options,
    xipc_deadline deadline,
    xipc_section **section_out)
{
    xipcos_section *native;
    xipc_status status = xipci_name_check(XIPC_KIND_SECTION, name);

    if (status == XIPC_OK) {
        status = check_call(name, &options, section_out);
    }
    if (status == XIPC_OK) {
        status = open_named(name, options, deadline, &native);
    }
    if (status != XIPC_OK) {
        return status;
    }
    return hand_out(native, name, options->naming.scope, section_out);
}

xipc_status xipc_section_open(
    const char *name,
    const xipc_section_options *options,
    xipc_deadline deadline,
    xipc_section **section_out)
{
    return xipci_answer(open_section(name, options, deadline, section_out));
}

typedef struct either_call {
    const char *name;
    uint64_t size;
    const xipc_section_options *options;
    xipc_deadline deadline;
    xipc_section **section_out;
} either_call;

static xipc_status create_half(const void *context)
{
    const either_call *call = context;

    return create_section(
        call->name, call->size, call->options, call->deadline,
        call->section_out);
}

static xipc_status open_half(const void *context)
{
    const either_call *call = context;

    return open_section(
        call->name, call->options, call->deadline, call->section_out);
}

xipc_status xipc_section_open_or_create(
    const char *name,
    uint64_t size,
    const xipc_section_options *options,
    xipc_deadline deadline,
    xipc_section **section_out,
    int *created_out)
{
    const either_call call = {name, size, options, deadline, section_out};
    const xipci_shared_either either = {XIPC_KIND_SECTION, name,      deadline,
                                        create_half,       open_half, &call};

    return xipci_answer(xipci_shared_open_or_create(&either, created_out));
}

static xipc_status create_anonymous(
    uint64_t size,
    const xipc_section_options *options,
    xipc_section **section_out)
{
    xipcos_section *native;
    xipcos_section_plan plan;
    xipci_head head;
    xipc_status status = check_call(NULL, &options, section_out);

    if (status == XIPC_OK) {
        status = check_sizes(NULL, size, options);
    }
    if (status == XIPC_OK) {
        status = xipci_naming_check_none(XIPC_KIND_SECTION, &options->naming);
    }
    if (status != XIPC_OK) {
        return status;
    }
    xipci_head_fill(&head, XIPC_KIND_SECTION, "", XIPC_SCOPE_USER);
    plan = plan_for(size, options);
    plan.head = &head;
    status = xipcos_section_create_anonymous(&plan, &native);
    if (status != XIPC_OK) {
        return xipci_relay(status, XIPC_KIND_SECTION, "");
    }
    return hand_out_anonymous(native, section_out);
}

xipc_status xipc_section_create_anonymous(
    uint64_t size,
    const xipc_section_options *options,
    xipc_section **section_out)
{
    return xipci_answer(create_anonymous(size, options, section_out));
}

static xipc_status
get_native_handle(const xipc_section *section, xipc_native_handle *native_out)
{
    xipc_status status;

    if (!section || !native_out) {
        return xipci_invalid("section or native_out is NULL");
    }
    status = xipci_object_check(&section->object);
    if (status != XIPC_OK) {
        return status;
    }
    if (section->object.name[0] != '\0') {
        return fail(
            XIPC_E_NOT_SUPPORTED, section->object.name,
            "it has a name; open it by that");
    }
    *native_out = xipcos_section_native_handle(section->native);
    return XIPC_OK;
}

xipc_status xipc_section_native_handle(
    const xipc_section *section, xipc_native_handle *native_out)
{
    return xipci_answer(get_native_handle(section, native_out));
}

static xipc_status
adopt_checked(xipc_native_handle native, xipcos_section **adopted_out)
{
    const xipci_head *head;
    xipcos_section *adopted;
    xipc_status status = xipcos_section_adopt(native, &adopted);

    if (status != XIPC_OK) {
        return status;
    }
    head = xipcos_section_head(adopted);
    status = xipci_head_check(head);
    if (status == XIPC_OK) {
        status = xipci_head_match_anonymous(head, XIPC_KIND_SECTION);
    }
    if (status != XIPC_OK) {
        xipcos_section_close(adopted);
        return status;
    }
    *adopted_out = adopted;
    return XIPC_OK;
}

static xipc_status adopt(xipc_native_handle native, xipc_section **section_out)
{
    xipcos_section *adopted;
    xipc_status status;

    if (!section_out) {
        return xipci_invalid("section_out is NULL");
    }
    status = adopt_checked(native, &adopted);
    if (status != XIPC_OK) {
        return xipci_relay(status, XIPC_KIND_SECTION, "");
    }
    return hand_out_anonymous(adopted, section_out);
}

xipc_status
xipc_section_adopt(xipc_native_handle native, xipc_section **section_out)
{
    return xipci_answer(adopt(native, section_out));
}
