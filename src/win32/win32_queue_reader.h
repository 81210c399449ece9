/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The receiving end of a mailslot.
 *
 * A read of a mailslot can be waited for together with nothing else, and is
 * begun for good: Wine before 10 lets neither a poll nor a cancel get at it. So
 * a thread of this process reads, into a queue in memory, from the moment the
 * slot is there until it is closed, and all others have to do with the queue.
 * It also keeps the slot itself empty, which under that Wine takes some
 * hundred messages (212 992 bytes as the host's sockets count them) and no
 * more.
 */
#ifndef XIPC_WIN32_QUEUE_READER_H
#define XIPC_WIN32_QUEUE_READER_H

#include <stddef.h>

#include <xipc/base.h>

#include "win32/win32_system.h"

typedef struct win32_queue_reader win32_queue_reader;

/* How long one read of the slot may last: the timeout to make the slot with.
 * Only where a read could not be ended otherwise has a close to wait for it. */
#define WIN32_QUEUE_READ_MS 1000

/* The reader writes to the slot too, so that must take this. */
#define WIN32_QUEUE_MARKER_SIZE 24

/* Bytes of the longest message that may come by right. */
static inline uint32_t win32_queue_longest(uint32_t message_max)
{
    return message_max > WIN32_QUEUE_MARKER_SIZE ? message_max
                                                 : WIN32_QUEUE_MARKER_SIZE;
}

/*
 * Takes `slot` over, also when it fails; `path` is its name, for as long as the
 * reader lives. When `capacity` messages are in memory, the rest stay in the
 * slot. XIPC_E_NO_MEMORY, XIPC_E_OS.
 */
xipc_status win32_queue_reader_start(
    HANDLE slot,
    const char *path,
    uint32_t capacity,
    uint32_t message_max,
    win32_queue_reader **reader_out);

/* Accepts NULL. */
void win32_queue_reader_stop(win32_queue_reader *reader);

/*
 * XIPC_E_AGAIN     there is none, without a fault
 * XIPC_E_CORRUPT   it was longer than message_max, and is gone
 * XIPC_E_OS        the slot cannot be read any more
 */
xipc_status win32_queue_reader_take(
    win32_queue_reader *reader, void *buffer, size_t *size_out);

/* As xipcos_queue_settle(): waits until the thread has met a marker behind all
 * that is in the slot. */
void win32_queue_reader_settle(win32_queue_reader *reader);

uint64_t win32_queue_reader_count(win32_queue_reader *reader);

/* Whether a take would not say XIPC_E_AGAIN. */
int win32_queue_reader_is_ready(win32_queue_reader *reader);

/* As xipcos_queue_ticket(), xipcos_queue_wait() and xipcos_queue_wake(). */
uint32_t win32_queue_reader_ticket(const win32_queue_reader *reader);
void win32_queue_reader_wait(
    win32_queue_reader *reader, uint32_t ticket, int64_t ns);
void win32_queue_reader_wake(win32_queue_reader *reader);

/* An event that is signalled while there is a message. */
xipc_status
win32_queue_reader_event(win32_queue_reader *reader, HANDLE *event_out);

#endif
