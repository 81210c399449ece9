/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files that shared memory is made of: made without a name, filled, and
 * named in one step. Functions return 0 or errno.
 */
#ifndef XIPC_POSIX_MEMORY_H
#define XIPC_POSIX_MEMORY_H

#include <stdint.h>

#include "posix/posix_lease.h"

/* What a temporary name begins with, where files cannot be nameless. */
#define POSIX_TEMPORARY_PREFIX "xipc-t-"

typedef struct posix_memory {
    struct posix_memory *next; /* of those this process is making */
    struct stat file;
    int fd;
    char temporary[POSIX_PATH_SIZE]; /* "" where files can be nameless */
} posix_memory;

/*
 * A new file in `directory`, for reading and writing by this user alone, whose
 * holder's lock this process has.
 */
int posix_memory_make(const char *directory, posix_memory *memory);

/* Gives it its name, if nothing has that name (EEXIST). */
int posix_memory_publish(posix_memory *memory, const char *path);

/*
 * Whether this process is making that file and has no lease on it yet: then
 * looking at it would drop its lock. Under the leases' lock.
 */
int posix_memory_is_making(const struct stat *file);

/* In a forked child: what the parent was making is not ours. */
void posix_memory_forked(void);

/* A lease has taken the descriptor over. Under the leases' lock. */
void posix_memory_leased(posix_memory *memory);

/* Takes back the temporary name of what was not published, without a lease or
 * with one. Not under the leases' lock. */
void posix_memory_forget(posix_memory *memory);

/*
 * EFBIG if this process must not write a file up to `to` bytes: trying would
 * not fail but kill (RLIMIT_FSIZE, SIGXFSZ).
 */
int posix_memory_check_limit(uint64_t to);

/*
 * Makes the file at least `to` bytes long and, unless `is_lazy`, everything
 * from `from` on real, so that touching it cannot fail. All or nothing. The
 * caller is alone in lengthening the file.
 */
int posix_memory_extend(int fd, uint64_t from, uint64_t to, int is_lazy);

/* Gives the memory of a part back where that can be done; and gets it again: 0,
 * or errno. */
void posix_memory_give_back(int fd, uint64_t from, uint64_t to);
int posix_memory_get_back(int fd, uint64_t from, uint64_t to);

/* Writes the front of a new file and gives it its first size. */
int posix_memory_fill(
    int fd, const xipcos_section_plan *plan, const posix_front *front);

/*
 * What to say when that failed for `size` bytes: asked, free, and which limit.
 * `where` names the file system for people; NULL if it is not in one.
 */
xipc_status
posix_extend_fault(int os_error, int fd, const char *where, uint64_t size);

/* A file that never has a name. */
int posix_memory_anonymous(int *fd_out);

/* From now on nobody can make it shorter, nor longer unless `can_grow`. */
int posix_memory_seal(int fd, int can_grow);

/* Nobody can make it shorter; or this system has no way to tell or to do it. */
int posix_memory_is_sealed(int fd);

#endif
