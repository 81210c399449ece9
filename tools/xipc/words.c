/* SPDX-License-Identifier: Apache-2.0 */
#include "words.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

#define BLANKS " \t\r\n"
#define QUOTES "'\""

/* Copies up to the quote that `*from` begins with. -1: it has no other end. */
static int copy_quoted(const char **from, char **to)
{
    const char *begin = *from + 1;
    const char *end = strchr(begin, **from);
    size_t size;

    if (!end) {
        return -1;
    }
    size = (size_t)(end - begin);
    memcpy(*to, begin, size);
    *to += size;
    *from = end + 1;
    return 0;
}

/* Copies one word with its zero, and moves both on. */
static int copy_word(const char **from, char **to)
{
    int result = 0;

    while (**from && !strchr(BLANKS, **from) && result == 0) {
        if (strchr(QUOTES, **from)) {
            result = copy_quoted(from, to);
        } else {
            *(*to)++ = *(*from)++;
        }
    }
    *(*to)++ = '\0';
    return result;
}

/* The list and the words are one piece of memory; there cannot be more words
 * than every second letter begins one. */
const char **words_of(const char *text)
{
    size_t length = strlen(text);
    size_t room = length / 2 + 2;
    const char **words = memory_resize(NULL, room * sizeof *words + length + 1);
    char *to = (char *)(words + room);
    size_t count = 0;

    for (text += strspn(text, BLANKS); *text; text += strspn(text, BLANKS)) {
        words[count++] = to;
        if (copy_word(&text, &to) < 0) {
            count = 0;
            break;
        }
    }
    words[count] = NULL;
    if (count == 0) {
        free((void *)words);
        words = NULL;
    }
    return words;
}
