/* SPDX-License-Identifier: Apache-2.0 */
#include "os/os_clock.h"

#include "win32/win32_status.h"
#include "win32/win32_system.h"

#define NS_PER_S  1000000000
#define NS_PER_MS 1000000

/* Rounds that only yield: sleeping is not offered below a millisecond. */
#define YIELD_ROUND_COUNT 6

/* From the beginning of 1601, where Windows counts from, to that of 1970. */
#define TICKS_TO_1970 INT64_C(116444736000000000)
#define NS_PER_TICK   100

int64_t xipcos_clock_wall_ns(void)
{
    FILETIME now;
    ULARGE_INTEGER ticks;

    GetSystemTimePreciseAsFileTime(&now);
    ticks.LowPart = now.dwLowDateTime;
    ticks.HighPart = now.dwHighDateTime;
    return ((int64_t)ticks.QuadPart - TICKS_TO_1970) * NS_PER_TICK;
}

int64_t xipcos_clock_about_ns(void)
{
    return 1 + (int64_t)GetTickCount64() * NS_PER_MS;
}

int64_t xipcos_clock_ns(void)
{
    LARGE_INTEGER frequency;
    LARGE_INTEGER counter;

    /* Neither can fail since Windows XP. */
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&counter);
    /* In two steps, because counter * 10^9 overflows within days. */
    return 1 + counter.QuadPart / frequency.QuadPart * NS_PER_S +
           counter.QuadPart % frequency.QuadPart * NS_PER_S /
               frequency.QuadPart;
}

static void yield(unsigned round)
{
    unsigned turn;

    for (turn = 0; turn < 1U << round; turn++) {
        SwitchToThread();
    }
}

xipc_status xipcos_clock_pause(unsigned round, xipc_deadline deadline)
{
    int64_t left = INT64_MAX;

    if (deadline == XIPC_NOW) {
        return xipcos_fault(
            XIPC_E_AGAIN, 0, "another process is making or removing it");
    }
    if (deadline != XIPC_FOREVER) {
        left = deadline - xipcos_clock_ns();
        if (left <= 0) {
            return xipcos_fault(
                XIPC_E_TIMEOUT, 0,
                "another process was still making or removing it");
        }
    }
    if (round < YIELD_ROUND_COUNT || left < NS_PER_MS) {
        yield(round < YIELD_ROUND_COUNT ? round : 0);
    } else {
        Sleep(1);
    }
    return XIPC_OK;
}
