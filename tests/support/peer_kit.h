/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the specs of peers say over and over. Every function here fails the case
 * if it cannot do what it says.
 *
 * A message has a number, which is its type; what stands in it follows from
 * that (message_fill() of ring_kit.h).
 */
#ifndef PEER_KIT_H
#define PEER_KIT_H

#include <xipc/peer.h>

#include "support/ring_kit.h"

/* The longest that the kit sends. */
#define PEER_LONGEST 1000u

xipc_peer_options
peer_shaped(uint32_t message_max, uint32_t capacity, uint32_t link_max);

xipc_peer *peer_joined(const char *name);
xipc_peer *peer_joined_with(const char *name, const xipc_peer_options *options);

/* Whoever was killed has let go of his name within a second (GEN-11); on some
 * systems not yet when his process is over. So EXISTS is waited out that long.
 */
xipc_peer *peer_joined_soon(const char *name);

xipc_status peer_send(
    xipc_peer *peer,
    const char *to,
    uint64_t number,
    size_t size,
    xipc_deadline when);
/* Requires of what comes that it is this. */
xipc_status peer_receive(
    xipc_peer *peer,
    const char *from,
    uint64_t number,
    size_t size,
    xipc_deadline when);
/* From anybody; requires that it is what its number says. */
xipc_status
peer_fetch(xipc_peer *peer, xipc_peer_mail *mail, xipc_deadline when);
/* The same of one. */
xipc_status peer_fetch_from(
    xipc_peer *peer,
    const char *from,
    xipc_peer_mail *mail,
    xipc_deadline when);

/* XIPC_NOW, and it works. */
void peer_sends(xipc_peer *peer, const char *to, uint64_t number, size_t size);
void peer_receives(
    xipc_peer *peer, const char *from, uint64_t number, size_t size);

/* XIPC_NOW: there is nothing from anybody. */
void require_no_mail(xipc_peer *peer);

/* Sends messages of that size from `number` on until there is no room; how many
 * they were. */
uint64_t
peer_fill(xipc_peer *peer, const char *to, uint64_t number, size_t size);

/* Calls of that kind until the status is another one than `meanwhile`; that
 * comes within a second. */
xipc_status
peer_send_until(xipc_peer *peer, const char *to, xipc_status meanwhile);

/* --- peer_hand.c: another process that does as it is told --- */

/*
 * It joins under its name when it is first told to do something. An order is a
 * verb, a name, numbers, and "now" or a number of milliseconds behind them;
 * without that it waits for ever. The answer is the name of the status, as of
 * the hands of sync_kit.h.
 *
 *     join                            quit
 *     send TO NUMBER SIZE WHEN        receive FROM NUMBER SIZE WHEN
 *     produce TO NUMBER COUNT MAX     consume FROM NUMBER COUNT MAX
 *
 * The last two take message_size(), wait for ever, and stop at the first status
 * that is not XIPC_OK.
 */
spec_peer *peer_hand_at(const char *name);

#define peer_joined(...) (spec_at(__FILE__, __LINE__), peer_joined(__VA_ARGS__))
#define peer_joined_with(...) \
    (spec_at(__FILE__, __LINE__), peer_joined_with(__VA_ARGS__))
#define peer_joined_soon(...) \
    (spec_at(__FILE__, __LINE__), peer_joined_soon(__VA_ARGS__))
#define peer_receive(...) \
    (spec_at(__FILE__, __LINE__), peer_receive(__VA_ARGS__))
#define peer_fetch(...) (spec_at(__FILE__, __LINE__), peer_fetch(__VA_ARGS__))
#define peer_fetch_from(...) \
    (spec_at(__FILE__, __LINE__), peer_fetch_from(__VA_ARGS__))
#define peer_sends(...) (spec_at(__FILE__, __LINE__), peer_sends(__VA_ARGS__))
#define peer_receives(...) \
    (spec_at(__FILE__, __LINE__), peer_receives(__VA_ARGS__))
#define require_no_mail(...) \
    (spec_at(__FILE__, __LINE__), require_no_mail(__VA_ARGS__))
#define peer_fill(...) (spec_at(__FILE__, __LINE__), peer_fill(__VA_ARGS__))
#define peer_send_until(...) \
    (spec_at(__FILE__, __LINE__), peer_send_until(__VA_ARGS__))
#define peer_hand_at(...) \
    (spec_at(__FILE__, __LINE__), peer_hand_at(__VA_ARGS__))

#endif
