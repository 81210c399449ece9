/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xipc run: a program that is given objects under labels. And the programs that
 * belong to this one: xipc bench, xipc conformance.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "commands.h"
#include "json.h"
#include "memory.h"
#include "say.h"
#include "stop.h"
#include "stream.h"

/* What a program is given after Ctrl-C to end by itself. */
#define PATIENCE_MS 2000
#define PIECE_SIZE  ((size_t)1 << 16)

enum { GIFT_MAX = 3 * OPTION_LIST_MAX, LABEL_SIZE = XIPC_NAME_MAX + 1 };

static option_list sections;
static option_list saves;
static option_list inputs;
static option_list outputs;
static const char *directory;
static int is_tied;

const option run_options[] = {
    {"section", OPTION_LIST, "LABEL=SIZE",
     "a section of that size, or LABEL=@FILE: with that in it", &sections},
    {"save", OPTION_LIST, "LABEL=FILE",
     "write a section to FILE when the program has ended", &saves},
    {"input", OPTION_LIST, "LABEL=FILE", "a pipe from which FILE comes",
     &inputs},
    {"output", OPTION_LIST, "LABEL=FILE", "a pipe that goes to FILE", &outputs},
    {"directory", OPTION_TEXT, "PATH", "where it starts: here", &directory},
    {"die-with-parent", OPTION_FLAG, NULL, "it ends when xipc is killed",
     &is_tied},
    OPTION_TIMEOUT,
    OPTION_JSON,
    OPTION_END};

/* One labelled object, and the file that belongs to it. */
typedef struct gift {
    char label[LABEL_SIZE];
    const char *path; /* may be NULL */
    xipc_section *section;
    uint64_t saved;    /* bytes of it in the file */
    xipc_pipe *childs; /* the program's end */
    xipc_pipe *ours;
} gift;

typedef struct household {
    gift gifts[GIFT_MAX];
    xipc_inherit inherits[GIFT_MAX];
    size_t count;
    gift *input; /* at most one of each is pumped */
    gift *output;
    xipc_process *process;
    xipc_exit ending;
} household;

/* ---- what it is given ---- */

/* "LABEL=VALUE" taken apart. NULL after it said what is wrong. */
static gift *add_gift(household *self, const char *item, const char **value)
{
    size_t size = strcspn(item, "=");
    gift *one = &self->gifts[self->count];

    if (size == 0 || size >= LABEL_SIZE || item[size] == '\0') {
        (void)say_usage("%s is not LABEL=VALUE", item);
        return NULL;
    }
    memcpy(one->label, item, size);
    one->label[size] = '\0';
    self->count++;
    *value = item + size + 1;
    return one;
}

static int fill(const gift *one, stream *file, uint64_t size)
{
    xipc_map *map = NULL;
    int64_t got;
    xipc_status status =
        xipc_section_map(one->section, 0, 0, XIPC_MAP_WRITE, &map);

    if (status != XIPC_OK) {
        return say_status(status, one->label);
    }
    got = stream_fill(file, xipc_map_address(map), (size_t)size);
    xipc_map_close(map);
    return got < 0 ? code_of_failure() : CODE_DONE;
}

static int make_section(gift *one, uint64_t size)
{
    xipc_status status =
        xipc_section_create_anonymous(size, NULL, &one->section);

    return status == XIPC_OK ? CODE_DONE : say_status(status, one->label);
}

static int make_section_of(gift *one, const char *path)
{
    stream *file = stream_open_to_read(path);
    uint64_t size;
    int code;

    if (!file) {
        return CODE_FAILED;
    }
    size = stream_size(file);
    if (size == STREAM_SIZE_UNKNOWN) {
        code = say_failed("%s: not a file", path);
    } else {
        code = make_section(one, size);
    }
    if (code == CODE_DONE) {
        code = fill(one, file, size);
    }
    (void)stream_close(file);
    return code;
}

static int add_section(household *self, const char *item)
{
    const char *value;
    uint64_t size;
    gift *one = add_gift(self, item, &value);

    if (!one) {
        return CODE_USAGE;
    }
    if (value[0] == '@') {
        return make_section_of(one, value + 1);
    }
    if (args_number(value, &size) < 0) {
        return say_usage("%s: not a size", item);
    }
    return make_section(one, size);
}

static int add_pipe(household *self, const char *item, int is_input)
{
    gift **pumped = is_input ? &self->input : &self->output;
    const char *value;
    gift *one;
    xipc_status status;

    if (*pumped) {
        return say_usage("one --input and one --output at most");
    }
    one = add_gift(self, item, &value);
    if (!one) {
        return CODE_USAGE;
    }
    one->path = value;
    *pumped = one;
    status = is_input ? xipc_pipe_create(NULL, &one->childs, &one->ours)
                      : xipc_pipe_create(NULL, &one->ours, &one->childs);
    return status == XIPC_OK ? CODE_DONE : say_status(status, one->label);
}

static int add_save(household *self, const char *item)
{
    size_t size = strcspn(item, "=");

    for (size_t at = 0; at < self->count && item[size] != '\0'; at++) {
        gift *one = &self->gifts[at];

        if (one->section && strlen(one->label) == size &&
            memcmp(one->label, item, size) == 0) {
            one->path = item + size + 1;
            return CODE_DONE;
        }
    }
    return say_usage("--save %s: there is no such section", item);
}

static int add_all(household *self)
{
    int code = CODE_DONE;

    for (size_t at = 0; at < sections.count && code == CODE_DONE; at++) {
        code = add_section(self, sections.items[at]);
    }
    for (size_t at = 0; at < saves.count && code == CODE_DONE; at++) {
        code = add_save(self, saves.items[at]);
    }
    for (size_t at = 0; at < inputs.count && code == CODE_DONE; at++) {
        code = add_pipe(self, inputs.items[at], 1);
    }
    for (size_t at = 0; at < outputs.count && code == CODE_DONE; at++) {
        code = add_pipe(self, outputs.items[at], 0);
    }
    if (code == CODE_DONE && self->input && self->output) {
        code = say_usage("--input or --output: one pipe is served at a time");
    }
    return code;
}

/* ---- while it runs ---- */

/* Its end, also as a code. Ctrl-C reaches it by the terminal too; if it does
 * not listen, it is killed. */
static int wait_for(xipc_process *process, const char *name, xipc_exit *ending)
{
    const xipc_exit none = XIPC_EXIT_INIT;
    xipc_status status;

    *ending = none;
    stop_watch(xipc_process_object(process));
    status = xipc_process_wait(process, deadline_after(common.timeout), ending);
    stop_watch(NULL);
    if (status != XIPC_OK) {
        (void)!xipc_interrupt_clear(xipc_process_object(process));
        if (status == XIPC_E_CANCELED) {
            status =
                xipc_process_wait(process, xipc_after_ms(PATIENCE_MS), ending);
        }
    }
    if (status != XIPC_OK) {
        int code = stop_asked() ? CODE_STOPPED : say_status(status, name);

        (void)!xipc_process_terminate(process);
        (void)!xipc_process_wait(process, XIPC_FOREVER, ending);
        return code;
    }
    return code_of_ending(name, ending);
}

static int pump_input(const gift *one)
{
    unsigned char *bytes = memory_resize(NULL, PIECE_SIZE);
    stream *file = stream_open_to_read(one->path);
    int64_t size = file ? 1 : -1;

    stop_watch(xipc_pipe_object(one->ours));
    while (size > 0) {
        size = stream_read(file, bytes, PIECE_SIZE);
        if (size > 0 && xipc_pipe_write(
                            one->ours, bytes, (size_t)size, XIPC_FOREVER,
                            NULL) != XIPC_OK) {
            break; /* the program does not want more */
        }
    }
    stop_watch(NULL);
    (void)stream_close(file);
    free(bytes);
    return size < 0 ? code_of_failure() : CODE_DONE;
}

static int pump_output(const gift *one)
{
    unsigned char *bytes = memory_resize(NULL, PIECE_SIZE);
    stream *file = stream_open_to_write(one->path);
    xipc_status status = file ? XIPC_OK : XIPC_E_OS;
    size_t size;
    int code = file ? CODE_DONE : CODE_FAILED;

    stop_watch(xipc_pipe_object(one->ours));
    while (status == XIPC_OK && code == CODE_DONE) {
        status =
            xipc_pipe_read(one->ours, bytes, PIECE_SIZE, XIPC_FOREVER, &size);
        if (status == XIPC_OK && stream_write(file, bytes, size) < 0) {
            code = code_of_failure();
        }
    }
    stop_watch(NULL);
    if (stream_close(file) < 0 && code == CODE_DONE) {
        code = CODE_FAILED;
    }
    free(bytes);
    return code;
}

/* The program has its own copies: ours would keep the streams from ending. */
static void close_childs(household *self)
{
    for (size_t at = 0; at < self->count; at++) {
        xipc_pipe_close(self->gifts[at].childs);
        self->gifts[at].childs = NULL;
    }
}

static int save(gift *one)
{
    xipc_map *map = NULL;
    stream *file = NULL;
    xipc_status status = xipc_section_map(one->section, 0, 0, 0, &map);
    int code = CODE_DONE;

    if (status != XIPC_OK) {
        return say_status(status, one->label);
    }
    file = stream_open_to_write(one->path);
    if (!file ||
        stream_write(file, xipc_map_address(map), xipc_map_size(map)) < 0) {
        code = code_of_failure();
    }
    if (stream_close(file) < 0 && code == CODE_DONE) {
        code = CODE_FAILED;
    }
    one->saved = code == CODE_DONE ? xipc_map_size(map) : 0;
    xipc_map_close(map);
    return code;
}

static int save_all(household *self)
{
    int code = CODE_DONE;

    for (size_t at = 0; at < self->count; at++) {
        if (self->gifts[at].section && self->gifts[at].path) {
            int one = save(&self->gifts[at]);

            code = code == CODE_DONE ? one : code;
        }
    }
    return code;
}

static void close_all(household *self)
{
    close_childs(self);
    for (size_t at = 0; at < self->count; at++) {
        xipc_pipe_close(self->gifts[at].ours);
        xipc_section_close(self->gifts[at].section);
    }
    xipc_process_close(self->process);
}

/* ---- run ---- */

static int start(household *self, char **operands)
{
    xipc_spawn_options options = XIPC_SPAWN_OPTIONS_INIT;
    xipc_status status;

    for (size_t at = 0; at < self->count; at++) {
        gift *one = &self->gifts[at];

        self->inherits[at].label = one->label;
        self->inherits[at].object = one->section
                                        ? xipc_section_object(one->section)
                                        : xipc_pipe_object(one->childs);
    }
    options.directory = directory;
    options.inherits = self->inherits;
    options.inherit_count = self->count;
    options.flags = XIPC_SPAWN_SEARCH;
    options.flags |= is_tied ? (uint32_t)XIPC_SPAWN_DIE_WITH_PARENT : 0u;
    status = xipc_spawn(
        operands[0], (const char *const *)operands, &options, &self->process);
    return status == XIPC_OK ? CODE_DONE : say_not_started(status, operands[0]);
}

static int run_to_end(household *self, const char *name)
{
    int pumped = CODE_DONE;
    int code;

    close_childs(self);
    if (self->input) {
        pumped = pump_input(self->input);
        xipc_pipe_close(self->input->ours);
        self->input->ours = NULL;
    }
    if (self->output) {
        pumped = pump_output(self->output);
    }
    code = wait_for(self->process, name, &self->ending);
    if (code == CODE_DONE) {
        code = pumped;
    }
    return code == CODE_DONE ? save_all(self) : code;
}

static const char *ending_word(xipc_ending ending)
{
    switch (ending) {
    case XIPC_ENDED_EXIT: return "exit";
    case XIPC_ENDED_CRASH: return "killed";
    default: return "unknown";
    }
}

/* Behind what the program itself has written. */
static void tell(const household *self, const char *name)
{
    json out = {stdout, 0};

    json_object_begin(&out, NULL);
    json_text(&out, "program", name);
    json_text(&out, "ending", ending_word(self->ending.ending));
    json_signed(&out, "code", self->ending.code);
    json_array_begin(&out, "saved");
    for (size_t at = 0; at < self->count; at++) {
        const gift *one = &self->gifts[at];

        if (one->saved > 0) {
            json_object_begin(&out, NULL);
            json_text(&out, "label", one->label);
            json_text(&out, "file", one->path);
            json_number(&out, "bytes", one->saved);
            json_object_end(&out);
        }
    }
    json_array_end(&out);
    json_object_end(&out);
    json_end(&out);
}

int do_run(char **operands, size_t count)
{
    static household self;
    int code = add_all(&self);

    (void)count;
    if (code == CODE_DONE) {
        code = start(&self, operands);
    }
    if (self.process) {
        code = run_to_end(&self, operands[0]);
    }
    if (self.process && common.is_json) {
        tell(&self, operands[0]);
    }
    close_all(&self);
    return code;
}

/* ---- the programs beside this one ---- */

/* Where this one is; in the PATH, if that is where this one was found. */
static char *beside(const char *name)
{
    size_t size = strlen(program_name);
    size_t capacity = size + strlen(name) + 1;
    char *path = memory_resize(NULL, capacity);

    while (size > 0 && program_name[size - 1] != '/' &&
           program_name[size - 1] != '\\') {
        size--;
    }
    (void)snprintf(path, capacity, "%.*s%s", (int)size, program_name, name);
    return path;
}

static int run_beside(const char *name, char **operands, size_t count)
{
    xipc_spawn_options options = XIPC_SPAWN_OPTIONS_INIT;
    const char **arguments =
        memory_resize(NULL, (count + 2) * sizeof *arguments);
    char *path = beside(name);
    xipc_process *process = NULL;
    xipc_exit ending;
    xipc_status status;
    int code;

    arguments[0] = path;
    for (size_t at = 0; at <= count; at++) {
        arguments[at + 1] = operands[at];
    }
    options.flags = XIPC_SPAWN_SEARCH;
    status = xipc_spawn(path, arguments, &options, &process);
    if (status == XIPC_E_NOT_FOUND) {
        arguments[0] = name;
        status = xipc_spawn(name, arguments, &options, &process);
    }
    code = status == XIPC_OK ? wait_for(process, name, &ending)
                             : say_not_started(status, name);
    xipc_process_close(process);
    free(path);
    free((void *)arguments);
    return code;
}

int do_bench(char **operands, size_t count)
{
    return run_beside("xipc-bench", operands, count);
}

int do_conformance(char **operands, size_t count)
{
    return run_beside("xipc-conformance", operands, count);
}
