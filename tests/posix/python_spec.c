/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "native:" names, shared with a program that knows nothing of this library:
 * Python's multiprocessing.shared_memory.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "posix/attack_kit.h"

enum { SIZE = 8192 };

/* The name that both sides can have for it, and no other run of this case. */
static void foreign_name(char *name, size_t capacity)
{
    snprintf(name, capacity, "native:/xipc-py-%ld", (long)getpid());
}

/* Runs a script that ends with 0 only if all it required was so. */
static void python(const char *script, const char *native_name)
{
    char *arguments[] = {
        "python3", "-c", (char *)script, (char *)native_name, NULL};
    int status = 0;
    pid_t pid = fork();

    REQUIRE(pid >= 0);
    if (pid == 0) {
        execvp(arguments[0], arguments);
        _exit(errno == ENOENT ? 127 : 126);
    }
    while (waitpid(pid, &status, 0) < 0) {
        REQUIRE(errno == EINTR);
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
        spec_skip("this host has no python3");
    }
    REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Python's tracker of resources would remove the name when Python ends. */
#define PYTHON_PROLOGUE                                             \
    "import sys\n"                                                  \
    "from multiprocessing import resource_tracker, shared_memory\n" \
    "resource_tracker.register = lambda name, kind: None\n"         \
    "resource_tracker.unregister = lambda name, kind: None\n"       \
    "name = sys.argv[1].split(':')[1].lstrip('/')\n"

static const char python_makes_one[] = PYTHON_PROLOGUE
    "memory = shared_memory.SharedMemory(name, create=True, size=8192)\n"
    "memory.buf[0:11] = b'from Python'\n"
    "memory.buf[8191] = 99\n"
    "memory.close()\n";

static const char python_reads_the_answer[] = PYTHON_PROLOGUE
    "memory = shared_memory.SharedMemory(name)\n"
    "assert memory.size == 8192, memory.size\n"
    "assert bytes(memory.buf[0:6]) == b'from C', bytes(memory.buf[0:6])\n"
    "memory.buf[0:12] = b'Python again'\n"
    "memory.close()\n";

static const char python_finds_none[] =
    PYTHON_PROLOGUE "try:\n"
                    "    shared_memory.SharedMemory(name)\n"
                    "except FileNotFoundError:\n"
                    "    sys.exit(0)\n"
                    "sys.exit(1)\n";

SPEC(what_python_made_is_opened_by_its_native_name, "NAME-4")
{
    char name[64];
    xipc_section *section = NULL;
    xipc_map *map;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_NATIVE);
    foreign_name(name, sizeof(name));
    python(python_makes_one, name);

    REQUIRE_OK(xipc_section_open(name, NULL, XIPC_FOREVER, &section));
    REQUIRE_UINT(SIZE, xipc_section_size(section));
    map = mapped(section);
    REQUIRE(memcmp(bytes_of(map), "from Python", 11) == 0);
    REQUIRE(bytes_of(map)[SIZE - 1] == 99);
    memcpy(bytes_of(map), "from C", 6);
    python(python_reads_the_answer, name);
    REQUIRE(memcmp(bytes_of(map), "Python again", 12) == 0);

    xipc_map_close(map);
    xipc_section_close(section);
    REQUIRE_OK(
        xipc_remove(XIPC_KIND_SECTION, name, XIPC_SCOPE_USER, XIPC_FOREVER));
    python(python_finds_none, name);
}

SPEC(what_was_made_under_a_native_name_is_opened_by_python, "NAME-4")
{
    char name[64];
    xipc_section *section = NULL;
    xipc_section *second = UNTOUCHED;
    xipc_map *map;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_NATIVE);
    foreign_name(name, sizeof(name));

    REQUIRE_OK(xipc_section_create(name, SIZE, NULL, XIPC_FOREVER, &section));
    REQUIRE_STATUS(
        XIPC_E_EXISTS,
        xipc_section_create(name, SIZE, NULL, XIPC_FOREVER, &second));
    map = mapped(section);
    memcpy(bytes_of(map), "from C", 6);
    python(python_reads_the_answer, name);
    REQUIRE(memcmp(bytes_of(map), "Python again", 12) == 0);

    xipc_map_close(map);
    xipc_section_close(section);
    REQUIRE_OK(
        xipc_remove(XIPC_KIND_SECTION, name, XIPC_SCOPE_USER, XIPC_FOREVER));
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, xipc_section_open(name, NULL, XIPC_FOREVER, &second));
    python(python_finds_none, name);
}
