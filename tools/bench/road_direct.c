/* SPDX-License-Identifier: Apache-2.0 */
/* The library's own peers: each end is one. */
#include <stdio.h>
#include <stdlib.h>

#include <xipc/xipc.h>

#include "road_peers.h"

#define CAPACITY (1U << 20) /* as the rings here have */

typedef struct direct {
    xipc_peer *peer;
    char other[XIPC_NAME_MAX + 1];
} direct;

static void *join_as(const road_plan *plan)
{
    xipc_peer_options options = XIPC_PEER_OPTIONS_INIT;
    direct *self = peer_new(sizeof *self);
    char name[XIPC_NAME_MAX + 1];

    options.message_max = (uint32_t)plan->size;
    options.capacity = CAPACITY;
    snprintf(
        name, sizeof name, "%.140s-%d", plan->name, plan->is_second ? 2 : 1);
    snprintf(
        self->other, sizeof self->other, "%.140s-%d", plan->name,
        plan->is_second ? 1 : 2);
    bench_ok(xipc_peer_join(name, &options, XIPC_FOREVER, &self->peer));
    return self;
}

static void leave(void *road)
{
    direct *self = road;

    xipc_peer_leave(self->peer);
    free(self);
}

static void send_to(void *road, const void *message, size_t size)
{
    direct *self = road;

    bench_ok(xipc_peer_send(
        self->peer, self->other, message, size, 0, XIPC_FOREVER));
}

static void require_size(const xipc_peer_mail *mail, size_t size)
{
    bench_require(mail->size == size, "a message of another size");
}

static void receive_from(void *road, void *message, size_t size)
{
    direct *self = road;
    xipc_peer_mail mail;

    mail.mail_size = sizeof mail;
    bench_ok(xipc_peer_receive(
        self->peer, self->other, message, size, &mail, XIPC_FOREVER));
    require_size(&mail, size);
}

static void receive_any(void *road, void *message, size_t size)
{
    direct *self = road;
    xipc_peer_mail mail;

    mail.mail_size = sizeof mail;
    bench_ok(
        xipc_peer_receive_any(self->peer, message, size, &mail, XIPC_FOREVER));
    require_size(&mail, size);
}

/* ---- without sleeping ---------------------------------------------------- */

/* Whether to try once more. */
static int is_too_early(xipc_status status)
{
    if (status != XIPC_E_AGAIN) {
        bench_ok(status);
        return 0;
    }
    road_relax();
    return 1;
}

static void try_send_to(void *road, const void *message, size_t size)
{
    direct *self = road;

    while (is_too_early(
        xipc_peer_send(self->peer, self->other, message, size, 0, XIPC_NOW))) {
    }
}

static void try_receive_from(void *road, void *message, size_t size)
{
    direct *self = road;
    xipc_peer_mail mail;

    mail.mail_size = sizeof mail;
    while (is_too_early(xipc_peer_receive(
        self->peer, self->other, message, size, &mail, XIPC_NOW))) {
    }
    require_size(&mail, size);
}

#define DIRECT \
    .group = ROAD_XIPC, .create = join_as, .join = join_as, .close = leave

const road_kind road_directs[] = {
    {.name = "peer", DIRECT, .send = send_to, .receive = receive_from},
    {.name = "peer, from any", DIRECT, .send = send_to, .receive = receive_any},
    {.name = "peer, try",
     .flags = ROAD_SPINS,
     DIRECT,
     .send = try_send_to,
     .receive = try_receive_from},
    {.name = NULL},
};
