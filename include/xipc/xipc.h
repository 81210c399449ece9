/* SPDX-License-Identifier: Apache-2.0 */
/* Everything in one include. */
#ifndef XIPC_H
#define XIPC_H

#include <xipc/base.h>        /* IWYU pragma: export */
#include <xipc/call.h>        /* IWYU pragma: export */
#include <xipc/capability.h>  /* IWYU pragma: export */
#include <xipc/credentials.h> /* IWYU pragma: export */
#include <xipc/mailbox.h>     /* IWYU pragma: export */
#include <xipc/name.h>        /* IWYU pragma: export */
#include <xipc/peer.h>        /* IWYU pragma: export */
#include <xipc/pipe.h>        /* IWYU pragma: export */
#include <xipc/poller.h>      /* IWYU pragma: export */
#include <xipc/process.h>     /* IWYU pragma: export */
#include <xipc/ring.h>        /* IWYU pragma: export */
#include <xipc/section.h>     /* IWYU pragma: export */
#include <xipc/socket.h>      /* IWYU pragma: export */
#include <xipc/sync.h>        /* IWYU pragma: export */
#include <xipc/version.h>     /* IWYU pragma: export */

#endif
