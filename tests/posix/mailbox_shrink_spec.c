/* SPDX-License-Identifier: Apache-2.0 */
/* What the system has given to a mailbox without bounds, and gets back. */
#include <stdio.h>
#include <sys/stat.h>

#include "posix/attack_kit.h"
#include "support/mailbox_kit.h"

enum { BLOCK = 512 }; /* of st_blocks, whatever the file system's are */

static uint64_t bytes_given(void)
{
    char path[ATTACK_PATH_SIZE];
    char name[XIPC_NATIVE_NAME_SIZE];
    char full[ATTACK_PATH_SIZE + XIPC_NATIVE_NAME_SIZE + 1];
    struct stat seen;

    REQUIRE_OK(xipc_native_name(
        XIPC_KIND_MAILBOX, "a", XIPC_SCOPE_USER, name, sizeof name));
    native_directory(path);
    snprintf(full, sizeof full, "%s/%s", path, name);
    REQUIRE(stat(full, &seen) == 0);
    return (uint64_t)seen.st_blocks * BLOCK;
}

static void up_and_down(xipc_mailbox *sender, xipc_mailbox *receiver)
{
    enum { MESSAGE_COUNT = 4000 };

    for (uint64_t number = 0; number < MESSAGE_COUNT; number++) {
        box_sends(sender, number, 1000);
    }
    REQUIRE(bytes_given() >= MESSAGE_COUNT * 1000);
    for (uint64_t number = 0; number < MESSAGE_COUNT; number++) {
        box_receives(receiver, number, 1000);
    }
}

SPEC(a_mailbox_without_bounds_gives_its_memory_back, "MBOX-1")
{
    xipc_mailbox_options options = box_of(XIPC_UNBOUNDED, 1000);
    xipc_mailbox *box;
    xipc_mailbox *other;
    uint64_t before;

    SPEC_NEEDS(XIPC_FEATURE_MAILBOX_SHRINK);
    box = box_made("a", &options);
    other = box_joined("a");
    before = bytes_given();
    for (int lap = 0; lap < 3; lap++) {
        up_and_down(box, lap % 2 == 0 ? box : other);
        /* It is empty: the next one who comes by gives it back. */
        box_sends(other, 1, 100);
        box_receives(box, 1, 100);
        REQUIRE(bytes_given() <= before + 65536);
    }
    xipc_mailbox_close(other);
    xipc_mailbox_close(box);
}
