/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How objects go to a child: what a kind that can be inherited says of itself
 * in the parent, and how it is found in the child.
 *
 *     parent                                   child
 *     lend: handles and facts  --- words --->  xipci_inherit_claim()
 *     give back, once it is started
 */
#ifndef XIPC_CORE_HERITAGE_H
#define XIPC_CORE_HERITAGE_H

#include <xipc/process.h>

#include "core/object.h"

/* Which call takes it in the child. */
#define XIPCI_LEGACY_SECTION 's'
#define XIPCI_LEGACY_NATIVE  'n'
#define XIPCI_LEGACY_PIPE    'p'

#define XIPCI_LEGACY_NATIVE_MAX 2

typedef struct xipci_legacy {
    char kind;      /* a letter or digit: XIPCI_LEGACY_* */
    uint64_t facts; /* whatever the kind has to say besides its handles */
    intptr_t natives[XIPCI_LEGACY_NATIVE_MAX];
    unsigned native_count;
} xipci_legacy;

struct xipci_heritage {
    /* What a child gets copies of, for a claim under a label. */
    xipc_status (*lend)(xipc_object *object, xipci_legacy *legacy_out);
    /* The handle for any program to read from (`is_input`), or to write to.
       NULL: it is nothing to read from or write to. */
    xipc_status (*lend_stream)(
        xipc_object *object, int is_input, intptr_t *native_out);
    /* The child has its copy of a handle that was lent, or there is none. NULL:
       nothing is to be done. */
    void (*give_back)(xipc_object *object, intptr_t native);
};

/* "label:kind:facts:part", for each of its handles. */
#define XIPCI_LEGACY_WORDS_SIZE (XIPC_NAME_MAX + 32)
void xipci_inherit_words(
    const char *label,
    const xipci_legacy *legacy,
    unsigned part,
    char words[XIPCI_LEGACY_WORDS_SIZE]);

/*
 * In the child: takes what was given under `label`. `*legacy_out` has all its
 * handles, which are the caller's; or who cannot use them puts it back.
 *
 * XIPC_E_NAME, XIPC_E_NOT_FOUND, XIPC_E_INCOMPATIBLE, XIPC_E_INVALID,
 * XIPC_E_NO_MEMORY
 */
xipc_status
xipci_inherit_claim(const char *label, char kind, xipci_legacy *legacy_out);
void xipci_inherit_put_back(const char *label, const xipci_legacy *legacy);

/* A label's rule is that of names. */
xipc_status xipci_inherit_check_label(const char *label);

#endif
