/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Somebody was there first with another kind of object, or writes nonsense
 * into the prefix of one of ours, past the library.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "support/section_kit.h"
#include "win32/win32_gate.h"
#include "win32/win32_layout.h"

enum { DATA_SIZE = 2 * 65536, SIEGE_MS = 2000 };

#define WORDS "as it was made"

static void kernel_name_of(const char *name, char *kernel_name, size_t capacity)
{
    char native_name[XIPC_NATIVE_NAME_SIZE];

    REQUIRE_OK(xipc_native_name(
        XIPC_KIND_SECTION, name, XIPC_SCOPE_USER, native_name,
        sizeof(native_name)));
    snprintf(kernel_name, capacity, "Local\\%s", native_name);
}

static int is_open_status(xipc_status status)
{
    switch (status) {
    case XIPC_OK:
    case XIPC_E_NOT_FOUND:
    case XIPC_E_ACCESS:
    case XIPC_E_CORRUPT:
    case XIPC_E_INCOMPATIBLE:
    case XIPC_E_TIMEOUT:
    case XIPC_E_NO_MEMORY: return 1;
    default: return 0;
    }
}

static int see_one(const xipc_listing *listing, void *context)
{
    (void)context;
    REQUIRE(strlen(listing->name) <= XIPC_NAME_MAX);
    REQUIRE(listing->native_name[0] != '\0');
    return 0;
}

/* Another kind of thing has the name: nobody gets it, nobody waits for it. */
static void require_unusable(void)
{
    xipc_section *section = UNTOUCHED;
    xipc_status status;

    status = xipc_section_create(
        "thing", DATA_SIZE, NULL, xipc_after_ms(300), &section);
    REQUIRE(
        status == XIPC_E_EXISTS || status == XIPC_E_ACCESS ||
        status == XIPC_E_TIMEOUT);
    status = xipc_section_open("thing", NULL, xipc_after_ms(300), &section);
    REQUIRE(status != XIPC_OK && is_open_status(status));
    REQUIRE_OK(xipc_list(XIPC_SCOPE_USER, see_one, NULL));
    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_USER, NULL));
    REQUIRE(section == UNTOUCHED);
}

static void require_usable_again(void)
{
    xipc_section_close(section_created("thing", DATA_SIZE));
    require_absent("thing");
}

SPEC(a_mutex_under_our_name_is_refused, "NAME-8 GEN-9")
{
    char name[64];
    HANDLE thing;

    kernel_name_of("thing", name, sizeof(name));
    thing = CreateMutexA(NULL, FALSE, name);
    REQUIRE(thing != NULL);
    require_unusable();
    CloseHandle(thing);
    require_usable_again();
}

SPEC(an_event_under_our_name_is_refused, "NAME-8 GEN-9")
{
    char name[64];
    HANDLE thing;

    kernel_name_of("thing", name, sizeof(name));
    thing = CreateEventA(NULL, TRUE, FALSE, name);
    REQUIRE(thing != NULL);
    require_unusable();
    CloseHandle(thing);
    require_usable_again();
}

static HANDLE foreign_section(DWORD size, unsigned char filling)
{
    char name[64];
    HANDLE thing;
    void *view;

    kernel_name_of("thing", name, sizeof(name));
    thing = CreateFileMappingA(
        INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, size, name);
    REQUIRE(thing != NULL);
    view = MapViewOfFile(thing, FILE_MAP_WRITE, 0, 0, 0);
    REQUIRE(view != NULL);
    memset(view, filling, size);
    UnmapViewOfFile(view);
    return thing;
}

SPEC(a_foreign_section_under_our_name_is_refused_whatever_its_size, "NAME-8")
{
    static const DWORD sizes[] = {1, 4096, 65536, 65537, 65536 + DATA_SIZE};
    size_t index;
    HANDLE thing;

    for (index = 0; index < sizeof(sizes) / sizeof(sizes[0]); index++) {
        thing = foreign_section(sizes[index], 0xa5);
        require_unusable();
        CloseHandle(thing);
        thing = foreign_section(sizes[index], 0);
        require_unusable();
        CloseHandle(thing);
    }
    require_usable_again();
}

/* The first page of a section, mapped past the library. */
typedef struct break_in {
    HANDLE mapping;
    win32_prefix *prefix;
} break_in;

static break_in broken_into(const char *name)
{
    break_in hole;
    char kernel_name[64];

    kernel_name_of(name, kernel_name, sizeof(kernel_name));
    hole.mapping =
        OpenFileMappingA(FILE_MAP_READ | FILE_MAP_WRITE, FALSE, kernel_name);
    REQUIRE(hole.mapping != NULL);
    hole.prefix =
        MapViewOfFile(hole.mapping, FILE_MAP_WRITE, 0, 0, sizeof(win32_prefix));
    REQUIRE(hole.prefix != NULL);
    return hole;
}

static void mend(break_in *hole)
{
    UnmapViewOfFile(hole->prefix);
    CloseHandle(hole->mapping);
}

/* Memory that can be touched without a fault. */
static void require_touchable(const void *address)
{
    MEMORY_BASIC_INFORMATION region;

    REQUIRE(VirtualQuery(address, &region, sizeof(region)) != 0);
    REQUIRE_UINT(MEM_COMMIT, region.State);
}

/* However large it says it is: what is said to be there is there. */
static void use(xipc_section *section)
{
    xipc_map *map = NULL;
    xipc_status status = xipc_section_map(section, 0, 0, XIPC_MAP_WRITE, &map);
    unsigned char *bytes;

    if (status != XIPC_OK) {
        REQUIRE(status == XIPC_E_NO_MEMORY || status == XIPC_E_CORRUPT);
        return;
    }
    bytes = bytes_of(map);
    require_touchable(bytes);
    require_touchable(bytes + xipc_map_size(map) - 1);
    bytes[xipc_map_size(map) - 1] = 1;
    REQUIRE(memcmp(bytes, WORDS, sizeof(WORDS)) == 0);
    xipc_map_close(map);
}

static int open_and_use(const char *name)
{
    xipc_section *section = NULL;
    xipc_status status;

    status = xipc_section_open(name, NULL, xipc_after_ms(100), &section);
    REQUIRE(is_open_status(status));
    if (status == XIPC_OK) {
        use(section);
    }
    xipc_section_close(section);
    return status == XIPC_OK;
}

static xipc_section *victim_created(const char *name, uint64_t max_size)
{
    xipc_section *section =
        section_created_with(name, DATA_SIZE, growing_to(max_size));
    xipc_map *map = mapped(section);

    memcpy(bytes_of(map), WORDS, sizeof(WORDS));
    xipc_map_close(map);
    return section;
}

static void turn_every_byte(uint64_t max_size)
{
    static const unsigned char patterns[] = {0x01, 0x80, 0xff};
    xipc_section *section = victim_created("turned", max_size);
    break_in hole = broken_into("turned");
    volatile unsigned char *bytes = (unsigned char *)hole.prefix;
    unsigned accepted_count = 0;
    size_t offset;
    size_t index;

    for (offset = 0; offset < sizeof(win32_prefix); offset++) {
        for (index = 0; index < sizeof(patterns); index++) {
            bytes[offset] ^= patterns[index];
            accepted_count += open_and_use("turned") ? 1U : 0U;
            REQUIRE_OK(xipc_list(XIPC_SCOPE_USER, see_one, NULL));
            bytes[offset] ^= patterns[index];
        }
    }
    spec_note("%u turned bytes were harmless", accepted_count);
    REQUIRE(open_and_use("turned"));
    mend(&hole);
    xipc_section_close(section);
    require_absent("turned");
}

SPEC(a_turned_byte_of_the_prefix_is_refused_or_harmless, "GEN-9 GEN-10")
{
    turn_every_byte(0);
}

SPEC(
    a_turned_byte_of_a_growable_sections_prefix_is_refused_or_harmless,
    "GEN-9 GEN-10 SHM-6")
{
    turn_every_byte(4 * DATA_SIZE);
}

static const uint64_t sizes[] = {
    0,
    1,
    4096,
    65536,
    DATA_SIZE - 4096,
    DATA_SIZE,
    DATA_SIZE + 4096,
    2 * DATA_SIZE,
    4 * DATA_SIZE,
    4 * DATA_SIZE + 4096,
    UINT64_C(0x7ffff000),
    UINT64_C(0x80000000),
    UINT64_C(0x80001000),
    UINT64_C(0xfffff000),
    UINT64_C(0x100000000),
    UINT64_C(0x100001000),
    UINT64_C(0x7ffffffffffff000),
    UINT64_C(0x8000000000000000),
    UINT64_C(0xfffffffffffeffff),
    UINT64_C(0xffffffffffff0000),
    UINT64_C(0xfffffffffffff000),
    UINT64_C(0xffffffffffffffff),
};

SPEC(forged_sizes_are_believed_only_as_far_as_the_memory_goes, "GEN-10 SHM-6")
{
    enum { COUNT = sizeof(sizes) / sizeof(sizes[0]) };
    xipc_section *section = victim_created("forged", 4 * DATA_SIZE);
    break_in hole = broken_into("forged");
    xipc_status status;
    size_t first;
    size_t most;

    for (first = 0; first < COUNT; first++) {
        atomic_store(&hole.prefix->size, sizes[first]);
        for (most = 0; most < COUNT; most++) {
            hole.prefix->max_size = sizes[most];
            open_and_use("forged");
            REQUIRE_OK(xipc_list(XIPC_SCOPE_USER, see_one, NULL));
            status = xipc_section_refresh(section, NULL);
            REQUIRE(status == XIPC_OK || status == XIPC_E_CORRUPT);
            use(section);
        }
    }
    atomic_store(&hole.prefix->size, DATA_SIZE);
    hole.prefix->max_size = 4 * DATA_SIZE;
    REQUIRE_UINT(DATA_SIZE, xipc_section_size(section));
    REQUIRE_OK(xipc_section_grow(section, 2 * DATA_SIZE, XIPC_FOREVER));
    mend(&hole);
    xipc_section_close(section);
    require_absent("forged");
}

typedef struct siege {
    break_in hole;
    uint32_t seed;
    atomic_int is_over;
    atomic_ulong write_count;
} siege;

static void scribble(void *context)
{
    siege *war = context;
    volatile unsigned char *bytes = (unsigned char *)war->hole.prefix;
    uint32_t dice = war->seed;

    while (!atomic_load(&war->is_over)) {
        bytes[thrown(&dice, sizeof(win32_prefix))] =
            (unsigned char)thrown(&dice, 256);
        if (thrown(&dice, 4) == 0) {
            atomic_store(
                &war->hole.prefix->size,
                sizes[thrown(&dice, sizeof(sizes) / sizeof(sizes[0]))]);
        }
        atomic_fetch_add(&war->write_count, 1);
    }
}

/* Half of the time the prefix is as it was made, so that opens get far. */
static void live_with_it(siege *war, const win32_prefix *whole, unsigned round)
{
    xipc_status status;

    if (round % 2 == 0) {
        memcpy(war->hole.prefix, whole, sizeof(*whole));
    }
    open_and_use("scribbled");
    REQUIRE_OK(xipc_list(XIPC_SCOPE_USER, see_one, NULL));
    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_USER, NULL));
    status = xipc_section_create(
        "scribbled", DATA_SIZE, NULL, xipc_after_ms(50),
        &(xipc_section *){NULL});
    REQUIRE(
        status == XIPC_E_EXISTS || status == XIPC_E_TIMEOUT ||
        status == XIPC_E_ACCESS);
}

SPEC(calls_survive_while_somebody_scribbles_on_the_prefix, "GEN-10 GEN-3")
{
    xipc_section *section = victim_created("scribbled", 4 * DATA_SIZE);
    siege war = {{NULL, NULL}, 0, 0, 0};
    int64_t end = spec_now_ns() + (int64_t)SIEGE_MS * 1000000;
    spec_thread *attacker;
    win32_prefix whole;
    xipc_status status;
    unsigned round;

    war.hole = broken_into("scribbled");
    war.seed = (uint32_t)end | 1;
    memcpy(&whole, war.hole.prefix, sizeof(whole));
    attacker = spec_thread_start(scribble, &war);
    for (round = 0; spec_now_ns() < end; round++) {
        live_with_it(&war, &whole, round);
        status = xipc_section_refresh(section, NULL);
        REQUIRE(status == XIPC_OK || status == XIPC_E_CORRUPT);
        use(section);
    }
    atomic_store(&war.is_over, 1);
    spec_thread_join(attacker);

    spec_note(
        "seed %u: %lu writes, %u rounds of calls", war.seed,
        atomic_load(&war.write_count), round);
    mend(&war.hole);
    xipc_section_close(section);
    require_absent("scribbled");
    xipc_section_close(section_created("scribbled", DATA_SIZE));
}

typedef struct gate_keeper {
    char native_name[XIPC_NATIVE_NAME_SIZE];
    atomic_int is_inside;
    atomic_int is_over;
} gate_keeper;

static void keep_the_gate(void *context)
{
    gate_keeper *self = context;
    xipcos_place place = {
        .scope = XIPC_SCOPE_USER, .native_name = self->native_name};
    HANDLE gate = NULL;

    REQUIRE_OK(win32_gate_enter(place, XIPC_FOREVER, &gate));
    atomic_store(&self->is_inside, 1);
    while (!atomic_load(&self->is_over)) {
        Sleep(0);
    }
    win32_gate_leave(gate);
}

SPEC(
    somebody_who_never_leaves_the_gate_costs_a_deadline_and_no_hang,
    "GEN-4 NAME-8")
{
    gate_keeper keeper = {"", 0, 0};
    xipc_section *section = UNTOUCHED;
    spec_thread *thread;

    REQUIRE_OK(xipc_native_name(
        XIPC_KIND_SECTION, "thing", XIPC_SCOPE_USER, keeper.native_name,
        sizeof(keeper.native_name)));
    thread = spec_thread_start(keep_the_gate, &keeper);
    while (!atomic_load(&keeper.is_inside)) {
        Sleep(0);
    }

    REQUIRE_STATUS(
        XIPC_E_TIMEOUT,
        xipc_section_create(
            "thing", DATA_SIZE, NULL, xipc_after_ms(60), &section));
    REQUIRE_STATUS(
        XIPC_E_AGAIN,
        xipc_section_create("thing", DATA_SIZE, NULL, XIPC_NOW, &section));
    REQUIRE(section == UNTOUCHED);
    REQUIRE_OK(xipc_list(XIPC_SCOPE_USER, see_one, NULL));

    atomic_store(&keeper.is_over, 1);
    spec_thread_join(thread);
    require_usable_again();
}
