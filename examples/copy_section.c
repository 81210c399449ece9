/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Carries a file from one process to another through a persistent section.
 *
 *     copy_section put [--lazy] NAME FILE   puts the file in a new section
 *     copy_section get NAME FILE            gets it out and removes the section
 *     copy_section remove NAME              removes the section unread
 *
 * The section holds a head, a table with one byte for each block of the file,
 * and the file. A block of nothing but zeros is only noted in the table: the
 * section is zero-filled anyway. So with --lazy, which reserves no memory, a
 * sparse file takes as little of the section as it takes of the disk.
 *
 * The section is mapped a window at a time, so that a 32-bit process carries
 * files that are larger than its address space.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xipc/xipc.h>

#define MIB         ((uint64_t)1024 * 1024)
#define BLOCK_SIZE  MIB
#define WINDOW_SIZE (64 * MIB)

/* Where parts of the section begin: on every system's map granularity. */
#define ALIGNMENT ((uint64_t)65536)

static const char complete_mark[8] = {'c', 'o', 'p', 'y', '-', 'v', '1', '\n'};

/* The first bytes of the section. Written last: what an interrupted `put` left
 * is not taken for a file. */
typedef struct copy_head {
    char mark[8];
    uint64_t file_size;
} copy_head;

typedef struct copy {
    FILE *file;
    const char *path;
    uint64_t file_size;
    xipc_section *section;
    xipc_map *index; /* head and table */
    int is_seekable; /* `file` is written and can be left with holes */
    char block[MIB]; /* what is read, before it is known to be zeros */
} copy;

static int seek_to(FILE *file, uint64_t offset)
{
#ifdef _WIN32
    return _fseeki64(file, (int64_t)offset, SEEK_SET);
#else
    return fseeko(file, (off_t)offset, SEEK_SET);
#endif
}

/*
 * The file's size, with its position back at the start; -1 if it has none or
 * cannot be read: some systems open a directory and give it a size.
 */
static int64_t measure(FILE *file)
{
    int64_t size;

#ifdef _WIN32
    size = _fseeki64(file, 0, SEEK_END) == 0 ? _ftelli64(file) : -1;
#else
    size = fseeko(file, 0, SEEK_END) == 0 ? (int64_t)ftello(file) : -1;
#endif
    if (size < 0 || seek_to(file, 0) != 0 || (getc(file) == EOF && size > 0)) {
        return -1;
    }
    return seek_to(file, 0) == 0 ? size : -1;
}

static int fail_xipc(const char *what, xipc_status status)
{
    fprintf(
        stderr, "copy_section: %s: %s: %s\n", what, xipc_status_name(status),
        xipc_detail());
    return -1;
}

static int fail_file(const char *path, const char *what)
{
    fprintf(stderr, "copy_section: %s: %s\n", path, what);
    return -1;
}

static uint64_t round_up(uint64_t size, uint64_t unit)
{
    return (size + unit - 1) / unit * unit;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Where the file begins in the section. */
static uint64_t data_offset(uint64_t file_size)
{
    uint64_t block_count = round_up(file_size, BLOCK_SIZE) / BLOCK_SIZE;

    return ALIGNMENT + round_up(block_count, ALIGNMENT);
}

/* One byte for each block: 1 if anything in it is not zero. */
static uint8_t *table_of(copy *self)
{
    return (uint8_t *)xipc_map_address(self->index) + ALIGNMENT;
}

static int is_zeros(const char *bytes, size_t size)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

static int read_block(copy *self, char *target, uint8_t *is_filled, size_t size)
{
    if (fread(self->block, 1, size, self->file) != size) {
        return fail_file(
            self->path,
            ferror(self->file) ? strerror(errno) : "became shorter meanwhile");
    }
    if (!is_zeros(self->block, size)) {
        memcpy(target, self->block, size);
        *is_filled = 1;
    }
    return 0;
}

static int write_block(copy *self, const char *source, size_t size)
{
    if (fwrite(source, 1, size, self->file) != size) {
        return fail_file(self->path, strerror(errno));
    }
    return 0;
}

/* A hole, except that a file's last byte is what gives it its size. */
static int write_zeros(copy *self, uint64_t offset, size_t size)
{
    int is_last;

    if (!self->is_seekable) {
        memset(self->block, 0, size);
        return write_block(self, self->block, size);
    }
    is_last = offset + size == self->file_size;
    if (seek_to(self->file, offset + size - (is_last ? 1 : 0)) != 0) {
        return fail_file(self->path, strerror(errno));
    }
    return is_last ? write_block(self, "", 1) : 0;
}

/* The blocks of one window, which stands at `window_offset` of the file. */
static int copy_window(
    copy *self,
    char *window,
    uint64_t window_offset,
    uint64_t window_size,
    int is_put)
{
    uint8_t *table = table_of(self) + window_offset / BLOCK_SIZE;
    uint64_t done;
    int result = 0;

    for (done = 0; done < window_size && result == 0; done += BLOCK_SIZE) {
        size_t size = (size_t)least(BLOCK_SIZE, window_size - done);
        uint8_t *is_filled = &table[done / BLOCK_SIZE];

        if (is_put) {
            result = read_block(self, window + done, is_filled, size);
        } else if (*is_filled) {
            result = write_block(self, window + done, size);
        } else {
            result = write_zeros(self, window_offset + done, size);
        }
    }
    return result;
}

static int copy_all(copy *self, int is_put)
{
    uint64_t first = data_offset(self->file_size);
    uint64_t offset;
    int result = 0;

    for (offset = 0; offset < self->file_size && result == 0;
         offset += WINDOW_SIZE) {
        uint64_t size = least(WINDOW_SIZE, self->file_size - offset);
        xipc_map *map;
        xipc_status status = xipc_section_map(
            self->section, first + offset, (size_t)size,
            is_put ? XIPC_MAP_WRITE : 0, &map);

        if (status != XIPC_OK) {
            return fail_xipc("cannot map the section", status);
        }
        result = copy_window(self, xipc_map_address(map), offset, size, is_put);
        xipc_map_close(map);
    }
    return result;
}

static int map_index(copy *self, uint32_t flags)
{
    xipc_status status = xipc_section_map(
        self->section, 0, (size_t)data_offset(self->file_size), flags,
        &self->index);

    return status == XIPC_OK ? 0 : fail_xipc("cannot map the section", status);
}

static int put_complete(copy *self, const char *name)
{
    copy_head *head;

    if (map_index(self, XIPC_MAP_WRITE) != 0 || copy_all(self, 1) != 0) {
        if (xipc_remove(
                XIPC_KIND_SECTION, name, XIPC_SCOPE_USER,
                xipc_after_ms(1000)) != XIPC_OK) {
            fprintf(stderr, "copy_section: left behind: %s\n", xipc_detail());
        }
        return -1;
    }
    head = xipc_map_address(self->index);
    head->file_size = self->file_size;
    memcpy(head->mark, complete_mark, sizeof complete_mark);
    return 0;
}

static int put(copy *self, const char *name, int is_lazy)
{
    xipc_section_options options = XIPC_SECTION_OPTIONS_INIT;
    xipc_status status;
    int64_t size;

    self->file = fopen(self->path, "rb");
    if (!self->file) {
        return fail_file(self->path, strerror(errno));
    }
    size = measure(self->file);
    if (size < 0) {
        return fail_file(self->path, "is not a file that can be read");
    }
    self->file_size = (uint64_t)size;

    options.naming.lifetime = XIPC_PERSISTENT;
    options.flags = is_lazy ? XIPC_SECTION_LAZY : 0;
    status = xipc_section_create(
        name, data_offset(self->file_size) + self->file_size, &options,
        xipc_after_ms(1000), &self->section);
    if (status != XIPC_OK) {
        return fail_xipc("cannot create the section", status);
    }
    return put_complete(self, name);
}

/* The head is what another process wrote: looked at once, then checked. */
static int read_head(copy *self)
{
    uint64_t section_size = xipc_section_size(self->section);
    xipc_map *map;
    copy_head head;
    xipc_status status = xipc_section_map(
        self->section, 0, (size_t)least(ALIGNMENT, section_size), 0, &map);

    if (status != XIPC_OK) {
        return fail_xipc("cannot map the section", status);
    }
    memcpy(&head, xipc_map_address(map), sizeof head);
    xipc_map_close(map);

    if (memcmp(head.mark, complete_mark, sizeof complete_mark) != 0 ||
        head.file_size > section_size ||
        data_offset(head.file_size) > section_size - head.file_size) {
        return fail_file(self->path, "the section holds no complete file");
    }
    self->file_size = head.file_size;
    return 0;
}

static int get(copy *self, const char *name)
{
    xipc_section_options options = XIPC_SECTION_OPTIONS_INIT;
    xipc_status status;
    int result;

    options.flags = XIPC_SECTION_READ_ONLY;
    status =
        xipc_section_open(name, &options, xipc_after_ms(1000), &self->section);
    if (status != XIPC_OK) {
        return fail_xipc("cannot open the section", status);
    }
    if (read_head(self) != 0 || map_index(self, 0) != 0) {
        return -1;
    }
    self->file = fopen(self->path, "wb");
    if (!self->file) {
        return fail_file(self->path, strerror(errno));
    }
    self->is_seekable = seek_to(self->file, 0) == 0;

    result = copy_all(self, 0);
    if (fclose(self->file) != 0 && result == 0) {
        result = fail_file(self->path, strerror(errno));
    }
    self->file = NULL;
    return result;
}

static int remove_section(const char *name)
{
    xipc_status status = xipc_remove(
        XIPC_KIND_SECTION, name, XIPC_SCOPE_USER, xipc_after_ms(1000));

    return status == XIPC_OK ? 0
                             : fail_xipc("cannot remove the section", status);
}

static int run(copy *self, int argc, char **argv)
{
    int is_lazy = argc == 5 && strcmp(argv[2], "--lazy") == 0;

    if (argc == 3 && strcmp(argv[1], "remove") == 0) {
        return remove_section(argv[2]);
    }
    if ((argc == 4 || is_lazy) && strcmp(argv[1], "put") == 0) {
        self->path = argv[argc - 1];
        return put(self, argv[argc - 2], is_lazy);
    }
    if (argc == 4 && strcmp(argv[1], "get") == 0) {
        self->path = argv[3];
        return get(self, argv[2]) == 0 ? remove_section(argv[2]) : -1;
    }
    fprintf(
        stderr, "usage: copy_section put [--lazy] NAME FILE\n"
                "       copy_section get NAME FILE\n"
                "       copy_section remove NAME\n");
    return -1;
}

int main(int argc, char **argv)
{
    copy *self = calloc(1, sizeof *self);
    int result;

    if (!self) {
        fprintf(stderr, "copy_section: no memory\n");
        return EXIT_FAILURE;
    }
    result = run(self, argc, argv);
    if (self->file) {
        fclose(self->file);
    }
    xipc_map_close(self->index);
    xipc_section_close(self->section);
    free(self);
    return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
