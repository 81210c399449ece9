/* SPDX-License-Identifier: Apache-2.0 */
/* The system's own header, included the same way everywhere. */
#ifndef XIPC_WIN32_SYSTEM_H
#define XIPC_WIN32_SYSTEM_H

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif

#include <windows.h>

/* Lifts the limit of 260 characters from a path with a drive. */
#define WIN32_LONG_PATH L"\\\\?\\"

#endif
