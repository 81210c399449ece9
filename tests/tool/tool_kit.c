/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/tool_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/spec_json.h"
#include "support/spec_system.h"

#if defined(_WIN32)
#include <windows.h>
#endif

enum { TOOL_ARGUMENT_MAX = 30, JSON_VALUE_SIZE = 512 };

const char *tool_path(void)
{
    static char path[SPEC_PATH_SIZE + 32];

    if (path[0] == '\0') {
        snprintf(path, sizeof path, "%s/xipc", probe_directory());
#if defined(_WIN32)
        strcat(path, ".exe");
#endif
    }
    return path;
}

static xipc_stream stream_of(xipc_native_handle native)
{
    xipc_stream stream = {XIPC_STREAM_NATIVE, NULL, native};

    return stream;
}

tool tool_begun(const char *input, const char *const *arguments)
{
    static unsigned number;
    const char *all[TOOL_ARGUMENT_MAX + 2] = {tool_path()};
    xipc_spawn_options options = XIPC_SPAWN_OPTIONS_INIT;
    xipc_native_handle natives[3] = {-1, -1, -1};
    tool self = {.process = NULL};

    for (size_t at = 0; arguments[at]; at++) {
        REQUIRE(at < TOOL_ARGUMENT_MAX);
        all[at + 1] = arguments[at];
    }
    number++;
    snprintf(self.output, sizeof self.output, "output-%u", number);
    snprintf(self.error, sizeof self.error, "error-%u", number);
    natives[1] = native_file_made(self.output);
    natives[2] = native_file_made(self.error);
    options.input.kind = XIPC_STREAM_NULL;
    if (input) {
        natives[0] = native_file_opened(input);
        options.input = stream_of(natives[0]);
    }
    options.output = stream_of(natives[1]);
    options.error = stream_of(natives[2]);
    REQUIRE_OK(xipc_spawn(tool_path(), all, &options, &self.process));
    for (int at = input ? 0 : 1; at < 3; at++) {
        native_file_closed(natives[at]);
    }
    return self;
}

/* Waits a moment: a poller in which nothing is. */
static void pause_before_next_look(void)
{
    xipc_poller *poller;
    xipc_ready ready;
    size_t count;

    REQUIRE_OK(xipc_poller_create(&poller));
    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipc_poller_wait(poller, &ready, 1, xipc_after_ms(2), &count));
    xipc_poller_close(poller);
}

/* Whether the file has such a line, whole. */
static int
find_line(const char *name, const char *start, char *rest, size_t capacity)
{
    FILE *file = fopen(name, "rb");
    char line[JSON_VALUE_SIZE];
    int is_found = 0;

    REQUIRE(file != NULL);
    while (!is_found && fgets(line, sizeof line, file)) {
        char *at = strstr(line, start);

        if (at && strchr(at, '\n')) {
            at += strlen(start);
            at[strcspn(at, "\n")] = '\0';
            snprintf(rest, capacity, "%s", at);
            is_found = 1;
        }
    }
    fclose(file);
    return is_found;
}

void error_awaited(
    const tool *self, const char *start, char *rest, size_t capacity)
{
    while (!find_line(self->error, start, rest, capacity)) {
        REQUIRE_STATUS(
            XIPC_E_AGAIN, xipc_process_wait(self->process, XIPC_NOW, NULL));
        pause_before_next_look();
    }
}

tool_result tool_ended(tool *self)
{
    xipc_exit seen = process_ended(self->process);
    tool_result result = {-1, NULL, 0, NULL};

    if (seen.ending == XIPC_ENDED_EXIT) {
        result.code = (int)seen.code;
    }
    self->process = NULL;
    result.output = file_taken(self->output, &result.output_size);
    result.error = file_taken(self->error, NULL);
    return result;
}

void tool_freed(tool_result *result)
{
    free(result->output);
    free(result->error);
    result->output = NULL;
    result->error = NULL;
}

tool_result tool_ran(const char *input, const char *const *arguments)
{
    tool self = tool_begun(input, arguments);

    return tool_ended(&self);
}

void tool_require_code(int want, const tool_result *result)
{
    char got[600];

    if (result->code != want) {
        snprintf(
            got, sizeof got, "%d, with: %.500s", result->code, result->error);
        spec_fail(__FILE__, __LINE__, "the exit code", got);
    }
    /* What fails says why. */
    if (want != 0) {
        REQUIRE(strstr(result->error, "xipc") == result->error);
    }
}

void tool_require_end(int want, tool *self)
{
    tool_result result = tool_ended(self);

    tool_require_code(want, &result);
    tool_freed(&result);
}

void tool_require_run(int want, const char *input, const char *const *arguments)
{
    tool self = tool_begun(input, arguments);

    tool_require_end(want, &self);
}

void require_in(const char *text, const char *part)
{
    if (!strstr(text, part)) {
        spec_fail(__FILE__, __LINE__, part, text);
    }
}

void require_not_in(const char *text, const char *part)
{
    if (strstr(text, part)) {
        spec_fail(__FILE__, __LINE__, part, text);
    }
}

int json_find(const char *text, const char *path, char *value, size_t capacity)
{
    size_t line;
    spec_json *root = spec_json_read(text, &line);
    const spec_json *found = spec_json_at(root, path);

    if (found) {
        (void)snprintf(
            value, capacity, "%.*s", (int)found->raw_size, found->raw);
    }
    spec_json_free(root);
    return found ? 0 : -1;
}

void require_json(const char *text, const char *path, const char *want)
{
    char value[JSON_VALUE_SIZE];

    if (json_find(text, path, value, sizeof value) < 0) {
        spec_fail(__FILE__, __LINE__, path, text);
    }
    if (strcmp(value, want) != 0) {
        spec_fail(__FILE__, __LINE__, path, value);
    }
}

void require_line(
    const char *text, size_t line, const char *path, const char *want)
{
    char copy[JSON_VALUE_SIZE];
    size_t size;

    for (; line > 0; line--) {
        text = strchr(text, '\n');
        REQUIRE(text != NULL);
        text++;
    }
    size = strcspn(text, "\n");
    REQUIRE(size < sizeof copy);
    memcpy(copy, text, size);
    copy[size] = '\0';
    require_json(copy, path, want);
}

/* ---- files ---- */

static unsigned char *bytes_made(size_t size, uint32_t seed)
{
    unsigned char *bytes = malloc(size + 1);

    REQUIRE(bytes != NULL);
    for (size_t at = 0; at < size; at++) {
        seed = seed * UINT32_C(1664525) + UINT32_C(1013904223);
        bytes[at] = (unsigned char)(seed >> 24);
    }
    return bytes;
}

void file_made(const char *name, size_t size, uint32_t seed)
{
    unsigned char *bytes = bytes_made(size, seed);
    FILE *file = fopen(name, "wb");

    REQUIRE(file != NULL);
    REQUIRE(fwrite(bytes, 1, size, file) == size);
    REQUIRE(fclose(file) == 0);
    free(bytes);
}

void require_same_file(const char *name, size_t size, uint32_t seed)
{
    unsigned char *bytes = bytes_made(size, seed);
    size_t seen_size;
    char *seen = file_taken(name, &seen_size);

    REQUIRE_UINT(size, seen_size);
    REQUIRE(memcmp(bytes, seen, size) == 0);
    free(seen);
    free(bytes);
}

void require_carried(tool *one, tool *other, size_t size, uint32_t seed)
{
    tool_require_end(0, one);
    tool_require_end(0, other);
    require_same_file("copy", size, seed);
    REQUIRE(remove("file") == 0);
}

/* The C library of Windows does not know UTF-8. */
void tool_removed(const char *name)
{
#if defined(_WIN32)
    wchar_t wide[SPEC_PATH_SIZE];

    REQUIRE(
        MultiByteToWideChar(CP_UTF8, 0, name, -1, wide, SPEC_PATH_SIZE) > 0);
    REQUIRE(_wremove(wide) == 0);
#else
    REQUIRE(remove(name) == 0);
#endif
}

/* ---- boxes ---- */

xipc_mailbox *box_awaited(const char *name)
{
    xipc_mailbox *box = NULL;
    xipc_status status = xipc_mailbox_open(name, NULL, XIPC_FOREVER, &box);

    while (status == XIPC_E_NOT_FOUND) {
        pause_before_next_look();
        status = xipc_mailbox_open(name, NULL, XIPC_FOREVER, &box);
    }
    REQUIRE_OK(status);
    return box;
}

void depth_awaited(const xipc_mailbox *box, uint64_t depth)
{
    while (xipc_mailbox_depth(box) != depth) {
        pause_before_next_look();
    }
}
