/* SPDX-License-Identifier: Apache-2.0 */
/* Many automatic events; and WaitForMultipleObjects() with as many as it takes,
 * which is the system's own limit. */
#include <stdlib.h>

#include <windows.h>

#include "bench.h"

const char bench_raw_poller_name[] =
    "SetEvent, WaitForMultipleObjects with 64 at most";

static unsigned total;
static unsigned turn;
static HANDLE *events;

unsigned bench_raw_poller_begin(unsigned count)
{
    total = count;
    turn = 0;
    events = calloc(total, sizeof(HANDLE));
    bench_require(events != NULL, "no memory");
    for (unsigned at = 0; at < total; at++) {
        events[at] = CreateEventW(NULL, FALSE, FALSE, NULL);
        bench_require(events[at] != NULL, "CreateEvent");
    }
    return total;
}

void bench_raw_poller_end(void)
{
    for (unsigned at = 0; at < total; at++) {
        CloseHandle(events[at]);
    }
    free(events);
}

intptr_t bench_raw_poller_handle(unsigned at)
{
    return (intptr_t)events[at];
}

void bench_raw_poller_set(unsigned at)
{
    bench_require(SetEvent(events[at]) != 0, "SetEvent");
}

/* Waiting has taken it. */
void bench_raw_poller_take(unsigned at)
{
    (void)at;
}

void bench_raw_poller(unsigned count)
{
    unsigned most = total < MAXIMUM_WAIT_OBJECTS ? total : MAXIMUM_WAIT_OBJECTS;

    while (count-- > 0) {
        turn = (turn + BENCH_POLLER_STRIDE) % most;
        bench_raw_poller_set(turn);
        bench_require(
            WaitForMultipleObjects(most, events, FALSE, INFINITE) ==
                WAIT_OBJECT_0 + turn,
            "WaitForMultipleObjects");
    }
}
