/* SPDX-License-Identifier: Apache-2.0 */
/* One finding of `xipc doctor`. */
#ifndef DOCTOR_H
#define DOCTOR_H

#include "say.h"

typedef enum doctor_verdict {
    DOCTOR_NOTE = 0, /* as it is */
    DOCTOR_WARN = 1, /* may be in somebody's way */
    DOCTOR_BAD = 2   /* keeps something from working */
} doctor_verdict;

/* `remedy` may be NULL. All texts are copied. */
void doctor_tell(
    const char *topic,
    doctor_verdict verdict,
    const char *remedy,
    const char *format,
    ...) SAY_FORMAT(4, 5);

#endif
