/* SPDX-License-Identifier: Apache-2.0 */
/* What is otherwise at a terminal: watch, the progress bar, Ctrl-C. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tool/tool_kit.h"

/* What it wrote to the terminal so far. */
typedef struct terminal {
    int master;
    char text[65536];
    size_t size;
    xipc_process *process;
} terminal;

static terminal self;

/* How large the terminal is that comes next. */
static struct winsize window = {.ws_row = 25, .ws_col = 120};

/* The tool with all of its streams at a terminal. */
static void begin(const char *const *arguments)
{
    const char *all[16] = {tool_path()};
    xipc_spawn_options options = XIPC_SPAWN_OPTIONS_INIT;
    xipc_stream stream = {XIPC_STREAM_NATIVE, NULL, -1};

    for (size_t at = 0; arguments[at]; at++) {
        all[at + 1] = arguments[at];
    }
    self.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    REQUIRE(self.master >= 0);
    REQUIRE(grantpt(self.master) == 0 && unlockpt(self.master) == 0);
    REQUIRE(ioctl(self.master, TIOCSWINSZ, &window) == 0);
    stream.native = open(ptsname(self.master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    REQUIRE(stream.native >= 0);
    options.input = stream;
    options.output = stream;
    options.error = stream;
    REQUIRE_OK(xipc_spawn(tool_path(), all, &options, &self.process));
    close((int)stream.native);
}

static void await_text(const char *part)
{
    while (!strstr(self.text, part)) {
        ssize_t got = read(
            self.master, self.text + self.size,
            sizeof self.text - 1 - self.size);

        REQUIRE(got > 0);
        self.size += (size_t)got;
        self.text[self.size] = '\0';
    }
}

static void press_ctrl_c(xipc_process *process)
{
    REQUIRE(kill((pid_t)xipc_process_id(process), SIGINT) == 0);
}

static void require_end(int want)
{
    xipc_exit seen = process_ended(self.process);

    close(self.master);
    REQUIRE_UINT(XIPC_ENDED_EXIT, seen.ending);
    REQUIRE_UINT((uint64_t)want, (uint64_t)seen.code);
}

SPEC(serve_ends_at_ctrl_c_and_so_does_the_program_it_runs, "CALL-6")
{
    xipc_mailbox *box;
    tool client;

    begin((const char *const[]){
        "serve", "sums", tool_path(), "send", "jobs", NULL});
    client = TOOL_BEGUN(NULL, "call", "sums", "--text", "words");
    box = box_awaited("jobs");
    depth_awaited(box, 1);
    press_ctrl_c(self.process);
    require_end(130);
    tool_require_end(7, &client);
    xipc_mailbox_close(box);
}

SPEC(watch_shows_the_list_over_and_over_until_ctrl_c, "TOOL-10 TOOL-11")
{
    xipc_section *section = section_created("first", 1);
    xipc_section *other;

    begin((const char *const[]){"watch", "--interval", "5ms", NULL});
    await_text("\033[2J");
    await_text("section  first");
    await_text("SENT/S");
    other = section_created("second", 1);
    await_text("section  second");
    press_ctrl_c(self.process);
    require_end(0);
    xipc_section_close(section);
    xipc_section_close(other);
}

/* The lines from `at` on, up to the one that begins with `last`. */
static void require_lines(const char *at, const char *last, size_t columns)
{
    size_t lines = 1;

    for (; strncmp(at, last, strlen(last)) != 0; lines++) {
        size_t size = strcspn(at, "\r\n");

        REQUIRE(at[size] != '\0');
        REQUIRE(size <= columns);
        at += size + strspn(at + size, "\r\n");
    }
    REQUIRE(lines < window.ws_row);
}

SPEC(watch_stays_within_the_terminal, "TOOL-9")
{
    xipc_section *sections[12];
    const char *top;
    char name[16];

    for (int at = 0; at < 12; at++) {
        (void)snprintf(name, sizeof name, "number-%d", at);
        sections[at] = section_created(name, 1);
    }
    window.ws_col = 40;
    window.ws_row = 8;
    begin((const char *const[]){"watch", "--count", "1", NULL});
    await_text("... 7 more\r\n");
    top = strstr(self.text, "KIND");
    REQUIRE(top != NULL);
    require_lines(top, "... 7 more", 40);
    require_end(0);
    for (int at = 0; at < 12; at++) {
        xipc_section_close(sections[at]);
    }
}

SPEC(a_bar_shows_how_far_a_file_is, "TOOL-9")
{
    xipc_mailbox *box;
    tool receiver;

    file_made("file", 300000, 4);
    receiver = TOOL_BEGUN(NULL, "recv", "jobs", "copy");
    box = box_awaited("jobs");
    xipc_mailbox_close(box);
    begin((const char *const[]){
        "send", "jobs", "file", "--progress=always", NULL});
    await_text("\rfile");
    await_text("[########");
    await_text("100% ");
    require_end(0);
    tool_require_end(0, &receiver);
    require_same_file("copy", 300000, 4);
    REQUIRE(remove("file") == 0);
}

SPEC(a_bar_shows_how_far_a_request_is_and_its_reply, "TOOL-9")
{
    tool server = TOOL_BEGUN(NULL, "serve", "sums", "--echo", "--count", "1");

    file_made("file", 300000, 4);
    begin((const char *const[]){
        "call", "sums", "file", "--output", "copy", "--progress=always", NULL});
    await_text("\rfile");
    await_text("100% ");
    await_text("\rcopy");
    require_end(0);
    tool_require_end(0, &server);
    require_same_file("copy", 300000, 4);
    REQUIRE(remove("file") == 0);
}

SPEC(a_bar_shows_how_much_of_a_request_has_come, "TOOL-9")
{
    tool server = TOOL_BEGUN(NULL, "serve", "sums", "--echo", "--count", "1");

    begin((const char *const[]){
        "call", "sums", "--output", "copy", "--progress=always", NULL});
    REQUIRE(write(self.master, "words\n", 6) == 6);
    await_text("\rstandard input");
    REQUIRE(write(self.master, "\004", 1) == 1);
    require_end(0);
    tool_require_end(0, &server);
    require_file("copy", "words\n");
}

SPEC(a_bar_shows_how_far_a_file_is_that_goes_by_calls, "TOOL-9")
{
    tool server = TOOL_BEGUN(NULL, "serve", "files", "--into", "copy");

    file_made("file", 300000, 4);
    begin((const char *const[]){
        "call", "files", "--pieces", "file", "--progress=always", NULL});
    await_text("\rfile");
    await_text("[########");
    await_text("100% ");
    require_end(0);
    tool_require_end(0, &server);
    require_same_file("copy", 300000, 4);
    REQUIRE(remove("file") == 0);
}

SPEC(a_bar_shows_how_far_a_file_is_that_comes_by_calls, "TOOL-9")
{
    tool client;

    file_made("file", 300000, 4);
    begin((const char *const[]){
        "serve", "files", "--into", "copy", "--progress=always", NULL});
    client = TOOL_BEGUN(NULL, "call", "files", "--pieces", "file");
    await_text("\rfiles");
    await_text("[########");
    await_text("100% ");
    require_end(0);
    tool_require_end(0, &client);
    require_same_file("copy", 300000, 4);
    REQUIRE(remove("file") == 0);
}

SPEC(no_bar_is_shown_where_no_terminal_is, "TOOL-9")
{
    xipc_mailbox *box;
    tool receiver;
    tool_result result;

    file_made("file", 300000, 4);
    receiver = TOOL_BEGUN(NULL, "recv", "jobs", "copy");
    box = box_awaited("jobs");
    xipc_mailbox_close(box);
    result = TOOL("send", "jobs", "file");
    REQUIRE_CODE(0, result);
    REQUIRE_TEXT("", result.error);
    tool_freed(&result);
    tool_require_end(0, &receiver);
    require_same_file("copy", 300000, 4);
    REQUIRE(remove("file") == 0);
}

static void require_stopped(tool *one)
{
    tool_result result;

    press_ctrl_c(one->process);
    result = tool_ended(one);
    REQUIRE_UINT(130, (uint64_t)result.code);
    tool_freed(&result);
}

SPEC(ctrl_c_ends_a_receiver_and_leaves_nothing, "GEN-5")
{
    tool receiver = TOOL_BEGUN(NULL, "recv", "jobs");

    xipc_mailbox_close(box_awaited("jobs"));
    require_stopped(&receiver);
    require_nothing_exists();
}

SPEC(ctrl_c_ends_a_sender_whose_messages_wait, "GEN-5")
{
    xipc_mailbox *box;
    tool sender;

    text_written("file", "x");
    sender = TOOL_BEGUN(NULL, "send", "jobs", "file");
    box = box_awaited("jobs");
    depth_awaited(box, 1);
    require_stopped(&sender);
    xipc_mailbox_close(box);
    require_nothing_exists();
    REQUIRE(remove("file") == 0);
}

SPEC(ctrl_c_ends_who_reads_from_the_terminal, "TOOL-10")
{
    begin((const char *const[]){"send", "jobs", NULL});
    xipc_mailbox_close(box_awaited("jobs"));
    press_ctrl_c(self.process);
    require_end(130);
    require_nothing_exists();
}

static void stops_midway(const char *const *sends, tool *receiver)
{
    memset(self.text, 0, sizeof self.text);
    self.size = 0;
    begin(sends);
    REQUIRE(write(self.master, "four\n", 5) == 5);
    await_text(" 5 B");
    press_ctrl_c(self.process);
    require_end(130);
    tool_require_end(7, receiver);
    require_file("copy", "four\n");
}

/* Until somebody receives through the ring: who sends does not wait for that
 * before he has sent all. */
static void consumer_awaited(const char *name)
{
    xipc_ring *ring = NULL;
    xipc_status status;

    do {
        status =
            xipc_ring_open(name, XIPC_RING_CONSUMER, NULL, XIPC_FOREVER, &ring);
    } while (status == XIPC_E_NOT_FOUND);
    REQUIRE_STATUS(XIPC_E_BUSY, status);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

SPEC(
    a_file_that_is_stopped_midway_has_not_come_to_its_end,
    "PIPE-6 RING-4 TOOL-6")
{
    tool receiver = TOOL_BEGUN(NULL, "pipe", "listen", "jobs", "copy");

    stops_midway(
        WORDS("pipe", "connect", "jobs", "--progress=always"), &receiver);
    receiver = TOOL_BEGUN(NULL, "ring", "recv", "jobs", "copy");
    consumer_awaited("jobs");
    stops_midway(WORDS("ring", "send", "jobs", "--progress=always"), &receiver);
    receiver = TOOL_BEGUN(NULL, "peer", "recv", "ann", "copy");
    stops_midway(WORDS("peer", "send", "ann", "--progress=always"), &receiver);
}

SPEC(ctrl_c_ends_who_listens, "GEN-5")
{
    char uri[XIPC_SOCKET_URI_SIZE];
    tool server = TOOL_BEGUN(NULL, "sock", "listen", "tcp://127.0.0.1:0");

    error_awaited(&server, "listening at ", uri, sizeof uri);
    require_stopped(&server);
}

SPEC(ctrl_c_ends_who_takes_a_file_and_leaves_nothing_of_it, "CALL-6 GEN-5")
{
    char rest[64];
    tool receiver = TOOL_BEGUN(NULL, "serve", "files", "--into", "copy");

    error_awaited(&receiver, "listening at ", rest, sizeof rest);
    begin((const char *const[]){
        "call", "files", "--pieces", "--progress=always", NULL});
    REQUIRE(write(self.master, "words\n", 6) == 6);
    await_text("\rstandard input");
    require_stopped(&receiver);
    /* Ctrl-D ends it: at the latest then all answers are waited for. */
    REQUIRE(write(self.master, "more\n\004", 6) == 6);
    require_end(7);
    require_nothing_exists();
}

SPEC(a_transient_section_is_held_until_ctrl_c, "LIFE-1")
{
    char rest[32];
    tool_result result;
    tool holder = TOOL_BEGUN(
        NULL, "shm", "create", "table", "--size", "4K", "--transient");

    error_awaited(&holder, "held until", rest, sizeof rest);
    xipc_section_close(section_opened("table"));
    press_ctrl_c(holder.process);
    result = tool_ended(&holder);
    REQUIRE_CODE(0, result);
    tool_freed(&result);
    require_nothing_exists();
}
