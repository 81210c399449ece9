/* SPDX-License-Identifier: Apache-2.0 */
/* Every object of a scope: look, remove what is stale, then show. */
#include "posix/posix_survey.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "posix/posix_bell.h"
#include "posix/posix_candidate.h"
#include "posix/posix_directory.h"
#include "posix/posix_memory.h"
#include "posix/posix_pipe.h"
#include "posix/posix_status.h"

#define NAME_PREFIX "xipc-"

/* A finding with the bytes its pointers point to. */
typedef struct kept_finding {
    xipcos_section_finding finding;
    char native_name[XIPC_NATIVE_NAME_SIZE];
    unsigned char head[XIPCOS_HEAD_SIZE];
} kept_finding;

typedef struct survey {
    char directory[POSIX_PATH_SIZE];
    int keeps; /* somebody wants to see the findings */
    kept_finding *kept;
    size_t kept_count;
    size_t kept_max;
    size_t removed_count;
} survey;

static xipc_status
keep(survey *all, const char *native_name, const posix_candidate *found)
{
    kept_finding *kept = all->kept;

    if (all->kept_count == all->kept_max) {
        size_t larger = all->kept_max * 2 + 16;

        kept = realloc(all->kept, larger * sizeof *kept);
        if (!kept) {
            return posix_no_memory();
        }
        all->kept = kept;
        all->kept_max = larger;
    }
    kept += all->kept_count;
    memset(kept, 0, sizeof *kept);
    snprintf(kept->native_name, sizeof kept->native_name, "%s", native_name);
    memcpy(kept->head, found->front->head, sizeof kept->head);
    all->kept_count++;
    return XIPC_OK;
}

/* Alone at the file, we are at its gate: the name is ours to take away. If not,
 * another process is doing it. */
static void remove_stale(survey *all, const posix_candidate *found)
{
    if (posix_lease_gate(found->fd, 1) == 0 &&
        posix_lease_unlink(&found->file, found->path) == 0) {
        all->removed_count++;
    }
}

static uint64_t data_size(const struct stat *file)
{
    return file->st_size > POSIX_DATA_OFFSET
               ? (uint64_t)file->st_size - POSIX_DATA_OFFSET
               : 0;
}

/* The object as far as it can be told from an open descriptor. */
static xipc_status
survey_file(survey *all, const char *native_name, posix_candidate *found)
{
    const posix_lease *own = posix_lease_find(&found->file);
    int makes_sense = posix_candidate_read(found) == XIPC_OK;
    posix_lease_view view = posix_lease_look(found->fd, all->keeps);
    int is_transient = makes_sense && found->front->prefix.lifetime ==
                                          (uint32_t)XIPC_TRANSIENT;
    xipcos_section_finding *finding;
    int is_stale =
        is_transient && !own && view.holder_count == 0 && !view.is_gated;

    if (is_stale) {
        remove_stale(all, found);
    }
    if (!all->keeps || view.is_gated) {
        return XIPC_OK;
    }
    if (keep(all, native_name, found) != XIPC_OK) {
        return XIPC_E_NO_MEMORY;
    }
    finding = &all->kept[all->kept_count - 1].finding;
    finding->lifetime = is_transient ? XIPC_TRANSIENT : XIPC_PERSISTENT;
    finding->size = data_size(&found->file);
    finding->holder_count = view.holder_count + (own ? 1 : 0);
    finding->is_stale = is_stale;
    finding->head = makes_sense ? "" : NULL; /* pointed at the copy later */
    return XIPC_OK;
}

/*
 * What cannot be opened is another user's and none of ours to see. What we
 * hold is looked at through the descriptor we have.
 */
static xipc_status survey_name(survey *all, const char *native_name)
{
    char path[POSIX_PATH_SIZE + 256];
    posix_front front;
    posix_candidate found = {.path = path, .front = &front};
    const posix_lease *own;
    xipc_status status;

    snprintf(path, sizeof path, "%s/%s", all->directory, native_name);
    if (lstat(path, &found.file) < 0 || !S_ISREG(found.file.st_mode)) {
        return XIPC_OK;
    }
    own = posix_lease_find(&found.file);
    if (own) {
        found.fd = own->write_fd >= 0 ? own->write_fd : own->read_fd;
        return survey_file(all, native_name, &found);
    }
    if (posix_candidate_open(&found, 0) != XIPC_OK &&
        posix_candidate_open(&found, 1) != XIPC_OK) {
        return XIPC_OK;
    }
    status = survey_file(all, native_name, &found);
    posix_candidate_close(&found);
    return status;
}

/* A temporary name whose maker is gone; see posix_memory_portable.c. */
static void survey_temporary(survey *all, const char *name)
{
    char path[POSIX_PATH_SIZE + 256];
    posix_candidate found = {.path = path};

    snprintf(path, sizeof path, "%s/%s", all->directory, name);
    if (lstat(path, &found.file) < 0 || posix_memory_is_making(&found.file) ||
        posix_lease_find(&found.file)) {
        return;
    }
    if (posix_candidate_open(&found, 0) == XIPC_OK) {
        remove_stale(all, &found);
        posix_candidate_close(&found);
    }
}

static void survey_bell(survey *all, const char *name)
{
    char path[POSIX_PATH_SIZE + 256];

    snprintf(path, sizeof path, "%s/%s", all->directory, name);
    all->removed_count += (size_t)posix_bell_sweep(path);
}

static void survey_fifo(survey *all, const char *directory, const char *name)
{
    char path[POSIX_FIFO_PATH + 256];

    snprintf(path, sizeof path, "%s/%s", directory, name);
    all->removed_count += (size_t)posix_fifo_sweep(path);
}

static int begins_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static xipc_status survey_all(survey *all, DIR *directory)
{
    xipc_status status = XIPC_OK;
    const struct dirent *entry;

    while (status == XIPC_OK && (entry = readdir(directory)) != NULL) {
        if (!begins_with(entry->d_name, NAME_PREFIX) ||
            strlen(entry->d_name) >= XIPC_NATIVE_NAME_SIZE) {
            continue;
        }
        if (begins_with(entry->d_name, POSIX_BELL_PREFIX) ||
            begins_with(entry->d_name, POSIX_BELL_MAKING_PREFIX)) {
            survey_bell(all, entry->d_name);
            continue;
        }
        if (begins_with(entry->d_name, POSIX_KNOCK_PREFIX) ||
            begins_with(entry->d_name, POSIX_WIRE_PREFIX)) {
            survey_fifo(all, all->directory, entry->d_name);
            continue;
        }
        posix_leases_lock();
        if (begins_with(entry->d_name, POSIX_TEMPORARY_PREFIX)) {
            survey_temporary(all, entry->d_name);
        } else {
            status = survey_name(all, entry->d_name);
        }
        posix_leases_unlock();
    }
    return status;
}

/* Connections of scope MACHINE stand in a directory of their own. */
static void survey_wires(survey *all)
{
    char path[POSIX_FIFO_PATH];
    DIR *directory = posix_fifo_directory(path) ? opendir(path) : NULL;
    const struct dirent *entry;

    if (!directory) {
        return;
    }
    while ((entry = readdir(directory)) != NULL) {
        if (begins_with(entry->d_name, POSIX_WIRE_PREFIX)) {
            survey_fifo(all, path, entry->d_name);
        }
    }
    closedir(directory);
}

static xipc_status survey_directory(xipc_scope scope, survey *all)
{
    DIR *directory;
    xipc_status status =
        posix_directory(scope, 0, all->directory, sizeof all->directory);

    if (status != XIPC_OK) {
        return status == XIPC_E_NOT_FOUND ? XIPC_OK : status;
    }
    directory = opendir(all->directory);
    if (!directory) {
        return posix_fault(errno, "listing directory %s", all->directory);
    }
    status = survey_all(all, directory);
    closedir(directory);
    if (scope == XIPC_SCOPE_MACHINE) {
        survey_wires(all);
    }
    return status;
}

static void show(survey *all, xipcos_section_visit *visit, void *context)
{
    for (size_t at = 0; at < all->kept_count; at++) {
        kept_finding *kept = &all->kept[at];

        kept->finding.native_name = kept->native_name;
        if (kept->finding.head) {
            kept->finding.head = kept->head;
        }
        if (visit(&kept->finding, context) != 0) {
            return;
        }
    }
}

xipc_status xipcos_section_survey(
    xipc_scope scope,
    xipcos_section_visit *visit,
    void *context,
    size_t *removed_count_out)
{
    survey all = {.keeps = visit != NULL};
    xipc_status status = survey_directory(scope, &all);

    if (status == XIPC_OK) {
        if (visit) {
            show(&all, visit, context);
        }
        *removed_count_out = all.removed_count;
    }
    free(all.kept);
    return status;
}

xipc_status posix_sweep(xipc_scope scope)
{
    size_t removed_count;

    return xipcos_section_survey(scope, NULL, NULL, &removed_count);
}
