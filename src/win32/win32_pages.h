/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sections on the page file. One that does not grow has all its pages from the
 * start. One that grows has reserved room for its limit, and its pages are
 * committed as it grows; a page committed by one process is there in the views
 * of all.
 */
#ifndef XIPC_WIN32_PAGES_H
#define XIPC_WIN32_PAGES_H

#include <xipc/base.h>

#include "os/os_section.h"
#include "win32/win32_system.h"

/*
 * Makes the section for `plan`, without any contents. `kernel_name` may be
 * NULL. XIPC_E_EXISTS if the name is taken by a section, which is then in
 * *section_out, or by anything else: then *section_out is NULL.
 */
xipc_status win32_pages_create(
    const xipcos_section_plan *plan,
    SECURITY_ATTRIBUTES *attributes,
    const wchar_t *kernel_name,
    HANDLE *section_out);

/* Commits bytes `from` to `to` of the section, counted from its start. */
xipc_status win32_pages_commit(HANDLE section, uint64_t from, uint64_t to);

/* XIPC_E_CORRUPT unless bytes `from` to `to` are all committed. */
xipc_status win32_pages_check(HANDLE section, uint64_t from, uint64_t to);

#endif
