/* SPDX-License-Identifier: Apache-2.0 */
/* A program's path, arguments and environment as Windows wants them. */
#ifndef XIPC_WIN32_WORDS_H
#define XIPC_WIN32_WORDS_H

#include <wchar.h>

#include <xipc/base.h>

/* All give memory that the caller frees. XIPC_E_INVALID: not UTF-8;
 * XIPC_E_NO_MEMORY. */

xipc_status win32_wide_of(const char *utf8, wchar_t **wide_out);

/*
 * The full path of a program that is there, or else what its path would be;
 * with ".exe" if it was left out. XIPC_E_NOT_SUPPORTED: a .bat or .cmd file.
 */
xipc_status
win32_program_of(const char *program, int is_searched, wchar_t **path_out);

/* XIPC_E_TOO_BIG: longer than the system takes. */
xipc_status
win32_command_line_of(const char *const *arguments, wchar_t **line_out);

/*
 * `entries` NULL: this process's environment. Without what begins with
 * `variable` ("NAME="), but with `value` as it if that is not NULL.
 */
xipc_status win32_environment_of(
    const char *const *entries,
    const char *variable,
    const char *value,
    wchar_t **block_out);

#endif
