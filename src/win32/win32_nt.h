/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions that only the native interface answers: how large a section is,
 * how many handles an object has, which names a directory of kernel objects
 * holds.
 *
 * The functions are looked up in ntdll.dll, which every process has loaded.
 */
#ifndef XIPC_WIN32_NT_H
#define XIPC_WIN32_NT_H

#include <xipc/base.h>

#include "win32/win32_system.h"

/* Where Wine does other than Windows, and nothing else tells. Any thread. */
int win32_nt_is_wine(void);

/* Access rights that headers for applications leave out. */
#define WIN32_SECTION_QUERY 0x0001U

typedef struct win32_section_facts {
    uint64_t size;
    int is_file_backed;
    int is_reserved; /* pages are committed one by one */
} win32_section_facts;

xipc_status win32_nt_section(HANDLE section, win32_section_facts *facts_out);

typedef struct win32_handle_facts {
    ULONG granted_access; /* of this handle */
    ULONG handle_count;   /* of the object, in all processes */
} win32_handle_facts;

xipc_status win32_nt_handle(HANDLE handle, win32_handle_facts *facts_out);

typedef struct win32_pipe_facts {
    int can_read;
    int can_write;
    int is_message;
    int is_synchronous;
} win32_pipe_facts;

/* XIPC_E_INVALID: no open handle; XIPC_E_NOT_SUPPORTED: not of a pipe. */
xipc_status win32_nt_pipe(HANDLE pipe, win32_pipe_facts *facts_out);

/* Whether the other side of a pipe is gone. */
xipc_status win32_nt_pipe_closing(HANDLE pipe, int *is_closing_out);

/* A number made of the object's full name, which all who have it open can make.
 * XIPC_E_NOT_SUPPORTED if it has none. */
xipc_status win32_nt_name_number(HANDLE object, uint64_t *number_out);

/* Returns 0 to go on. */
typedef int win32_nt_visit(const char *name, void *context);

/*
 * Shows the names of all sections in the directory where `Global\` names
 * stand, or else this session's `Local\` names, that start with `start` and
 * are plain ASCII.
 */
xipc_status win32_nt_list_sections(
    int is_global, const char *start, win32_nt_visit *visit, void *context);

#endif
