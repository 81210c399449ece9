/* SPDX-License-Identifier: Apache-2.0 */
#include "system.h"

#include <sys/ioctl.h>
#include <unistd.h>

enum { COLUMNS_USUAL = 80, LINES_USUAL = 24 };

char **system_arguments(int argc, char **argv)
{
    (void)argc;
    return argv;
}

static int columns_of(int fd)
{
    struct winsize size;

    if (!isatty(fd)) {
        return 0;
    }
    if (ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0) {
        return COLUMNS_USUAL;
    }
    return size.ws_col;
}

int system_output_columns(void)
{
    return columns_of(STDOUT_FILENO);
}

int system_error_columns(void)
{
    return columns_of(STDERR_FILENO);
}

int system_output_lines(void)
{
    struct winsize size;

    if (!isatty(STDOUT_FILENO)) {
        return 0;
    }
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row == 0) {
        return LINES_USUAL;
    }
    return size.ws_row;
}

int system_terminal_begin(void)
{
    return isatty(STDOUT_FILENO);
}
