/* SPDX-License-Identifier: Apache-2.0 */
/* Signals that interrupt whatever this process waits for, all the time. */
#ifndef ALARM_KIT_H
#define ALARM_KIT_H

/* Every other millisecond, and what it interrupts is not restarted. */
void alarms_begin(void);

/* There were some. */
void alarms_end(void);

#endif
