/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Crash points: where a test makes a process die.
 *
 * One stands between every two steps that leave something behind that
 * another process can see. In a library built without XIPC_CRASH_POINTS they
 * are nothing at all. With it, the process counts the points it passes, in all
 * its threads together, and ends itself at once, as if killed from outside,
 * when the count reaches the number in the environment variable XIPC_CRASH_AT;
 * 0, or no such variable, means never. So a test runs the same calls with
 * XIPC_CRASH_AT=1, 2, 3, ... until one run survives, and has then died once at
 * every point.
 */
#ifndef XIPC_WIN32_CRASH_H
#define XIPC_WIN32_CRASH_H

#if defined(XIPC_CRASH_POINTS)
#define WIN32_CRASH_POINT() win32_crash_point()

void win32_crash_point(void);
#else
#define WIN32_CRASH_POINT() ((void)0)
#endif

#endif
