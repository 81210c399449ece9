/* SPDX-License-Identifier: Apache-2.0 */
/* Anonymous sections handed over as file descriptors. */
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/section_kit.h"

static xipc_section *anonymous_saying(const char *text)
{
    xipc_section *section = NULL;
    xipc_map *map;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_ANONYMOUS);
    REQUIRE_OK(xipc_section_create_anonymous(65536, NULL, &section));
    map = mapped(section);
    memcpy(bytes_of(map), text, strlen(text) + 1);
    xipc_map_close(map);
    return section;
}

/* A copy of the section's descriptor, as another process would receive it. */
static int copied(const xipc_section *section)
{
    xipc_native_handle native = -1;
    int copy;

    REQUIRE_OK(xipc_section_native_handle(section, &native));
    copy = fcntl((int)native, F_DUPFD_CLOEXEC, 0);
    REQUIRE(copy >= 0);
    return copy;
}

static int is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

/* What another process does with a descriptor that it received. */
static xipc_section *adopted_from(const xipc_section *section)
{
    xipc_section *adopted = NULL;
    int copy = copied(section);

    REQUIRE_OK(xipc_section_adopt(copy, &adopted));
    close(copy);
    return adopted;
}

SPEC(an_adopted_section_shares_its_bytes, "SHM-5")
{
    xipc_section *section = anonymous_saying("handed over");
    xipc_section *adopted = NULL;
    xipc_map *map;

    adopted = adopted_from(section);
    require_section_says(adopted, "handed over");
    map = mapped(adopted);
    bytes_of(map)[0] = 'H';

    require_section_says(section, "Handed over");
    REQUIRE_UINT(xipc_section_size(section), xipc_section_size(adopted));
    xipc_map_close(map);
    xipc_section_close(adopted);
    require_section_says(section, "Handed over");
    xipc_section_close(section);
}

SPEC(an_adopted_section_outlives_its_first_holder, "SHM-5")
{
    xipc_section *section = anonymous_saying("kept");
    xipc_section *adopted = NULL;

    adopted = adopted_from(section);
    xipc_section_close(section);

    require_section_says(adopted, "kept");
    xipc_section_close(adopted);
}

SPEC(an_adopted_handle_stays_the_callers, "SHM-5")
{
    xipc_section *section = anonymous_saying("copied");
    xipc_section *adopted = NULL;
    int copy = copied(section);

    REQUIRE_OK(xipc_section_adopt(copy, &adopted));
    REQUIRE(is_open(copy));
    close(copy);

    require_section_says(adopted, "copied");
    xipc_section_close(adopted);
    xipc_section_close(section);
}

SPEC(an_adopted_section_can_be_handed_on, "SHM-5")
{
    xipc_section *section = anonymous_saying("on and on");
    xipc_section *second = NULL;
    xipc_section *third = NULL;

    second = adopted_from(section);
    third = adopted_from(second);

    require_section_says(third, "on and on");
    xipc_section_close(third);
    xipc_section_close(second);
    xipc_section_close(section);
}

SPEC(an_adopted_section_grows_with_the_first, "SHM-5 SHM-6")
{
    xipc_section_options options = growing_to(1 << 20);
    xipc_section *section = NULL;
    xipc_section *adopted = NULL;

    SPEC_NEEDS(XIPC_FEATURE_SECTION_GROW);
    REQUIRE_OK(xipc_section_create_anonymous(65536, &options, &section));
    adopted = adopted_from(section);
    REQUIRE_UINT(1 << 20, xipc_section_max_size(adopted));
    REQUIRE_OK(xipc_section_grow(adopted, 1 << 19, XIPC_FOREVER));
    REQUIRE_OK(xipc_section_refresh(section, NULL));

    REQUIRE_UINT(1 << 19, xipc_section_size(section));
    xipc_section_close(adopted);
    xipc_section_close(section);
}

SPEC(a_forked_child_adopts_what_it_inherited, "SHM-5 GEN-8")
{
    xipc_section *section = anonymous_saying("parent's");
    int copy = copied(section);
    pid_t child = fork();
    int how = 0;

    REQUIRE(child >= 0);
    if (child == 0) {
        xipc_section *adopted = NULL;
        xipc_map *map = NULL;

        if (xipc_section_adopt(copy, &adopted) != XIPC_OK ||
            xipc_section_map(adopted, 0, 0, XIPC_MAP_WRITE, &map) != XIPC_OK) {
            _exit(1);
        }
        memcpy(bytes_of(map), "child's", 8);
        _exit(0);
    }
    REQUIRE(waitpid(child, &how, 0) == child);
    REQUIRE(WIFEXITED(how) && WEXITSTATUS(how) == 0);

    require_section_says(section, "child's");
    close(copy);
    xipc_section_close(section);
}

/* Refused with `want`, and the descriptor is still the caller's. */
static void require_not_adopted(xipc_status want, int fd)
{
    xipc_section *section = UNTOUCHED;

    REQUIRE_STATUS(want, xipc_section_adopt(fd, &section));
    REQUIRE(section == UNTOUCHED);
    REQUIRE(is_open(fd));
}

SPEC(a_pipe_is_not_a_section, "SHM-5 GEN-10")
{
    int ends[2];

    REQUIRE(pipe(ends) == 0);

    require_not_adopted(XIPC_E_CORRUPT, ends[0]);
    require_not_adopted(XIPC_E_CORRUPT, ends[1]);

    close(ends[0]);
    close(ends[1]);
}

SPEC(a_directory_is_not_a_section, "SHM-5 GEN-10")
{
    int fd = open(spec_directory(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    REQUIRE(fd >= 0);

    require_not_adopted(XIPC_E_CORRUPT, fd);

    close(fd);
}

static int file_of_size(const char *name, off_t size)
{
    int directory = open(spec_directory(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fd =
        openat(directory, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    REQUIRE(fd >= 0);
    REQUIRE(unlinkat(directory, name, 0) == 0);
    REQUIRE(ftruncate(fd, size) == 0);
    close(directory);
    return fd;
}

SPEC(a_file_of_zeros_is_not_a_section, "SHM-5 GEN-10")
{
    static const off_t sizes[] = {0, 1, 511, 512, 65535, 65536, 1 << 20};

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        int fd = file_of_size("zeros", sizes[i]);

        require_not_adopted(XIPC_E_CORRUPT, fd);
        close(fd);
    }
}

SPEC(a_copy_of_a_section_that_could_be_shrunk_is_not_adopted, "SHM-5 GEN-10")
{
    xipc_section *section = anonymous_saying("copied");
    int copy = copied(section);
    int fd = file_of_size("copy", 65536 + 65536);
    char block[4096];

    SPEC_NEEDS(XIPC_FEATURE_SECTION_SEAL);
    for (off_t at = 0; at < (off_t)2 * 65536; at += (off_t)sizeof block) {
        REQUIRE(pread(copy, block, sizeof block, at) == sizeof block);
        REQUIRE(pwrite(fd, block, sizeof block, at) == sizeof block);
    }

    require_not_adopted(XIPC_E_CORRUPT, fd);

    close(fd);
    close(copy);
    xipc_section_close(section);
}

SPEC(a_number_that_only_looks_like_a_descriptor_is_refused, "SHM-5 GEN-7")
{
    xipc_section *section = anonymous_saying("exact");
    xipc_section *adopted = UNTOUCHED;
    xipc_native_handle native = -1;

    REQUIRE_OK(xipc_section_native_handle(section, &native));
    if (sizeof native > 4) {
        int64_t wide = (int64_t)native + (INT64_C(1) << 32);

        native = (xipc_native_handle)wide;
    } else {
        native = 100000;
    }

    REQUIRE_STATUS(XIPC_E_INVALID, xipc_section_adopt(native, &adopted));
    REQUIRE(adopted == UNTOUCHED);
    xipc_section_close(section);
}

SPEC(a_closed_descriptor_is_refused, "SHM-5 GEN-7")
{
    xipc_section *section = anonymous_saying("closed");
    xipc_section *adopted = UNTOUCHED;
    int copy = copied(section);

    close(copy);

    REQUIRE_STATUS(XIPC_E_INVALID, xipc_section_adopt(copy, &adopted));
    REQUIRE(adopted == UNTOUCHED);
    xipc_section_close(section);
}
