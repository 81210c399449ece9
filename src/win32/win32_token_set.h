/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A set of tokens in shared memory: any process puts one in, one process takes
 * them out, and nobody waits for anybody.
 *
 * It is a tree of bits, 32 below each. A bit of the last level is a token, a
 * bit above says that there may be something below it:
 *
 *     put   sets the bits from the last level to the first
 *     take  clears words from the first level to the last, and reads what was
 *           in them
 *
 * All of it is sequentially consistent. So a token whose bit of the first level
 * is set is found; what a take clears too early is set again by the put that it
 * met, which is on its way up. A bit above without one below is no harm. And
 * whoever is killed on his way up leaves a token that is found with the next
 * one that is put below the same bits.
 *
 * Whoever may put can scribble on all of it: what comes out is then any tokens,
 * and as many as there are, but nothing else.
 */
#ifndef XIPC_WIN32_TOKEN_SET_H
#define XIPC_WIN32_TOKEN_SET_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* The words of the four levels. */
#define WIN32_TOKEN_SET_WORDS (1 + 32 + 32 * 32 + 32 * 32 * 32)

/* Zero is empty. */
typedef struct win32_token_set {
    _Atomic uint32_t words[WIN32_TOKEN_SET_WORDS];
} win32_token_set;

/* A token above XIPCOS_TOKEN_MAX becomes some other one. */
void win32_token_set_put(win32_token_set *set, uint32_t token);

int win32_token_set_is_empty(const win32_token_set *set);

/* Up to `capacity` of them; returns how many. */
size_t
win32_token_set_take(win32_token_set *set, uint32_t *tokens, size_t capacity);

#endif
