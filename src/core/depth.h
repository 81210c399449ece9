/* SPDX-License-Identifier: Apache-2.0 */
#ifndef XIPC_CORE_DEPTH_H
#define XIPC_CORE_DEPTH_H

#include <stdint.h>

/* Of what stands in `room` bytes, which others write: messages that wait, or in
 * a ring of bytes the bytes. Of each ring the first million of records. 0 if
 * nothing is there that makes sense. */
uint64_t xipci_ring_depth(const void *bytes, uint64_t room);
uint64_t xipci_inbox_depth(const void *bytes, uint64_t room);

#endif
