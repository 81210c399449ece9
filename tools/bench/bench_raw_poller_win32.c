/* SPDX-License-Identifier: Apache-2.0 */
/* Many automatic events; and WaitForMultipleObjects() with as many as it takes,
 * which is the system's own limit. These are others: whoever waits for an
 * automatic event takes it from everybody else, and a poller always waits. */
#include <stdlib.h>

#include <windows.h>

#include "bench.h"

const char bench_raw_poller_name[] =
    "SetEvent, WaitForMultipleObjects with 64 at most";

static unsigned total;
static unsigned turn;
static HANDLE *events;
static unsigned most;
static HANDLE raw_events[MAXIMUM_WAIT_OBJECTS];

static void make(HANDLE *those, unsigned count)
{
    for (unsigned at = 0; at < count; at++) {
        those[at] = CreateEventW(NULL, FALSE, FALSE, NULL);
        bench_require(those[at] != NULL, "CreateEvent");
    }
}

static void end(const HANDLE *those, unsigned count)
{
    for (unsigned at = 0; at < count; at++) {
        CloseHandle(those[at]);
    }
}

unsigned bench_raw_poller_begin(unsigned count)
{
    total = count;
    most = total < MAXIMUM_WAIT_OBJECTS ? total : MAXIMUM_WAIT_OBJECTS;
    turn = 0;
    events = calloc(total, sizeof(HANDLE));
    bench_require(events != NULL, "no memory");
    make(events, total);
    make(raw_events, most);
    return total;
}

void bench_raw_poller_end(void)
{
    end(raw_events, most);
    end(events, total);
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
    while (count-- > 0) {
        turn = (turn + BENCH_POLLER_STRIDE) % most;
        bench_require(SetEvent(raw_events[turn]) != 0, "SetEvent");
        bench_require(
            WaitForMultipleObjects(most, raw_events, FALSE, INFINITE) ==
                WAIT_OBJECT_0 + turn,
            "WaitForMultipleObjects");
    }
}
