/* SPDX-License-Identifier: Apache-2.0 */
#include "figures.h"

#include <inttypes.h>
#include <stdio.h>

const char *figure_bytes(uint64_t bytes, char *text)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB"};
    double value = (double)bytes / 1024;
    size_t unit = 0;

    if (bytes < 1024) {
        (void)snprintf(text, FIGURE_SIZE, "%" PRIu64 " B", bytes);
        return text;
    }
    while (value >= 1023.95 && unit + 1 < sizeof units / sizeof units[0]) {
        value /= 1024;
        unit++;
    }
    (void)snprintf(text, FIGURE_SIZE, "%.1f %s", value, units[unit]);
    return text;
}

const char *figure_age(int64_t seconds, char *text)
{
    static const struct {
        int64_t seconds;
        char unit;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    size_t at = 0;

    if (seconds < 0) {
        (void)snprintf(text, FIGURE_SIZE, "-");
        return text;
    }
    while (seconds < units[at].seconds && units[at].seconds > 1) {
        at++;
    }
    (void)snprintf(
        text, FIGURE_SIZE, "%" PRId64 "%c", seconds / units[at].seconds,
        units[at].unit);
    return text;
}
