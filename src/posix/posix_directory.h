/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directories that names stand in.
 *
 * Memory of scope USER stands in a directory of this user's own, 0700: on
 * Linux in /dev/shm/xipc-<uid>, which is memory; elsewhere in the runtime
 * directory. Scope MACHINE stands in the system's own sticky directory, where
 * nobody can take away or replace another user's file.
 */
#ifndef XIPC_POSIX_DIRECTORY_H
#define XIPC_POSIX_DIRECTORY_H

#include <xipc/name.h>

#include "os/os_section.h"

/*
 * Writes the directory of `scope` without a final slash. With `make` it is
 * made if it is not there.
 *
 * XIPC_E_NOT_FOUND  it is not there, and was not to be made
 * XIPC_E_ACCESS     not ours alone: the fault says which and why
 */
xipc_status
posix_directory(xipc_scope scope, int make, char *path, size_t capacity);

/* The file of one name; same statuses. */
xipc_status
posix_path(xipcos_place place, int make, char *path, size_t capacity);

/* Bytes that can still be had in the file system that holds the file. */
uint64_t posix_free_space(int fd);

#endif
