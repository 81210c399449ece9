/* SPDX-License-Identifier: Apache-2.0 */
/* The command `xipc`: finds the subcommand, and runs it. */
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "commands.h"
#include "say.h"
#include "stop.h"
#include "system.h"

const char *program_name = "xipc";

static void help(void)
{
    printf("usage: xipc COMMAND [OPTION]... [OPERAND]...\n\n"
           "Looks at and uses what programs share through the xipc library.\n\n"
           "Commands:\n");
    for (const command *row = commands; row->name; row++) {
        printf("  %-14s %s\n", row->name, row->line);
    }
    printf("\nxipc COMMAND --help tells of one of them. A hyphen in place of a "
           "file is the\nstandard input or output.\n"
           "TIME is a whole number with ns, us, ms, s, m or h behind it, now, "
           "or forever;\nSIZE a whole number of bytes, also with K, M, G or T "
           "behind it.\n\n"
           "To carry a file through a mailbox, in two terminals, in either "
           "order:\n"
           "  xipc recv jobs copy.bin\n"
           "  xipc send jobs file.bin\n\n"
           "To have a program answer calls, and to call it:\n"
           "  xipc serve sorted sort\n"
           "  xipc call sorted names.txt\n\n"
           "Exit codes:\n"
           "    0  done\n"
           "    1  failed in another way than these:\n"
           "    2  wrong usage, or not a legal name\n"
           "    3  nothing has that name\n"
           "    4  not in time\n"
           "    5  refused: the name is taken, in use, or another user's\n"
           "    6  this system cannot do that, or not with that object\n"
           "    7  the other side is gone\n"
           "    8  no room, or a limit\n"
           "  127  a program could not be started\n"
           "  130  ended by Ctrl-C, but 0 of watch and of shm create "
           "--transient\n"
           "`run`, `call`, `bench` and `conformance` end as their program "
           "does; 128 and the\nsignal's number if that was killed.\n");
}

/* How many arguments the row's name takes, or 0 if they are not it. */
static size_t match(const char *name, char **arguments)
{
    size_t count = 0;

    while (arguments[count]) {
        size_t size = strcspn(name, " ");

        if (strlen(arguments[count]) != size ||
            memcmp(arguments[count], name, size) != 0) {
            return 0;
        }
        count++;
        if (name[size] == '\0') {
            return count;
        }
        name += size + 1;
    }
    return 0;
}

static int is_family(const char *word)
{
    size_t size = strlen(word);

    for (const command *row = commands; row->name; row++) {
        if (strncmp(row->name, word, size) == 0 && row->name[size] == ' ') {
            return 1;
        }
    }
    return 0;
}

static int help_family(const char *word)
{
    size_t size = strlen(word);

    for (const command *row = commands; row->name; row++) {
        if (strncmp(row->name, word, size) == 0 && row->name[size] == ' ') {
            printf("xipc %-14s %s\n", row->name, row->line);
        }
    }
    return CODE_DONE;
}

/* The second words, for whoever gave none or another one. */
static int say_family(const char *word, const char *other)
{
    size_t size = strlen(word);
    char all[80] = "";

    for (const command *row = commands; row->name; row++) {
        size_t used = strlen(all);

        if (strncmp(row->name, word, size) == 0 && row->name[size] == ' ') {
            (void)snprintf(
                all + used, sizeof all - used, "%s%s", used > 0 ? ", " : "",
                row->name + size + 1);
        }
    }
    return other ? say_usage(
                       "%s: there is no such command: %s; there are: %s", word,
                       other, all)
                 : say_usage("%s: which command? There are: %s", word, all);
}

static int run_command(const command *which, char **arguments)
{
    size_t count;
    int result;

    say_as(which->name);
    result = args_parse(which, arguments, &count);
    if (result < 0) {
        return CODE_USAGE;
    }
    if (result > 0) {
        args_help(which, command_fields(which));
        return CODE_DONE;
    }
    return which->run(arguments, count);
}

/* `help send` is `send --help`. */
static void turn_round(char **arguments)
{
    static char word[] = "--help";
    size_t at = 0;

    for (; arguments[at + 1]; at++) {
        arguments[at] = arguments[at + 1];
    }
    arguments[at] = word;
}

static int run(char **arguments)
{
    const char *word;

    if (arguments[0] && strcmp(arguments[0], "help") == 0) {
        turn_round(arguments);
    }
    word = arguments[0];
    if (!word) {
        return say_usage("which command?");
    }
    if (strcmp(word, "--version") == 0) {
        printf("xipc %s\n", xipc_version());
        return CODE_DONE;
    }
    if (strcmp(word, "--help") == 0) {
        help();
        return CODE_DONE;
    }
    for (const command *row = commands; row->name; row++) {
        size_t count = match(row->name, arguments);

        if (count > 0) {
            return run_command(row, arguments + count);
        }
    }
    if (is_family(word) && arguments[1] &&
        strcmp(arguments[1], "--help") == 0) {
        return help_family(word);
    }
    if (is_family(word)) {
        return say_family(word, arguments[1]);
    }
    return say_usage("there is no command %s", word);
}

int main(int argc, char **argv)
{
    char **arguments = system_arguments(argc, argv);
    int code;

    if (!arguments || !arguments[0]) {
        return CODE_FAILED;
    }
    program_name = arguments[0];
    stop_begin();
    code = run(arguments + 1);
    /* What was flushed on the way failed there, and is not tried again. */
    if ((fflush(stdout) != 0 || ferror(stdout)) && code == CODE_DONE) {
        code = say_failed("the standard output does not take it all");
    }
    stop_end();
    return code;
}
