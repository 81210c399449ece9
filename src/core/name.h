/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one rule for legal names, and how they become native ones.
 */
#ifndef XIPC_CORE_NAME_H
#define XIPC_CORE_NAME_H

#include <xipc/name.h>

/* XIPC_E_NAME, with the reason, if `name` breaks the rule; NULL is
 * XIPC_E_INVALID. A "native:" name is legal if anything follows. */
xipc_status xipci_name_check(xipc_kind kind, const char *name);

/* How many bytes stand before the first that no name has, as the terminating
 * zero is; `max` if there is none before that. */
size_t xipci_name_legal_size(const char *text, size_t max);

/* XIPC_E_NOT_SUPPORTED for a "native:" name of a kind that has none. */
xipc_status xipci_name_check_native(xipc_kind kind, const char *name);

/* What follows "native:"; NULL if the name does not begin with it. */
const char *xipci_name_native(const char *name);

/* XIPC_E_INVALID for a value that is not in its enum, or access for others
 * where they cannot find the name. */
xipc_status
xipci_naming_check(xipc_kind kind, const char *name, const xipc_naming *naming);

/* XIPC_E_INVALID if it says anything, of what has no name. */
xipc_status xipci_naming_check_none(xipc_kind kind, const xipc_naming *naming);

int xipci_kind_is_known(xipc_kind kind);
int xipci_scope_is_known(xipc_scope scope);

/*
 * The native name of a legal name: "xipc-", the kind's letter, "-", and 110
 * bits of a hash over kind, scope, user, name space and name, in base 32.
 * Returns the user, 0 where the scope has none.
 */
uint64_t xipci_name_hash(
    xipc_kind kind,
    const char *name,
    xipc_scope scope,
    char native_name[XIPC_NATIVE_NAME_SIZE]);

/* The lowest 40 bits as eight letters: a to z, 2 to 7. */
void xipci_name_letters(char letters[8], uint64_t bits);

/* A number for the name space that XIPC_RUNTIME_DIR opens; never 0. */
uint64_t xipci_name_space(void);

#endif
