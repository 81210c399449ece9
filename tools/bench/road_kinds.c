/* SPDX-License-Identifier: Apache-2.0 */
/* All roads, in the order of the tables. */
#include "road_end.h"

/* Number `*index` of the list, or NULL and how much further it is. */
static const road_kind *of_kinds(const road_kind *kinds, unsigned *index)
{
    for (; kinds->name; kinds++) {
        if ((*index)-- == 0) {
            return kinds;
        }
    }
    return NULL;
}

static const road_kind *of_list(const road_kind *const *list, unsigned *index)
{
    for (; *list; list++) {
        if ((*index)-- == 0) {
            return *list;
        }
    }
    return NULL;
}

const road_kind *road_kind_at(unsigned index)
{
    const road_kind *kind = of_kinds(road_limits, &index);

    kind = kind ? kind : of_kinds(road_xipcs, &index);
    kind = kind ? kind : of_kinds(road_mailboxes, &index);
    kind = kind ? kind : of_kinds(road_directs, &index);
    kind = kind ? kind : of_kinds(road_pipes, &index);
    kind = kind ? kind : of_kinds(road_sockets, &index);
    kind = kind ? kind : of_kinds(road_calls, &index);
    kind = kind ? kind : of_list(road_raws, &index);
    return kind ? kind : of_list(road_peers, &index);
}
