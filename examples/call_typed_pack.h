/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The types of call_typed.c, and how they travel: as MessagePack, a struct as a
 * map from the names of its fields. Programs in other languages read it.
 *
 * What came is not believed. msgpack-c makes room for as many elements as an
 * array says it has, so whether they are there is looked at first; and no type
 * takes what is not of it, or longer than it has room for.
 */
#ifndef CALL_TYPED_PACK_H
#define CALL_TYPED_PACK_H

#include <stddef.h>
#include <stdint.h>

#define TEXT_SIZE    32
#define TAG_MAX      8
#define ENTRY_MAX    64
#define MESSAGE_SIZE 8192 /* the longest of them fits */

typedef struct entry {
    char key[TEXT_SIZE];
    uint64_t count;
} entry;

typedef struct counts {
    uint32_t size;
    entry entries[ENTRY_MAX];
} counts;

typedef struct article {
    char name[TEXT_SIZE];
    double price;
    uint32_t tag_count;
    char tags[TAG_MAX][TEXT_SIZE];
    counts stock;
} article;

/* Whatever a method takes or gives. */
typedef union value {
    char text[TEXT_SIZE];
    uint64_t number;
    counts counts;
    article article;
} value;

typedef enum value_type { TEXT, NUMBER, COUNTS, ARTICLE } value_type;

typedef struct message {
    char bytes[MESSAGE_SIZE];
    size_t size;
} message;

void pack(value_type type, const value *from, message *to);

/* 1, or 0 if these bytes are not one of that type, and nothing else. */
int unpack(value_type type, const void *bytes, size_t size, value *to);

#endif
