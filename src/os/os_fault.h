/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The story of a failure: the native error and a sentence, per thread.
 *
 * A backend records a fault on the line after the failing system call, with
 * what was asked and which limit was met. Core puts the object in front of it.
 * Many a fault is met and mended inside a call that succeeds; only the one
 * that a public call returns becomes the thread's last failure.
 *
 * Its code stands here in src/os, because it is the same on every system.
 */
#ifndef XIPCOS_FAULT_H
#define XIPCOS_FAULT_H

#include <xipc/base.h>

#if defined(__clang__)
#define XIPCOS_PRINTF(text_index, first_index) \
    __attribute__((format(printf, text_index, first_index)))
#elif defined(__GNUC__)
/* Not `printf`: to some compilers that is an old C library's. */
#define XIPCOS_PRINTF(text_index, first_index) \
    __attribute__((format(gnu_printf, text_index, first_index)))
#else
#define XIPCOS_PRINTF(text_index, first_index)
#endif

/* Bytes of the sentence, its terminating zero included. */
#define XIPCOS_FAULT_TEXT_SIZE 512

/*
 * Records a fault and returns `status`, so that a failing path is one line:
 * return xipcos_fault(XIPC_E_EXISTS, 0, "the name is taken");
 * `native_error` is errno or GetLastError(), 0 if no system call failed.
 * A sentence that does not fit is cut short. Keeps errno and the last error.
 */
xipc_status
xipcos_fault(xipc_status status, int64_t native_error, const char *format, ...)
    XIPCOS_PRINTF(3, 4);

/* The same of words that only have to be put together, for what fails often and
 * quickly. `words` ends with NULL. */
xipc_status xipcos_fault_words(xipc_status status, const char *const *words);

/* Puts "subject: " in front of the sentence. */
void xipcos_fault_subject(const char *format, ...) XIPCOS_PRINTF(1, 2);

/* The fault last met on this thread. */
const char *xipcos_fault_text(void);
int64_t xipcos_fault_native_error(void);

/* A public call is about to return the fault last met. */
void xipcos_fault_return(void);

/* The fault that a public call last returned on this thread; "" and 0 before
 * the first. */
const char *xipcos_returned_text(void);
int64_t xipcos_returned_native_error(void);

#endif
