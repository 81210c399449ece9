/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The listing. It first collects what there is, holding nothing open for
 * longer than a look, and shows it afterwards. Nothing named is ever stale
 * here: the kernel takes transient names away itself, and persistent files
 * have no need of a holder.
 */
#include "win32/win32_section.h"

#include <stdlib.h>
#include <string.h>

#include "os/os_fault.h"
#include "win32/win32_directory.h"
#include "win32/win32_gate.h"
#include "win32/win32_nt.h"

/* What native names start with. */
#define START "xipc-"

#define NAME_SIZE 80

#define QUIET_PASSES   5
#define PASSES_MAX     50 /* where names never stop coming */
#define SURVEY_GATE    "xipc-survey"
#define SURVEY_WAIT_MS 1000

typedef struct finding {
    char name[NAME_SIZE];
    uint8_t head[XIPCOS_HEAD_SIZE];
    int makes_sense;
    xipc_lifetime lifetime;
    uint64_t size;
    uint64_t holder_count;
} finding;

typedef struct collection {
    xipc_scope scope;
    win32_kind kind;
    finding *findings;
    size_t count;
    size_t capacity;
    int is_out_of_memory;
} collection;

/* NULL if there is no memory for one more. */
static finding *add(collection *all)
{
    size_t capacity = all->capacity ? all->capacity * 2 : 16;
    finding *larger;

    if (all->count == all->capacity) {
        larger = realloc(all->findings, capacity * sizeof *larger);
        if (!larger) {
            all->is_out_of_memory = 1;
            return NULL;
        }
        all->findings = larger;
        all->capacity = capacity;
    }
    memset(&all->findings[all->count], 0, sizeof *all->findings);
    return &all->findings[all->count++];
}

static xipc_status
attach(const collection *all, const char *name, xipcos_section *section)
{
    xipcos_place place = {.scope = all->scope, .native_name = name};

    return all->kind == WIN32_KIND_TRANSIENT
               ? win32_transient_attach(place, XIPC_TRUST_EVERYONE, 1, section)
               : win32_persistent_attach(
                     place, XIPC_TRUST_EVERYONE, 1, section);
}

/* What is gone, half-made or not this user's to see is passed over; so is what
 * exists only because somebody looks at it. */
static int look_at(const char *name, void *context)
{
    collection *all = context;
    xipcos_section section = {0};
    xipc_status status = attach(all, name, &section);
    uint64_t size = xipcos_section_size(&section);
    uint64_t holder_count = 0;
    finding *found = NULL;

    /* Let go before the holders are counted: see win32_lease_join(). */
    win32_section_release(&section);
    if (status == XIPC_OK) {
        holder_count = win32_lease_count(
            win32_section_lease_scope(all->scope, all->kind), section.instance);
        if (holder_count == 0 && all->kind == WIN32_KIND_TRANSIENT) {
            return 0;
        }
    }
    if (strlen(name) < NAME_SIZE &&
        (status == XIPC_OK || status == XIPC_E_CORRUPT ||
         status == XIPC_E_INCOMPATIBLE)) {
        found = add(all);
    }
    if (found) {
        memcpy(found->name, name, strlen(name) + 1);
        found->lifetime = all->kind == WIN32_KIND_TRANSIENT ? XIPC_TRANSIENT
                                                            : XIPC_PERSISTENT;
    }
    if (found && status == XIPC_OK) {
        found->makes_sense = 1;
        memcpy(found->head, section.head, sizeof found->head);
        found->size = size;
        found->holder_count = holder_count;
    }
    return all->is_out_of_memory;
}

/* A directory that does not exist has nothing in it. */
static xipc_status collect_files(collection *all)
{
    win32_directory directory;
    xipc_status status = win32_directory_open(all->scope, 0, &directory);

    if (status == XIPC_E_NOT_FOUND) {
        return XIPC_OK;
    }
    if (status != XIPC_OK) {
        return status;
    }
    all->kind = WIN32_KIND_PERSISTENT;
    win32_directory_list(&directory, START "*", look_at, all);
    win32_directory_close(&directory);
    return XIPC_OK;
}

/* Names seen in the kernel's directory, each once. */
typedef struct name_set {
    char (*names)[NAME_SIZE];
    size_t count;
    size_t capacity;
} name_set;

static int has(const name_set *set, const char *name)
{
    for (size_t index = 0; index < set->count; index++) {
        if (strcmp(set->names[index], name) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Without memory the listing is shorter; the next one has another try. */
static int note(const char *name, void *context)
{
    name_set *set = context;
    size_t capacity = set->capacity ? set->capacity * 2 : 16;
    void *larger;

    if (strlen(name) >= NAME_SIZE || has(set, name)) {
        return 0;
    }
    if (set->count == set->capacity) {
        larger = realloc(set->names, capacity * NAME_SIZE);
        if (!larger) {
            return 1;
        }
        set->names = larger;
        set->capacity = capacity;
    }
    memcpy(set->names[set->count++], name, strlen(name) + 1);
    return 0;
}

/*
 * The kernel shows its directory entry by entry, by position: what comes or
 * goes meanwhile shifts the rest, and a name is met twice or missed. So passes
 * are made until several in a row have shown nothing new.
 */
static xipc_status find_names(const collection *all, name_set *set)
{
    xipc_status status = XIPC_OK;
    int quiet_count = 0;
    size_t known;

    for (int pass = 0;
         pass < PASSES_MAX && quiet_count < QUIET_PASSES && status == XIPC_OK;
         pass++) {
        known = set->count;
        status = win32_nt_list_sections(
            all->scope == XIPC_SCOPE_MACHINE, START, note, set);
        quiet_count = set->count == known ? quiet_count + 1 : 0;
    }
    return status;
}

static xipc_status collect_sections(collection *all)
{
    name_set set = {0};
    xipc_status status = find_names(all, &set);

    all->kind = WIN32_KIND_TRANSIENT;
    for (size_t index = 0; status == XIPC_OK && index < set.count; index++) {
        look_at(set.names[index], all);
    }
    free(set.names);
    return status;
}

/*
 * One listing at a time looks, so that no listing counts another's looks as
 * holders. One that is stuck is not waited for longer than a second.
 */
static xipc_status collect(collection *all)
{
    const xipcos_place survey = {
        .scope = all->scope, .native_name = SURVEY_GATE};
    xipc_deadline patience = xipc_after_ms(SURVEY_WAIT_MS);
    HANDLE gate = NULL;
    int is_alone = win32_gate_enter(survey, patience, &gate) == XIPC_OK;
    xipc_status status = collect_sections(all);

    if (status == XIPC_OK) {
        status = collect_files(all);
    }
    if (is_alone) {
        win32_gate_leave(gate);
    }
    if (status == XIPC_OK && all->is_out_of_memory) {
        status =
            xipcos_fault(XIPC_E_NO_MEMORY, 0, "no memory to list the objects");
    }
    return status;
}

static void
show(const collection *all, xipcos_section_visit *visit, void *context)
{
    xipcos_section_finding shown = {0};
    const finding *found;
    size_t index;

    for (index = 0; index < all->count; index++) {
        found = &all->findings[index];
        shown.native_name = found->name;
        shown.head = found->makes_sense ? found->head : NULL;
        shown.lifetime = found->lifetime;
        shown.size = found->size;
        shown.holder_count = found->holder_count;
        if (visit(&shown, context)) {
            break;
        }
    }
}

xipc_status xipcos_section_survey(
    xipc_scope scope,
    xipcos_section_visit *visit,
    void *context,
    size_t *removed_count_out)
{
    collection all = {.scope = scope};
    size_t removed_count = win32_directory_sweep(scope);
    xipc_status status = XIPC_OK;

    if (visit) {
        status = collect(&all);
    }
    if (status == XIPC_OK) {
        *removed_count_out = removed_count;
        if (visit) {
            show(&all, visit, context);
        }
    }
    free(all.findings);
    return status;
}
