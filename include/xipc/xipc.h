/* SPDX-License-Identifier: Apache-2.0 */
/* Everything in one include. */
#ifndef XIPC_H
#define XIPC_H

#include <xipc/base.h>       /* IWYU pragma: export */
#include <xipc/capability.h> /* IWYU pragma: export */
#include <xipc/name.h>       /* IWYU pragma: export */
#include <xipc/poller.h>     /* IWYU pragma: export */
#include <xipc/ring.h>       /* IWYU pragma: export */
#include <xipc/section.h>    /* IWYU pragma: export */
#include <xipc/sync.h>       /* IWYU pragma: export */
#include <xipc/version.h>    /* IWYU pragma: export */

#endif
