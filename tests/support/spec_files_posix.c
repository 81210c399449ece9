/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/spec_system.h"
#include "support/spec_text.h"

void spec_file_make_temporary(char *path, size_t capacity)
{
    const char *parent = getenv("TMPDIR");
    int size;

    if (!parent || parent[0] != '/') {
        parent = "/tmp";
    }
    size = snprintf(path, capacity, "%s/xipc-spec-XXXXXX", parent);
    if (size < 0 || (size_t)size >= capacity || !mkdtemp(path)) {
        spec_die("cannot make a directory in %s", parent);
    }
}

void spec_file_make_directory(const char *path)
{
    if (mkdir(path, S_IRWXU) != 0 || chmod(path, S_IRWXU) != 0) {
        spec_die("cannot make %s: %s", path, strerror(errno));
    }
}

void spec_file_enter(const char *path)
{
    if (chdir(path) != 0) {
        spec_die("cannot enter %s: %s", path, strerror(errno));
    }
}

void *spec_file_map(const char *path, size_t size, int is_new)
{
    int flags = O_RDWR | O_CLOEXEC | (is_new ? O_CREAT | O_EXCL : 0);
    int fd = open(path, flags, S_IRUSR | S_IWUSR);
    void *address;

    if (fd < 0 || (is_new && ftruncate(fd, (off_t)size) != 0)) {
        spec_die("cannot open %s: %s", path, strerror(errno));
    }
    address = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (address == MAP_FAILED) {
        spec_die("cannot map %s: %s", path, strerror(errno));
    }
    (void)close(fd);
    return address;
}

void spec_file_unmap(void *address, size_t size)
{
    (void)munmap(address, size);
}

static int is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

void spec_file_each(
    const char *directory, spec_file_visit *visit, void *context)
{
    DIR *open_directory = opendir(directory);
    const struct dirent *entry;

    /* A case may have taken its own rights away. */
    if (!open_directory && chmod(directory, S_IRWXU) == 0) {
        open_directory = opendir(directory);
    }
    if (!open_directory) {
        return;
    }
    while ((entry = readdir(open_directory)) != NULL) {
        char path[SPEC_PATH_SIZE];
        struct stat found;

        if (is_dots(entry->d_name)) {
            continue;
        }
        (void)snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        if (lstat(path, &found) == 0 && S_ISDIR(found.st_mode)) {
            spec_file_each(path, visit, context);
        }
        visit(path, context);
    }
    (void)closedir(open_directory);
}

static void remove_one(const char *path, void *context)
{
    (void)context;
    if (unlink(path) != 0) {
        (void)rmdir(path);
    }
}

void spec_file_remove_tree(const char *path)
{
    struct stat found;

    if (lstat(path, &found) == 0 && S_ISDIR(found.st_mode)) {
        (void)chmod(path, S_IRWXU);
        spec_file_each(path, remove_one, NULL);
    }
    remove_one(path, NULL);
}

void spec_file_each_shared(spec_file_visit *visit, void *context)
{
    static const char place[] = "/dev/shm";
    DIR *directory = opendir(place);
    const struct dirent *entry;

    if (!directory) {
        return;
    }
    while ((entry = readdir(directory)) != NULL) {
        char path[SPEC_PATH_SIZE];
        struct stat found;

        (void)snprintf(path, sizeof path, "%s/%s", place, entry->d_name);
        if (strncmp(entry->d_name, "xipc", 4) != 0 ||
            lstat(path, &found) != 0 || found.st_uid != geteuid()) {
            continue;
        }
        if (S_ISDIR(found.st_mode)) {
            spec_file_each(path, visit, context);
        } else {
            visit(path, context);
        }
    }
    (void)closedir(directory);
}
