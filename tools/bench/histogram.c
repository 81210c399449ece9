/* SPDX-License-Identifier: Apache-2.0 */
#include "histogram.h"

/* Below 128 each time has a place of its own; then each power of two has 64. */
static unsigned place_of(uint64_t time)
{
    unsigned octave = 0;

    while (time >> octave >= 128) {
        octave++;
    }
    return octave * 64 + (unsigned)(time >> octave);
}

/* The least time that is counted there, and how many times are. */
static double start_of(unsigned place, double *width_out)
{
    unsigned octave = place < 128 ? 0 : place / 64 - 1;

    *width_out = (double)(UINT64_C(1) << octave);
    return (double)(place - octave * 64) * *width_out;
}

void histogram_add(histogram *times, uint64_t time)
{
    unsigned place = place_of(time);

    times->counts[place < HISTOGRAM_SIZE ? place : HISTOGRAM_SIZE - 1]++;
    times->total++;
    if (time > times->max) {
        times->max = time;
    }
}

void histogram_merge(histogram *times, const histogram *more)
{
    for (unsigned place = 0; place < HISTOGRAM_SIZE; place++) {
        times->counts[place] += more->counts[place];
    }
    times->total += more->total;
    if (more->max > times->max) {
        times->max = more->max;
    }
}

double histogram_quantile(const histogram *times, double part)
{
    double wanted = part * (double)times->total;
    double seen = 0;

    for (unsigned place = 0; place < HISTOGRAM_SIZE; place++) {
        double here = (double)times->counts[place];

        if (here > 0 && seen + here >= wanted) {
            double width;
            double start = start_of(place, &width);
            double time = start + width * (wanted - seen) / here;

            return time < (double)times->max ? time : (double)times->max;
        }
        seen += here;
    }
    return (double)times->max;
}
