/* SPDX-License-Identifier: Apache-2.0 */
#include "os/os_barrier.h"
#include "os/os_capability.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "posix/posix_directory.h"
#include "posix/posix_pipe.h"

#if defined(__linux__) && !defined(XIPC_POSIX_BASELINE)
#define IS_LINUX          1
#define PARK_NAME         "futex()"
#define POLLER_NAME       "epoll"
#define HAS_POLLER_HANDLE 1
#define SPAWN_NAME        "clone(), and a descriptor of the process"
#elif defined(__APPLE__) && !defined(XIPC_POSIX_BASELINE)
#define IS_LINUX          0
#define PARK_NAME         "os_sync_wait_on_address(), or short sleeps before it"
#define POLLER_NAME       "kqueue"
#define HAS_POLLER_HANDLE 1
#define SPAWN_NAME        "posix_spawn(); its end is found by looking"
#else
#define IS_LINUX          0
#define PARK_NAME         "short sleeps"
#define POLLER_NAME       "poll()"
#define HAS_POLLER_HANDLE 0
#define SPAWN_NAME        "vfork(); its end is found by looking"
#endif

static void
say(xipc_capability_info *info, xipc_support support, const char *text)
{
    info->support = support;
    info->text = text;
}

static void say_native(xipc_capability_info *info, const char *text)
{
    say(info, XIPC_SUPPORT_NATIVE, text);
}

/* The largest section is what the file system of the names has free now. */
static void section_limit(xipc_capability_info *info)
{
    char path[512];
    int fd;

    say_native(
        info, IS_LINUX ? "a file in /dev/shm and mmap()" : "a file and mmap()");
    if (posix_directory(XIPC_SCOPE_MACHINE, 0, path, sizeof path) != XIPC_OK) {
        return;
    }
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        info->has_limit = 1;
        info->limit = posix_free_space(fd);
        close(fd);
    }
}

/* "always within_size advise [never] deny force": the bracketed one counts. */
static int shared_memory_takes_huge_pages(void)
{
    char words[128] = "";
    FILE *file =
        fopen("/sys/kernel/mm/transparent_hugepage/shmem_enabled", "re");

    if (!file) {
        return 0;
    }
    if (!fgets(words, sizeof words, file)) {
        words[0] = '\0';
    }
    fclose(file);
    return strchr(words, '[') && !strstr(words, "[never]") &&
           !strstr(words, "[deny]");
}

static void section_capability(xipc_feature feature, xipc_capability_info *info)
{
    switch (feature) {
    case XIPC_FEATURE_SECTION: section_limit(info); break;
    case XIPC_FEATURE_SECTION_PERSISTENT:
        say_native(info, "until removed or the machine restarts");
        break;
    case XIPC_FEATURE_SECTION_ANONYMOUS:
        say_native(info, IS_LINUX ? "memfd_create()" : "a file without a name");
        break;
    case XIPC_FEATURE_SECTION_RESERVE:
        say_native(info, IS_LINUX ? "fallocate()" : "posix_fallocate()");
        break;
    case XIPC_FEATURE_SECTION_GROW:
        say_native(info, "the file grows under its maps");
        break;
    case XIPC_FEATURE_SECTION_SEAL:
        if (IS_LINUX) {
            say_native(info, "F_SEAL_SHRINK");
        } else {
            say(info, XIPC_SUPPORT_ABSENT, "no file seals on this system");
        }
        break;
    case XIPC_FEATURE_SECTION_HUGE_PAGES:
        if (shared_memory_takes_huge_pages()) {
            say_native(info, "madvise(MADV_HUGEPAGE)");
        } else {
            say(info, XIPC_SUPPORT_ABSENT,
                "off in /sys/kernel/mm/transparent_hugepage/shmem_enabled");
        }
        break;
    default: say_native(info, "shm_open()"); break;
    }
}

static void sync_capability(xipc_feature feature, xipc_capability_info *info)
{
    switch (feature) {
    case XIPC_FEATURE_SYNC:
        say(info, XIPC_SUPPORT_EMULATED, "shared memory and " PARK_NAME);
        break;
    case XIPC_FEATURE_SYNC_ANONYMOUS:
        if (IS_LINUX) {
            say_native(info, "open file description locks tell who lives");
        } else {
            say(info, XIPC_SUPPORT_ABSENT,
                "no lock here is safe from its user's own close()");
        }
        break;
    case XIPC_FEATURE_POLLER: say_native(info, POLLER_NAME); break;
    case XIPC_FEATURE_RING:
        say(info, XIPC_SUPPORT_EMULATED,
            xipcos_barrier_join()
                ? "shared memory and " PARK_NAME ", with membarrier()"
                : "shared memory and " PARK_NAME ", with a fence a message");
        break;
    case XIPC_FEATURE_MAILBOX:
    case XIPC_FEATURE_PEER:
        say(info, XIPC_SUPPORT_EMULATED, "shared memory and " PARK_NAME);
        break;
    case XIPC_FEATURE_MAILBOX_SHRINK:
        if (IS_LINUX) {
            say_native(info, "fallocate(FALLOC_FL_PUNCH_HOLE)");
        } else {
            say(info, XIPC_SUPPORT_ABSENT,
                "a file's middle cannot be given back here");
        }
        break;
    default:
        if (HAS_POLLER_HANDLE) {
            say_native(info, POLLER_NAME);
        } else {
            say(info, XIPC_SUPPORT_ABSENT,
                "poll() has no descriptor that stands for many");
        }
        break;
    }
}

static void spawn_capability(xipc_feature feature, xipc_capability_info *info)
{
    if (feature == XIPC_FEATURE_SPAWN) {
        say_native(info, SPAWN_NAME);
    } else if (IS_LINUX) {
        say_native(info, "prctl(PR_SET_PDEATHSIG) in a thread of the library");
    } else {
        say(info, XIPC_SUPPORT_ABSENT,
            "the kernel tells a child nothing of its parent's death");
    }
}

static void pipe_capability(xipc_feature feature, xipc_capability_info *info)
{
    switch (feature) {
    case XIPC_FEATURE_PIPE:
        say_native(info, IS_LINUX ? "pipe2()" : "pipe()");
        break;
    case XIPC_FEATURE_PIPE_NATIVE: say_native(info, "a FIFO, one way"); break;
    case XIPC_FEATURE_PIPE_PROCESS:
        say(info, XIPC_SUPPORT_EMULATED,
            "a hint: the kernel vouches for the user alone");
        break;
    case XIPC_FEATURE_PIPE_DEATH:
        if (posix_pipe_can_keep()) {
            say_native(info, "the mode of the other side's FIFO");
        } else {
            say(info, XIPC_SUPPORT_ABSENT,
                "a FIFO cannot be looked at here without using it");
        }
        break;
    default: say_native(info, "mkfifo()"); break;
    }
}

void xipcos_capability(xipc_feature feature, xipc_capability_info *info)
{
    switch (feature) {
    case XIPC_FEATURE_SECTION:
    case XIPC_FEATURE_SECTION_PERSISTENT:
    case XIPC_FEATURE_SECTION_ANONYMOUS:
    case XIPC_FEATURE_SECTION_RESERVE:
    case XIPC_FEATURE_SECTION_GROW:
    case XIPC_FEATURE_SECTION_SEAL:
    case XIPC_FEATURE_SECTION_HUGE_PAGES:
    case XIPC_FEATURE_SECTION_NATIVE: section_capability(feature, info); break;
    case XIPC_FEATURE_MACHINE_SCOPE:
        say_native(info, IS_LINUX ? "files in /dev/shm" : "files in /tmp");
        break;
    case XIPC_FEATURE_GROUP_ACCESS: say_native(info, "file modes"); break;
    case XIPC_FEATURE_FORK: say_native(info, "fork()"); break;
    case XIPC_FEATURE_SYNC:
    case XIPC_FEATURE_SYNC_ANONYMOUS:
    case XIPC_FEATURE_POLLER:
    case XIPC_FEATURE_RING:
    case XIPC_FEATURE_MAILBOX:
    case XIPC_FEATURE_MAILBOX_SHRINK:
    case XIPC_FEATURE_PEER:
    case XIPC_FEATURE_POLLER_HANDLE: sync_capability(feature, info); break;
    case XIPC_FEATURE_SPAWN:
    case XIPC_FEATURE_DIE_WITH_PARENT: spawn_capability(feature, info); break;
    case XIPC_FEATURE_PIPE:
    case XIPC_FEATURE_PIPE_NAMED:
    case XIPC_FEATURE_PIPE_NATIVE:
    case XIPC_FEATURE_PIPE_PROCESS:
    case XIPC_FEATURE_PIPE_DEATH: pipe_capability(feature, info); break;
    default: break; /* core tells of those */
    }
}
