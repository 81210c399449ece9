/* SPDX-License-Identifier: Apache-2.0 */
/* xipc shm create, shm dump, shm write: files into and out of sections. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "commands.h"
#include "json.h"
#include "nap.h"
#include "progress.h"
#include "say.h"
#include "stop.h"
#include "stream.h"

/* So much of a section is mapped at once; on every system's granularity. */
#define WINDOW_SIZE ((uint64_t)1 << 24)

#define SIZE_UNSAID UINT64_MAX

enum { HEX_COUNT = 16, HEX_LINE_SIZE = 128 };

static uint64_t size_chosen = SIZE_UNSAID;
static uint64_t max_size;
static uint64_t offset_chosen;
static const char *from;
static int is_transient;
static int is_lazy;
static int is_hex;

const option shm_create_options[] = {
    {"size", OPTION_NUMBER, "SIZE", "bytes of it: those of the file",
     &size_chosen},
    {"from", OPTION_TEXT, "FILE", "what is in it at first", &from},
    {"max-size", OPTION_NUMBER, "SIZE", "what it may grow to: its size",
     &max_size},
    {"lazy", OPTION_FLAG, NULL, "do not reserve the memory", &is_lazy},
    {"transient", OPTION_FLAG, NULL, "hold it until Ctrl-C, then let it go",
     &is_transient},
    OPTION_SCOPE,
    OPTION_TIMEOUT,
    OPTION_PROGRESS,
    OPTION_JSON,
    OPTION_END};
const option shm_dump_options[] = {
    {"offset", OPTION_NUMBER, "SIZE", "where it begins: 0", &offset_chosen},
    {"size", OPTION_NUMBER, "SIZE", "how much: to the end", &size_chosen},
    {"hex", OPTION_FLAG, NULL, "as numbers and letters, to read", &is_hex},
    OPTION_SCOPE,
    OPTION_TIMEOUT,
    OPTION_PROGRESS,
    OPTION_JSON,
    OPTION_END};
const option shm_write_options[] = {
    {"offset", OPTION_NUMBER, "SIZE", "where it begins: 0", &offset_chosen},
    OPTION_SCOPE,
    OPTION_TIMEOUT,
    OPTION_PROGRESS,
    OPTION_JSON,
    OPTION_END};

typedef struct span {
    const char *name;
    xipc_section *section;
    stream *file;
    uint64_t at;  /* from here */
    uint64_t end; /* to here */
    uint64_t begin;
    int is_over; /* the file has ended */
} span;

/* Does with `size` bytes of the section what is to be done, and moves `at`.
 * Returns a code. */
typedef int span_step(span *self, unsigned char *bytes, size_t size);

static int step_window(span *self, uint32_t flags, span_step *step)
{
    uint64_t start = self->at / WINDOW_SIZE * WINDOW_SIZE;
    uint64_t rest = self->end - start;
    size_t length = (size_t)(rest < WINDOW_SIZE ? rest : WINDOW_SIZE);
    size_t skip = (size_t)(self->at - start);
    xipc_map *map = NULL;
    unsigned char *bytes;
    int code;
    xipc_status status =
        xipc_section_map(self->section, start, length, flags, &map);

    if (status != XIPC_OK) {
        return say_status(status, self->name);
    }
    bytes = xipc_map_address(map);
    code = step(self, bytes + skip, length - skip);
    xipc_map_close(map);
    return code;
}

static int each_window(span *self, uint32_t flags, span_step *step)
{
    int code = CODE_DONE;

    self->begin = self->at;
    progress_begin(self->name, self->end - self->at);
    while (code == CODE_DONE && self->at < self->end && !self->is_over) {
        code = step_window(self, flags, step);
    }
    progress_end();
    return code;
}

static void tell(const span *self, const char *what, uint64_t bytes)
{
    json out = {stdout, 0};

    if (common.is_json) {
        json_object_begin(&out, NULL);
        json_text(&out, "name", self->name);
        json_number(&out, "size", xipc_section_size(self->section));
        json_number(&out, what, bytes);
        json_object_end(&out);
        json_end(&out);
    }
}

/* ---- write ---- */

static int step_write(span *self, unsigned char *bytes, size_t size)
{
    int64_t got = stream_fill(self->file, bytes, size);

    if (got < 0) {
        return code_of_failure();
    }
    self->at += (uint64_t)got;
    self->is_over = (size_t)got < size;
    progress_add((uint64_t)got);
    return CODE_DONE;
}

/* A file that is longer than the section is no success. */
static int check_rest(span *self)
{
    char byte;
    int64_t got = self->is_over ? 0 : stream_read(self->file, &byte, 1);

    if (got < 0) {
        return code_of_failure();
    }
    if (got > 0) {
        say("%s: the section ends after %" PRIu64
            " bytes, and %s is longer; xipc shm create --size makes a larger "
            "one",
            self->name, self->end, stream_name(self->file));
        return CODE_NO_ROOM;
    }
    return CODE_DONE;
}

static int open_section(span *self, uint32_t flags)
{
    xipc_section_options options = XIPC_SECTION_OPTIONS_INIT;
    xipc_status status;

    options.naming.scope = scope_chosen();
    options.flags = flags;
    status = xipc_section_open(
        self->name, &options, deadline_after(common.timeout), &self->section);
    if (status != XIPC_OK) {
        return say_status(status, self->name);
    }
    self->end = xipc_section_size(self->section);
    self->at = offset_chosen;
    if (self->at >= self->end) {
        return say_usage(
            "%s: --offset is behind its end, which is %" PRIu64, self->name,
            self->end);
    }
    return CODE_DONE;
}

int do_shm_write(char **operands, size_t count)
{
    span self = {.name = operands[0]};
    int code = open_section(&self, 0);

    if (code == CODE_DONE) {
        self.file = stream_open_to_read(count > 1 ? operands[1] : NULL);
        code = self.file ? CODE_DONE : CODE_FAILED;
    }
    if (code == CODE_DONE) {
        code = each_window(&self, XIPC_MAP_WRITE, step_write);
    }
    if (code == CODE_DONE) {
        code = check_rest(&self);
    }
    if (code == CODE_DONE) {
        tell(&self, "written", self.at - self.begin);
    }
    (void)stream_close(self.file);
    xipc_section_close(self.section);
    return code;
}

/* ---- dump ---- */

static int step_dump(span *self, unsigned char *bytes, size_t size)
{
    if (stream_write(self->file, bytes, size) < 0) {
        return code_of_failure();
    }
    self->at += size;
    progress_add(size);
    return CODE_DONE;
}

/* "00000010  61 62 ... 63  |ab...c|" */
static int put_hex_line(span *self, const unsigned char *bytes, size_t size)
{
    char line[HEX_LINE_SIZE];
    int used = snprintf(line, sizeof line, "%08" PRIx64 " ", self->at);

    for (size_t at = 0; at < HEX_COUNT; at++) {
        size_t left = sizeof line - (size_t)used;

        used += at < size ? snprintf(line + used, left, " %02x", bytes[at])
                          : snprintf(line + used, left, "   ");
    }
    used += snprintf(line + used, sizeof line - (size_t)used, "  |");
    for (size_t at = 0; at < size; at++) {
        int is_shown = bytes[at] >= ' ' && bytes[at] < 0x7f;

        line[used] = '.';
        if (is_shown) {
            memcpy(&line[used], &bytes[at], 1);
        }
        used++;
    }
    line[used++] = '|';
    line[used++] = '\n';
    self->at += size;
    return stream_write(self->file, line, (size_t)used);
}

static int step_hex(span *self, unsigned char *bytes, size_t size)
{
    while (size > 0) {
        size_t part = size < HEX_COUNT ? size : HEX_COUNT;

        if (put_hex_line(self, bytes, part) < 0) {
            return code_of_failure();
        }
        bytes += part;
        size -= part;
        progress_add(part);
    }
    return CODE_DONE;
}

int do_shm_dump(char **operands, size_t count)
{
    span self = {.name = operands[0]};
    int code;

    if (common.is_json && count == 1) {
        return say_usage("--json needs a FILE: the standard output is taken");
    }
    code = open_section(&self, XIPC_SECTION_READ_ONLY);
    if (code == CODE_DONE && size_chosen != SIZE_UNSAID) {
        if (size_chosen > self.end - self.at) {
            code = say_usage(
                "%s: --size is more than there is, which is %" PRIu64,
                self.name, self.end - self.at);
        } else {
            self.end = self.at + size_chosen;
        }
    }
    if (code == CODE_DONE) {
        self.file = stream_open_to_write(count > 1 ? operands[1] : NULL);
        code = self.file ? CODE_DONE : CODE_FAILED;
    }
    if (code == CODE_DONE) {
        code = each_window(&self, 0, is_hex ? step_hex : step_dump);
    }
    if (stream_close(self.file) < 0 && code == CODE_DONE) {
        code = CODE_FAILED;
    }
    if (code == CODE_DONE) {
        tell(&self, "dumped", self.at - self.begin);
    }
    xipc_section_close(self.section);
    return code;
}

/* ---- create ---- */

static int settle_size(const span *self)
{
    if (size_chosen == SIZE_UNSAID && self->file) {
        size_chosen = stream_size(self->file);
    }
    if (size_chosen == SIZE_UNSAID && self->file) {
        return say_usage(
            "--size must say how large it is: %s is no file",
            stream_name(self->file));
    }
    if (size_chosen == SIZE_UNSAID) {
        return say_usage("--size, or --from a file, must say how large it is");
    }
    return CODE_DONE;
}

static int create_section(span *self)
{
    xipc_section_options options = XIPC_SECTION_OPTIONS_INIT;
    xipc_status status;

    options.naming.scope = scope_chosen();
    options.max_size = max_size;
    options.flags = is_lazy ? XIPC_SECTION_LAZY : 0;
    /* Of these the system alone knows how long they stay. */
    if (!is_transient && !is_native_name(self->name)) {
        options.naming.lifetime = XIPC_PERSISTENT;
    }
    status = xipc_section_create(
        self->name, size_chosen, &options, deadline_after(common.timeout),
        &self->section);
    if (status != XIPC_OK) {
        return say_status(status, self->name);
    }
    self->end = xipc_section_size(self->section);
    return CODE_DONE;
}

static int fill_section(span *self)
{
    int code = each_window(self, XIPC_MAP_WRITE, step_write);

    return code == CODE_DONE ? check_rest(self) : code;
}

/* A section that could not be filled is not left. */
static void undo(const span *self)
{
    (void)!xipc_remove(
        XIPC_KIND_SECTION, self->name, scope_chosen(), xipc_after_ms(1000));
}

static void hold(void)
{
    (void)fflush(stdout);
    say("held until Ctrl-C");
    (void)nap_until(XIPC_FOREVER);
}

int do_shm_create(char **operands, size_t count)
{
    span self = {.name = operands[0]};
    int code = CODE_DONE;

    (void)count;
    if (from) {
        self.file = stream_open_to_read(from);
        code = self.file ? CODE_DONE : CODE_FAILED;
    }
    if (code == CODE_DONE) {
        code = settle_size(&self);
    }
    if (code == CODE_DONE) {
        code = create_section(&self);
    }
    if (code == CODE_DONE && from) {
        code = fill_section(&self);
        if (code != CODE_DONE) {
            undo(&self);
        }
    }
    (void)stream_close(self.file);
    if (code == CODE_DONE) {
        tell(&self, "written", self.at);
    }
    if (code == CODE_DONE && is_transient) {
        hold();
    }
    xipc_section_close(self.section);
    return code;
}
