/* SPDX-License-Identifier: Apache-2.0 */
/* This process, its threads, its clock and its descriptors on POSIX. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/prctl.h>
#elif defined(__APPLE__)
#include <mach-o/dyld.h>
#endif

#include "support/spec_process.h"

#undef spec_thread_join

static const struct {
    int number;
    const char *name;
} signals[] = {
    {SIGABRT, "SIGABRT"}, {SIGALRM, "SIGALRM"}, {SIGBUS, "SIGBUS"},
    {SIGFPE, "SIGFPE"},   {SIGHUP, "SIGHUP"},   {SIGILL, "SIGILL"},
    {SIGINT, "SIGINT"},   {SIGKILL, "SIGKILL"}, {SIGPIPE, "SIGPIPE"},
    {SIGQUIT, "SIGQUIT"}, {SIGSEGV, "SIGSEGV"}, {SIGSYS, "SIGSYS"},
    {SIGTERM, "SIGTERM"}, {SIGTRAP, "SIGTRAP"}, {SIGUSR1, "SIGUSR1"},
    {SIGUSR2, "SIGUSR2"}, {SIGXCPU, "SIGXCPU"}, {SIGXFSZ, "SIGXFSZ"},
};

void spec_ending_text(spec_ending ending, char *buffer, size_t capacity)
{
    if (!ending.is_crash) {
        (void)snprintf(
            buffer, capacity, "exit code %lld", (long long)ending.code);
        return;
    }
    (void)snprintf(buffer, capacity, "signal %lld", (long long)ending.code);
    for (size_t index = 0; index < sizeof signals / sizeof signals[0];
         index++) {
        if (signals[index].number == ending.code) {
            (void)snprintf(buffer, capacity, "%s", signals[index].name);
        }
    }
}

void spec_host_tame(int is_case)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_CORE, &limit) == 0) {
        limit.rlim_cur = 0;
        (void)setrlimit(RLIMIT_CORE, &limit);
    }
#if defined(__linux__)
    /* Not in a peer: there it would fire when the thread that started it
       ends, though the process lives on. */
    if (is_case) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    }
#else
    (void)is_case;
#endif
}

void spec_host_on_fork(void (*hook)(void))
{
    if (pthread_atfork(NULL, NULL, hook) != 0) {
        spec_die("pthread_atfork failed");
    }
}

int32_t spec_host_process(void)
{
    return (int32_t)getpid();
}

const char *spec_host_program(void)
{
    static char path[SPEC_PATH_SIZE];

#if defined(__linux__)
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);

    path[size > 0 ? size : 0] = '\0';
#elif defined(__APPLE__)
    uint32_t size = sizeof path;

    if (_NSGetExecutablePath(path, &size) != 0) {
        path[0] = '\0';
    }
#endif
    if (path[0] == '\0') {
        spec_die("the path of this program is unknown");
    }
    return path;
}

void spec_host_set_environment(const char *name, const char *value)
{
    if (setenv(name, value, 1) != 0) {
        spec_die("cannot set %s", name);
    }
}

void spec_host_exit(int code)
{
    _exit(code);
}

const char *spec_host(void)
{
#if defined(__linux__)
    return "linux";
#elif defined(__APPLE__)
    return "macos";
#else
    return "posix";
#endif
}

int64_t spec_now_ns(void)
{
    struct timespec now;

    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) {
        spec_die("no monotonic clock");
    }
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct spec_thread {
    pthread_t thread;
    spec_thread_body *body;
    void *context;
};

static void *run_thread(void *argument)
{
    spec_thread *thread = argument;

    thread->body(thread->context);
    return NULL;
}

spec_thread *spec_thread_start(spec_thread_body *body, void *context)
{
    spec_thread *thread = calloc(1, sizeof *thread);

    if (!thread) {
        spec_fail_here("no memory for a thread");
    }
    thread->body = body;
    thread->context = context;
    if (pthread_create(&thread->thread, NULL, run_thread, thread) != 0) {
        spec_fail_here("cannot start a thread");
    }
    return thread;
}

void spec_thread_join(spec_thread *thread)
{
    if (pthread_join(thread->thread, NULL) != 0) {
        spec_fail_here("cannot join a thread");
    }
    free(thread);
}

/* A descriptor behind all that a case may have: a soft limit of millions would
 * take longer to look through than any case takes. */
static int descriptor_end(void)
{
    enum { ENOUGH = 4096 };
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > ENOUGH) {
        return ENOUGH;
    }
    return (int)limit.rlim_cur;
}

static void each_open_descriptor(spec_handle_visit *visit, void *context)
{
    int end = descriptor_end();

    for (int fd = 0; fd < end; fd++) {
        if (fcntl(fd, F_GETFD) >= 0) {
            visit(fd, "a descriptor", context);
        }
    }
}

void spec_host_each_handle(spec_handle_visit *visit, void *context)
{
    DIR *directory = opendir("/proc/self/fd");
    const struct dirent *entry;

    if (!directory) {
        each_open_descriptor(visit, context);
        return;
    }
    while ((entry = readdir(directory)) != NULL) {
        int fd = (int)strtol(entry->d_name, NULL, 10);
        char target[180];
        ssize_t size;

        if (entry->d_name[0] == '.' || fd == dirfd(directory)) {
            continue;
        }
        size = readlinkat(
            dirfd(directory), entry->d_name, target, sizeof target - 1);
        target[size > 0 ? size : 0] = '\0';
        visit(fd, target, context);
    }
    (void)closedir(directory);
}

int spec_host_opens_late(void)
{
    return 0;
}
