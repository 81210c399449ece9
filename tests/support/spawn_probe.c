/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program for others to start. It does what its first argument says, and
 * where something is to be told, writes it to the file that its second one
 * names:
 *
 *     arguments FILE ...     each further argument: its size, a line end, it
 *     again FILE ...         the same, as another parser takes them apart
 *     name FILE              argv[0], the same way
 *     environment FILE       each entry, the same way
 *     directory FILE         the current directory
 *     handles FILE           how many handles it has besides its streams
 *     exit CODE              ends
 *     crash                  ends as one that has no access to memory
 *     sleep                  until it is killed
 *     hold MUTEX EVENT       locks the one, sets the other, sleeps
 *     keep MUTEX EVENT GO    the same, but waits for GO, unlocks and ends
 *     say TEXT               to the standard output
 *     complain TEXT          to the standard error
 *     cat                    standard input to standard output
 *     claim LABEL            a section that says "for you"; writes "claimed"
 *     spend LABEL            a native handle, which it writes "spent" to
 *     miss LABEL             nothing is there
 *     twice LABEL            a section, which is there once
 *     mistake LABEL          a section, which is no native handle
 *     pass LABEL             claims nothing, and starts itself to miss it
 *     echo LABEL             an end of a pipe; writes what it reads
 *     no_pipe LABEL          something else than a pipe
 *     hear LABEL             an end of a pipe; says what it reads
 *     tell LABEL TEXT        writes that to an end of a pipe
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xipc/xipc.h>

#if defined(_WIN32)
#include <direct.h>
#include <fcntl.h>
#include <io.h>
#include <windows.h>

#include <shellapi.h>
#else
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

extern char **environ;
#endif

static int complain(const char *what)
{
    fprintf(stderr, "spawn_probe: %s: %s\n", what, xipc_detail());
    return 99;
}

static FILE *file_of(char **words)
{
    FILE *file = fopen(words[2], "wb");

    if (!file) {
        exit(complain("no file to write to"));
    }
    return file;
}

static void put(FILE *file, const char *text)
{
    fprintf(file, "%zu\n%s", strlen(text), text);
}

static int ended(FILE *file)
{
    return fclose(file) == 0 ? 0 : complain("writing");
}

static int do_arguments(int count, char **words)
{
    FILE *file = file_of(words);

    for (int at = 3; at < count; at++) {
        put(file, words[at]);
    }
    return ended(file);
}

/* ---- what differs between systems ---- */

#if defined(_WIN32)

static char *utf8_of(const wchar_t *wide)
{
    int size = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
    char *text = malloc((size_t)size);

    if (!text) {
        exit(complain("no memory"));
    }
    WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, size, NULL, NULL);
    return text;
}

static char **utf8_all(int count, wchar_t *const *wide)
{
    char **words = calloc((size_t)count + 1, sizeof *words);

    for (int at = 0; words && at < count; at++) {
        words[at] = utf8_of(wide[at]);
    }
    return words;
}

static int do_again(int count, char **words)
{
    wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &count);

    (void)words;
    return do_arguments(count, utf8_all(count, wide));
}

static void put_environment(FILE *file)
{
    for (const wchar_t *at = GetEnvironmentStringsW(); *at;
         at += wcslen(at) + 1) {
        char *text = utf8_of(at);

        put(file, text);
        free(text);
    }
}

static void put_directory(FILE *file)
{
    wchar_t path[1024] = L"";
    char *text;

    GetCurrentDirectoryW(1024, path);
    text = utf8_of(path);
    put(file, text);
    free(text);
}

/* What was inherited can be inherited. */
static unsigned count_handles(void)
{
    unsigned count = 0;

    for (uintptr_t number = 4; number < 0x10000; number += 4) {
        HANDLE handle = (HANDLE)number;
        DWORD flags = 0;

        if (GetHandleInformation(handle, &flags) &&
            (flags & HANDLE_FLAG_INHERIT) != 0 &&
            handle != GetStdHandle(STD_INPUT_HANDLE) &&
            handle != GetStdHandle(STD_OUTPUT_HANDLE) &&
            handle != GetStdHandle(STD_ERROR_HANDLE)) {
            count++;
        }
    }
    return count;
}

static int do_sleep(void)
{
    Sleep(INFINITE);
    return 0;
}

static int spend(xipc_native_handle native)
{
    DWORD size = 0;

    return WriteFile((HANDLE)native, "spent", 5, &size, NULL) &&
                   CloseHandle((HANDLE)native)
               ? 0
               : complain("writing to what it was given");
}

/* Otherwise the system would ask what to do, or a debugger. */
static LONG WINAPI die(EXCEPTION_POINTERS *unused)
{
    (void)unused;
    return EXCEPTION_EXECUTE_HANDLER;
}

static int do_crash(void)
{
    SetUnhandledExceptionFilter(die);
    RaiseException(EXCEPTION_ACCESS_VIOLATION, 0, 0, NULL);
    return 0;
}

static void begin(void)
{
    _setmode(_fileno(stdin), _O_BINARY);
    _setmode(_fileno(stdout), _O_BINARY);
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
}

#else

static int do_again(int count, char **words)
{
    return do_arguments(count, words);
}

static void put_environment(FILE *file)
{
    for (char **at = environ; *at; at++) {
        put(file, *at);
    }
}

static void put_directory(FILE *file)
{
    char path[1024] = "";

    put(file, getcwd(path, sizeof path) ? path : "?");
}

static unsigned count_handles(void)
{
    unsigned count = 0;

    for (int fd = 3; fd < 65536; fd++) {
        count += fcntl(fd, F_GETFD) >= 0;
    }
    return count;
}

static int do_sleep(void)
{
    while (pause() < 0) {
        /* a signal that was handled does not end it */
    }
    return 0;
}

static int spend(xipc_native_handle native)
{
    return write((int)native, "spent", 5) == 5 && close((int)native) == 0
               ? 0
               : complain("writing to what it was given");
}

/* A sanitizer would make an exit of it. */
static int do_crash(void)
{
    signal(SIGSEGV, SIG_DFL);
    return raise(SIGSEGV);
}

static void begin(void)
{
}

#endif

/* ---- orders ---- */

static int do_handles(char **words)
{
    unsigned count = count_handles(); /* before the file is one */
    FILE *file = file_of(words);

    fprintf(file, "%u", count);
    return ended(file);
}

static int do_hold(char **words)
{
    xipc_mutex *mutex;
    xipc_event *event;

    if (xipc_mutex_open(words[2], NULL, XIPC_FOREVER, &mutex) ||
        xipc_event_open(words[3], NULL, XIPC_FOREVER, &event) ||
        xipc_mutex_lock(mutex, XIPC_FOREVER) || xipc_event_set(event)) {
        return complain("holding");
    }
    return do_sleep();
}

static int do_keep(char **words)
{
    xipc_mutex *mutex;
    xipc_event *event;
    xipc_event *go;

    if (xipc_mutex_open(words[2], NULL, XIPC_FOREVER, &mutex) ||
        xipc_event_open(words[3], NULL, XIPC_FOREVER, &event) ||
        xipc_event_open(words[4], NULL, XIPC_FOREVER, &go) ||
        xipc_mutex_lock(mutex, XIPC_FOREVER) || xipc_event_set(event) ||
        xipc_event_wait(go, XIPC_FOREVER) || xipc_mutex_unlock(mutex)) {
        return complain("keeping");
    }
    xipc_event_close(go);
    xipc_event_close(event);
    xipc_mutex_close(mutex);
    return 0;
}

static int do_cat(void)
{
    char bytes[4096];
    size_t size;

    while ((size = fread(bytes, 1, sizeof bytes, stdin)) > 0) {
        fwrite(bytes, 1, size, stdout);
    }
    return ended(stdout);
}

static int do_claim(char **words)
{
    xipc_section *section;
    xipc_map *map;
    int is_right;

    if (xipc_inherited_section(words[2], &section) ||
        xipc_section_map(section, 0, 0, XIPC_MAP_WRITE, &map)) {
        return complain("claiming");
    }
    is_right = strcmp(xipc_map_address(map), "for you") == 0;
    strcpy(xipc_map_address(map), "claimed");
    xipc_map_close(map);
    xipc_section_close(section);
    return is_right ? 0 : complain("it says something else");
}

static int do_spend(char **words)
{
    xipc_native_handle native;

    return xipc_inherited_native(words[2], &native) == XIPC_OK
               ? spend(native)
               : complain("claiming");
}

static int do_echo(char **words)
{
    static char bytes[1 << 20];
    xipc_pipe *pipe;
    xipc_status status = xipc_inherited_pipe(words[2], &pipe);
    size_t size;

    if (status != XIPC_OK) {
        return complain("claiming");
    }
    while (status == XIPC_OK) {
        status = xipc_pipe_read(pipe, bytes, sizeof bytes, XIPC_FOREVER, &size);
        if (status == XIPC_OK) {
            status = xipc_pipe_write(pipe, bytes, size, XIPC_FOREVER, NULL);
        }
    }
    xipc_pipe_close(pipe);
    return status == XIPC_E_CLOSED ? 0 : complain("echoing");
}

static int do_hear(char **words)
{
    char bytes[4096];
    xipc_pipe *pipe = NULL;
    xipc_status status = xipc_inherited_pipe(words[2], &pipe);
    size_t size;

    while (status == XIPC_OK) {
        status = xipc_pipe_read(pipe, bytes, sizeof bytes, XIPC_FOREVER, &size);
        if (status == XIPC_OK) {
            fwrite(bytes, 1, size, stdout);
        }
    }
    xipc_pipe_close(pipe);
    return status == XIPC_E_CLOSED ? ended(stdout) : complain("hearing");
}

static int do_tell(char **words)
{
    xipc_pipe *pipe = NULL;
    xipc_status status = xipc_inherited_pipe(words[2], &pipe);

    if (status == XIPC_OK && words[3]) {
        status = xipc_pipe_write(
            pipe, words[3], strlen(words[3]), XIPC_FOREVER, NULL);
    }
    xipc_pipe_close(pipe);
    return status == XIPC_OK ? 0 : complain("telling");
}

static int do_no_pipe(char **words)
{
    xipc_pipe *pipe = NULL;

    return xipc_inherited_pipe(words[2], &pipe) == XIPC_E_INCOMPATIBLE && !pipe
               ? 0
               : complain("it is one");
}

static int do_miss(char **words)
{
    xipc_section *section = NULL;

    return xipc_inherited_section(words[2], &section) == XIPC_E_NOT_FOUND
               ? 0
               : complain("it is there");
}

static int do_twice(char **words)
{
    xipc_section *section;

    if (xipc_inherited_section(words[2], &section)) {
        return complain("claiming");
    }
    xipc_section_close(section);
    return count_handles() == 0 ? do_miss(words) : complain("handles are left");
}

static int do_mistake(char **words)
{
    xipc_native_handle native;

    return xipc_inherited_native(words[2], &native) == XIPC_E_INCOMPATIBLE
               ? do_twice(words)
               : complain("it was taken for something else");
}

static int do_pass(char **words)
{
    const char *arguments[] = {words[0], "miss", words[2], NULL};
    xipc_exit seen = XIPC_EXIT_INIT;
    xipc_process *process;

    if (xipc_spawn(words[0], arguments, NULL, &process) ||
        xipc_process_wait(process, XIPC_FOREVER, &seen)) {
        return complain("starting another one");
    }
    xipc_process_close(process);
    return (int)seen.code;
}

static int put_one(char **words, void (*putter)(FILE *file))
{
    FILE *file = file_of(words);

    putter(file);
    return ended(file);
}

static int put_name(char **words)
{
    FILE *file = file_of(words);

    put(file, words[0]);
    return ended(file);
}

static int is(char **words, const char *order)
{
    return strcmp(words[1], order) == 0;
}

/* Orders with a file. -1: none of these. */
static int do_telling(int count, char **words)
{
    if (is(words, "arguments")) {
        return do_arguments(count, words);
    }
    if (is(words, "again")) {
        return do_again(count, words);
    }
    if (is(words, "name")) {
        return put_name(words);
    }
    if (is(words, "environment")) {
        return put_one(words, put_environment);
    }
    if (is(words, "directory")) {
        return put_one(words, put_directory);
    }
    return is(words, "handles") ? do_handles(words) : -1;
}

static int do_labelled(char **words)
{
    static const struct {
        const char *order;
        int (*deed)(char **words);
    } orders[] = {
        {"hold", do_hold},       {"keep", do_keep}, {"claim", do_claim},
        {"spend", do_spend},     {"miss", do_miss}, {"twice", do_twice},
        {"mistake", do_mistake}, {"pass", do_pass}, {"echo", do_echo},
        {"no_pipe", do_no_pipe}, {"hear", do_hear}, {"tell", do_tell}};

    for (size_t at = 0; at < sizeof orders / sizeof *orders; at++) {
        if (is(words, orders[at].order)) {
            return orders[at].deed(words);
        }
    }
    return -1;
}

static int do_order(int count, char **words)
{
    int result;

    if (count == 2 && is(words, "crash")) {
        return do_crash();
    }
    if (count == 2 && is(words, "sleep")) {
        return do_sleep();
    }
    if (count == 2 && is(words, "cat")) {
        return do_cat();
    }
    if (count < 3) {
        return complain("no such order");
    }
    if (is(words, "exit")) {
        return (int)strtol(words[2], NULL, 10);
    }
    if (is(words, "say") || is(words, "complain")) {
        fputs(words[2], is(words, "say") ? stdout : stderr);
        return 0;
    }
    result = do_telling(count, words);
    if (result < 0) {
        result = do_labelled(words);
    }
    return result >= 0 ? result : complain("no such order");
}

#if defined(_WIN32)
int wmain(int count, wchar_t **wide);

int wmain(int count, wchar_t **wide)
{
    static char **words; /* for as long as the program runs */

    begin();
    words = utf8_all(count, wide);
    return do_order(count, words);
}

#if !defined(_MSC_VER)
/* Where the C library does not begin with the other one, as zig's. */
int main(void)
{
    int count = 0;
    wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &count);

    return wide ? wmain(count, wide) : 1;
}
#endif
#else
int main(int count, char **words)
{
    begin();
    return do_order(count, words);
}
#endif
