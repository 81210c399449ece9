/* SPDX-License-Identifier: Apache-2.0 */
#include "support/spawn_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/spec_system.h"

static int has_probe(const char *folder)
{
    char path[SPEC_PATH_SIZE + 32];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, PROBE_NAME);
    file = fopen(path, "rb");
    if (file) {
        fclose(file);
    }
    return file != NULL;
}

/* Made once, before there are threads: in_a_crowd() sees to it. */
const char *probe_directory(void)
{
    static char path[SPEC_PATH_SIZE];
    size_t size;

    if (path[0] == '\0') {
        snprintf(path, sizeof path, "%s", spec_host_program());
        size = strlen(path);
        while (size > 0 && path[size] != '/' && path[size] != '\\') {
            size--;
        }
        path[size] = '\0';
        if (!has_probe(path)) {
            snprintf(path + size, sizeof path - size, "/%s", PROBE_WAY);
        }
    }
    return path;
}

const char *probe_path(void)
{
    static char path[SPEC_PATH_SIZE + 32];

    if (path[0] == '\0') {
        snprintf(path, sizeof path, "%s/%s", probe_directory(), PROBE_NAME);
    }
    return path;
}

xipc_process *
probe_begun(const xipc_spawn_options *options, const char *const *arguments)
{
    const char *all[PROBE_ARGUMENT_MAX + 2] = {probe_path()};
    xipc_process *process = NULL;

    for (size_t at = 0; arguments[at]; at++) {
        REQUIRE(at < PROBE_ARGUMENT_MAX);
        all[at + 1] = arguments[at];
    }
    REQUIRE_OK(xipc_spawn(probe_path(), all, options, &process));
    REQUIRE(process != NULL);
    REQUIRE(xipc_process_id(process) > 0);
    return process;
}

xipc_exit process_ended(xipc_process *process)
{
    xipc_exit seen = XIPC_EXIT_INIT;

    REQUIRE_OK(xipc_process_wait(process, XIPC_FOREVER, &seen));
    xipc_process_close(process);
    return seen;
}

void process_done(xipc_process *process)
{
    xipc_exit seen = process_ended(process);

    REQUIRE_UINT(XIPC_ENDED_EXIT, seen.ending);
    REQUIRE_UINT(0, (uint64_t)seen.code);
}

void process_killed(xipc_process *process)
{
    REQUIRE_OK(xipc_process_terminate(process));
    REQUIRE_UINT(XIPC_ENDED_CRASH, process_ended(process).ending);
}

xipc_spawn_options spawn_with(uint32_t flags)
{
    xipc_spawn_options options = XIPC_SPAWN_OPTIONS_INIT;

    options.flags = flags;
    return options;
}

char *file_taken(const char *name, size_t *size_out)
{
    FILE *file = fopen(name, "rb");
    long size;
    char *text;

    REQUIRE(file != NULL);
    REQUIRE(fseek(file, 0, SEEK_END) == 0);
    size = ftell(file);
    REQUIRE(size >= 0);
    rewind(file);
    text = malloc((size_t)size + 1);
    REQUIRE(text != NULL);
    REQUIRE(fread(text, 1, (size_t)size, file) == (size_t)size);
    text[size] = '\0';
    fclose(file);
    REQUIRE(remove(name) == 0);
    if (size_out) {
        *size_out = (size_t)size;
    }
    return text;
}

void text_written(const char *name, const char *text)
{
    FILE *file = fopen(name, "wb");

    REQUIRE(file != NULL);
    REQUIRE(fwrite(text, 1, strlen(text), file) == strlen(text));
    REQUIRE(fclose(file) == 0);
}

void require_file(const char *name, const char *text)
{
    char *seen = file_taken(name, NULL);

    REQUIRE_TEXT(text, seen);
    free(seen);
}

const char *told_next(char **at, size_t *size_out)
{
    char *text;
    size_t size;

    if (**at == '\0') {
        return NULL;
    }
    size = strtoul(*at, &text, 10);
    REQUIRE(*text == '\n');
    /* Onto the line end, so that there is room for a zero. */
    memmove(text, text + 1, size);
    text[size] = '\0';
    *at = text + size + 1;
    *size_out = size;
    return text;
}

unsigned handles_of_probe(const xipc_spawn_options *options, const char *file)
{
    unsigned count;
    char *text;

    PROBE_DONE(options, "handles", file);
    text = file_taken(file, NULL);
    count = (unsigned)strtoul(text, NULL, 10);
    free(text);
    return count;
}

void in_a_crowd(spec_thread_body *body)
{
    spec_thread *threads[CROWD_COUNT];
    unsigned numbers[CROWD_COUNT];

    (void)probe_path();
    for (unsigned at = 0; at < CROWD_COUNT; at++) {
        numbers[at] = at;
        threads[at] = spec_thread_start(body, &numbers[at]);
    }
    for (unsigned at = 0; at < CROWD_COUNT; at++) {
        spec_thread_join(threads[at]);
    }
}
