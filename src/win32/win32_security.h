/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may open what: the security descriptor of everything the backend makes,
 * and the check of who made what it opens.
 *
 * Every object gets an explicit, protected DACL that names its owner. There is
 * no call here that makes an object without one.
 */
#ifndef XIPC_WIN32_SECURITY_H
#define XIPC_WIN32_SECURITY_H

#include <xipc/base.h>
#include <xipc/name.h>

#include "win32/win32_system.h"

#include <accctrl.h>

/* The longest SID as text has 184 characters. */
#define WIN32_SID_TEXT_SIZE  192
#define WIN32_SDDL_TEXT_SIZE 512

/* What everybody else may do, as the rights field of an SDDL entry; NULL is
 * nothing. */
#define WIN32_OTHERS_READ  "GR"
#define WIN32_OTHERS_WRITE "GRGW"
/* Wait for it, look at its owner: a gate, a lease. */
#define WIN32_OTHERS_WAIT "0x120000"
/* That, and signal it: a place to sleep at. */
#define WIN32_OTHERS_SIGNAL "0x120002"
/* A directory where everybody may add and list, and delete nothing. */
#define WIN32_OTHERS_ADD "0x1200ab"

typedef struct win32_security {
    SECURITY_ATTRIBUTES attributes; /* not inheritable */
} win32_security;

/* The user of this process as text: "S-1-5-...". */
void win32_user_sid_text(char text[WIN32_SID_TEXT_SIZE]);

/* The rights that `access` gives to others; *others_out NULL for none.
 * XIPC_E_NOT_SUPPORTED for the group: no group here means what it means
 * elsewhere. */
xipc_status win32_security_others(xipc_access access, const char **others_out);

/* The SDDL text for an object of the user `sid`. */
void win32_security_text(
    const char *sid, const char *others, char text[WIN32_SDDL_TEXT_SIZE]);

xipc_status win32_security_make(const char *others, win32_security *security);
void win32_security_drop(win32_security *security);

/*
 * XIPC_OK if the object belongs to this user, the system or the
 * administrators, or if everyone is trusted; else XIPC_E_ACCESS.
 */
xipc_status win32_security_check_owner(
    HANDLE object, SE_OBJECT_TYPE type, xipc_trust trust);

/* XIPC_OK if both kernel objects belong to the same one; else XIPC_E_ACCESS. */
xipc_status win32_security_check_same_owner(HANDLE object, HANDLE other);

/* The last number of the SID of a token's user, of a kernel object's owner; 0:
 * the system does not say. */
uint64_t win32_security_token_user(HANDLE token);
uint64_t win32_security_owner_user(HANDLE object);

#endif
