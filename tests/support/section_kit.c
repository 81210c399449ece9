/* SPDX-License-Identifier: Apache-2.0 */
#include "support/section_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(_WIN32)
#include <direct.h>
#else
#include <unistd.h>
#endif

char kit_untouched;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#else
#define IS_SANITIZED 0
#endif

unsigned rounds_here(unsigned many, unsigned few)
{
    return IS_SANITIZED || strncmp(spec_host(), "wine", 4) == 0 ? few : many;
}

xipc_section_options lasting(xipc_lifetime lifetime)
{
    xipc_section_options options = XIPC_SECTION_OPTIONS_INIT;

    options.naming.lifetime = lifetime;
    return options;
}

xipc_section_options flagged(uint32_t flags)
{
    xipc_section_options options = XIPC_SECTION_OPTIONS_INIT;

    options.flags = flags;
    return options;
}

xipc_section_options growing_to(uint64_t max_size)
{
    xipc_section_options options = XIPC_SECTION_OPTIONS_INIT;

    options.max_size = max_size;
    return options;
}

xipc_section_options scoped(xipc_scope scope)
{
    xipc_section_options options = XIPC_SECTION_OPTIONS_INIT;

    options.naming.scope = scope;
    return options;
}

xipc_section *section_created(const char *name, uint64_t size)
{
    return section_created_with(name, size, lasting(XIPC_TRANSIENT));
}

xipc_section *section_created_with(
    const char *name, uint64_t size, xipc_section_options options)
{
    xipc_section *section = NULL;

    REQUIRE_OK(
        xipc_section_create(name, size, &options, XIPC_FOREVER, &section));
    REQUIRE(section != NULL);
    return section;
}

xipc_section *section_opened(const char *name)
{
    return section_opened_with(name, flagged(0));
}

xipc_section *
section_opened_with(const char *name, xipc_section_options options)
{
    xipc_section *section = NULL;

    REQUIRE_OK(xipc_section_open(name, &options, XIPC_FOREVER, &section));
    REQUIRE(section != NULL);
    return section;
}

xipc_map *mapped(xipc_section *section)
{
    xipc_map *map = NULL;

    REQUIRE_OK(xipc_section_map(section, 0, 0, XIPC_MAP_WRITE, &map));
    REQUIRE(map != NULL);
    return map;
}

unsigned char *bytes_of(const xipc_map *map)
{
    return xipc_map_address(map);
}

xipc_section *section_saying(const char *name, const char *text)
{
    xipc_section *section = section_created(name, strlen(text) + 1);
    xipc_map *map = mapped(section);

    memcpy(bytes_of(map), text, strlen(text) + 1);
    xipc_map_close(map);
    return section;
}

void require_section_says(xipc_section *section, const char *text)
{
    xipc_map *map = NULL;

    REQUIRE_OK(xipc_section_map(section, 0, 0, 0, &map));
    REQUIRE(xipc_map_size(map) > strlen(text));
    REQUIRE(memcmp(bytes_of(map), text, strlen(text) + 1) == 0);
    xipc_map_close(map);
}

void require_absent(const char *name)
{
    xipc_section *section = UNTOUCHED;

    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND,
        xipc_section_open(name, NULL, XIPC_FOREVER, &section));
    REQUIRE(section == UNTOUCHED);
}

void require_nothing_exists(void)
{
    REQUIRE_UINT(0, listed_count(XIPC_SCOPE_USER));
}

void require_nothing_to_sweep(void)
{
    size_t removed = 77;

    for (int round = 0; round < 5 && removed != 0; round++) {
        REQUIRE_OK(xipc_sweep(XIPC_SCOPE_USER, &removed));
    }
    REQUIRE_UINT(0, removed);
}

void require_removed(const char *name)
{
    REQUIRE_OK(
        xipc_remove(XIPC_KIND_SECTION, name, XIPC_SCOPE_USER, XIPC_FOREVER));
}

typedef struct search {
    const char *name;
    sighting seen;
} search;

static void keep_text(char *copy, size_t capacity, const char *text)
{
    REQUIRE(text != NULL);
    REQUIRE(strlen(text) < capacity);
    memcpy(copy, text, strlen(text) + 1);
}

static int compare_name(const xipc_listing *listing, void *context)
{
    search *look = context;

    if (strcmp(listing->name, look->name) != 0) {
        return 0;
    }
    look->seen.count++;
    look->seen.listing = *listing;
    keep_text(look->seen.name, sizeof look->seen.name, listing->name);
    keep_text(
        look->seen.native_name, sizeof look->seen.native_name,
        listing->native_name);
    keep_text(
        look->seen.provider, sizeof look->seen.provider, listing->provider);
    return 0;
}

sighting sighted(xipc_scope scope, const char *name)
{
    search look;

    memset(&look, 0, sizeof look);
    look.name = name;
    REQUIRE_OK(xipc_list(scope, compare_name, &look));
    return look.seen;
}

static int count_one(const xipc_listing *listing, void *context)
{
    unsigned *count = context;

    REQUIRE(listing != NULL);
    /* What makes no sense tells no name, and may be another case's. */
    *count += listing->name[0] != '\0' ? 1U : 0U;
    return 0;
}

unsigned listed_count(xipc_scope scope)
{
    unsigned count = 0;

    REQUIRE_OK(xipc_list(scope, count_one, &count));
    return count;
}

void require_holders(const char *name, uint64_t want)
{
    sighting seen = sighted(XIPC_SCOPE_USER, name);

    REQUIRE_UINT(1, seen.count);
    REQUIRE_UINT(want, seen.listing.holder_count);
}

void kit_set_environment(const char *name, const char *value)
{
#if defined(_WIN32)
    REQUIRE(_putenv_s(name, value) == 0);
#else
    REQUIRE(setenv(name, value, 1) == 0);
#endif
}

void kit_remove_directory(const char *path)
{
    char roll[1024];

    /* Where names stand in the directory, the library's roll does too. */
    snprintf(roll, sizeof roll, "%s/roll", path);
    (void)remove(roll);
#if defined(_WIN32)
    (void)_rmdir(path);
#else
    (void)rmdir(path);
#endif
}

/* Marsaglia's xorshift: plenty for choosing what to do next. */
uint32_t thrown(uint32_t *dice, uint32_t sides)
{
    *dice ^= *dice << 13;
    *dice ^= *dice >> 17;
    *dice ^= *dice << 5;
    return *dice % sides;
}
