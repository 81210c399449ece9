/* SPDX-License-Identifier: Apache-2.0 */
#include "posix/posix_directory.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "posix/posix_lease.h"
#include "posix/posix_status.h"
#include "posix/posix_user.h"

#define OWNER_ONLY      0700
#define OTHERS_ANY      (S_IRWXG | S_IRWXO)
#define OTHERS_CAN_MAKE (S_IWGRP | S_IWOTH)

#if defined(__linux__) && !defined(XIPC_POSIX_BASELINE)
#define MACHINE_DIRECTORY "/dev/shm"
#else
#define MACHINE_DIRECTORY "/tmp"
#endif
#define USER_DIRECTORY MACHINE_DIRECTORY "/xipc-"

/* As snprintf() counts, which would be a good part of what an open costs. */
static int put(const char *text, char *path, size_t capacity)
{
    size_t size = strlen(text);

    if (size < capacity) {
        memcpy(path, text, size + 1);
    }
    return (int)size;
}

static int of_user(uid_t user, char *path, size_t capacity)
{
    char start[] = USER_DIRECTORY;
    size_t size = sizeof start - 1;

    if (size + POSIX_USER_SIZE > capacity) {
        return -1;
    }
    memcpy(path, start, size);
    return (int)(size + posix_user_write(user, path + size));
}

#if defined(__linux__) && !defined(XIPC_POSIX_BASELINE)
static int user_directory(uid_t user, char *path, size_t capacity)
{
    return of_user(user, path, capacity);
}
#else
/* Read once, so that a process does not change its names half-way. */
static pthread_once_t runtime_once = PTHREAD_ONCE_INIT;
static char runtime_chosen[POSIX_PATH_SIZE]; /* "": neither is set */

/* What the user asked for, or the system's, or ours. */
static void choose_runtime(void)
{
    const char *asked = getenv("XIPC_RUNTIME_DIR");
    const char *of_system = getenv("XDG_RUNTIME_DIR");

    if (asked && asked[0] == '/') {
        snprintf(runtime_chosen, sizeof runtime_chosen, "%s", asked);
    } else if (of_system && of_system[0] == '/') {
        snprintf(runtime_chosen, sizeof runtime_chosen, "%s/xipc", of_system);
    }
}

static int user_directory(uid_t user, char *path, size_t capacity)
{
    pthread_once(&runtime_once, choose_runtime);
    if (runtime_chosen[0] != '\0') {
        return snprintf(path, capacity, "%s", runtime_chosen);
    }
    return of_user(user, path, capacity);
}
#endif

static xipc_status refuse(const char *path, const char *why)
{
    return xipcos_fault(
        XIPC_E_ACCESS, 0, "directory %s is not safe to use: %s", path, why);
}

/* A umask may have taken the owner's own rights; nobody else's are given. */
static xipc_status check_usable(const char *path, const struct stat *found)
{
    if ((found->st_mode & OWNER_ONLY) != OWNER_ONLY &&
        chmod(path, OWNER_ONLY) < 0) {
        return posix_fault(errno, "setting the mode of directory %s", path);
    }
    return XIPC_OK;
}

/* It must be a directory, this user's, and closed to everybody else. */
static xipc_status
check_own(const char *path, const struct stat *found, uid_t user)
{
    if (S_ISLNK(found->st_mode)) {
        return refuse(path, "it is a symbolic link");
    }
    if (!S_ISDIR(found->st_mode)) {
        return refuse(path, "it is not a directory");
    }
    if (found->st_uid != user) {
        return xipcos_fault(
            XIPC_E_ACCESS, 0,
            "directory %s is not safe to use: it belongs to user %lu", path,
            (unsigned long)found->st_uid);
    }
    if ((found->st_mode & OTHERS_ANY) != 0) {
        return refuse(path, "it is open to other users; its mode must be 0700");
    }
    return check_usable(path, found);
}

/* Others may make files in it only if nobody can take them away from us. */
static xipc_status check_shared(const char *path, const struct stat *found)
{
    if (!S_ISDIR(found->st_mode)) {
        return refuse(path, "it is not a directory");
    }
    if (found->st_uid != 0 && found->st_uid != geteuid()) {
        return refuse(path, "it belongs to another user");
    }
    if ((found->st_mode & OTHERS_CAN_MAKE) != 0 &&
        (found->st_mode & S_ISVTX) == 0) {
        return refuse(path, "it has no sticky bit");
    }
    return XIPC_OK;
}

/* 0, also when somebody else was faster: what stands there is checked. */
static int make_directory(const char *path)
{
    return mkdir(path, OWNER_ONLY) == 0 || errno == EEXIST ? 0 : errno;
}

static xipc_status write_directory(
    xipc_scope scope,
    uid_t user,
    char *path,
    size_t capacity,
    size_t *length_out)
{
    int length = scope == XIPC_SCOPE_USER
                     ? user_directory(user, path, capacity)
                     : put(MACHINE_DIRECTORY, path, capacity);

    if (length < 0 || (size_t)length >= capacity) {
        return xipcos_fault(
            XIPC_E_ACCESS, 0, "the runtime directory's path is too long");
    }
    *length_out = (size_t)length;
    return XIPC_OK;
}

/* What is written there is checked; with `make` it is made if need be. */
static xipc_status
check_directory(xipc_scope scope, uid_t user, int make, const char *path)
{
    struct stat found;
    int os_error;

    if (lstat(path, &found) < 0) {
        if (errno != ENOENT) {
            return posix_fault(errno, "looking at directory %s", path);
        }
        if (!make) {
            return xipcos_fault(XIPC_E_NOT_FOUND, ENOENT, "nothing has it");
        }
        if (scope == XIPC_SCOPE_MACHINE) {
            return refuse(path, "it is not there");
        }
        os_error = make_directory(path);
        if (os_error == ENOENT) {
            return refuse(path, "what it stands in is not there");
        }
        if (os_error != 0) {
            return posix_fault(os_error, "making directory %s", path);
        }
        if (lstat(path, &found) < 0) {
            return posix_fault(errno, "looking at directory %s", path);
        }
    }
    return scope == XIPC_SCOPE_USER ? check_own(path, &found, user)
                                    : check_shared(path, &found);
}

/* Whose directory it is; nobody's where the scope has none. */
static uid_t user_of(xipcos_place place)
{
    if (place.scope != XIPC_SCOPE_USER) {
        return 0;
    }
    return place.user != 0 ? posix_user_of(place.user) : geteuid();
}

xipc_status
posix_directory(xipc_scope scope, int make, char *path, size_t capacity)
{
    uid_t user = user_of((xipcos_place){.scope = scope});
    size_t length;
    xipc_status status = write_directory(scope, user, path, capacity, &length);

    return status == XIPC_OK ? check_directory(scope, user, make, path)
                             : status;
}

/*
 * The number of the user whose own directory was found safe; 0 is none yet.
 * Safe it stays: nobody else can write to it or replace it. Written by any
 * thread that checked, read by all; relaxed, because it carries nothing else.
 */
static _Atomic uint64_t checked_user;

static xipc_status
find_directory(xipc_scope scope, uid_t user, int make, const char *path)
{
    uint64_t mark = posix_user_number(user);
    xipc_status status;

    if (scope == XIPC_SCOPE_USER && !make &&
        atomic_load_explicit(&checked_user, memory_order_relaxed) == mark) {
        return XIPC_OK;
    }
    status = check_directory(scope, user, make, path);
    if (scope == XIPC_SCOPE_USER && status == XIPC_OK) {
        atomic_store_explicit(&checked_user, mark, memory_order_relaxed);
    }
    return status;
}

xipc_status
posix_path(xipcos_place place, int make, char *path, size_t capacity)
{
    uid_t user = user_of(place);
    size_t length = 0;
    size_t name_size;
    xipc_status status =
        write_directory(place.scope, user, path, capacity, &length);

    if (status == XIPC_OK) {
        status = find_directory(place.scope, user, make, path);
    }
    if (status != XIPC_OK) {
        return status;
    }
    name_size = strlen(place.native_name) + 1;
    if (length + 1 + name_size > capacity) {
        return xipcos_fault(
            XIPC_E_ACCESS, 0, "the runtime directory's path is too long");
    }
    path[length] = '/';
    memcpy(path + length + 1, place.native_name, name_size);
    return XIPC_OK;
}

uint64_t posix_free_space(int fd)
{
    struct statvfs space;

    if (fstatvfs(fd, &space) < 0) {
        return 0;
    }
    return (uint64_t)space.f_bavail * space.f_frsize;
}
