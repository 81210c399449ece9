/* SPDX-License-Identifier: Apache-2.0 */
/* What a process needs to become another program, made before there is one. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "posix/posix_child.h"
#include "posix/posix_gift.h"
#include "posix/posix_start.h"
#include "posix/posix_status.h"

#define USUAL_PATH "/bin:/usr/bin"
#define PATH_SIZE  4096

#if defined(__APPLE__)
#include <crt_externs.h>
#define environ (*_NSGetEnviron()) /* a library has no other */
#else
extern char **environ;
#endif

/* All that has to be freed again; NULL where nothing was made. */
typedef struct preparation {
    posix_start start;
    char **paths; /* with the text behind them */
    char **environment;
    char *gifts;
} preparation;

static xipc_status no_memory(void)
{
    return xipcos_fault(XIPC_E_NO_MEMORY, ENOMEM, "no memory to start it");
}

static void drop(preparation *self)
{
    free(self->gifts);
    free(self->environment);
    free(self->start.sources);
    free(self->paths);
}

/* ---- where the program may be ---- */

/* A path is one from this process's directory on, not from the child's. Empty:
 * they are the same; NULL: nobody can say which it is. */
static const char *directory_here(const xipcos_spawn_plan *plan, char *buffer)
{
    if (!plan->directory) {
        buffer[0] = '\0';
        return buffer;
    }
    return getcwd(buffer, PATH_SIZE);
}

static int
is_absolute(const char *directory, size_t directory_size, const char *program)
{
    return directory_size > 0 ? directory[0] == '/' : program[0] == '/';
}

/* Appends "here/directory/program" at `text`; empty parts and, before an
 * absolute one, `here` are left out. Returns its end. */
static char *append_path(
    char *text,
    const char *here,
    const char *directory,
    size_t directory_size,
    const char *program)
{
    size_t size;

    if (here && here[0] != '\0' &&
        !is_absolute(directory, directory_size, program)) {
        size = strlen(here);
        memcpy(text, here, size);
        text += size;
        *text++ = '/';
    }
    if (directory_size > 0) {
        memcpy(text, directory, directory_size);
        text += directory_size;
        *text++ = '/';
    }
    size = strlen(program) + 1;
    memcpy(text, program, size);
    return text + size;
}

static size_t count_directories(const char *list)
{
    size_t count = 1;

    for (; *list; list++) {
        count += *list == ':';
    }
    return count;
}

/* One for each directory of `list`; an empty one is this process's. What is
 * below that is passed over where nobody can say where that is: from the
 * child's directory on it would be another program. */
static void fill_paths(
    char **paths,
    char *text,
    const char *list,
    const char *here,
    const char *program)
{
    size_t at = 0;

    for (;;) {
        size_t size = strcspn(list, ":");

        if (here || is_absolute(list, size, program)) {
            paths[at++] = text;
            text = append_path(text, here, list, size, program);
        }
        if (list[size] == '\0') {
            break;
        }
        list += size + 1;
    }
    paths[at] = NULL;
}

static xipc_status
prepare_paths(const xipcos_spawn_plan *plan, preparation *self)
{
    char buffer[PATH_SIZE];
    const char *here = directory_here(plan, buffer);
    const char *list = "";
    size_t count;
    size_t each;

    if (plan->is_searched && !strchr(plan->program, '/')) {
        list = getenv("PATH");
        list = list ? list : USUAL_PATH;
    }
    count = count_directories(list);
    each = (here ? strlen(here) : 0) + strlen(plan->program) + 3;
    if (count > SIZE_MAX / 2 / (each + sizeof *self->paths)) {
        return no_memory();
    }
    self->paths =
        malloc((count + 1) * sizeof *self->paths + count * each + strlen(list));
    if (!self->paths) {
        return no_memory();
    }
    fill_paths(
        self->paths, (char *)(self->paths + count + 1), list, here,
        plan->program);
    self->start.paths = self->paths;
    return XIPC_OK;
}

/* ---- its environment ---- */

static int is_gift_variable(const char *entry)
{
    return entry[0] == POSIX_GIFT_VARIABLE[0] &&
           strncmp(entry, POSIX_GIFT_VARIABLE, strlen(POSIX_GIFT_VARIABLE)) ==
               0;
}

/* As it is, with the gifts, and without those that this process was given. */
static xipc_status
prepare_environment(const xipcos_spawn_plan *plan, preparation *self)
{
    char **entries = plan->environment ? (char **)plan->environment : environ;
    size_t count = 0;
    size_t kept = 0;
    int has_own = 0;

    while (entries && entries[count]) {
        has_own |= is_gift_variable(entries[count]);
        count++;
    }
    if (entries && !has_own && !self->gifts) {
        self->start.environment = entries;
        return XIPC_OK;
    }
    self->environment = malloc((count + 2) * sizeof *self->environment);
    if (!self->environment) {
        return no_memory();
    }
    for (size_t at = 0; at < count; at++) {
        if (!is_gift_variable(entries[at])) {
            self->environment[kept++] = entries[at];
        }
    }
    if (self->gifts) {
        self->environment[kept++] = self->gifts;
    }
    self->environment[kept] = NULL;
    self->start.environment = self->environment;
    return XIPC_OK;
}

/* ---- its descriptors ---- */

static int source_of(const xipcos_stream *stream)
{
    switch (stream->source) {
    case XIPCOS_SOURCE_OWN: return POSIX_SOURCE_OWN;
    case XIPCOS_SOURCE_NULL: return POSIX_SOURCE_NULL;
    case XIPCOS_SOURCE_NATIVE: break;
    }
    return stream->native >= 0 && stream->native <= INT_MAX
               ? (int)stream->native
               : INT_MAX; /* which none is */
}

static xipc_status not_open(int fd)
{
    return xipcos_fault(XIPC_E_INVALID, EBADF, "descriptor %d is not open", fd);
}

/* The child would open and move others before it looks, which may get the
 * number of one that is not. */
static xipc_status
prepare_streams(const xipcos_spawn_plan *plan, preparation *self)
{
    for (int at = 0; at < XIPCOS_STREAM_COUNT; at++) {
        int source = source_of(&plan->streams[at]);

        if (source >= 0 && fcntl(source, F_GETFD) < 0) {
            return not_open(source);
        }
        self->start.sources[at] = source;
    }
    return XIPC_OK;
}

/* Behind the streams, the gifts in their order. */
static xipc_status
prepare_descriptors(const xipcos_spawn_plan *plan, preparation *self)
{
    xipc_status status;

    if (plan->gift_count > INT_MAX / 2) {
        return no_memory();
    }
    self->start.count = XIPCOS_STREAM_COUNT + (int)plan->gift_count;
    self->start.sources =
        malloc((size_t)self->start.count * sizeof *self->start.sources);
    if (!self->start.sources) {
        return no_memory();
    }
    status = prepare_streams(plan, self);
    if (status != XIPC_OK || plan->gift_count == 0) {
        return status;
    }
    for (size_t at = 0; at < plan->gift_count; at++) {
        self->start.sources[XIPCOS_STREAM_COUNT + at] =
            (int)plan->gifts[at].native;
    }
    return posix_gift_write(plan, XIPCOS_STREAM_COUNT, &self->gifts);
}

static xipc_status prepare(const xipcos_spawn_plan *plan, preparation *self)
{
    xipc_status status = prepare_paths(plan, self);

    if (status == XIPC_OK) {
        status = prepare_descriptors(plan, self);
    }
    if (status == XIPC_OK) {
        status = prepare_environment(plan, self);
    }
    self->start.arguments = (char *const *)plan->arguments;
    self->start.directory = plan->directory;
    self->start.is_to_die_with_us = plan->is_to_die_with_us;
    return status;
}

/* ---- why it failed ---- */

static xipc_status fault_of(int os_error, const char *what)
{
    xipc_status status = xipcos_status(os_error);

    switch (os_error) {
    case ENOTDIR: status = XIPC_E_NOT_FOUND; break;
    case ENOEXEC: status = XIPC_E_NOT_SUPPORTED; break;
    case E2BIG: status = XIPC_E_TOO_BIG; break;
    case EBADF: status = XIPC_E_INVALID; break;
    default: break;
    }
    posix_fault(os_error, "%s", what);
    return status;
}

static xipc_status fault_of_descriptor(
    const preparation *self, const posix_failure *failure, int os_error)
{
    int source;

    assert(self->start.sources);
    source = self->start.sources[failure->index];
    if (os_error == EBADF) {
        return not_open(source);
    }
    posix_fault(os_error, "making descriptor %d", failure->index);
    /* More of them than a process may have is told so. */
    return os_error == EINVAL ? XIPC_E_NO_MEMORY : xipcos_status(os_error);
}

static xipc_status fault_of_start(
    const preparation *self, const posix_failure *failure, int os_error)
{
    switch (failure->step) {
    case POSIX_STEP_DIRECTORY:
        return fault_of(os_error, "entering its directory");
    case POSIX_STEP_DESCRIPTOR:
        return fault_of_descriptor(self, failure, os_error);
    case POSIX_STEP_PROGRAM: return fault_of(os_error, "executing it");
    case POSIX_STEP_PARENT:
        return fault_of(os_error, "tying it to this process");
    case POSIX_STEP_PROCESS: break;
    }
    return fault_of(os_error, "making a process");
}

static xipc_status
spawn(const xipcos_spawn_plan *plan, xipcos_child **child_out)
{
    preparation self = {.paths = NULL};
    xipcos_child *child = NULL;
    posix_failure failure = {0};
    xipc_status status = XIPC_OK;
    int os_error;

    if (plan->is_to_die_with_us && !posix_can_tie()) {
        return xipcos_fault(
            XIPC_E_NOT_SUPPORTED, 0,
            "on this system no process can be made to die with its parent");
    }
    child = posix_child_new();
    status = child ? prepare(plan, &self) : no_memory();
    if (status == XIPC_OK) {
        os_error = posix_start_process(
            &self.start, &child->id, &child->exit_fd, &failure);
        if (os_error != 0) {
            status = fault_of_start(&self, &failure, os_error);
        }
    }
    drop(&self);
    if (status != XIPC_OK) {
        posix_child_free(child);
        return status;
    }
    posix_child_begin(child);
    *child_out = child;
    return XIPC_OK;
}

/* A thread that is cancelled in here would leave what others still write to; or
 * it would be the child, which has the thread's memory, that is cancelled. */
xipc_status
xipcos_spawn(const xipcos_spawn_plan *plan, xipcos_child **child_out)
{
    xipc_status status;
    int before;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    status = spawn(plan, child_out);
    pthread_setcancelstate(before, NULL);
    return status;
}
