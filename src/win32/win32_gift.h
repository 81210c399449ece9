/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a child learns what it was given: from a variable in its environment,
 * where each gift is "words|handle|process;", with the process that gave it.
 * So the child of a child, which has the variable as well, does not take its
 * own handles for them.
 */
#ifndef XIPC_WIN32_GIFT_H
#define XIPC_WIN32_GIFT_H

#include "os/os_spawn.h"
#include "win32/win32_system.h"

#define WIN32_GIFT_VARIABLE "XIPC_INHERITED="

/* The variable, with its value, of gifts whose copies for the child are
 * `handles`; the caller frees it. NULL: no memory. */
char *
win32_gift_write(const xipcos_gift *gifts, const HANDLE *handles, size_t count);

#endif
