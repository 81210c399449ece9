/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "os/os_fault.h"
#include "support/spec.h"

SPEC(a_fault_keeps_the_sentence_and_the_native_error, "GEN-2")
{
    REQUIRE_STATUS(
        XIPC_E_EXISTS, xipcos_fault(XIPC_E_EXISTS, 17, "taken by %s", "me"));

    REQUIRE_TEXT("taken by me", xipcos_fault_text());
    REQUIRE_UINT(17, (uint64_t)xipcos_fault_native_error());
}

SPEC(the_subject_stands_in_front_of_the_sentence, "GEN-2")
{
    REQUIRE_STATUS(XIPC_E_OS, xipcos_fault(XIPC_E_OS, 1, "it broke"));
    xipcos_fault_subject("section '%s'", "a");

    REQUIRE_TEXT("section 'a': it broke", xipcos_fault_text());
}

SPEC(a_sentence_that_does_not_fit_is_cut_short, "GEN-2")
{
    char longer[2 * XIPCOS_FAULT_TEXT_SIZE];

    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    REQUIRE_STATUS(XIPC_E_OS, xipcos_fault(XIPC_E_OS, 1, "%s", longer));
    xipcos_fault_subject("section '%s'", "a");

    REQUIRE_UINT(XIPCOS_FAULT_TEXT_SIZE - 1, strlen(xipcos_fault_text()));
    REQUIRE(strncmp(xipcos_fault_text(), "section 'a': xxx", 16) == 0);
}

SPEC(recording_a_fault_leaves_errno_alone, "GEN-2")
{
    errno = 42;
    REQUIRE_STATUS(XIPC_E_OS, xipcos_fault(XIPC_E_OS, 1, "%s", "it broke"));
    xipcos_fault_subject("section '%s'", "a");

    REQUIRE(errno == 42);
}
