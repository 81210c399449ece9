/* SPDX-License-Identifier: Apache-2.0 */
#include "support/peer_kit.h"

#include <string.h>

#include "support/spec_process.h"

/* A failure is told of the line in the case, not of the one here. */
#undef peer_joined
#undef peer_joined_with
#undef peer_joined_soon
#undef peer_receive
#undef peer_fetch
#undef peer_fetch_from
#undef peer_sends
#undef peer_receives
#undef require_no_mail
#undef peer_fill
#undef peer_send_until

#define SOON_NS INT64_C(1000000000)

static void require_ok(const char *what, xipc_status status)
{
    if (status != XIPC_OK) {
        spec_fail_here(
            "%s: %s, %s", what, xipc_status_name(status), xipc_detail());
    }
}

xipc_peer_options
peer_shaped(uint32_t message_max, uint32_t capacity, uint32_t link_max)
{
    xipc_peer_options options = XIPC_PEER_OPTIONS_INIT;

    options.message_max = message_max;
    options.capacity = capacity;
    options.link_max = link_max;
    return options;
}

xipc_peer *peer_joined_with(const char *name, const xipc_peer_options *options)
{
    xipc_peer *peer = NULL;

    require_ok("joining", xipc_peer_join(name, options, XIPC_FOREVER, &peer));
    return peer;
}

xipc_peer *peer_joined(const char *name)
{
    return peer_joined_with(name, NULL);
}

xipc_peer *peer_joined_soon(const char *name)
{
    int64_t start = spec_now_ns();
    xipc_peer *peer = NULL;
    xipc_status status = xipc_peer_join(name, NULL, XIPC_FOREVER, &peer);

    while (status == XIPC_E_EXISTS && is_within(start, SOON_NS)) {
        let_pass(1);
        status = xipc_peer_join(name, NULL, XIPC_FOREVER, &peer);
    }
    require_ok("joining", status);
    return peer;
}

/* ---- one message ---- */

xipc_status peer_send(
    xipc_peer *peer,
    const char *to,
    uint64_t number,
    size_t size,
    xipc_deadline when)
{
    unsigned char bytes[PEER_LONGEST];

    if (size > sizeof bytes) {
        spec_fail_here("%zu bytes: more than the kit sends", size);
    }
    message_fill(bytes, size, number);
    return xipc_peer_send(peer, to, bytes, size, (uint32_t)number, when);
}

static const xipc_peer_mail no_mail = {
    sizeof(xipc_peer_mail), 77, 78, 79, 80, "nobody"};

static void require_untouched(const xipc_peer_mail *mail, int is_size_told)
{
    if ((!is_size_told && mail->size != no_mail.size) ||
        mail->type != no_mail.type ||
        mail->sender_process != no_mail.sender_process ||
        mail->sender_user != no_mail.sender_user ||
        strcmp(mail->sender, no_mail.sender) != 0) {
        spec_fail_here("what is told of a message: changed");
    }
}

static void require_sound(
    const unsigned char *bytes, const xipc_peer_mail *mail, xipc_status status)
{
    if (mail->mail_size != sizeof *mail) {
        spec_fail_here("mail_size: changed");
    }
    if (status != XIPC_OK) {
        require_untouched(mail, status == XIPC_E_TOO_SMALL);
    } else if (
        mail->size > PEER_LONGEST ||
        !message_is(bytes, mail->size, mail->type)) {
        spec_fail_here(
            "message %lu of %zu bytes: is another", (unsigned long)mail->type,
            mail->size);
    }
}

xipc_status
peer_fetch(xipc_peer *peer, xipc_peer_mail *mail, xipc_deadline when)
{
    unsigned char bytes[PEER_LONGEST];
    xipc_status status;

    *mail = no_mail;
    status = xipc_peer_receive_any(peer, bytes, sizeof bytes, mail, when);
    require_sound(bytes, mail, status);
    return status;
}

xipc_status peer_fetch_from(
    xipc_peer *peer, const char *from, xipc_peer_mail *mail, xipc_deadline when)
{
    unsigned char bytes[PEER_LONGEST];
    xipc_status status;

    *mail = no_mail;
    status = xipc_peer_receive(peer, from, bytes, sizeof bytes, mail, when);
    require_sound(bytes, mail, status);
    if (status == XIPC_OK && strcmp(mail->sender, from) != 0) {
        spec_fail_here("it came from '%s'", mail->sender);
    }
    return status;
}

xipc_status peer_receive(
    xipc_peer *peer,
    const char *from,
    uint64_t number,
    size_t size,
    xipc_deadline when)
{
    xipc_peer_mail mail;
    xipc_status status = peer_fetch_from(peer, from, &mail, when);

    if (status == XIPC_OK && (mail.type != number || mail.size != size)) {
        spec_fail_here(
            "wanted message %llu of %zu bytes, got %lu of %zu",
            (unsigned long long)number, size, (unsigned long)mail.type,
            mail.size);
    }
    return status;
}

void peer_sends(xipc_peer *peer, const char *to, uint64_t number, size_t size)
{
    require_ok("sending", peer_send(peer, to, number, size, XIPC_NOW));
}

void peer_receives(
    xipc_peer *peer, const char *from, uint64_t number, size_t size)
{
    require_ok("receiving", peer_receive(peer, from, number, size, XIPC_NOW));
}

void require_no_mail(xipc_peer *peer)
{
    xipc_peer_mail mail;
    xipc_status status = peer_fetch(peer, &mail, XIPC_NOW);

    if (status != XIPC_E_AGAIN) {
        spec_fail_here("receiving: %s", xipc_status_name(status));
    }
}

uint64_t
peer_fill(xipc_peer *peer, const char *to, uint64_t number, size_t size)
{
    uint64_t count = 0;
    xipc_status status = peer_send(peer, to, number, size, XIPC_NOW);

    while (status == XIPC_OK) {
        count++;
        status = peer_send(peer, to, number + count, size, XIPC_NOW);
    }
    if (status != XIPC_E_AGAIN) {
        spec_fail_here("sending: %s", xipc_status_name(status));
    }
    return count;
}

xipc_status
peer_send_until(xipc_peer *peer, const char *to, xipc_status meanwhile)
{
    int64_t start = spec_now_ns();
    xipc_status status = peer_send(peer, to, 1, 1, XIPC_NOW);

    while (status == meanwhile && is_within(start, SOON_NS)) {
        let_pass(1);
        status = peer_send(peer, to, 1, 1, XIPC_NOW);
    }
    return status;
}
