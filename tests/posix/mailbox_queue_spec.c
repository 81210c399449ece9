/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The message queues behind mailboxes: what others put into one, the system's
 * limits, and what is left of them, which is nothing. A process with an older
 * version of the library, which knows nothing of queues, must not sweep here
 * meanwhile: it would leave them.
 */
#include <dirent.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/kill_anywhere.h"
#include "support/mailbox_kit.h"

enum { CAPACITY = 8 };

/* ---- what others put into a queue of ours ---- */

static DIR *all_queues(void)
{
    DIR *queues = opendir("/dev/mqueue");
    char here[512];
    int fd;

    if (queues) {
        return queues;
    }
    snprintf(here, sizeof here, "%s/queues", spec_directory());
    REQUIRE(mkdir(here, 0700) == 0);
    if (mount("none", here, "mqueue", 0, NULL) < 0) {
        rmdir(here);
        spec_skip("no /dev/mqueue here, and it cannot be mounted");
    }
    fd = open(here, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    REQUIRE(umount2(here, MNT_DETACH) == 0);
    REQUIRE(rmdir(here) == 0);
    REQUIRE(fd >= 0);
    queues = fdopendir(fd);
    REQUIRE(queues != NULL);
    return queues;
}

/* The queues of the mailbox "a", and the name of the last one. */
static unsigned queue_count(char *name, size_t capacity)
{
    char native_name[XIPC_NATIVE_NAME_SIZE];
    DIR *queues = all_queues();
    const struct dirent *entry;
    unsigned count = 0;

    REQUIRE_OK(xipc_native_name(
        XIPC_KIND_MAILBOX, "a", XIPC_SCOPE_USER, native_name,
        sizeof native_name));
    while ((entry = readdir(queues)) != NULL) {
        if (strncmp(entry->d_name, native_name, strlen(native_name)) == 0) {
            snprintf(name, capacity, "/%s", entry->d_name);
            count++;
        }
    }
    closedir(queues);
    return count;
}

/* Before there is anything: whether what is left can be seen here. */
static void queues_can_be_seen(void)
{
    box_natively();
    closedir(all_queues());
}

static mqd_t queue_of_a(void)
{
    char name[300];
    mqd_t queue;

    REQUIRE_UINT(1, queue_count(name, sizeof name));
    queue = mq_open(name, O_WRONLY | O_NONBLOCK);
    REQUIRE(queue != (mqd_t)-1);
    return queue;
}

SPEC(what_nobody_sent_with_the_library_is_no_message_of_a_box, "GEN-10 MBOX-4")
{
    static const char junk[64] = {'L', 'X'};
    xipc_mailbox *box;
    mqd_t queue;
    box_mail mail;

    queues_can_be_seen();
    box = box_sized("a", CAPACITY);
    queue = queue_of_a();
    for (size_t size = 0; size <= sizeof junk; size += 8) {
        REQUIRE(mq_send(queue, junk, size, 0) == 0);
        box_sends(box, 1, 10);
        REQUIRE_STATUS(XIPC_E_CORRUPT, box_fetch(box, &mail, XIPC_FOREVER));
        box_receives(box, 1, 10);
    }
    require_no_message(box);
    mq_close(queue);
    xipc_mailbox_close(box);
}

/* ---- the system's limits ---- */

static void require_told_of(const char *what)
{
    if (strstr(xipc_detail(), what) == NULL) {
        spec_note("'%s' is missing in: %s", what, xipc_detail());
    }
    REQUIRE(strstr(xipc_detail(), what) != NULL);
}

static void read_limit(const char *path, char *text, size_t capacity)
{
    FILE *file = fopen(path, "re");

    REQUIRE(file != NULL);
    REQUIRE(fgets(text, (int)capacity, file) != NULL);
    fclose(file);
    text[strcspn(text, "\n")] = '\0';
}

/* Beyond what even the administrator gets. */
SPEC(a_limit_of_queues_is_told_with_where_it_is_set, "GEN-2 MBOX-1 CAP-1")
{
    static const char capacity_path[] = "/proc/sys/fs/mqueue/msg_max";
    static const char message_path[] = "/proc/sys/fs/mqueue/msgsize_max";
    xipc_capability_info info = XIPC_CAPABILITY_INFO_INIT;
    xipc_mailbox_options options;
    xipc_mailbox *box = UNTOUCHED;
    char limit[32];

    box_natively();
    options = box_of(CAPACITY, 64);
    options.capacity = 1000000;
    read_limit(capacity_path, limit, sizeof limit);
    REQUIRE_OK(xipc_capability(XIPC_FEATURE_MAILBOX_NATIVE, &info));
    REQUIRE_UINT(strtoull(limit, NULL, 10), info.limit);
    REQUIRE_STATUS(
        XIPC_E_LIMIT, xipc_mailbox_create("a", &options, XIPC_NOW, &box));
    require_told_of(limit);
    require_told_of("1000000");
    require_told_of(capacity_path);
    options = box_of(CAPACITY, 1 << 29);
    read_limit(message_path, limit, sizeof limit);
    REQUIRE_STATUS(
        XIPC_E_LIMIT, xipc_mailbox_create("a", &options, XIPC_NOW, &box));
    require_told_of(limit);
    require_told_of("536870944");
    require_told_of(message_path);
    REQUIRE(box == UNTOUCHED);
    require_nothing_exists();
}

SPEC(a_user_out_of_bytes_for_queues_is_told_so, "GEN-2 MBOX-1")
{
    struct rlimit limit = {4096, 4096};
    xipc_mailbox_options options;
    xipc_mailbox *box = UNTOUCHED;

    box_natively();
    options = box_of(CAPACITY, 4096);
    REQUIRE(setrlimit(RLIMIT_MSGQUEUE, &limit) == 0);
    REQUIRE_STATUS(
        XIPC_E_NO_SPACE, xipc_mailbox_create("a", &options, XIPC_NOW, &box));
    require_told_of("4096");
    require_told_of("RLIMIT_MSGQUEUE");
    REQUIRE(box == UNTOUCHED);
    require_nothing_exists();
}

/* ---- what is left ---- */

static void require_no_queue(void *context)
{
    xipc_mailbox *box = UNTOUCHED;
    char name[300];

    (void)context;
    REQUIRE_STATUS(
        XIPC_E_NOT_FOUND, xipc_mailbox_open("a", NULL, XIPC_FOREVER, &box));
    require_nothing_exists();
    REQUIRE_UINT(0, queue_count(name, sizeof name));
}

KILLED(makes_and_joins_and_closes)
{
    xipc_mailbox_options options = box_of(CAPACITY, 64);
    xipc_mailbox *box = NULL;
    xipc_mailbox *other = NULL;

    kill_begin();
    REQUIRE_OK(xipc_mailbox_create("a", &options, XIPC_FOREVER, &box));
    REQUIRE_OK(xipc_mailbox_open("a", NULL, XIPC_FOREVER, &other));
    xipc_mailbox_close(box);
    xipc_mailbox_close(other);
    kill_end();
}

SPEC(no_queue_is_left_wherever_its_maker_is_killed, "GEN-11 LIFE-1 MBOX-7")
{
    kill_plan plan = {NULL, require_no_queue, NULL, NULL};

    queues_can_be_seen();
    KILL_ANYWHERE(makes_and_joins_and_closes, &plan);
}

/* A sweeper takes the file away, and dies. */
KILLED(sweeps)
{
    kill_begin();
    REQUIRE_OK(xipc_sweep(XIPC_SCOPE_USER, NULL));
    kill_end();
}

PEER(one_who_leaves_a_box)
{
    xipc_mailbox *box = box_sized("a", CAPACITY);

    box_sends(box, 1, 10);
    spec_tell(NULL, "made");
    spec_expect(NULL, "never");
    xipc_mailbox_close(box);
}

static void a_stale_one_is_there(void *context)
{
    spec_peer *peer = START(one_who_leaves_a_box);
    char name[300];

    (void)context;
    spec_expect(peer, "made");
    REQUIRE_UINT(1, queue_count(name, sizeof name));
    spec_kill(peer);
}

SPEC(no_queue_is_left_wherever_its_sweeper_is_killed, "GEN-11 LIFE-6 MBOX-7")
{
    kill_plan plan = {a_stale_one_is_there, require_no_queue, NULL, NULL};

    queues_can_be_seen();
    KILL_ANYWHERE(sweeps, &plan);
}

SPEC(what_has_the_name_of_a_new_boxs_queue_is_replaced, "LIFE-3 MBOX-7")
{
    char name[300];

    queues_can_be_seen();
    for (int i = 0; i < 3; i++) {
        xipc_mailbox *box = box_sized("a", CAPACITY);

        REQUIRE_UINT(1, queue_count(name, sizeof name));
        box_sends(box, 1, 10);
        box_receives(box, 1, 10);
        xipc_mailbox_close(box);
        REQUIRE_UINT(0, queue_count(name, sizeof name));
    }
}

/* Whoever removes it from outside leaves a box that says so. */
SPEC(a_box_whose_queue_was_removed_is_corrupt_for_who_comes, "GEN-10 MBOX-7")
{
    xipc_mailbox *other = UNTOUCHED;
    xipc_mailbox *box;
    char name[300];

    queues_can_be_seen();
    box = box_sized("a", CAPACITY);
    REQUIRE_UINT(1, queue_count(name, sizeof name));
    REQUIRE(mq_unlink(name) == 0);
    REQUIRE_STATUS(
        XIPC_E_CORRUPT, xipc_mailbox_open("a", NULL, XIPC_NOW, &other));
    require_told_of("gone");
    box_sends(box, 1, 10);
    box_receives(box, 1, 10);
    xipc_mailbox_close(box);
    require_nothing_exists();
}
