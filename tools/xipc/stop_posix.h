/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STOP_POSIX_H
#define STOP_POSIX_H

/* Readable once somebody has asked; -1 if nobody can. */
int stop_descriptor(void);

#endif
