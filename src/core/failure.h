/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How core fails: with a status, and a sentence that names the object. Every
 * public call returns through xipci_answer().
 */
#ifndef XIPC_CORE_FAILURE_H
#define XIPC_CORE_FAILURE_H

#include <xipc/name.h>

#include "os/os_fault.h"

/*
 * Records "section 'a': <sentence>" and returns `status`. `name` NULL or ""
 * is an anonymous object.
 */
xipc_status xipci_fail(
    xipc_status status,
    xipc_kind kind,
    const char *name,
    const char *format,
    ...) XIPCOS_PRINTF(4, 5);

/* The same of a sentence that is complete as it is, in two halves; for what
 * fails often and quickly. */
xipc_status xipci_refuse(
    xipc_status status,
    xipc_kind kind,
    const char *name,
    const char *sentence,
    const char *rest);

/* Names the object in front of what the backend recorded, if it failed. */
xipc_status xipci_relay(xipc_status status, xipc_kind kind, const char *name);

/* A bad argument where there is no object to name. */
xipc_status xipci_invalid(const char *format, ...) XIPCOS_PRINTF(1, 2);

/* The last step of a public call: a fault becomes this thread's failure. */
xipc_status xipci_answer(xipc_status status);

#endif
