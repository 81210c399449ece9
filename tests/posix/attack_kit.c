/* SPDX-License-Identifier: Apache-2.0 */
#include "posix/attack_kit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__linux__)
#include <sched.h>
#endif

#include "posix/posix_directory.h"

enum { VICTIMS_FROM = 20000, STRANGERS_FROM = 40000, OF_EACH = 20000 };

uid_t attack_victim(void)
{
    return VICTIMS_FROM + (uid_t)(getpid() % OF_EACH);
}

uid_t attack_stranger(void)
{
    return STRANGERS_FROM + (uid_t)(getpid() % OF_EACH);
}

void native_path_of(xipc_scope scope, const char *name, char *path)
{
    char native_name[XIPC_NATIVE_NAME_SIZE];
    xipcos_place place = {.scope = scope, .native_name = native_name};

    REQUIRE_OK(xipc_native_name(
        XIPC_KIND_SECTION, name, scope, native_name, sizeof native_name));
    REQUIRE_OK(posix_path(place, 1, path, ATTACK_PATH_SIZE));
}

void native_directory(char *path)
{
    /* Only the path counts: whether it is there and safe is the case. */
    xipc_status status =
        posix_directory(XIPC_SCOPE_USER, 0, path, ATTACK_PATH_SIZE);

    REQUIRE(
        status == XIPC_OK || status == XIPC_E_NOT_FOUND ||
        status == XIPC_E_ACCESS);
}

void attack_needs_users(void)
{
    if (geteuid() != 0) {
        spec_skip("only the administrator can become another user");
    }
}

static void directory_gone(void *context)
{
    char path[ATTACK_PATH_SIZE];
    char roll[ATTACK_PATH_SIZE + 8];

    (void)context;
    native_directory(path);
    if (strncmp(path, "/dev/shm/", 9) == 0) {
        snprintf(roll, sizeof(roll), "%s/roll", path);
        unlink(roll);
        rmdir(path);
        snprintf(
            path, sizeof path, "/dev/shm/xipc-w-%lu", (unsigned long)geteuid());
        rmdir(path);
    }
}

void attack_users_gone(void)
{
    attack_run(attack_stranger(), directory_gone, NULL);
    attack_run(attack_victim(), directory_gone, NULL);
}

pid_t attack_start(uid_t user, attack_role *role, void *context)
{
    pid_t pid = fork();

    REQUIRE(pid >= 0);
    if (pid != 0) {
        return pid;
    }
    if (user != 0) {
        REQUIRE(setgid(user) == 0);
        REQUIRE(setuid(user) == 0);
    }
    role(context);
    _exit(0);
}

static int ended(pid_t pid)
{
    int status = 0;

    while (waitpid(pid, &status, 0) < 0) {
        REQUIRE(errno == EINTR);
    }
    return status;
}

void attack_join(pid_t pid)
{
    int status = ended(pid);

    if (WIFSIGNALED(status)) {
        spec_note("a process died of signal %d", WTERMSIG(status));
    }
    REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

void attack_kill(pid_t pid)
{
    int status;

    kill(pid, SIGKILL);
    status = ended(pid);
    REQUIRE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

void attack_run(uid_t user, attack_role *role, void *context)
{
    attack_join(attack_start(user, role, context));
}

#if defined(CLONE_NEWUSER)

static void tell_kernel(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    REQUIRE(fd >= 0);
    REQUIRE(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

static void keep_number(const char *path, unsigned long number)
{
    char line[64];

    snprintf(line, sizeof(line), "%lu %lu 1", number, number);
    tell_kernel(path, line);
}

int attack_unshare(int flags)
{
    uid_t user = geteuid();
    gid_t group = getegid();

    if (unshare(flags) != 0) {
        return 0;
    }
    if ((flags & CLONE_NEWUSER) != 0) {
        tell_kernel("/proc/self/setgroups", "deny");
        keep_number("/proc/self/uid_map", user);
        keep_number("/proc/self/gid_map", group);
    }
    return 1;
}

#endif

void *attack_memory(size_t size)
{
    void *memory = mmap(
        NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    REQUIRE(memory != MAP_FAILED);
    return memory;
}

void attack_memory_free(void *memory, size_t size)
{
    REQUIRE(munmap(memory, size) == 0);
}

void file_made(const char *path, const void *bytes, size_t size, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    REQUIRE(fd >= 0);
    REQUIRE(write(fd, bytes, size) == (ssize_t)size);
    REQUIRE(fchmod(fd, mode) == 0);
    close(fd);
}

size_t file_read(const char *path, off_t offset, void *bytes, size_t capacity)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size;

    REQUIRE(fd >= 0);
    size = pread(fd, bytes, capacity, offset);
    REQUIRE(size >= 0);
    close(fd);
    return (size_t)size;
}

void file_written(
    const char *path, off_t offset, const void *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    REQUIRE(fd >= 0);
    REQUIRE(pwrite(fd, bytes, size, offset) == (ssize_t)size);
    close(fd);
}

void file_truncated(const char *path, off_t size)
{
    REQUIRE(truncate(path, size) == 0);
}

int file_exists(const char *path)
{
    struct stat file;

    return lstat(path, &file) == 0;
}

int is_open_status(xipc_status status)
{
    switch (status) {
    case XIPC_OK:
    case XIPC_E_NOT_FOUND:
    case XIPC_E_ACCESS:
    case XIPC_E_CORRUPT:
    case XIPC_E_INCOMPATIBLE:
    case XIPC_E_TIMEOUT:
    case XIPC_E_AGAIN:
    case XIPC_E_NO_MEMORY: return 1;
    default: return 0;
    }
}

int64_t ms_since(int64_t start)
{
    return (spec_now_ns() - start) / 1000000;
}
