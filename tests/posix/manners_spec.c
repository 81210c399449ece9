/* SPDX-License-Identifier: Apache-2.0 */
/* What belongs to the process stays as it was, whatever the library does. */
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/spawn_kit.h"

/* Calls that succeed and calls that fail, of every kind. */
static void use_everything(void)
{
    xipc_section_options options = growing_to(1 << 20);
    xipc_section *section = section_created_with("a", 65536, options);
    xipc_section *other = NULL;
    xipc_map *map = mapped(section);

    options.naming.lifetime = XIPC_PERSISTENT;
    xipc_section_close(section_created_with("b", 1, options));
    require_removed("b");
    REQUIRE_OK(xipc_section_create_anonymous(1, NULL, &other));
    REQUIRE_OK(xipc_section_grow(section, 1 << 20, XIPC_FOREVER));
    REQUIRE_OK(xipc_section_refresh(section, NULL));
    REQUIRE_STATUS(
        XIPC_E_LIMIT, xipc_section_grow(section, 1 << 21, XIPC_FOREVER));
    REQUIRE_STATUS(
        XIPC_E_EXISTS,
        xipc_section_create("a", 1, NULL, XIPC_FOREVER, &section));
    REQUIRE_STATUS(
        XIPC_E_NAME, xipc_section_create("/", 1, NULL, XIPC_FOREVER, &section));
    REQUIRE_STATUS(XIPC_E_INVALID, xipc_section_adopt(-1, &section));
    REQUIRE_UINT(1, listed_count(XIPC_SCOPE_USER));
    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_USER, NULL));
    xipc_section_close(other);
    xipc_map_close(map);
    xipc_section_close(section);
    PROBE_DONE(NULL, "exit", "0");
}

SPEC(no_signal_gets_another_disposition, "GEN-3")
{
    struct sigaction before[65];
    struct sigaction after;

    for (int number = 1; number < 65; number++) {
        if (sigaction(number, NULL, &before[number]) < 0) {
            before[number].sa_handler = SIG_ERR;
        }
    }
    use_everything();

    for (int number = 1; number < 65; number++) {
        if (before[number].sa_handler != SIG_ERR) {
            REQUIRE(sigaction(number, NULL, &after) == 0);
            REQUIRE(after.sa_handler == before[number].sa_handler);
            REQUIRE(after.sa_flags == before[number].sa_flags);
        }
    }
}

SPEC(the_signal_mask_stays, "GEN-3")
{
    sigset_t before;
    sigset_t after;

    REQUIRE(sigprocmask(SIG_SETMASK, NULL, &before) == 0);
    use_everything();
    REQUIRE(sigprocmask(SIG_SETMASK, NULL, &after) == 0);

    for (int number = 1; number < 65; number++) {
        REQUIRE(sigismember(&after, number) == sigismember(&before, number));
    }
}

SPEC(the_umask_stays, "GEN-3")
{
    mode_t mask;

    umask(0137);
    use_everything();
    mask = umask(022);

    REQUIRE_UINT(0137, mask);
}

SPEC(the_locale_stays, "GEN-3")
{
    char before[256];

    snprintf(before, sizeof before, "%s", setlocale(LC_ALL, NULL));
    use_everything();

    REQUIRE_TEXT(before, setlocale(LC_ALL, NULL));
}

SPEC(the_working_directory_stays, "GEN-3")
{
    char before[512];
    char after[512];

    REQUIRE(getcwd(before, sizeof before) != NULL);
    use_everything();
    REQUIRE(getcwd(after, sizeof after) != NULL);

    REQUIRE_TEXT(before, after);
}

/* Puts `fd` in the place of `stream_fd` and returns what was there. */
static int diverted(int stream_fd, int fd)
{
    int kept = dup(stream_fd);

    REQUIRE(kept >= 0);
    REQUIRE(dup2(fd, stream_fd) == stream_fd);
    return kept;
}

static void restored(int stream_fd, int kept)
{
    REQUIRE(dup2(kept, stream_fd) == stream_fd);
    close(kept);
}

SPEC(nothing_is_printed, "GEN-3")
{
    FILE *sink = tmpfile();
    struct stat printed;
    int kept_output;
    int kept_error;

    REQUIRE(sink != NULL);
    fflush(NULL);
    kept_output = diverted(STDOUT_FILENO, fileno(sink));
    kept_error = diverted(STDERR_FILENO, fileno(sink));
    use_everything();
    fflush(NULL);
    restored(STDERR_FILENO, kept_error);
    restored(STDOUT_FILENO, kept_output);

    REQUIRE(fstat(fileno(sink), &printed) == 0);
    REQUIRE_UINT(0, (uint64_t)printed.st_size);
    fclose(sink);
}
