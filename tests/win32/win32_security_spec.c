/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may open what: the descriptor's text, what the system makes of it, and
 * what really stands on an object. Hosts differ in what they enforce; what is
 * asked of them does not.
 */
#include <stdio.h>
#include <string.h>

#include "support/section_kit.h"
#include "win32/win32_security.h"

#include <aclapi.h>
#include <sddl.h>

enum { DATA_SIZE = 65536, ACES_MAX = 8 };

static const char somebody[] = "S-1-5-21-1111111111-2222222222-3333333333-1001";

static const char *const kinds_of_others[] = {
    NULL,
    WIN32_OTHERS_READ,
    WIN32_OTHERS_WRITE,
    WIN32_OTHERS_WAIT,
    WIN32_OTHERS_ADD,
    WIN32_OTHERS_SIGNAL};

enum { KINDS_OF_OTHERS = sizeof(kinds_of_others) / sizeof(kinds_of_others[0]) };

static PSECURITY_DESCRIPTOR parsed(const char *text)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;

    REQUIRE(ConvertStringSecurityDescriptorToSecurityDescriptorA(
        text, SDDL_REVISION_1, &descriptor, NULL));
    return descriptor;
}

static void require_protected(PSECURITY_DESCRIPTOR descriptor)
{
    SECURITY_DESCRIPTOR_CONTROL control = 0;
    DWORD revision = 0;

    REQUIRE(GetSecurityDescriptorControl(descriptor, &control, &revision));
    REQUIRE((control & SE_DACL_PROTECTED) != 0);
    REQUIRE((control & SE_DACL_PRESENT) != 0);
}

static PACL dacl_of(PSECURITY_DESCRIPTOR descriptor)
{
    BOOL is_present = FALSE;
    BOOL is_defaulted = TRUE;
    PACL dacl = NULL;

    REQUIRE(GetSecurityDescriptorDacl(
        descriptor, &is_present, &dacl, &is_defaulted));
    REQUIRE(is_present);
    REQUIRE(dacl != NULL);
    return dacl;
}

/* All entries allow; nothing is given by an entry of another kind. */
static const ACCESS_ALLOWED_ACE *ace_at(PACL dacl, DWORD index)
{
    void *ace = NULL;

    REQUIRE(GetAce(dacl, index, &ace));
    REQUIRE(((const ACE_HEADER *)ace)->AceType == ACCESS_ALLOWED_ACE_TYPE);
    REQUIRE((((const ACE_HEADER *)ace)->AceFlags & INHERITED_ACE) == 0);
    return ace;
}

static void sid_text_of(const ACCESS_ALLOWED_ACE *ace, char *text)
{
    char *converted = NULL;

    REQUIRE(ConvertSidToStringSidA((PSID)&ace->SidStart, &converted));
    REQUIRE(strlen(converted) < WIN32_SID_TEXT_SIZE);
    strcpy(text, converted);
    LocalFree(converted);
}

static void require_ace_of(PACL dacl, DWORD index, const char *sid)
{
    char text[WIN32_SID_TEXT_SIZE];

    sid_text_of(ace_at(dacl, index), text);
    REQUIRE_TEXT(sid, text);
}

SPEC(the_text_of_every_descriptor_is_a_protected_list_of_its_own, "NAME-6")
{
    char text[WIN32_SDDL_TEXT_SIZE];
    size_t index;

    for (index = 0; index < KINDS_OF_OTHERS; index++) {
        win32_security_text(somebody, kinds_of_others[index], text);
        REQUIRE(strstr(text, "D:P(A;;") != NULL);
        REQUIRE(strstr(text, "NO_ACCESS_CONTROL") == NULL);
        REQUIRE(strstr(text, ";;;AN)") == NULL);
        REQUIRE(strstr(text, ";;;NU)") == NULL);
        REQUIRE(strstr(text, "S:") == NULL);
    }
}

SPEC(
    a_private_descriptor_names_the_user_and_the_system_and_nobody_else,
    "NAME-6")
{
    char text[WIN32_SDDL_TEXT_SIZE];
    PSECURITY_DESCRIPTOR descriptor;
    PACL dacl;

    win32_security_text(somebody, NULL, text);
    descriptor = parsed(text);
    require_protected(descriptor);
    dacl = dacl_of(descriptor);

    REQUIRE_UINT(2, dacl->AceCount);
    require_ace_of(dacl, 0, somebody);
    require_ace_of(dacl, 1, "S-1-5-18");
    LocalFree(descriptor);
}

static DWORD rights_of_everyone(const char *others)
{
    char text[WIN32_SDDL_TEXT_SIZE];
    PSECURITY_DESCRIPTOR descriptor;
    DWORD rights;
    PACL dacl;

    win32_security_text(somebody, others, text);
    descriptor = parsed(text);
    require_protected(descriptor);
    dacl = dacl_of(descriptor);
    REQUIRE_UINT(3, dacl->AceCount);
    require_ace_of(dacl, 2, "S-1-1-0");
    rights = ace_at(dacl, 2)->Mask;
    LocalFree(descriptor);
    return rights;
}

SPEC(others_get_what_was_said_and_never_the_list_itself, "NAME-6")
{
    const DWORD never = WRITE_DAC | WRITE_OWNER | DELETE | GENERIC_ALL |
                        ACCESS_SYSTEM_SECURITY | FILE_DELETE_CHILD;
    size_t index;

    for (index = 1; index < KINDS_OF_OTHERS; index++) {
        REQUIRE((rights_of_everyone(kinds_of_others[index]) & never) == 0);
    }
    REQUIRE_UINT(GENERIC_READ, rights_of_everyone(WIN32_OTHERS_READ));
    REQUIRE_UINT(
        GENERIC_READ | GENERIC_WRITE, rights_of_everyone(WIN32_OTHERS_WRITE));
}

SPEC(each_access_has_its_own_rights_and_a_group_has_none, "NAME-6 NAME-5")
{
    const char *others = somebody;

    REQUIRE_OK(win32_security_others(XIPC_ACCESS_PRIVATE, &others));
    REQUIRE(others == NULL);
    REQUIRE_OK(win32_security_others(XIPC_ACCESS_EVERYONE_READ, &others));
    REQUIRE_TEXT(WIN32_OTHERS_READ, others);
    REQUIRE_OK(win32_security_others(XIPC_ACCESS_EVERYONE_WRITE, &others));
    REQUIRE_TEXT(WIN32_OTHERS_WRITE, others);
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        win32_security_others(XIPC_ACCESS_GROUP_READ, &others));
    REQUIRE_STATUS(
        XIPC_E_NOT_SUPPORTED,
        win32_security_others(XIPC_ACCESS_GROUP_WRITE, &others));
}

SPEC(the_longest_user_fits_into_the_text, "NAME-6")
{
    char sid[WIN32_SID_TEXT_SIZE];
    char text[WIN32_SDDL_TEXT_SIZE];

    memset(sid, '9', sizeof(sid));
    sid[sizeof(sid) - 1] = '\0';
    win32_security_text(sid, WIN32_OTHERS_ADD, text);
    REQUIRE(strlen(text) < sizeof(text) - 1);
    REQUIRE(strstr(text, ";;;WD)") != NULL);
}

SPEC(nothing_that_is_made_can_be_inherited, "GEN-8")
{
    win32_security security;

    REQUIRE_OK(win32_security_make(NULL, &security));
    REQUIRE(!security.attributes.bInheritHandle);
    REQUIRE(security.attributes.lpSecurityDescriptor != NULL);
    require_protected(security.attributes.lpSecurityDescriptor);
    win32_security_drop(&security);
}

/* A second handle on the section, opened past the library. */
static HANDLE opened_past_the_library(const char *name, DWORD access)
{
    char native_name[XIPC_NATIVE_NAME_SIZE];
    char kernel_name[XIPC_NATIVE_NAME_SIZE + 8];
    HANDLE mapping;

    REQUIRE_OK(xipc_native_name(
        XIPC_KIND_SECTION, name, XIPC_SCOPE_USER, native_name,
        sizeof(native_name)));
    snprintf(kernel_name, sizeof(kernel_name), "Local\\%s", native_name);
    mapping = OpenFileMappingA(access, FALSE, kernel_name);
    REQUIRE(mapping != NULL);
    return mapping;
}

SPEC(a_section_really_has_the_list_that_was_asked_for, "NAME-6 NAME-5")
{
    xipc_section *section = section_created("guarded", DATA_SIZE);
    HANDLE mapping =
        opened_past_the_library("guarded", FILE_MAP_READ | READ_CONTROL);
    PSECURITY_DESCRIPTOR descriptor = NULL;
    char self[WIN32_SID_TEXT_SIZE];
    PSID owner = NULL;
    PACL dacl = NULL;
    char *owner_text = NULL;

    win32_user_sid_text(self);
    REQUIRE_UINT(
        ERROR_SUCCESS,
        GetSecurityInfo(
            mapping, SE_KERNEL_OBJECT,
            OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner,
            NULL, &dacl, NULL, &descriptor));
    require_protected(descriptor);
    REQUIRE(dacl != NULL);
    REQUIRE_UINT(2, dacl->AceCount);
    require_ace_of(dacl, 0, self);
    require_ace_of(dacl, 1, "S-1-5-18");
    REQUIRE(ConvertSidToStringSidA(owner, &owner_text));
    REQUIRE_TEXT(self, owner_text);

    LocalFree(owner_text);
    LocalFree(descriptor);
    CloseHandle(mapping);
    xipc_section_close(section);
}

SPEC(an_object_of_this_user_is_trusted, "NAME-8")
{
    xipc_section *section = section_created("guarded", DATA_SIZE);
    HANDLE mapping =
        opened_past_the_library("guarded", FILE_MAP_READ | READ_CONTROL);

    REQUIRE_OK(
        win32_security_check_owner(mapping, SE_KERNEL_OBJECT, XIPC_TRUST_SELF));
    CloseHandle(mapping);
    xipc_section_close(section);
}

SPEC(an_object_of_another_user_is_not_trusted, "NAME-8")
{
    /* The group of all users owns it: neither us nor the administrators. */
    PSECURITY_DESCRIPTOR descriptor = parsed("O:BUD:P(A;;GA;;;WD)");
    SECURITY_ATTRIBUTES attributes = {sizeof(attributes), NULL, FALSE};
    HANDLE mapping;

    attributes.lpSecurityDescriptor = descriptor;
    mapping = CreateFileMappingA(
        INVALID_HANDLE_VALUE, &attributes, PAGE_READWRITE, 0, DATA_SIZE, NULL);
    LocalFree(descriptor);
    if (!mapping) {
        spec_skip("this user may not make an object that belongs to others");
    }

    REQUIRE_STATUS(
        XIPC_E_ACCESS,
        win32_security_check_owner(mapping, SE_KERNEL_OBJECT, XIPC_TRUST_SELF));
    REQUIRE_OK(win32_security_check_owner(
        mapping, SE_KERNEL_OBJECT, XIPC_TRUST_EVERYONE));
    CloseHandle(mapping);
}
