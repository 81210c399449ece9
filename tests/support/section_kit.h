/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the specs of sections say over and over, each in one line. Every
 * function here fails the case if it cannot do what it says.
 */
#ifndef SECTION_KIT_H
#define SECTION_KIT_H

#include "support/spec.h"

/* An output nobody may write: a call that fails must leave it there. */
extern char kit_untouched;
#define UNTOUCHED ((void *)&kit_untouched)

/* Many rounds where processes are cheap; few where each costs 30 ms and more,
 * as under Wine, or with a sanitizer. */
unsigned rounds_here(unsigned many, unsigned few);

/* The default options with one thing changed. */
xipc_section_options lasting(xipc_lifetime lifetime);
xipc_section_options flagged(uint32_t flags);
xipc_section_options growing_to(uint64_t max_size);
xipc_section_options scoped(xipc_scope scope);

xipc_section *section_created(const char *name, uint64_t size);
xipc_section *section_created_with(
    const char *name, uint64_t size, xipc_section_options options);
xipc_section *section_opened(const char *name);
xipc_section *
section_opened_with(const char *name, xipc_section_options options);

/* The whole section, writable. */
xipc_map *mapped(xipc_section *section);
unsigned char *bytes_of(const xipc_map *map);

/* Creates, maps, writes `text` at the start, closes the map again. */
xipc_section *section_saying(const char *name, const char *text);
void require_section_says(xipc_section *section, const char *text);

/* Nothing of scope USER has this name; nothing at all has a name. */
void require_absent(const char *name);
void require_nothing_exists(void);

/* A sweep has nothing to do. What other programs leave behind meanwhile counts
 * too, so it may take a few. */
void require_nothing_to_sweep(void);

void require_removed(const char *name);

/* What xipc_list() showed of one name, kept after the callback. */
typedef struct sighting {
    unsigned count; /* how often it was shown */
    xipc_listing listing;
    char name[XIPC_NAME_MAX + 1];
    char native_name[XIPC_NATIVE_NAME_SIZE];
    char provider[16];
} sighting;

sighting sighted(xipc_scope scope, const char *name);

/* How many objects xipc_list() shows in all, those without a sense aside. */
unsigned listed_count(xipc_scope scope);

void require_holders(const char *name, uint64_t want);

/* For this process and those it starts. */
void kit_set_environment(const char *name, const char *value);

/* An empty directory, or one that is not there. */
void kit_remove_directory(const char *path);

/* The small numbers of a test's own dice; the same seed, the same throws. */
uint32_t thrown(uint32_t *dice, uint32_t sides);

#endif
