/* SPDX-License-Identifier: Apache-2.0 */
#include "process.h"

#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#include "bench.h"

#define NAME_SIZE 96

struct bench_process {
    HANDLE process;
    HANDLE life; /* of a pipe that nothing comes through, its standard input */
};

static void yes(BOOL is_done, const char *what)
{
    if (!is_done) {
        bench_fail(what);
    }
}

static void start(bench_process *process, char *command, STARTUPINFOA *how)
{
    PROCESS_INFORMATION made;

    yes(CreateProcessA(
            NULL, command, NULL, NULL, TRUE, 0, NULL, NULL, how, &made),
        "CreateProcess");
    CloseHandle(made.hThread);
    process->process = made.hProcess;
}

bench_process *bench_process_start(const char *option, const char *name)
{
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    STARTUPINFOA how = {.cb = sizeof how, .dwFlags = STARTF_USESTDHANDLES};
    bench_process *process = calloc(1, sizeof *process);
    char program[MAX_PATH];
    char command[MAX_PATH + 2 * NAME_SIZE];

    bench_require(process != NULL, "no memory");
    yes(CreatePipe(&how.hStdInput, &process->life, &inherited, 0),
        "CreatePipe");
    yes(SetHandleInformation(process->life, HANDLE_FLAG_INHERIT, 0),
        "inheritance");
    how.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
    how.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    yes(GetModuleFileNameA(NULL, program, sizeof program) > 0, "own name");
    snprintf(
        command, sizeof command, "\"%s\" %.90s %.90s", program, option, name);
    start(process, command, &how);
    CloseHandle(how.hStdInput);
    return process;
}

int bench_process_is_alive(const bench_process *process)
{
    return WaitForSingleObject(process->process, 0) == WAIT_TIMEOUT;
}

void bench_process_stop(bench_process *process, int patience_ms)
{
    if (WaitForSingleObject(process->process, (DWORD)patience_ms) !=
        WAIT_OBJECT_0) {
        TerminateProcess(process->process, 1);
        WaitForSingleObject(process->process, INFINITE);
    }
    CloseHandle(process->life);
    CloseHandle(process->process);
    free(process);
}

static void (*last_of_all)(void);

static DWORD WINAPI watch_parent(void *unused)
{
    HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
    char byte;
    DWORD size;

    (void)unused;
    while (ReadFile(input, &byte, 1, &size, NULL)) {
    }
    last_of_all();
    ExitProcess(0);
}

/* Whoever interrupts the parent interrupts this process too, which is to leave
 * the tidying up to the parent. */
void bench_process_end_with_parent(void (*last)(void))
{
    HANDLE thread;

    last_of_all = last;
    SetConsoleCtrlHandler(NULL, TRUE);
    thread = CreateThread(NULL, 0, watch_parent, NULL, 0, NULL);
    bench_require(thread != NULL, "CreateThread");
    CloseHandle(thread);
}

/* ---- threads ------------------------------------------------------------- */

typedef struct bench_thread {
    HANDLE thread;
    bench_thread_body *body;
    void *context;
    unsigned index;
} bench_thread;

static DWORD WINAPI run_thread(void *context)
{
    const bench_thread *self = context;

    self->body(self->context, self->index);
    return 0;
}

void bench_threads_run(unsigned count, bench_thread_body *body, void *context)
{
    bench_thread threads[BENCH_THREAD_MAX];

    bench_require(count <= BENCH_THREAD_MAX, "too many threads");
    for (unsigned at = 0; at < count; at++) {
        threads[at] =
            (bench_thread){.body = body, .context = context, .index = at};
        threads[at].thread =
            CreateThread(NULL, 0, run_thread, &threads[at], 0, NULL);
        bench_require(threads[at].thread != NULL, "CreateThread");
    }
    for (unsigned at = 0; at < count; at++) {
        yes(WaitForSingleObject(threads[at].thread, INFINITE) == WAIT_OBJECT_0,
            "WaitForSingleObject");
        CloseHandle(threads[at].thread);
    }
}

/* ---- interrupts ---------------------------------------------------------- */

static volatile LONG is_interrupted;

static BOOL WINAPI remember(DWORD unused)
{
    (void)unused;
    is_interrupted = 1;
    return TRUE;
}

void bench_catch_interrupts(void)
{
    SetConsoleCtrlHandler(remember, TRUE);
}

int bench_is_interrupted(void)
{
    return is_interrupted != 0;
}

void bench_release_interrupts(void)
{
    SetConsoleCtrlHandler(remember, FALSE);
    if (is_interrupted) {
        ExitProcess(EXIT_FAILURE);
    }
}

/* ---- processors ---------------------------------------------------------- */

static DWORD_PTR all_processors(void)
{
    static DWORD_PTR mine;
    DWORD_PTR all;

    if (mine == 0) {
        yes(GetProcessAffinityMask(GetCurrentProcess(), &mine, &all),
            "GetProcessAffinityMask");
    }
    return mine;
}

/* The mask of the processor with that index; with fewer, of the last one. */
static DWORD_PTR only(int index, DWORD_PTR all)
{
    DWORD_PTR rest = all & (all - 1);

    while (index-- > 0 && rest != 0) {
        all = rest;
        rest = all & (all - 1);
    }
    return all & ~rest;
}

void bench_process_pin(int processor)
{
    DWORD_PTR all = all_processors();

    yes(SetProcessAffinityMask(
            GetCurrentProcess(),
            processor == BENCH_ANY_PROCESSOR ? all : only(processor, all)),
        "SetProcessAffinityMask");
}

unsigned bench_processor_count(void)
{
    unsigned count = 0;

    for (DWORD_PTR rest = all_processors(); rest != 0; rest &= rest - 1) {
        count++;
    }
    return count;
}

static double ns_of(FILETIME time)
{
    return ((double)time.dwHighDateTime * 4294967296.0 + time.dwLowDateTime) *
           100;
}

double bench_process_cpu_ns(void)
{
    FILETIME made, ended, kernel, user;

    yes(GetProcessTimes(GetCurrentProcess(), &made, &ended, &kernel, &user),
        "GetProcessTimes");
    return ns_of(kernel) + ns_of(user);
}

/* ---- the watch ----------------------------------------------------------- */

static volatile LONG watch_number;
static char watch_text[160];

static DWORD WINAPI watch(void *context)
{
    LONG number = watch_number;

    Sleep((DWORD)(uintptr_t)context * 1000);
    if (watch_number == number) {
        fprintf(stderr, "xipc-bench: nothing moves: %s\n", watch_text);
        ExitProcess(1);
    }
    return 0;
}

void bench_process_watch(unsigned seconds, const char *what)
{
    HANDLE thread;

    InterlockedIncrement(&watch_number);
    snprintf(watch_text, sizeof watch_text, "%s", what);
    if (seconds > 0) {
        thread =
            CreateThread(NULL, 0, watch, (void *)(uintptr_t)seconds, 0, NULL);
        bench_require(thread != NULL, "CreateThread");
        CloseHandle(thread);
    }
}

/* ---- files --------------------------------------------------------------- */

const char *bench_folder_make(void)
{
    static char path[MAX_PATH + 32];
    char parent[MAX_PATH];

    yes(GetTempPathA(sizeof parent, parent) > 0, "GetTempPath");
    snprintf(
        path, sizeof path, "%sxipc-bench-%lu", parent, GetCurrentProcessId());
    yes(CreateDirectoryA(path, NULL), "CreateDirectory");
    return path;
}

void bench_folder_remove(const char *path)
{
    RemoveDirectoryA(path);
}

void bench_machine(result_machine *machine_out)
{
    typedef const char *CDECL version(void);
    HMODULE ntdll = GetModuleHandleA("ntdll.dll");
    FARPROC found = GetProcAddress(ntdll, "wine_get_version");
    const char *name = getenv("PROCESSOR_IDENTIFIER");
    version *wine_version = NULL;

    memcpy(&wine_version, &found, sizeof found);
    if (wine_version) {
        snprintf(
            machine_out->system, sizeof machine_out->system, "Wine %.60s",
            wine_version());
    } else {
        snprintf(machine_out->system, sizeof machine_out->system, "Windows");
    }
    snprintf(
        machine_out->processor, sizeof machine_out->processor,
        "%.96s, %u of it", name ? name : "unknown processor",
        bench_processor_count());
}
