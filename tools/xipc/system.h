/* SPDX-License-Identifier: Apache-2.0 */
/* What the program asks of the system besides files and Ctrl-C. */
#ifndef SYSTEM_H
#define SYSTEM_H

/*
 * The arguments in UTF-8, with NULL at the end; the first is this program, with
 * its directory where that is known. Standard streams are binary from here on.
 * NULL: no memory.
 */
char **system_arguments(int argc, char **argv);

/* Columns of the terminal that the standard output or error is; 0: none. */
int system_output_columns(void);
int system_error_columns(void);

/* Lines of the terminal that the standard output is; 0: none. */
int system_output_lines(void);

/* Makes the terminal that the standard output is understand the usual control
 * sequences. 1 if it does. */
int system_terminal_begin(void);

/* What `xipc doctor` tells of this system: calls doctor_tell() (doctor.h). */
void system_facts(void);

#endif
