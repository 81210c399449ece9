/* SPDX-License-Identifier: Apache-2.0 */
/* A program and its arguments, from one text. */
#ifndef WORDS_H
#define WORDS_H

/*
 * Words end at blanks. What stands between two ' or two " is taken as it is,
 * and belongs to its word. Nothing else means anything: a backslash is a part
 * of a Windows path. NULL is behind the last one. To be freed.
 *
 * NULL: there is no word, or a quote has no end.
 */
const char **words_of(const char *text);

#endif
