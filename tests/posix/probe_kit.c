/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing here belongs to one system but the way a program is started. */
#include "posix/probe_kit.h"

#include <stdlib.h>
#include <string.h>

#include "support/spec.h"

#if defined(_WIN32)
#define popen  _popen
#define pclose _pclose
#else
#include <sys/wait.h>
#endif

enum { PATH_SIZE = 1024 };

static int exit_code_of(int status)
{
#if defined(_WIN32)
    return status;
#else
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
#endif
}

#define NAMED "section_probe"

static const char *path_of_probe(void)
{
    const char *path = getenv("XIPC_PROBE32");

    return path && strstr(path, NAMED) ? path : NULL;
}

void probe_needed(void)
{
    if (!path_of_probe()) {
        spec_skip("XIPC_PROBE32 does not name a probe of another word size");
    }
}

FILE *probe_started(const char *name)
{
    const char *path = path_of_probe();
    const char *found = path ? strstr(path, NAMED) : NULL;
    char line[PATH_SIZE];
    FILE *probe;

    probe_needed();
    REQUIRE(found != NULL);
    snprintf(
        line, sizeof line, "\"%.*s%s%s\"", (int)(found - path), path, name,
        found + sizeof NAMED - 1);
    probe = popen(line, "w");
    REQUIRE(probe != NULL);
    return probe;
}

void order(FILE *probe, const char *command)
{
    REQUIRE(fprintf(probe, "%s\n", command) > 0);
    REQUIRE(fflush(probe) == 0);
}

void probe_ended(FILE *probe, int exit_code)
{
    REQUIRE_UINT((uint64_t)exit_code, (uint64_t)exit_code_of(pclose(probe)));
}
