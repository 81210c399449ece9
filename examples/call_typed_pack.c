/* SPDX-License-Identifier: Apache-2.0 */
#include "call_typed_pack.h"

#include <string.h>

#include <msgpack.h>

/* ---- packing ---- */

/* What msgpack-c calls with each few bytes. MESSAGE_SIZE is enough: all types
 * have their limits. */
static int append(void *context, const char *bytes, size_t size)
{
    message *to = context;

    if (size > sizeof to->bytes - to->size) {
        return -1;
    }
    memcpy(to->bytes + to->size, bytes, size);
    to->size += size;
    return 0;
}

static void pack_text(msgpack_packer *to, const char *text)
{
    size_t size = strlen(text);

    msgpack_pack_str(to, size);
    msgpack_pack_str_body(to, text, size);
}

static void pack_counts(msgpack_packer *to, const counts *from)
{
    msgpack_pack_map(to, from->size);
    for (uint32_t at = 0; at < from->size; at++) {
        pack_text(to, from->entries[at].key);
        msgpack_pack_uint64(to, from->entries[at].count);
    }
}

static void pack_article(msgpack_packer *to, const article *from)
{
    msgpack_pack_map(to, 4);
    pack_text(to, "name");
    pack_text(to, from->name);
    pack_text(to, "price");
    msgpack_pack_double(to, from->price);
    pack_text(to, "tags");
    msgpack_pack_array(to, from->tag_count);
    for (uint32_t at = 0; at < from->tag_count; at++) {
        pack_text(to, from->tags[at]);
    }
    pack_text(to, "stock");
    pack_counts(to, &from->stock);
}

/* ---- what came: is it all there? ---- */

static uint64_t
read_length(const unsigned char **at, const unsigned char *end, unsigned bytes)
{
    uint64_t length = 0;

    for (; bytes > 0 && *at < end; bytes--) {
        length = length << 8 | *(*at)++;
    }
    return bytes == 0 ? length : UINT64_MAX / 4; /* more than there is */
}

/* How many bytes and elements follow the first byte of one. 0: it is of a kind
 * that is in none of our messages. */
static int read_head(
    const unsigned char **at,
    const unsigned char *end,
    uint64_t *bytes_out,
    uint64_t *elements_out)
{
    unsigned first = *(*at)++;
    unsigned low = first & 0x0f;

    *bytes_out = 0;
    *elements_out = 0;
    if (first >= 0x80 && first <= 0x9f) { /* a short map or array */
        *elements_out = first <= 0x8f ? 2 * low : low;
    } else if (first >= 0xa0 && first <= 0xbf) { /* a short string */
        *bytes_out = first & 0x1f;
    } else if (first == 0xca || first == 0xcb) { /* with a fraction */
        *bytes_out = first == 0xca ? 4 : 8;
    } else if (first >= 0xcc && first <= 0xcf) { /* a number */
        *bytes_out = 1u << (first - 0xcc);
    } else if (first >= 0xd9 && first <= 0xdb) { /* a string */
        *bytes_out = read_length(at, end, 1u << (first - 0xd9));
    } else if (first >= 0xdc && first <= 0xdd) { /* an array */
        *elements_out = read_length(at, end, 2u << (first - 0xdc));
    } else if (first >= 0xde && first <= 0xdf) { /* a map */
        *elements_out = 2 * read_length(at, end, 2u << (first - 0xde));
    } else if (first > 0x7f) { /* not a small number either */
        return 0;
    }
    return 1;
}

/* One element and all that is in it, and nothing behind it. */
static int is_whole(const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    const unsigned char *end = at + size;
    uint64_t missing = 1;

    while (missing > 0) {
        uint64_t body;
        uint64_t elements;

        if (at == end || !read_head(&at, end, &body, &elements) ||
            body > (uint64_t)(end - at)) {
            return 0;
        }
        at += body;
        missing += elements - 1;
        if (missing > (uint64_t)(end - at)) { /* each has a byte or more */
            return 0;
        }
    }
    return at == end;
}

/* ---- unpacking: 1, or 0 if it is not of the type ---- */

static int unpack_text(const msgpack_object *from, char *text)
{
    const msgpack_object_str *str = &from->via.str;

    if (from->type != MSGPACK_OBJECT_STR || str->size == 0 ||
        str->size >= TEXT_SIZE || memchr(str->ptr, 0, str->size)) {
        return 0;
    }
    memcpy(text, str->ptr, str->size);
    text[str->size] = '\0';
    return 1;
}

/* None of an infinity, or of what is no number at all. */
static int unpack_price(const msgpack_object *from, double *price)
{
    if (from->type != MSGPACK_OBJECT_FLOAT64 &&
        from->type != MSGPACK_OBJECT_FLOAT32) {
        return 0;
    }
    *price = from->via.f64;
    return *price >= 0 && *price <= 1e9;
}

static int unpack_count(const msgpack_object *from, uint64_t *count)
{
    *count = from->via.u64;
    return from->type == MSGPACK_OBJECT_POSITIVE_INTEGER &&
           *count <= UINT32_MAX;
}

static int unpack_counts(const msgpack_object *from, counts *to)
{
    const msgpack_object_map *map = &from->via.map;
    int is_one =
        from->type == MSGPACK_OBJECT_MAP && from->via.map.size <= ENTRY_MAX;

    to->size = is_one ? map->size : 0;
    for (uint32_t at = 0; is_one && at < to->size; at++) {
        is_one = unpack_text(&map->ptr[at].key, to->entries[at].key) &&
                 unpack_count(&map->ptr[at].val, &to->entries[at].count);
    }
    return is_one;
}

static int unpack_tags(const msgpack_object *from, article *to)
{
    const msgpack_object_array *array = &from->via.array;
    int is_one =
        from->type == MSGPACK_OBJECT_ARRAY && from->via.array.size <= TAG_MAX;

    to->tag_count = is_one ? array->size : 0;
    for (uint32_t at = 0; is_one && at < to->tag_count; at++) {
        is_one = unpack_text(&array->ptr[at], to->tags[at]);
    }
    return is_one;
}

/* Keys that are not asked for are passed over: a later version may have more.
 */
static const msgpack_object *
find(const msgpack_object *map, const char *key, msgpack_object *nothing)
{
    for (uint32_t at = 0; at < map->via.map.size; at++) {
        const msgpack_object_kv *pair = &map->via.map.ptr[at];
        char text[TEXT_SIZE];

        if (unpack_text(&pair->key, text) && strcmp(text, key) == 0) {
            return &pair->val;
        }
    }
    nothing->type = MSGPACK_OBJECT_NIL;
    return nothing;
}

static int unpack_article(const msgpack_object *from, article *to)
{
    msgpack_object nil;

    return from->type == MSGPACK_OBJECT_MAP &&
           unpack_text(find(from, "name", &nil), to->name) &&
           unpack_price(find(from, "price", &nil), &to->price) &&
           unpack_tags(find(from, "tags", &nil), to) &&
           unpack_counts(find(from, "stock", &nil), &to->stock);
}

/* ---- types ---- */

void pack(value_type type, const value *from, message *to)
{
    msgpack_packer packer;

    to->size = 0;
    msgpack_packer_init(&packer, to, append);
    switch (type) {
    case TEXT: pack_text(&packer, from->text); break;
    case NUMBER: msgpack_pack_uint64(&packer, from->number); break;
    case COUNTS: pack_counts(&packer, &from->counts); break;
    case ARTICLE: pack_article(&packer, &from->article); break;
    }
}

static int unpack_object(value_type type, const msgpack_object *from, value *to)
{
    switch (type) {
    case TEXT: return unpack_text(from, to->text);
    case NUMBER: return unpack_count(from, &to->number);
    case COUNTS: return unpack_counts(from, &to->counts);
    case ARTICLE: return unpack_article(from, &to->article);
    }
    return 0;
}

int unpack(value_type type, const void *bytes, size_t size, value *to)
{
    msgpack_unpacked unpacked;
    size_t offset = 0;
    int is_one;

    msgpack_unpacked_init(&unpacked);
    is_one = is_whole(bytes, size) &&
             msgpack_unpack_next(&unpacked, bytes, size, &offset) ==
                 MSGPACK_UNPACK_SUCCESS &&
             unpack_object(type, &unpacked.data, to);
    msgpack_unpacked_destroy(&unpacked);
    return is_one;
}
