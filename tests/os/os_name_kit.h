/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names for the seam, which knows no name spaces. They are this process's own,
 * so that two runs of the spec do not meet.
 */
#ifndef OS_NAME_KIT_H
#define OS_NAME_KIT_H

/* As the name of a section of that kind, 's' or 'v'; each letter, a to z, is
 * another one. It stays as it is. */
const char *own_native_name(char kind, char letter);

/* 24 letters. */
const char *own_word(void);

#endif
