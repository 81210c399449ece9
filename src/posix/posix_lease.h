/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who holds an object, in the kernel's own words.
 *
 * A process that holds an object has a read lock (fcntl) on one byte of the
 * object's own file, far behind its end. The kernel drops the lock when the
 * process ends, however it ends; a forked child does not inherit it; a
 * recycled process id means nothing to it; and whoever can see the file, from
 * whatever container, sees the lock.
 *
 *     POSIX_LEASE_MEMBER ... one byte per number of a process, write-locked by
 *                            the process that has it; see posix_member.c
 *     POSIX_LEASE_CLAIM      write-locked by whoever is growing the file, or
 *                            making something inside it
 *     POSIX_LEASE_GATE       write-locked by whoever is taking the name away
 *     POSIX_LEASE_FIRST ...  one byte per holder, read-locked; which byte a
 *                            holder takes follows from its process id, so that
 *                            distinct holders can be counted. Two processes
 *                            with one number (in two containers) share a byte
 *                            and count as one; nothing else depends on it.
 *
 * Whoever takes the name away must be alone at the gate, and for a transient
 * object also alone on every holder's byte. A name comes and goes with its
 * file, and only somebody at that file's gate unlinks it: so as long as one is
 * at the gate and the file has a name, it is this name and this file.
 *
 * The trap in these locks: a process loses them all when it closes ANY
 * descriptor of the file. So each file has at most one posix_lease in a
 * process, all its descriptors belong to it, and they are closed together,
 * last. Whoever opens, looks at or closes such a file holds the leases' lock.
 */
#ifndef XIPC_POSIX_LEASE_H
#define XIPC_POSIX_LEASE_H

#include <stdatomic.h>
#include <sys/stat.h>

#include "posix/posix_layout.h"
#include "posix/posix_section.h"

#define POSIX_PATH_SIZE 512

/* Part of the layout: every process must mean the same bytes. */
#define POSIX_LEASE_MEMBER ((off_t)1 << 61)
#define POSIX_LEASE_GATE   ((off_t)1 << 62)
#define POSIX_LEASE_CLAIM  (POSIX_LEASE_GATE - 1)
#define POSIX_LEASE_FIRST  (POSIX_LEASE_GATE + 1)

struct posix_lease {
    posix_lease *next;
    unsigned use_count; /* sections of this process */
    uint64_t epoch;     /* the process it belongs to; see os_process.h */
    dev_t device;
    ino_t inode;
    int read_fd;  /* -1: none */
    int write_fd; /* -1: none */
    int *parked;  /* descriptors that must stay open as long as the lease */
    size_t parked_count;
    int is_claimed; /* a thread of this process has POSIX_LEASE_CLAIM */
    /* This process's number; 0: none yet. Written once, with the claim; read by
       any thread. Relaxed: the number carries nothing else. */
    _Atomic uint32_t member;
    /* Most leases have one section: it needs no memory of its own. */
    int is_section_taken;
    xipcos_section section;
    posix_front front;
    uint64_t user;  /* the place's; 0: not to be found by posix_lease_path() */
    size_t name_at; /* where in `path` the native name begins */
    char path[];    /* the name it was found under */
};

/* Guards every function below. Held across fork(), so a child can go on. */
void posix_leases_lock(void);
void posix_leases_unlock(void);

/*
 * The path of that place, if it was the last one here; else NULL. Whoever opens
 * one name again and again need neither write it again nor look again whether
 * its directory is safe: that it stays (posix_directory.c). Good until the next
 * posix_lease_new(), which has no need of memory then.
 */
const char *posix_lease_path(xipcos_place place);

/* Whether this process has any lease at all. */
int posix_lease_any(void);

/* This process's lease on the file; NULL if it has none. */
posix_lease *posix_lease_find(const struct stat *file);

/*
 * A lease that is none yet: the caller fills in the front, and then begins it
 * or frees it. NULL: out of memory.
 */
posix_lease *posix_lease_new(xipcos_place place, const char *path);
void posix_lease_free(posix_lease *lease);

/* It is one on `fd` from now on, which already has the holder's lock and
 * belongs to the lease. */
void posix_lease_begin(
    posix_lease *lease, int fd, int is_writable, const struct stat *file);

/* Gives the lease a descriptor of the same file for writing (or reading). */
void posix_lease_add_fd(posix_lease *lease, int fd, int is_writable);

/*
 * A descriptor for writing, which taking the name away needs: opened by name if
 * the lease has none. -1 with errno if that is refused; ESTALE: the name is
 * another file's.
 */
int posix_lease_write_fd(posix_lease *lease);

/* The last one takes a transient object's name away. */
void posix_lease_release(posix_lease *lease);

/* Closes a descriptor of a file that may be leased. */
void posix_lease_close_fd(int fd, const struct stat *file);

/*
 * The same for a descriptor that came from elsewhere: an adopted one, or one of
 * a native name, may be of a file that is leased. Takes the lock itself.
 */
void posix_lease_close_any(int fd);

/* Becomes a holder. 0, or errno: EAGAIN if somebody is taking the name away.
 */
int posix_lease_hold(int fd);

/*
 * Takes the gate, and with `alone` also requires that no other process holds
 * the object. `fd` is open for writing. 0, or errno: EAGAIN. A lock of this
 * process's own on the file is overlaid, so a holder must not ask for `alone`
 * unless it is about to close.
 */
int posix_lease_gate(int fd, int alone);

/* Leaves the gate, keeping the hold. */
void posix_lease_ungate(int fd);

/*
 * Write-locks one byte, one process at a time. 0, or errno: EAGAIN. The caller
 * keeps its own threads apart.
 */
int posix_lease_lock_byte(int fd, off_t at);
void posix_lease_unlock_byte(int fd, off_t at);

/* Whether another process has locked that byte; 1 also if that is unknown. */
int posix_lease_is_locked(int fd, off_t at);

/*
 * What other processes do with the file: how many hold it, and whether one
 * stands at the gate. Works on a descriptor for reading.
 */
typedef struct posix_lease_view {
    uint64_t holder_count;
    int is_gated;
} posix_lease_view;

/* Without `count` it stops at the first holder: one question to the kernel.
 * With it, counts up to 256. */
posix_lease_view posix_lease_look(int fd, int count);

/* Whether `path` still names `file`. */
int posix_lease_is_named(const struct stat *file, const char *path);

/*
 * Takes the name away from `file`, whose gate the caller has. 0, or errno:
 * ESTALE if it is not the file's name any more.
 */
int posix_lease_unlink(const struct stat *file, const char *path);

#endif
