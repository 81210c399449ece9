/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells a written block from a torn or scribbled one. Against accidents and
 * nonsense, not against forgery: whoever may write the block may write this
 * too, so a block that passes is still checked field by field.
 */
#ifndef XIPCOS_CHECKSUM_H
#define XIPCOS_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Other seeds give other functions. The same bytes give another number on a
 * machine of other byte order. */
uint64_t xipcos_checksum(uint64_t seed, const void *bytes, size_t size);

#endif
