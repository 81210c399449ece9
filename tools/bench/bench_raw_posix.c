/* SPDX-License-Identifier: Apache-2.0 */
/* What the rows would be without a library, on POSIX. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

#if defined(__linux__)
#define DIRECTORY "/dev/shm"
#else
#define DIRECTORY "/tmp"
#endif
#define HEAD_SIZE   512
#define DATA_OFFSET 65536
#define FILE_SIZE   (DATA_OFFSET + (off_t)BENCH_SECTION_SIZE)
#define LOCK_OFFSET ((off_t)1 << 62)

static char directory[64];
static char path[128];
static int raw_fd = -1;

static void lock(int fd)
{
    struct flock range = {
        .l_type = F_RDLCK,
        .l_whence = SEEK_SET,
        .l_start = LOCK_OFFSET,
        .l_len = 1};

    bench_require(fcntl(fd, F_SETLK, &range) == 0, "fcntl");
}

/* 0 if the file has these bytes from now on. */
static int reserve(int fd, off_t from, off_t size)
{
#if defined(__APPLE__)
    return ftruncate(fd, from + size);
#else
    return posix_fallocate(fd, from, size);
#endif
}

static void fill(int fd)
{
    char head[HEAD_SIZE] = "head";

    bench_require(
        pwrite(fd, head, sizeof head, 0) == (ssize_t)sizeof head &&
            reserve(fd, DATA_OFFSET, FILE_SIZE - DATA_OFFSET) == 0,
        "filling a file");
}

void bench_raw_begin(void)
{
    snprintf(
        directory, sizeof directory, DIRECTORY "/bench-%ld", (long)getpid());
    bench_require(mkdir(directory, 0700) == 0, "mkdir");
    snprintf(path, sizeof path, "%s/xipc-s-abcdefghijklmnopqrstuv", directory);
    raw_fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bench_require(raw_fd >= 0, "making a file");
    fill(raw_fd);
}

void bench_raw_end(void)
{
    close(raw_fd);
    unlink(path);
    rmdir(directory);
}

static void map_once(int fd)
{
    void *address = mmap(
        NULL, (size_t)BENCH_SECTION_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
        fd, DATA_OFFSET);

    bench_require(address != MAP_FAILED, "mmap");
    munmap(address, (size_t)BENCH_SECTION_SIZE);
}

void bench_raw_map(unsigned count)
{
    struct stat file;

    while (count-- > 0) {
        bench_require(fstat(raw_fd, &file) == 0, "fstat");
        map_once(raw_fd);
    }
}

/* Whose names, open it, whose is it, read its head, lock it, and is it still
 * the one that the name means. */
static int open_once(void)
{
    char head[HEAD_SIZE];
    struct stat file;
    uid_t user = geteuid();
    int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

    bench_require(
        fd >= 0 && fstat(fd, &file) == 0 && file.st_uid == user &&
            pread(fd, head, sizeof head, 0) == (ssize_t)sizeof head,
        "opening");
    lock(fd);
    bench_require(lstat(path, &file) == 0, "lstat");
    return fd;
}

void bench_raw_open(unsigned count)
{
    while (count-- > 0) {
        close(open_once());
    }
}

void bench_raw_open_map(unsigned count)
{
    struct stat file;

    while (count-- > 0) {
        int fd = open_once();

        bench_require(fstat(fd, &file) == 0, "fstat");
        map_once(fd);
        close(fd);
    }
}

/* Made under its name at once: the raw form need not be safe from a kill. */
void bench_raw_create(unsigned count)
{
    char other[160];

    snprintf(other, sizeof other, "%s-new", path);
    while (count-- > 0) {
        int fd = open(other, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

        bench_require(fd >= 0, "making a file");
        fill(fd);
        lock(fd);
        unlink(other);
        close(fd);
    }
}
