/* SPDX-License-Identifier: Apache-2.0 */
#include "os/os_name_kit.h"

#include <stdio.h>

#include "os/os_process.h"
#include "support/spec.h"

enum { WORD_SIZE = 24, LETTERS = 26 };

/* The process's number in letters, again and again. */
const char *own_word(void)
{
    static char word[WORD_SIZE + 1];
    uint32_t process = xipcos_process_id();

    for (unsigned at = 0; at < WORD_SIZE; at++) {
        word[at] = (char)('a' + (process >> at % 8 * 4 & 0xf));
    }
    return word;
}

const char *own_native_name(char kind, char letter)
{
    static char names[LETTERS][XIPC_NATIVE_NAME_SIZE];
    char *name = names[letter - 'a'];

    (void)snprintf(
        name, XIPC_NATIVE_NAME_SIZE, "xipc-%c-%.*s%c", kind, WORD_SIZE - 1,
        own_word(), letter);
    return name;
}
