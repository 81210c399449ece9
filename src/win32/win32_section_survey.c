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
#include "win32/win32_nt.h"

/* What native names start with. */
#define START "xipc-"

#define NAME_SIZE 80

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

/* Called for every name. What is gone, half-made or not this user's to see is
 * passed over. */
static int look_at(const char *name, void *context)
{
    collection *all = context;
    xipcos_section section = {0};
    xipc_status status = attach(all, name, &section);
    finding *found = NULL;

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
        found->size = xipcos_section_size(&section);
        found->holder_count = win32_lease_count(
            win32_section_lease_scope(all->scope, all->kind), section.instance);
    }
    win32_section_release(&section);
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

static xipc_status collect(collection *all)
{
    xipc_status status;

    all->kind = WIN32_KIND_TRANSIENT;
    status = win32_nt_list_sections(
        all->scope == XIPC_SCOPE_MACHINE, START, look_at, all);
    if (status == XIPC_OK) {
        status = collect_files(all);
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
