/* SPDX-License-Identifier: Apache-2.0 */
/* A program of another word size, which does on its standard input what it is
 * told, one line at a time. */
#ifndef PROBE_KIT_H
#define PROBE_KIT_H

#include <stdio.h>

/* The probe of that name, in the folder of the section_probe that
 * $XIPC_PROBE32 names; without that the case is skipped. */
FILE *probe_started(const char *name);
/* Skips the case where there is none: before it makes anything. */
void probe_needed(void);

void order(FILE *probe, const char *command);

/* Everything it was told to do came true. */
void probe_ended(FILE *probe, int exit_code);

#endif
