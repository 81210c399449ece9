/* SPDX-License-Identifier: Apache-2.0 */
#include "posix/alarm_kit.h"

#include <signal.h>
#include <sys/time.h>

#include "support/spec.h"

static volatile sig_atomic_t alarm_count;

static void on_alarm(int number)
{
    (void)number;
    alarm_count++;
}

void alarms_begin(void)
{
    struct itimerval timer = {{0, 2000}, {0, 2000}};
    struct sigaction action = {.sa_handler = on_alarm};

    REQUIRE(sigaction(SIGALRM, &action, NULL) == 0);
    REQUIRE(setitimer(ITIMER_REAL, &timer, NULL) == 0);
}

void alarms_end(void)
{
    struct itimerval timer = {{0, 0}, {0, 0}};

    REQUIRE(setitimer(ITIMER_REAL, &timer, NULL) == 0);
    REQUIRE(alarm_count > 0);
}
