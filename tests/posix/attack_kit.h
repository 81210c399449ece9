/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What attackers need: the place where an object stands, a process of another
 * user, and memory to tell each other what they saw.
 *
 * An attacker is a forked child of the case, so that it can be another user
 * without being able to read this program.
 */
#ifndef ATTACK_KIT_H
#define ATTACK_KIT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "support/section_kit.h"

enum { ATTACK_PATH_SIZE = 512, ATTACK_PAGE = 65536 };

/*
 * Two users that no account is likely to have, and no other case that runs at
 * the same time. To be asked in the case's own process.
 */
uid_t attack_stranger(void);
uid_t attack_victim(void);

/* The file of this process's user that stands for the name. Its directory is
 * made if need be. */
void native_path_of(xipc_scope scope, const char *name, char *path);

/* The directory of scope USER, as this process's user would have it. */
void native_directory(char *path);

typedef void attack_role(void *context);

/* Runs `role` in a child; as another user if `user` is not 0. */
pid_t attack_start(uid_t user, attack_role *role, void *context);

/* Waits for it and requires that nothing in it failed. */
void attack_join(pid_t pid);
void attack_kill(pid_t pid);

/* Both in one. */
void attack_run(uid_t user, attack_role *role, void *context);

/* Takes away the directories of scope USER that these two came to have. */
void attack_users_gone(void);

/* Skips the case unless it may become another user. */
void attack_needs_users(void);

/*
 * Puts this process into new namespaces (CLONE_NEW...). In one of users it
 * keeps its own number, so that it stays the same user. 0: not permitted.
 */
int attack_unshare(int flags);

/* Zeroed memory that children of this process share with it. */
void *attack_memory(size_t size);
void attack_memory_free(void *memory, size_t size);

/*
 * What follows opens and closes the file. A process that holds the object
 * would lose its hold by that, so there an attacker has to do it.
 */

/* A file of these bytes; it must not be there. Whatever the umask. */
void file_made(const char *path, const void *bytes, size_t size, mode_t mode);

/* Reads at most `capacity` bytes from `offset`; says how many there were. */
size_t file_read(const char *path, off_t offset, void *bytes, size_t capacity);
void file_written(
    const char *path, off_t offset, const void *bytes, size_t size);
void file_truncated(const char *path, off_t size);
int file_exists(const char *path);

/* A status that xipc_section_open() may return. */
int is_open_status(xipc_status status);

/* Milliseconds since a spec_now_ns(). */
int64_t ms_since(int64_t start);

#endif
