/* SPDX-License-Identifier: Apache-2.0 */
#include "win32/win32_security.h"

#include <stdio.h>
#include <string.h>

#include "win32/win32_status.h"

#include <aclapi.h>
#include <sddl.h>

/* Room for a TOKEN_USER and the SID it points to. */
typedef union user_buffer {
    TOKEN_USER user;
    unsigned char bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
} user_buffer;

/*
 * The process's user, not the thread's: an object made while impersonating a
 * client still belongs to this process. Returns 0 on failure.
 */
static int read_user(user_buffer *buffer)
{
    HANDLE token;
    DWORD size;
    BOOL is_read;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) {
        return 0;
    }
    is_read = GetTokenInformation(
        token, TokenUser, buffer, (DWORD)sizeof *buffer, &size);
    CloseHandle(token);
    return is_read != 0;
}

void win32_user_sid_text(char text[WIN32_SID_TEXT_SIZE])
{
    user_buffer buffer;
    char *converted;

    /* A process can always read its own token; if one cannot, it gets the
     * identity of nobody (S-1-0-0), which owns nothing. */
    snprintf(text, WIN32_SID_TEXT_SIZE, "S-1-0-0");
    if (read_user(&buffer) &&
        ConvertSidToStringSidA(buffer.user.User.Sid, &converted)) {
        snprintf(text, WIN32_SID_TEXT_SIZE, "%s", converted);
        LocalFree(converted);
    }
}

xipc_status win32_security_others(xipc_access access, const char **others_out)
{
    switch (access) {
    case XIPC_ACCESS_PRIVATE: *others_out = NULL; return XIPC_OK;
    case XIPC_ACCESS_EVERYONE_READ:
        *others_out = WIN32_OTHERS_READ;
        return XIPC_OK;
    case XIPC_ACCESS_EVERYONE_WRITE:
        *others_out = WIN32_OTHERS_WRITE;
        return XIPC_OK;
    case XIPC_ACCESS_GROUP_READ:
    case XIPC_ACCESS_GROUP_WRITE:
    default:
        return xipcos_fault(
            XIPC_E_NOT_SUPPORTED, 0, "Windows has no access for a group");
    }
}

void win32_security_text(
    const char *sid, const char *others, char text[WIN32_SDDL_TEXT_SIZE])
{
    int size = snprintf(
        text, WIN32_SDDL_TEXT_SIZE, "O:%sD:P(A;;GA;;;%s)(A;;GA;;;SY)", sid,
        sid);

    if (others && size > 0 && size < WIN32_SDDL_TEXT_SIZE) {
        snprintf(
            text + size, WIN32_SDDL_TEXT_SIZE - (size_t)size, "(A;;%s;;;WD)",
            others);
    }
}

xipc_status win32_security_make(const char *others, win32_security *security)
{
    char sid[WIN32_SID_TEXT_SIZE];
    char text[WIN32_SDDL_TEXT_SIZE];
    PSECURITY_DESCRIPTOR descriptor;

    win32_user_sid_text(sid);
    win32_security_text(sid, others, text);
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorA(
            text, SDDL_REVISION_1, &descriptor, NULL)) {
        return win32_fault(GetLastError(), "cannot say who may open it");
    }
    security->attributes.nLength = (DWORD)sizeof security->attributes;
    security->attributes.lpSecurityDescriptor = descriptor;
    security->attributes.bInheritHandle = FALSE;
    return XIPC_OK;
}

void win32_security_drop(win32_security *security)
{
    LocalFree(security->attributes.lpSecurityDescriptor);
}

static int is_trusted(PSID owner)
{
    user_buffer buffer;

    if (!owner) {
        return 0;
    }
    return IsWellKnownSid(owner, WinLocalSystemSid) ||
           IsWellKnownSid(owner, WinBuiltinAdministratorsSid) ||
           (read_user(&buffer) && EqualSid(owner, buffer.user.User.Sid));
}

xipc_status
win32_security_check_owner(HANDLE object, SE_OBJECT_TYPE type, xipc_trust trust)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID owner = NULL;
    DWORD error;
    int is_ours;

    if (trust == XIPC_TRUST_EVERYONE) {
        return XIPC_OK;
    }
    error = GetSecurityInfo(
        object, type, OWNER_SECURITY_INFORMATION, &owner, NULL, NULL, NULL,
        &descriptor);
    if (error != ERROR_SUCCESS) {
        return win32_fault_as(
            XIPC_E_ACCESS, error, "cannot see who it belongs to");
    }
    is_ours = is_trusted(owner);
    LocalFree(descriptor);
    if (!is_ours) {
        return xipcos_fault(XIPC_E_ACCESS, 0, "it belongs to another user");
    }
    return XIPC_OK;
}

/* NULL with a fault; the owner lies in it. */
static PSECURITY_DESCRIPTOR owner_of(HANDLE object, PSID *owner_out)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    DWORD error = GetSecurityInfo(
        object, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION, owner_out, NULL,
        NULL, NULL, &descriptor);

    if (error == ERROR_SUCCESS && *owner_out) {
        return descriptor;
    }
    win32_fault_as(XIPC_E_ACCESS, error, "cannot see who it belongs to");
    return NULL;
}

xipc_status win32_security_check_same_owner(HANDLE object, HANDLE other)
{
    PSID owners[2] = {NULL, NULL};
    PSECURITY_DESCRIPTOR one = owner_of(object, &owners[0]);
    PSECURITY_DESCRIPTOR two = one ? owner_of(other, &owners[1]) : NULL;
    xipc_status status = XIPC_E_ACCESS;

    if (two) {
        status = EqualSid(owners[0], owners[1])
                     ? XIPC_OK
                     : xipcos_fault(
                           XIPC_E_ACCESS, 0,
                           "it does not belong to whose name it has");
    }
    LocalFree(one);
    LocalFree(two);
    return status;
}

static uint64_t last_number(PSID sid)
{
    UCHAR count = *GetSidSubAuthorityCount(sid);

    return count > 0 ? *GetSidSubAuthority(sid, (DWORD)count - 1) : 0;
}

uint64_t win32_security_token_user(HANDLE token)
{
    user_buffer buffer;
    DWORD size;

    return GetTokenInformation(
               token, TokenUser, &buffer, (DWORD)sizeof buffer, &size)
               ? last_number(buffer.user.User.Sid)
               : 0;
}

uint64_t win32_security_owner_user(HANDLE object)
{
    PSID owner = NULL;
    PSECURITY_DESCRIPTOR descriptor = owner_of(object, &owner);
    uint64_t user = descriptor ? last_number(owner) : 0;

    LocalFree(descriptor);
    return user;
}
