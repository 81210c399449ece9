/* SPDX-License-Identifier: Apache-2.0 */
/* Another process that has one end of a connection, and does as it is told. */
#include <stdlib.h>
#include <string.h>

#include "support/pipe_kit.h"
#include "support/spec_process.h"

#undef listening
#undef pipe_puts
#undef pipe_gets
/* Nor does what the hand's starter does here move its place. */
#undef spec_tell
#undef spec_hear

/* Static, so that to a leak checker what a hand leaves behind is kept. */
static xipc_pipe *held;
static xipc_pipe_listener *ear;

typedef struct pipe_order {
    char name[XIPC_NAME_MAX + 1];
    uint64_t numbers[2];
} pipe_order;

static xipc_status do_connect(const pipe_order *self)
{
    return xipc_pipe_connect(self->name, NULL, XIPC_FOREVER, &held);
}

static xipc_status do_listen(const pipe_order *self)
{
    xipc_pipe_options options = pipe_options((xipc_pipe_mode)self->numbers[0]);

    return xipc_pipe_listen(self->name, &options, XIPC_FOREVER, &ear);
}

static xipc_status do_accept(const pipe_order *self)
{
    (void)self;
    return xipc_pipe_accept(ear, XIPC_FOREVER, &held);
}

static xipc_status do_put(const pipe_order *self)
{
    return pipe_put(
        held, self->numbers[0], (size_t)self->numbers[1], XIPC_FOREVER);
}

static xipc_status do_get(const pipe_order *self)
{
    pipe_gets(held, self->numbers[0], (size_t)self->numbers[1]);
    return XIPC_OK;
}

static xipc_status do_fill(const pipe_order *self)
{
    xipc_status status;

    do {
        status = pipe_put(held, 0, (size_t)self->numbers[0], XIPC_NOW);
    } while (status == XIPC_OK);
    return status;
}

static xipc_status do_drain(const pipe_order *self)
{
    xipc_status status;

    (void)self;
    do {
        status = pipe_get(held, XIPC_FOREVER);
    } while (status == XIPC_OK);
    return status;
}

static xipc_status do_shutdown(const pipe_order *self)
{
    (void)self;
    return xipc_pipe_shutdown_write(held);
}

static xipc_status do_close(const pipe_order *self)
{
    (void)self;
    xipc_pipe_close(held);
    held = NULL;
    return XIPC_OK;
}

static xipc_status do_deafen(const pipe_order *self)
{
    (void)self;
    xipc_pipe_listener_close(ear);
    ear = NULL;
    return XIPC_OK;
}

typedef struct verb {
    const char *word;
    int has_name;
    int number_count;
    xipc_status (*run)(const pipe_order *self);
} verb;

static const verb verbs[] = {
    {"connect", 1, 0, do_connect},   {"listen", 1, 1, do_listen},
    {"accept", 0, 0, do_accept},     {"put", 0, 2, do_put},
    {"get", 0, 2, do_get},           {"fill", 0, 1, do_fill},
    {"drain", 0, 0, do_drain},       {"close", 0, 0, do_close},
    {"shutdown", 0, 0, do_shutdown}, {"deafen", 0, 0, do_deafen},
};

static const verb *verb_said(const char *line)
{
    size_t size = strcspn(line, " ");

    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strlen(verbs[i].word) == size &&
            memcmp(verbs[i].word, line, size) == 0) {
            return &verbs[i];
        }
    }
    spec_fail(__FILE__, __LINE__, line, "is no order for a pipe's hand");
}

static pipe_order order_said(const verb *what, const char *line)
{
    const char *rest = line + strcspn(line, " ");
    pipe_order self = {{0}, {0, 0}};
    char *end;

    if (what->has_name) {
        size_t size = strcspn(rest + 1, " ");

        REQUIRE(size < sizeof self.name);
        memcpy(self.name, rest + 1, size);
        rest += 1 + size;
    }
    for (int i = 0; i < what->number_count; i++) {
        self.numbers[i] = strtoull(rest, &end, 10);
        REQUIRE(end != rest);
        rest = end;
    }
    return self;
}

static void obey(const char *line)
{
    const verb *what = verb_said(line);
    pipe_order self = order_said(what, line);

    spec_tell(NULL, xipc_status_name(what->run(&self)));
}

PEER(a_hand_that_has_a_pipe)
{
    char line[300];

    spec_hear(NULL, line, sizeof line);
    while (strcmp(line, "end") != 0 && strcmp(line, "leave") != 0) {
        obey(line);
        spec_hear(NULL, line, sizeof line);
    }
    if (strcmp(line, "end") == 0) {
        xipc_pipe_close(held);
        xipc_pipe_listener_close(ear);
    }
}

spec_peer *pipe_hand(void)
{
    return spec_start(
        a_hand_that_has_a_pipe_entry.name, (const char *const[]){NULL});
}
