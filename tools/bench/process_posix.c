/* SPDX-License-Identifier: Apache-2.0 */
#include "process.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__linux__)
#include <sched.h>
#endif

#include "bench.h"

/* What a shell makes of a process that a signal has ended. */
#define SIGNALLED 128

extern char **environ;

struct bench_process {
    pid_t pid;
    int life; /* of a pipe that nothing comes through, its standard input */
};

static void zero(int error, const char *what)
{
    if (error != 0) {
        bench_fail(what);
    }
}

bench_process *bench_process_start(const char *option, const char *name)
{
    char *const arguments[] = {
        (char *)bench_program, (char *)option, (char *)name, NULL};
    posix_spawn_file_actions_t actions;
    bench_process *process = calloc(1, sizeof *process);
    int life[2];

    bench_require(process != NULL, "no memory");
    zero(pipe(life), "pipe");
    fcntl(life[1], F_SETFD, FD_CLOEXEC);
    zero(posix_spawn_file_actions_init(&actions), "posix_spawn");
    zero(
        posix_spawn_file_actions_adddup2(&actions, life[0], STDIN_FILENO),
        "posix_spawn");
    zero(
        posix_spawnp(
            &process->pid, bench_program, &actions, NULL, arguments, environ),
        "posix_spawn");
    posix_spawn_file_actions_destroy(&actions);
    close(life[0]);
    process->life = life[1];
    return process;
}

int bench_process_is_alive(const bench_process *process)
{
    siginfo_t ending = {0};

    return waitid(
               P_PID, (id_t)process->pid, &ending,
               WEXITED | WNOHANG | WNOWAIT) == 0 &&
           ending.si_pid == 0;
}

void bench_process_stop(bench_process *process, int patience_ms)
{
    while (patience_ms-- > 0 && bench_process_is_alive(process)) {
        usleep(1000);
    }
    kill(process->pid, SIGKILL);
    waitpid(process->pid, NULL, 0);
    close(process->life);
    free(process);
}

static void (*last_of_all)(void);

static void *watch_parent(void *unused)
{
    char byte;

    (void)unused;
    while (read(STDIN_FILENO, &byte, 1) != 0) {
    }
    last_of_all();
    _exit(0);
}

/* Whoever interrupts the parent interrupts this process too, which is to leave
 * the tidying up to the parent. */
void bench_process_end_with_parent(void (*last)(void))
{
    pthread_t thread;

    last_of_all = last;
    signal(SIGINT, SIG_IGN);
    zero(pthread_create(&thread, NULL, watch_parent, NULL), "pthread_create");
}

/* ---- threads ------------------------------------------------------------- */

typedef struct bench_thread {
    pthread_t thread;
    bench_thread_body *body;
    void *context;
    unsigned index;
} bench_thread;

static void *run_thread(void *context)
{
    const bench_thread *self = context;

    self->body(self->context, self->index);
    return NULL;
}

void bench_threads_run(unsigned count, bench_thread_body *body, void *context)
{
    bench_thread threads[BENCH_THREAD_MAX];

    bench_require(count <= BENCH_THREAD_MAX, "too many threads");
    for (unsigned at = 0; at < count; at++) {
        threads[at] =
            (bench_thread){.body = body, .context = context, .index = at};
        zero(
            pthread_create(&threads[at].thread, NULL, run_thread, &threads[at]),
            "pthread_create");
    }
    for (unsigned at = 0; at < count; at++) {
        zero(pthread_join(threads[at].thread, NULL), "pthread_join");
    }
}

/* ---- interrupts ---------------------------------------------------------- */

static volatile sig_atomic_t interrupt;

static void remember(int number)
{
    interrupt = number;
}

void bench_catch_interrupts(void)
{
    signal(SIGINT, remember);
    signal(SIGTERM, remember);
    signal(SIGHUP, remember);
}

int bench_is_interrupted(void)
{
    return interrupt != 0;
}

void bench_release_interrupts(void)
{
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    if (interrupt != 0) {
        exit(SIGNALLED + interrupt);
    }
}

/* ---- processors ---------------------------------------------------------- */

#if defined(__linux__)

static const cpu_set_t *all_processors(void)
{
    static cpu_set_t all;
    static int is_known;

    if (!is_known) {
        zero(sched_getaffinity(0, sizeof all, &all), "sched_getaffinity");
        is_known = 1;
    }
    return &all;
}

/* The number of the processor with that index; with fewer, of the last one. */
static size_t number_of(int index, const cpu_set_t *all)
{
    size_t number = 0;

    for (size_t at = 0; at < CPU_SETSIZE && index >= 0; at++) {
        if (CPU_ISSET(at, all)) {
            number = at;
            index--;
        }
    }
    return number;
}

void bench_process_pin(int processor)
{
    const cpu_set_t *all = all_processors();
    cpu_set_t set = *all;

    if (processor != BENCH_ANY_PROCESSOR) {
        CPU_ZERO(&set);
        CPU_SET(number_of(processor, all), &set);
    }
    zero(sched_setaffinity(0, sizeof set, &set), "sched_setaffinity");
}

unsigned bench_processor_count(void)
{
    return (unsigned)CPU_COUNT(all_processors());
}

#else

void bench_process_pin(int processor)
{
    (void)processor; /* there is no way */
}

unsigned bench_processor_count(void)
{
    return (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
}

#endif

static double ns_of(struct timeval time)
{
    return (double)time.tv_sec * 1e9 + (double)time.tv_usec * 1e3;
}

double bench_process_cpu_ns(void)
{
    struct rusage usage;

    zero(getrusage(RUSAGE_SELF, &usage), "getrusage");
    return ns_of(usage.ru_utime) + ns_of(usage.ru_stime);
}

/* ---- the watch ----------------------------------------------------------- */

static char watch_text[160];
static size_t watch_size;

static void nothing_moves(int number)
{
    static const char start[] = "xipc-bench: nothing moves: ";
    ssize_t size = write(STDERR_FILENO, start, sizeof start - 1);

    (void)number;
    size += write(STDERR_FILENO, watch_text, watch_size);
    size += write(STDERR_FILENO, "\n", 1);
    _exit(size > 0 ? 1 : 2);
}

void bench_process_watch(unsigned seconds, const char *what)
{
    alarm(0);
    watch_size =
        (size_t)snprintf(watch_text, sizeof watch_text, "%.120s", what);
    signal(SIGALRM, nothing_moves);
    alarm(seconds);
}

/* ---- files --------------------------------------------------------------- */

const char *bench_folder_make(void)
{
    static char path[64];

    snprintf(path, sizeof path, "/tmp/xipc-bench-XXXXXX");
    bench_require(mkdtemp(path) != NULL, "mkdtemp");
    return path;
}

void bench_folder_remove(const char *path)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;
    char file[512];

    while (directory && (entry = readdir(directory)) != NULL) {
        snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        unlink(file);
    }
    if (directory) {
        closedir(directory);
    }
    rmdir(path);
}

static void find_processor(char *name, size_t capacity)
{
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[256];
    const char *value = "unknown processor";

    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "model name", 10) == 0 && strchr(line, ':')) {
            value = strchr(line, ':') + 2;
            line[strcspn(line, "\n")] = '\0';
            break;
        }
    }
    snprintf(name, capacity, "%.96s, %u of it", value, bench_processor_count());
    if (file) {
        fclose(file);
    }
}

void bench_machine(result_machine *machine_out)
{
    struct utsname system;

    zero(uname(&system), "uname");
    snprintf(
        machine_out->system, sizeof machine_out->system, "%.30s %.60s %.30s",
        system.sysname, system.release, system.machine);
    find_processor(machine_out->processor, sizeof machine_out->processor);
}
