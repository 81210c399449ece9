/* SPDX-License-Identifier: Apache-2.0 */
#include "core/failure.h"

#include <stdarg.h>
#include <stdio.h>

static void name_subject(xipc_kind kind, const char *name)
{
    if (name && name[0] != '\0') {
        xipcos_fault_subject("%s '%s'", xipc_kind_name(kind), name);
    } else {
        xipcos_fault_subject("anonymous %s", xipc_kind_name(kind));
    }
}

xipc_status xipci_relay(xipc_status status, xipc_kind kind, const char *name)
{
    if (status != XIPC_OK) {
        name_subject(kind, name);
    }
    return status;
}

xipc_status xipci_fail(
    xipc_status status,
    xipc_kind kind,
    const char *name,
    const char *format,
    ...)
{
    char sentence[XIPCOS_FAULT_TEXT_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    xipcos_fault(status, 0, "%s", sentence);
    name_subject(kind, name);
    return status;
}

xipc_status xipci_refuse(
    xipc_status status,
    xipc_kind kind,
    const char *name,
    const char *sentence,
    const char *rest)
{
    const char *named[] = {
        xipc_kind_name(kind), " '", name, "': ", sentence, rest, NULL};
    const char *anonymous[] = {
        "anonymous ", xipc_kind_name(kind), ": ", sentence, rest, NULL};

    return xipcos_fault_words(
        status, name && name[0] != '\0' ? named : anonymous);
}

xipc_status xipci_invalid(const char *format, ...)
{
    char sentence[XIPCOS_FAULT_TEXT_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    return xipcos_fault(XIPC_E_INVALID, 0, "%s", sentence);
}

xipc_status xipci_answer(xipc_status status)
{
    if (status != XIPC_OK) {
        xipcos_fault_return();
    }
    return status;
}
