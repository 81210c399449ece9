/* SPDX-License-Identifier: Apache-2.0 */
/* The dialogue between a case and its peers: lines over a link. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/spec_process.h"

#undef spec_tell
#undef spec_hear
#undef spec_expect
#undef spec_join
#undef spec_kill
#undef spec_suspend
#undef spec_resume

enum { LINE_MAX_SIZE = 1000, ARGUMENT_MAX = 32 };

/* What was read and not yet asked for. */
typedef struct line_reader {
    char bytes[LINE_MAX_SIZE + 2];
    size_t size;
} line_reader;

struct spec_peer {
    spec_link link;
    const char *role;
    line_reader reader;
    spec_peer *next;
};

static spec_peer *peers;
static line_reader parent_reader;

/* Two threads may start and end peers at once. */
static atomic_flag peers_are_busy = ATOMIC_FLAG_INIT;

static void peers_lock(void)
{
    while (atomic_flag_test_and_set(&peers_are_busy)) {
        /* held for a few instructions */
    }
}

static void peers_unlock(void)
{
    atomic_flag_clear(&peers_are_busy);
}

static void peers_add(spec_peer *peer)
{
    peers_lock();
    peer->next = peers;
    peers = peer;
    peers_unlock();
}

static void peer_free(spec_peer *peer)
{
    spec_peer **at = &peers;

    peers_lock();
    while (*at && *at != peer) {
        at = &(*at)->next;
    }
    if (*at) {
        *at = peer->next;
    }
    peers_unlock();
    spec_link_close(&peer->link);
    free(peer);
}

void spec_peers_check(void)
{
    for (const spec_peer *peer = peers; peer; peer = peer->next) {
        spec_left(
            "peer %s (process %lld), neither joined nor killed", peer->role,
            (long long)peer->link.id);
    }
}

/* Roles of two files may have one name, but not one address. */
static const spec_entry *find_role(const char *role)
{
    const spec_entry *found = NULL;
    const spec_entry *entry;

    for (size_t at = 0; (entry = spec_entry_at(at)) != NULL; at++) {
        if (entry->name == role) {
            return entry;
        }
        if (!entry->clauses && strcmp(entry->name, role) == 0) {
            found = entry;
        }
    }
    return found;
}

spec_peer *spec_start(const char *role, const char *const *arguments)
{
    return spec_start_with(-1, role, arguments);
}

spec_peer *
spec_start_with(intptr_t native, const char *role, const char *const *arguments)
{
    enum { FIXED = 4 + SPEC_LINK_ARGUMENTS };
    const spec_entry *entry = find_role(role);
    const char *line[FIXED + ARGUMENT_MAX + 1] = {"--peer", role};
    char index[16];
    spec_peer *peer = calloc(1, sizeof *peer);
    size_t count = 0;
    int64_t error;

    if (!entry || !peer) {
        spec_fail_here("cannot start %s: no such role, or no memory", role);
    }
    (void)snprintf(index, sizeof index, "%zu", spec_entry_index(entry));
    line[2] = index;
    line[3] = spec_self.folder;
    while (count < ARGUMENT_MAX && arguments && arguments[count]) {
        line[FIXED + count] = arguments[count];
        count++;
    }
    if (arguments && arguments[count]) {
        spec_fail_here("more than %d arguments for %s", ARGUMENT_MAX, role);
    }

    peer->role = role;
    error = spec_link_start(&peer->link, line, 4, native);
    if (error != 0) {
        free(peer);
        spec_fail_here(
            "cannot start %s: the system's error is %lld", role,
            (long long)error);
    }
    peers_add(peer);
    return peer;
}

/*
 * The other side of the link is gone. A peer whose parent is gone has nobody
 * left to tell; one whose peer skipped the case ends it likewise.
 */
_Noreturn static void fail_alone(spec_peer *peer, const char *wish)
{
    char how[80];
    spec_ending ending;

    if (!peer) {
        spec_host_exit(SPEC_EXIT_FAILED);
    }
    ending = spec_link_wait(&peer->link);
    if (!ending.is_crash && ending.code == SPEC_EXIT_SKIPPED) {
        spec_host_exit(SPEC_EXIT_SKIPPED);
    }
    spec_ending_text(ending, how, sizeof how);
    spec_fail_here(
        "%s: peer %s (process %lld) ended first, with %s", wish, peer->role,
        (long long)peer->link.id, how);
}

void spec_tell(spec_peer *peer, const char *line)
{
    const spec_link *link = peer ? &peer->link : &spec_self.parent;
    char bytes[LINE_MAX_SIZE + 2];
    size_t size = strlen(line);

    if (size > LINE_MAX_SIZE || strchr(line, '\n')) {
        spec_fail_here("spec_tell: not a line of at most 1000 bytes");
    }
    (void)snprintf(bytes, sizeof bytes, "%s\n", line);
    if (spec_link_write(link, bytes, size + 1) < 0) {
        (void)snprintf(bytes, sizeof bytes, "cannot tell \"%.900s\"", line);
        fail_alone(peer, bytes);
    }
}

/* Waits for a whole line. `wish` says what it would have been good for. */
static void hear(spec_peer *peer, char *line, size_t capacity, const char *wish)
{
    line_reader *reader = peer ? &peer->reader : &parent_reader;
    const spec_link *link = peer ? &peer->link : &spec_self.parent;
    char *end;
    size_t size;

    while ((end = memchr(reader->bytes, '\n', reader->size)) == NULL) {
        size_t got = 0;

        if (reader->size < sizeof reader->bytes) {
            got = spec_link_read(
                link, reader->bytes + reader->size,
                sizeof reader->bytes - reader->size);
        }
        if (got == 0) {
            fail_alone(peer, wish);
        }
        reader->size += got;
    }
    size = (size_t)(end - reader->bytes);
    if (size >= capacity) {
        spec_fail_here("spec_hear: %zu bytes do not fit", size);
    }
    memcpy(line, reader->bytes, size);
    line[size] = '\0';
    reader->size -= size + 1;
    memmove(reader->bytes, end + 1, reader->size);
}

void spec_hear(spec_peer *peer, char *line, size_t capacity)
{
    hear(peer, line, capacity, "waited for a line");
}

void spec_expect(spec_peer *peer, const char *line)
{
    char wish[LINE_MAX_SIZE + 32];
    char heard[LINE_MAX_SIZE + 1];

    (void)snprintf(wish, sizeof wish, "waited for \"%.900s\"", line);
    hear(peer, heard, sizeof heard, wish);
    if (strcmp(heard, line) != 0) {
        spec_fail_here(
            "wanted \"%.500s\" from %s, heard \"%.500s\"", line,
            peer ? peer->role : "the process that started this one", heard);
    }
}

void spec_join(spec_peer *peer)
{
    spec_ending ending = spec_link_wait(&peer->link);
    char how[80];

    if (!ending.is_crash && ending.code == SPEC_EXIT_SKIPPED) {
        spec_host_exit(SPEC_EXIT_SKIPPED);
    }
    if (ending.is_crash || ending.code != SPEC_EXIT_PASSED) {
        spec_ending_text(ending, how, sizeof how);
        spec_fail_here(
            "peer %s (process %lld) ended with %s", peer->role,
            (long long)peer->link.id, how);
    }
    spec_record_release(spec_self.record, peer->link.id);
    peer_free(peer);
}

void spec_kill(spec_peer *peer)
{
    atomic_store(&spec_self.record->may_leave_stale, 1);
    spec_link_kill(&peer->link);
    (void)spec_link_wait(&peer->link);
    spec_record_release(spec_self.record, peer->link.id);
    peer_free(peer);
}

void spec_suspend(spec_peer *peer)
{
    if (spec_link_suspend(&peer->link) < 0) {
        spec_skip("this host cannot suspend a process");
    }
}

void spec_resume(spec_peer *peer)
{
    if (spec_link_resume(&peer->link) < 0) {
        spec_fail_here("cannot resume %s", peer->role);
    }
}

int64_t spec_peer_id(const spec_peer *peer)
{
    return peer->link.id;
}
