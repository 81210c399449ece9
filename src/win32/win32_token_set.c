/* SPDX-License-Identifier: Apache-2.0 */
#include "win32/win32_token_set.h"

#include "os/os_bell.h"
#include "win32/win32_crash.h"

#define LEVEL_COUNT 4
#define WORD_BITS   32U

_Static_assert(
    XIPCOS_TOKEN_MAX == WORD_BITS * WORD_BITS * WORD_BITS * WORD_BITS - 1,
    "a bit for each token");

/* Where each level begins. */
static const uint32_t level_first[LEVEL_COUNT] = {
    0, 1, 1 + 32, 1 + 32 + 32 * 32};

typedef struct taking {
    win32_token_set *set;
    uint32_t *tokens;
    size_t capacity;
    size_t count;
} taking;

void win32_token_set_put(win32_token_set *set, uint32_t token)
{
    uint32_t index = token & XIPCOS_TOKEN_MAX;

    for (unsigned level = LEVEL_COUNT; level-- > 0;) {
        uint32_t bit = UINT32_C(1) << index % WORD_BITS;

        index /= WORD_BITS;
        atomic_fetch_or_explicit(
            &set->words[level_first[level] + index], bit, memory_order_seq_cst);
        WIN32_CRASH_POINT();
    }
}

int win32_token_set_is_empty(const win32_token_set *set)
{
    return atomic_load_explicit(&set->words[0], memory_order_seq_cst) == 0;
}

/* Returns 0 if there is no room. */
static int take_token(taking *self, uint32_t token)
{
    if (self->count == self->capacity) {
        return 0;
    }
    self->tokens[self->count++] = token;
    return 1;
}

/* All below a word. Returns 0 if something is left there, for want of room. */
static int take_below(taking *self, unsigned level, uint32_t index)
{
    _Atomic uint32_t *word = &self->set->words[level_first[level] + index];
    uint32_t bits = atomic_exchange_explicit(word, 0, memory_order_seq_cst);

    for (uint32_t bit = 0; bit < WORD_BITS && bits >> bit != 0; bit++) {
        uint32_t below = index * WORD_BITS + bit;

        if ((bits >> bit & 1) == 0) {
            continue;
        }
        if (level + 1 < LEVEL_COUNT ? !take_below(self, level + 1, below)
                                    : !take_token(self, below)) {
            atomic_fetch_or_explicit(
                word, bits & UINT32_MAX << bit, memory_order_seq_cst);
            return 0;
        }
    }
    return 1;
}

size_t
win32_token_set_take(win32_token_set *set, uint32_t *tokens, size_t capacity)
{
    taking self = {.set = set, .capacity = capacity};

    self.tokens = tokens;
    take_below(&self, 0, 0);
    return self.count;
}
