/* SPDX-License-Identifier: Apache-2.0 */
#include "road_talk.h"

#define SECTION_SIZE 65536
#define EVENTS       (SECTION_SIZE - 2 * ROAD_END_MAX * XIPC_SYNC_SIZE)
#define AT_GO(end)   (EVENTS + (uint64_t)(end)*XIPC_SYNC_SIZE)
#define AT_DONE(end) \
    (EVENTS + (uint64_t)(ROAD_END_MAX + (end)) * XIPC_SYNC_SIZE)

_Static_assert(sizeof(road_words) <= EVENTS, "it fits");

static void map(road_talk *talk)
{
    bench_ok(xipc_section_map(talk->section, 0, 0, XIPC_MAP_WRITE, &talk->map));
    talk->words = xipc_map_address(talk->map);
}

static xipc_event *make_event(xipc_section *section, uint64_t offset)
{
    xipc_event *event;

    bench_ok(xipc_event_create_at(
        section, offset, XIPC_EVENT_AUTO, XIPC_FOREVER, &event));
    return event;
}

static xipc_event *open_event(xipc_section *section, uint64_t offset)
{
    xipc_event *event;

    bench_ok(xipc_event_open_at(section, offset, XIPC_FOREVER, &event));
    return event;
}

static void
each_event(road_talk *talk, xipc_event *get(xipc_section *, uint64_t))
{
    for (unsigned end = 0; end < ROAD_END_MAX; end++) {
        talk->go[end] = get(talk->section, AT_GO(end));
        talk->done[end] = get(talk->section, AT_DONE(end));
    }
}

void road_talk_create(road_talk *talk, const char *name)
{
    bench_ok(xipc_section_create(
        name, SECTION_SIZE, NULL, XIPC_FOREVER, &talk->section));
    map(talk);
    each_event(talk, make_event);
}

void road_talk_join(road_talk *talk, const char *name)
{
    bench_ok(xipc_section_open(name, NULL, XIPC_FOREVER, &talk->section));
    map(talk);
    each_event(talk, open_event);
}

void road_talk_close(road_talk *talk)
{
    for (unsigned end = 0; end < ROAD_END_MAX; end++) {
        xipc_event_close(talk->go[end]);
        xipc_event_close(talk->done[end]);
    }
    xipc_map_close(talk->map);
    xipc_section_close(talk->section);
}
