/* SPDX-License-Identifier: Apache-2.0 */
/* With programs of a POSIX system that do not use the library. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tool/tool_kit.h"

enum { FILE_SIZE = 300001 };

static void fifo_named(char *name, size_t capacity)
{
    snprintf(name, capacity, "native:%s/fifo", spec_directory());
}

SPEC(a_fifo_is_read_that_another_program_writes, "PIPE-8")
{
    char name[1200];
    tool reader;
    int fd;

    fifo_named(name, sizeof name);
    reader = TOOL_BEGUN(NULL, "pipe", "listen", name, "copy");
    do {
        fd = open("fifo", O_WRONLY | O_CLOEXEC);
    } while (fd < 0);
    REQUIRE(write(fd, "words", 5) == 5);
    REQUIRE(close(fd) == 0);
    tool_require_end(0, &reader);
    require_file("copy", "words");
}

SPEC(a_fifo_is_written_that_another_program_reads, "PIPE-8")
{
    char name[1200];
    char bytes[16] = "";
    tool writer;
    size_t size = 0;
    int fd;

    fifo_named(name, sizeof name);
    REQUIRE(mkfifo("fifo", 0600) == 0);
    text_written("file", "words");
    writer = TOOL_BEGUN(NULL, "pipe", "connect", name, "file");
    fd = open("fifo", O_RDONLY | O_CLOEXEC);
    REQUIRE(fd >= 0);
    for (ssize_t got = 1; got > 0; size += (size_t)got) {
        got = read(fd, bytes + size, sizeof bytes - 1 - size);
        REQUIRE(got >= 0);
    }
    close(fd);
    tool_require_end(0, &writer);
    REQUIRE_TEXT("words", bytes);
    REQUIRE(remove("file") == 0);
    REQUIRE(remove("fifo") == 0);
}

SPEC(doctor_tells_what_to_do_about_what_does_not_work, "TOOL-1")
{
    static const char remedy[] = "\"remedy\": \"";
    char line[1200];
    char text[16384];
    const char *at;
    FILE *output;
    size_t size;
    int ending;

    snprintf(
        line, sizeof line, "ulimit -n 8; exec '%s' doctor --json", tool_path());
    output = popen(line, "r");
    REQUIRE(output != NULL);
    size = fread(text, 1, sizeof text - 1, output);
    text[size] = '\0';
    ending = pclose(output);
    REQUIRE(WEXITSTATUS(ending) == 1);
    require_in(text, "\"bad\"");
    for (at = text; (at = strstr(at, "\"bad\"")) != NULL;) {
        at = strstr(at, remedy);
        REQUIRE(at != NULL && at[sizeof remedy - 1] != '"');
    }
}

SPEC(a_queue_of_the_systems_own_keeps_what_is_sent, "NAME-4")
{
    SPEC_NEEDS(XIPC_FEATURE_NATIVE_LASTING);
    char name[64];
    tool_result result;

    snprintf(name, sizeof name, "native:/xipc-tool-%ld", (long)getpid());
    text_written("file", "words");
    TOOL_CODE(0, "send", "--create", name, "file");
    TOOL_CODE(2, "info", name);
    result = TOOL("info", "--kind", "mailbox", name, "--json");
    REQUIRE_CODE(0, result);
    require_json(result.output, "0.kind", "\"mailbox\"");
    tool_freed(&result);
    result = TOOL("recv", name);
    REQUIRE_CODE(0, result);
    REQUIRE_TEXT("words", result.output);
    tool_freed(&result);

    /* And takes no pieces. */
    file_made("long", FILE_SIZE, 1);
    TOOL_CODE(8, "send", name, "long");
    TOOL_CODE(2, "rm", name);
    TOOL_CODE(0, "rm", name, "--kind", "mailbox");
    REQUIRE(remove("file") == 0);
    REQUIRE(remove("long") == 0);
}

SPEC(a_file_that_cannot_be_written_is_a_failure_where_it_comes_from, "TOOL-7")
{
    tool server = TOOL_BEGUN(NULL, "serve", "files", "--into", "/dev/full");
    tool_result result;

    file_made("file", FILE_SIZE, 5);
    result = TOOL("call", "files", "--pieces", "file");
    REQUIRE_CODE(1, result);
    require_in(result.error, "could not write");
    tool_freed(&result);
    tool_require_end(1, &server);
    REQUIRE(remove("file") == 0);
}

SPEC(a_file_that_comes_by_calls_is_for_whom_it_was_before, "TOOL-6")
{
    tool server;
    struct stat found;

    text_written("file", "words");
    text_written("copy", "");
    REQUIRE(chmod("copy", 0600) == 0);
    server = TOOL_BEGUN(NULL, "serve", "files", "--into", "copy");
    TOOL_CODE(0, "call", "files", "--pieces", "file");
    tool_require_end(0, &server);
    REQUIRE(stat("copy", &found) == 0);
    REQUIRE_UINT(0600, found.st_mode & 0777);
    require_file("copy", "words");
    REQUIRE(remove("file") == 0);
}
