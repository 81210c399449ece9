/* SPDX-License-Identifier: Apache-2.0 */
/* Many pipes and poll(), or on Linux many eventfds and epoll. */
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench.h"

#define SPARE 64 /* descriptors for everything else */

static unsigned total;
static unsigned turn;
static int *read_fds;
static int *write_fds;

#if defined(__linux__)
#include <sys/epoll.h>
#include <sys/eventfd.h>

#define FDS_EACH 1

static int epoll = -1;

static void make(unsigned at)
{
    struct epoll_event wanted = {.events = EPOLLIN, .data = {.u32 = at}};

    read_fds[at] = eventfd(0, EFD_CLOEXEC);
    write_fds[at] = read_fds[at];
    bench_require(
        read_fds[at] >= 0 &&
            epoll_ctl(epoll, EPOLL_CTL_ADD, read_fds[at], &wanted) == 0,
        "eventfd");
}

static void begin(void)
{
    epoll = epoll_create1(EPOLL_CLOEXEC);
    bench_require(epoll >= 0, "epoll_create1");
}

static void end(void)
{
    close(epoll);
}

static unsigned wait_once(void)
{
    struct epoll_event ready;

    bench_require(epoll_wait(epoll, &ready, 1, -1) == 1, "epoll_wait");
    return ready.data.u32;
}
#else
#define FDS_EACH 2

static struct pollfd *polls;

static void make(unsigned at)
{
    int ends[2];

    bench_require(pipe(ends) == 0, "pipe");
    read_fds[at] = ends[0];
    write_fds[at] = ends[1];
    polls[at] = (struct pollfd){.fd = ends[0], .events = POLLIN};
}

static void begin(void)
{
    polls = calloc(total, sizeof *polls);
    bench_require(polls != NULL, "no memory");
}

static void end(void)
{
    free(polls);
}

static unsigned wait_once(void)
{
    unsigned at = 0;

    bench_require(poll(polls, (nfds_t)total, -1) > 0, "poll");
    while (polls[at].revents == 0) {
        at++;
    }
    return at;
}
#endif

#if defined(__linux__)
const char bench_raw_poller_name[] = "eventfd, epoll";
#else
const char bench_raw_poller_name[] = "pipe, poll";
#endif

/* As many as this process may have. */
static unsigned allowed(unsigned count)
{
    struct rlimit limit = {0, 0};
    unsigned most;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    most = limit.rlim_cur > 100000 ? 100000 : (unsigned)limit.rlim_cur;
    most = (most - SPARE) / FDS_EACH;
    return count < most ? count : most;
}

unsigned bench_raw_poller_begin(unsigned count)
{
    total = allowed(count);
    turn = 0;
    read_fds = calloc(total, sizeof *read_fds);
    write_fds = calloc(total, sizeof *write_fds);
    bench_require(read_fds && write_fds, "no memory");
    begin();
    for (unsigned at = 0; at < total; at++) {
        make(at);
    }
    return total;
}

void bench_raw_poller_end(void)
{
    for (unsigned at = 0; at < total; at++) {
        close(read_fds[at]);
        if (write_fds[at] != read_fds[at]) {
            close(write_fds[at]);
        }
    }
    end();
    free(read_fds);
    free(write_fds);
}

intptr_t bench_raw_poller_handle(unsigned at)
{
    return read_fds[at];
}

void bench_raw_poller_set(unsigned at)
{
    const uint64_t one = 1;

    bench_require(
        write(write_fds[at], &one, sizeof one) == (ssize_t)sizeof one, "write");
}

void bench_raw_poller_take(unsigned at)
{
    uint64_t seen;

    bench_require(
        read(read_fds[at], &seen, sizeof seen) == (ssize_t)sizeof seen, "read");
}

void bench_raw_poller(unsigned count)
{
    while (count-- > 0) {
        turn = (turn + BENCH_POLLER_STRIDE) % total;
        bench_raw_poller_set(turn);
        bench_raw_poller_take(wait_once());
    }
}
