/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client, or a server, dies at each step of what it does. The other side is
 * told of it, after what arrived, and told it from a close; and the name is
 * free.
 */
#include "support/kill_anywhere.h"
#include "support/pipe_kit.h"

enum { BATCH = 3, SIZE = 24, LONG = 5000, PROBE = 999 };

/* What the one who dies has done, in the section "page". */
typedef enum closing {
    IS_OPEN,
    IS_CLOSING, /* it was about to close */
    IS_CLOSED
} closing;

typedef struct page {
    _Atomic uint32_t round;
    _Atomic uint32_t is_connected; /* the call has returned */
    _Atomic uint32_t closing;
    _Atomic uint64_t tried; /* writes that were begun */
    _Atomic uint64_t done;  /* and returned */
    /* What the survivor saw of it. */
    _Atomic uint32_t seen_count;
    _Atomic int32_t status;
    _Atomic uint64_t got;
    _Atomic uint32_t seen_round;
    _Atomic uint32_t probe_count;
    _Atomic uint32_t is_over;
} page;

static xipc_map *page_made(void)
{
    xipc_section *section = section_created("page", sizeof(page));
    xipc_map *map = mapped(section);

    xipc_section_close(section);
    return map;
}

static xipc_map *page_joined(void)
{
    xipc_section *section = section_opened("page");
    xipc_map *map = mapped(section);

    xipc_section_close(section);
    return map;
}

static page *page_of(const xipc_map *map)
{
    return xipc_map_address(map);
}

static void nothing_is_done(void *context)
{
    page *shared = context;

    atomic_store(&shared->is_connected, 0);
    atomic_store(&shared->closing, IS_OPEN);
    atomic_store(&shared->tried, 0);
    atomic_store(&shared->done, 0);
    atomic_store(&shared->seen_count, 0);
    atomic_fetch_add(&shared->round, 1);
}

static size_t size_of(uint64_t number)
{
    return number == BATCH - 1 ? LONG : SIZE;
}

static void puts_next(page *shared, xipc_pipe *pipe)
{
    uint64_t number = atomic_load(&shared->done);

    atomic_store(&shared->tried, number + 1);
    pipe_puts(pipe, number, size_of(number));
    atomic_store(&shared->done, number + 1);
}

static void closes(page *shared, xipc_pipe *pipe)
{
    atomic_store(&shared->closing, IS_CLOSING);
    xipc_pipe_close(pipe);
    atomic_store(&shared->closing, IS_CLOSED);
}

/* Reads to the end: how many came, and how it ended. */
static xipc_status
reads_all(xipc_pipe *pipe, uint64_t *count_out, uint64_t *first_out)
{
    unsigned char bytes[LONG + 1];
    size_t size;
    xipc_status status =
        xipc_pipe_read(pipe, bytes, sizeof bytes, XIPC_FOREVER, &size);

    *count_out = 0;
    *first_out = status == XIPC_OK && size == 1 ? PROBE : 0;
    while (status == XIPC_OK) {
        if (size != 1) {
            REQUIRE_UINT(size_of(*count_out), size);
            REQUIRE(message_is(bytes, size, *count_out));
        }
        ++*count_out;
        status = xipc_pipe_read(pipe, bytes, sizeof bytes, XIPC_FOREVER, &size);
    }
    return status;
}

/* As it must be after what was done. */
static void require_told(const page *shared)
{
    uint64_t got = atomic_load(&shared->got);

    REQUIRE(got >= atomic_load(&shared->done));
    REQUIRE(got <= atomic_load(&shared->tried));
    switch ((closing)atomic_load(&shared->closing)) {
    case IS_OPEN:
        REQUIRE_STATUS(
            XIPC_E_PEER_DIED, (xipc_status)atomic_load(&shared->status));
        break;
    case IS_CLOSED:
        REQUIRE_STATUS(
            XIPC_E_CLOSED, (xipc_status)atomic_load(&shared->status));
        break;
    case IS_CLOSING: break;
    }
}

/* ---- clients that die ---- */

static void serve(page *shared, xipc_pipe *pipe)
{
    uint64_t count;
    uint64_t first;
    xipc_status status = reads_all(pipe, &count, &first);

    if (first == PROBE) {
        atomic_fetch_add(&shared->probe_count, 1);
        return;
    }
    REQUIRE(status == XIPC_E_CLOSED || status == XIPC_E_PEER_DIED);
    atomic_store(&shared->got, count);
    atomic_store(&shared->status, (int32_t)status);
    atomic_fetch_add(&shared->seen_count, 1);
}

PEER(a_server_that_lives)
{
    xipc_map *map = page_joined();
    xipc_pipe_listener *listener = listening("a", XIPC_PIPE_MESSAGES);

    spec_tell(NULL, "here");
    while (!atomic_load(&page_of(map)->is_over)) {
        xipc_pipe *pipe;
        xipc_status status =
            xipc_pipe_accept(listener, xipc_after_ms(200), &pipe);

        if (status != XIPC_E_TIMEOUT) {
            REQUIRE_OK(status);
            serve(page_of(map), pipe);
            xipc_pipe_close(pipe);
        }
    }
    xipc_pipe_listener_close(listener);
    xipc_map_close(map);
}

/* Who knocked before was served before. */
static void a_probe_is_served(page *shared)
{
    uint32_t count = atomic_load(&shared->probe_count);
    int64_t start = spec_now_ns();
    xipc_pipe *pipe;

    REQUIRE_OK(xipc_pipe_connect("a", NULL, xipc_after_ms(20000), &pipe));
    REQUIRE_OK(xipc_pipe_write(pipe, "p", 1, XIPC_NOW, NULL));
    xipc_pipe_close(pipe);
    while (atomic_load(&shared->probe_count) == count) {
        REQUIRE(is_within(start, 20 * NS_PER_S));
        let_pass(0);
    }
}

static void the_server_goes_on(void *context)
{
    page *shared = context;
    uint32_t seen;

    a_probe_is_served(shared);
    seen = atomic_load(&shared->seen_count);
    REQUIRE(seen <= 1);
    REQUIRE(seen == 1 || !atomic_load(&shared->is_connected));
    if (seen == 1) {
        require_told(shared);
    }
}

static void with_a_server(const spec_entry *role)
{
    xipc_map *map = page_made();
    spec_peer *server = START(a_server_that_lives);
    kill_plan plan = {nothing_is_done, the_server_goes_on, NULL, page_of(map)};

    spec_expect(server, "here");
    (void)kill_anywhere(role, &plan);
    atomic_store(&page_of(map)->is_over, 1);
    spec_join(server);
    xipc_map_close(map);
    require_nothing_exists();
}

static xipc_pipe *connects(page *shared)
{
    xipc_pipe *pipe = NULL;

    REQUIRE_OK(xipc_pipe_connect("a", NULL, XIPC_FOREVER, &pipe));
    atomic_store(&shared->is_connected, 1);
    return pipe;
}

KILLED(connects_and_closes)
{
    xipc_map *map = page_joined();
    xipc_pipe *pipe;

    kill_begin();
    pipe = connects(page_of(map));
    closes(page_of(map), pipe);
    kill_end();
    xipc_map_close(map);
}

SPEC(whoever_dies_connecting_keeps_no_server, "GEN-11 PIPE-4 PIPE-6")
{
    with_a_server(&connects_and_closes_in_peer_entry);
}

KILLED(writes_and_closes)
{
    xipc_map *map = page_joined();
    xipc_pipe *pipe = connects(page_of(map));

    kill_begin();
    for (int i = 0; i < BATCH; i++) {
        puts_next(page_of(map), pipe);
    }
    closes(page_of(map), pipe);
    kill_end();
    xipc_map_close(map);
}

SPEC(whoever_dies_writing_has_written_and_died_or_closed, "GEN-11 PIPE-6")
{
    with_a_server(&writes_and_closes_in_peer_entry);
}

KILLED(ends_to_write_and_closes)
{
    xipc_map *map = page_joined();
    xipc_pipe *pipe = connects(page_of(map));

    puts_next(page_of(map), pipe);
    kill_begin();
    atomic_store(&page_of(map)->closing, IS_CLOSING);
    REQUIRE_OK(xipc_pipe_shutdown_write(pipe));
    atomic_store(&page_of(map)->closing, IS_CLOSED);
    xipc_pipe_close(pipe);
    kill_end();
    xipc_map_close(map);
}

SPEC(whoever_dies_ending_to_write_has_ended_or_died, "GEN-11 PIPE-6")
{
    with_a_server(&ends_to_write_and_closes_in_peer_entry);
}

/* ---- servers that die ---- */

/* Meets one server after the other. */
static void visit(page *shared)
{
    xipc_pipe *pipe;
    uint64_t count;
    uint64_t first;
    uint32_t round;
    xipc_status status;

    status = xipc_pipe_connect("a", NULL, xipc_after_ms(200), &pipe);
    if (status == XIPC_E_TIMEOUT) {
        return; /* it comes again, if it is not over */
    }
    REQUIRE_OK(status);
    round = atomic_load(&shared->round);
    (void)pipe_put(pipe, 0, SIZE, XIPC_FOREVER);
    status = reads_all(pipe, &count, &first);
    REQUIRE(status == XIPC_E_CLOSED || status == XIPC_E_PEER_DIED);
    if (first != PROBE && count > 0) {
        atomic_store(&shared->got, count);
        atomic_store(&shared->status, (int32_t)status);
        atomic_store(&shared->seen_round, round);
    }
    xipc_pipe_close(pipe);
}

PEER(a_client_that_lives)
{
    xipc_map *map = page_joined();

    spec_tell(NULL, "here");
    while (!atomic_load(&page_of(map)->is_over)) {
        visit(page_of(map));
    }
    xipc_map_close(map);
}

/* The client comes here next, so it was told of the one who died. */
static void another_one_serves(void *context)
{
    page *shared = context;
    xipc_pipe_listener *listener = listening_soon("a", XIPC_PIPE_MESSAGES);
    xipc_pipe *pipe = accepted(listener);

    if (atomic_load(&shared->done) > 0) {
        REQUIRE_UINT(
            atomic_load(&shared->round), atomic_load(&shared->seen_round));
        require_told(shared);
    }
    pipe_gets(pipe, 0, SIZE);
    REQUIRE_OK(xipc_pipe_write(pipe, "p", 1, XIPC_NOW, NULL));
    xipc_pipe_close(pipe);
    xipc_pipe_listener_close(listener);
}

static void with_a_client(const spec_entry *role)
{
    xipc_map *map = page_made();
    spec_peer *client = START(a_client_that_lives);
    kill_plan plan = {nothing_is_done, another_one_serves, NULL, page_of(map)};

    spec_expect(client, "here");
    (void)kill_anywhere(role, &plan);
    atomic_store(&page_of(map)->is_over, 1);
    spec_join(client);
    xipc_map_close(map);
    require_nothing_exists();
}

KILLED(listens_and_closes)
{
    xipc_pipe_listener *listener;

    kill_begin();
    listener = listening("a", XIPC_PIPE_MESSAGES);
    xipc_pipe_listener_close(listener);
    kill_end();
}

SPEC(whoever_dies_listening_leaves_the_name_free, "GEN-11 PIPE-4")
{
    with_a_client(&listens_and_closes_in_peer_entry);
}

KILLED(accepts_and_closes)
{
    xipc_map *map = page_joined();
    xipc_pipe_listener *listener = listening("a", XIPC_PIPE_MESSAGES);
    xipc_pipe *pipe;

    kill_begin();
    pipe = accepted(listener);
    puts_next(page_of(map), pipe);
    closes(page_of(map), pipe);
    kill_end();
    xipc_pipe_listener_close(listener);
    xipc_map_close(map);
}

SPEC(whoever_dies_accepting_keeps_no_client, "GEN-11 PIPE-4 PIPE-6")
{
    with_a_client(&accepts_and_closes_in_peer_entry);
}

KILLED(answers_and_closes)
{
    xipc_map *map = page_joined();
    xipc_pipe_listener *listener = listening("a", XIPC_PIPE_MESSAGES);
    xipc_pipe *pipe = accepted(listener);

    kill_begin();
    for (int i = 0; i < BATCH; i++) {
        puts_next(page_of(map), pipe);
    }
    pipe_gets(pipe, 0, SIZE);
    closes(page_of(map), pipe);
    xipc_pipe_listener_close(listener);
    kill_end();
    xipc_map_close(map);
}

SPEC(whoever_dies_answering_has_answered_and_died_or_closed, "GEN-11 PIPE-6")
{
    with_a_client(&answers_and_closes_in_peer_entry);
}
