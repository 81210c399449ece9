/* SPDX-License-Identifier: Apache-2.0 */
#include "road_talk.h"

#define SECTION_SIZE 65536
#define EVENTS       (SECTION_SIZE - 2 * ROAD_SIDES * XIPC_SYNC_SIZE)
#define AT_GO(side)  (EVENTS + (uint64_t)(side)*XIPC_SYNC_SIZE)
#define AT_DONE(side) \
    (EVENTS + (uint64_t)(ROAD_SIDES + (side)) * XIPC_SYNC_SIZE)

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
    for (int side = 0; side < ROAD_SIDES; side++) {
        talk->go[side] = get(talk->section, AT_GO(side));
        talk->done[side] = get(talk->section, AT_DONE(side));
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
    for (int side = 0; side < ROAD_SIDES; side++) {
        xipc_event_close(talk->go[side]);
        xipc_event_close(talk->done[side]);
    }
    xipc_map_close(talk->map);
    xipc_section_close(talk->section);
}
