/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mutex, semaphore, event and condition, between the threads of all processes.
 *
 * Each has a name of its own, or stands inside a section at an offset that its
 * users agree on. Both forms behave alike. What nobody contends for makes no
 * system call; who must wait sleeps in the kernel.
 *
 *     xipc_mutex *mutex;
 *
 *     xipc_mutex_open_or_create("stock", NULL, XIPC_FOREVER, &mutex, NULL);
 *     switch (xipc_mutex_lock(mutex, xipc_after_ms(250))) {
 *     case XIPC_OK: break;
 *     case XIPC_E_OWNER_DIED:          locked, and what it guards is in doubt
 *         repair();
 *         xipc_mutex_recovered(mutex);
 *         break;
 *     default: return;                 not locked
 *     }
 *     ...
 *     xipc_mutex_unlock(mutex);
 *
 * A process may die at any instruction: whoever waits for what it had goes on
 * within a quarter of a second.
 *
 * Every call is safe from any thread, except that closing a handle must be its
 * last use, and none is safe in a signal handler. A signal does not shorten or
 * lengthen a wait. xipc_interrupt(xipc_mutex_object(mutex)) ends the waits on
 * that handle with XIPC_E_CANCELED; what they waited for is not taken.
 *
 * What all calls on a handle may return besides what stands at each:
 *
 *     XIPC_E_INVALID  the handle is NULL
 *     XIPC_E_FORKED   the handle was inherited through fork()
 *     XIPC_E_CORRUPT  another process scribbled on the shared words
 */
#ifndef XIPC_SYNC_H
#define XIPC_SYNC_H

#include <xipc/base.h>
#include <xipc/name.h>
#include <xipc/section.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct xipc_mutex xipc_mutex;
typedef struct xipc_semaphore xipc_semaphore;
typedef struct xipc_event xipc_event;
typedef struct xipc_condition xipc_condition;

/* Bytes that one takes inside a section; its offset is a multiple of this. */
#define XIPC_SYNC_SIZE 128

typedef struct xipc_sync_options {
    size_t options_size; /* set by XIPC_SYNC_OPTIONS_INIT */
    xipc_naming naming;
} xipc_sync_options;

#define XIPC_SYNC_OPTIONS_INIT                                    \
    {                                                             \
        sizeof(xipc_sync_options),                                \
        {                                                         \
            XIPC_SCOPE_USER, XIPC_ACCESS_PRIVATE, XIPC_TRANSIENT, \
                XIPC_TRUST_SELF                                   \
        }                                                         \
    }

/*
 * By name: create takes a name that nothing of the kind has, open joins what
 * has the name, open_or_create does either in one step and says in
 * `*created_out` (may be NULL) which. `options` may be NULL for the defaults:
 * this user, private, transient. Access for reading only is access to nothing
 * here, since waiting writes. A name with "native:" is XIPC_E_NOT_SUPPORTED.
 *
 * XIPC_OK              `*mutex_out` is yours; xipc_mutex_close() ends it
 * XIPC_E_EXISTS        create: the name is taken
 * XIPC_E_NOT_FOUND     open: nothing has that name, or only what a dead process
 *                      left
 * XIPC_E_ACCESS, XIPC_E_INCOMPATIBLE, XIPC_E_NAME, XIPC_E_NO_MEMORY,
 * XIPC_E_NO_SPACE, XIPC_E_TIMEOUT, XIPC_E_AGAIN, XIPC_E_INVALID
 *                      as xipc_section_create() and xipc_section_open()
 * XIPC_E_LIMIT         a thousand million processes have opened this mutex
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_mutex_create(
    const char *name,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    xipc_mutex **mutex_out);
XIPC_API XIPC_MUST_USE xipc_status xipc_mutex_open(
    const char *name,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    xipc_mutex **mutex_out);
XIPC_API XIPC_MUST_USE xipc_status xipc_mutex_open_or_create(
    const char *name,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    xipc_mutex **mutex_out,
    int *created_out);

/*
 * Inside a section, XIPC_SYNC_SIZE bytes from `offset` on: create_at makes it
 * of bytes that are all zero, as a new section's are; open_at joins what
 * another process made there. The handle keeps the section's memory, so the
 * section may be closed before it. There is no call to remove it: when nobody
 * uses it any more, set its bytes to zero.
 *
 * XIPC_OK               `*mutex_out` is yours; xipc_mutex_close() ends it
 * XIPC_E_EXISTS         create_at: the bytes are not all zero
 * XIPC_E_NOT_FOUND      open_at: the bytes are all zero
 * XIPC_E_INCOMPATIBLE   open_at: another kind or layout version is there
 * XIPC_E_CORRUPT        open_at: what is there makes no sense
 * XIPC_E_ACCESS         the section was opened for reading only
 * XIPC_E_NOT_SUPPORTED  a mutex in a "native:" section, or in an anonymous one
 *                       where XIPC_FEATURE_SYNC_ANONYMOUS is absent: there is
 *                       no way to learn of its owner's death
 * XIPC_E_TIMEOUT        another process was in the middle of making something
 *                       in that section until `deadline` (XIPC_NOW:
 *                       XIPC_E_AGAIN)
 * XIPC_E_INVALID        NULL, an offset that is no multiple of XIPC_SYNC_SIZE
 *                       or not inside the section
 * XIPC_E_NO_MEMORY, XIPC_E_LIMIT, XIPC_E_FORKED
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_mutex_create_at(
    xipc_section *section,
    uint64_t offset,
    xipc_deadline deadline,
    xipc_mutex **mutex_out);
XIPC_API XIPC_MUST_USE xipc_status xipc_mutex_open_at(
    xipc_section *section,
    uint64_t offset,
    xipc_deadline deadline,
    xipc_mutex **mutex_out);

/*
 * Waits until the mutex is this thread's alone.
 *
 * Whoever dies holding it passes it on: the next locker has it, and is told so
 * that it can put in order what the mutex guards. To die is here: the process
 * ends, however that comes about; the thread ends (on Windows, not by
 * TerminateThread()); or it closes the handle.
 *
 * XIPC_OK                 locked
 * XIPC_E_OWNER_DIED       locked; its last owner died holding it. Call
 *                         xipc_mutex_recovered() once all is well
 * XIPC_E_NOT_RECOVERABLE  not locked and never again: it was unlocked without
 *                         xipc_mutex_recovered()
 * XIPC_E_TIMEOUT          not locked by `deadline` (XIPC_NOW: XIPC_E_AGAIN)
 * XIPC_E_CANCELED         not locked: xipc_interrupt()
 * XIPC_E_INVALID          this thread has it already
 */
XIPC_API XIPC_MUST_USE xipc_status
xipc_mutex_lock(xipc_mutex *mutex, xipc_deadline deadline);

/*
 * XIPC_OK           somebody else may have it
 * XIPC_E_NOT_OWNER  this thread does not have it; nothing has changed
 */
XIPC_API xipc_status xipc_mutex_unlock(xipc_mutex *mutex);

/*
 * What the mutex guards is in order again. Called by the thread that got
 * XIPC_E_OWNER_DIED, which keeps it locked.
 *
 * XIPC_OK           as if its owner had not died
 * XIPC_E_NOT_OWNER  this thread does not have it
 * XIPC_E_INVALID    there is nothing to recover from
 */
XIPC_API xipc_status xipc_mutex_recovered(xipc_mutex *mutex);

/* Closing what this thread has locked is dying with it. Accepts NULL. */
XIPC_API void xipc_mutex_close(xipc_mutex *mutex);

/* For xipc_interrupt(); the mutex's own. NULL for NULL. */
XIPC_API xipc_object *xipc_mutex_object(xipc_mutex *mutex);

/*
 * A count between 0 and `max`, `initial` at first. create, open and the others
 * are as for the mutex; besides:
 *
 * XIPC_E_INVALID  `max` is 0, or `initial` above it
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_semaphore_create(
    const char *name,
    uint32_t initial,
    uint32_t max,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    xipc_semaphore **semaphore_out);
XIPC_API XIPC_MUST_USE xipc_status xipc_semaphore_open(
    const char *name,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    xipc_semaphore **semaphore_out);
XIPC_API XIPC_MUST_USE xipc_status xipc_semaphore_open_or_create(
    const char *name,
    uint32_t initial,
    uint32_t max,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    xipc_semaphore **semaphore_out,
    int *created_out);
XIPC_API XIPC_MUST_USE xipc_status xipc_semaphore_create_at(
    xipc_section *section,
    uint64_t offset,
    uint32_t initial,
    uint32_t max,
    xipc_deadline deadline,
    xipc_semaphore **semaphore_out);
XIPC_API XIPC_MUST_USE xipc_status xipc_semaphore_open_at(
    xipc_section *section,
    uint64_t offset,
    xipc_deadline deadline,
    xipc_semaphore **semaphore_out);

/*
 * Waits until the count is above 0 and takes one off it. A process that dies
 * after that has taken it with it: a semaphore has no owner.
 *
 * XIPC_OK          one less
 * XIPC_E_TIMEOUT   it was 0 until `deadline` (XIPC_NOW: XIPC_E_AGAIN)
 * XIPC_E_CANCELED  xipc_interrupt()
 */
XIPC_API XIPC_MUST_USE xipc_status
xipc_semaphore_wait(xipc_semaphore *semaphore, xipc_deadline deadline);

/*
 * Adds `count`, all or nothing.
 *
 * XIPC_OK         that many more
 * XIPC_E_LIMIT    it would pass the maximum; nothing was added
 * XIPC_E_INVALID  `count` is 0
 */
XIPC_API XIPC_MUST_USE xipc_status
xipc_semaphore_post(xipc_semaphore *semaphore, uint32_t count);

/* The count at this moment, which may have passed; the maximum. 0 for NULL. */
XIPC_API uint32_t xipc_semaphore_count(const xipc_semaphore *semaphore);
XIPC_API uint32_t xipc_semaphore_max(const xipc_semaphore *semaphore);

/* Leaves it to the others as it is. Accepts NULL. */
XIPC_API void xipc_semaphore_close(xipc_semaphore *semaphore);

/* For xipc_interrupt(); the semaphore's own. NULL for NULL. */
XIPC_API xipc_object *xipc_semaphore_object(xipc_semaphore *semaphore);

/*
 * An event is set or not. An automatic one lets one waiter through and is not
 * set any more; a manual one lets all through and stays set until it is reset.
 */
typedef enum xipc_event_mode {
    XIPC_EVENT_AUTO = 0,
    XIPC_EVENT_MANUAL = 1
} xipc_event_mode;

/*
 * As for the mutex, not set at first; besides:
 *
 * XIPC_E_INVALID  an unknown mode
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_event_create(
    const char *name,
    xipc_event_mode mode,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    xipc_event **event_out);
XIPC_API XIPC_MUST_USE xipc_status xipc_event_open(
    const char *name,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    xipc_event **event_out);
XIPC_API XIPC_MUST_USE xipc_status xipc_event_open_or_create(
    const char *name,
    xipc_event_mode mode,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    xipc_event **event_out,
    int *created_out);
XIPC_API XIPC_MUST_USE xipc_status xipc_event_create_at(
    xipc_section *section,
    uint64_t offset,
    xipc_event_mode mode,
    xipc_deadline deadline,
    xipc_event **event_out);
XIPC_API XIPC_MUST_USE xipc_status xipc_event_open_at(
    xipc_section *section,
    uint64_t offset,
    xipc_deadline deadline,
    xipc_event **event_out);

/*
 * Waits until it is set. A manual event that is set and reset again while
 * somebody waits lets him through all the same.
 *
 * XIPC_OK          it was set; an automatic one is not any more
 * XIPC_E_TIMEOUT   not by `deadline` (XIPC_NOW: XIPC_E_AGAIN)
 * XIPC_E_CANCELED  xipc_interrupt()
 */
XIPC_API XIPC_MUST_USE xipc_status
xipc_event_wait(xipc_event *event, xipc_deadline deadline);

/* Setting what is set, and resetting what is not, changes nothing. */
XIPC_API xipc_status xipc_event_set(xipc_event *event);
XIPC_API xipc_status xipc_event_reset(xipc_event *event);

/* Leaves it to the others as it is. Accepts NULL. */
XIPC_API void xipc_event_close(xipc_event *event);

/* For xipc_interrupt(); the event's own. NULL for NULL. */
XIPC_API xipc_object *xipc_event_object(xipc_event *event);

/* As for the mutex. A condition may be used with any mutex, but by all its
 * users with the same one. */
XIPC_API XIPC_MUST_USE xipc_status xipc_condition_create(
    const char *name,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    xipc_condition **condition_out);
XIPC_API XIPC_MUST_USE xipc_status xipc_condition_open(
    const char *name,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    xipc_condition **condition_out);
XIPC_API XIPC_MUST_USE xipc_status xipc_condition_open_or_create(
    const char *name,
    const xipc_sync_options *options,
    xipc_deadline deadline,
    xipc_condition **condition_out,
    int *created_out);
XIPC_API XIPC_MUST_USE xipc_status xipc_condition_create_at(
    xipc_section *section,
    uint64_t offset,
    xipc_deadline deadline,
    xipc_condition **condition_out);
XIPC_API XIPC_MUST_USE xipc_status xipc_condition_open_at(
    xipc_section *section,
    uint64_t offset,
    xipc_deadline deadline,
    xipc_condition **condition_out);

/*
 * Unlocks `mutex`, which this thread has locked, waits to be notified, and
 * locks it again. Between unlocking and waiting no notification is lost. It may
 * return without one, so look at what you wait for in a loop:
 *
 *     while (status == XIPC_OK && !ready) {
 *         status = xipc_condition_wait(condition, mutex, deadline);
 *     }
 *
 * The mutex is locked when it returns, however long that takes and whatever
 * `deadline` and xipc_interrupt() say, except where it says otherwise.
 *
 * XIPC_OK                 notified, perhaps
 * XIPC_E_OWNER_DIED       locked again, and as xipc_mutex_lock() says; whether
 *                         it was notified is unknown. Whoever dies with the
 *                         mutex ends the wait, notified or not
 * XIPC_E_TIMEOUT          not notified by `deadline` (XIPC_NOW: XIPC_E_AGAIN)
 * XIPC_E_CANCELED         xipc_interrupt() of the condition
 * XIPC_E_NOT_RECOVERABLE  the mutex is not locked, and never again
 * XIPC_E_NOT_OWNER        this thread does not have the mutex, which is as it
 *                         was
 * XIPC_E_INVALID          NULL, or what the mutex guards is in doubt: call
 *                         xipc_mutex_recovered() first
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_condition_wait(
    xipc_condition *condition, xipc_mutex *mutex, xipc_deadline deadline);

/*
 * Lets one go on at least, or all, of those who wait at this moment. Whoever
 * notifies without the mutex, and is killed after it has made true what others
 * wait for and before this, has notified nobody.
 */
XIPC_API xipc_status xipc_condition_notify_one(xipc_condition *condition);
XIPC_API xipc_status xipc_condition_notify_all(xipc_condition *condition);

/* Leaves it to the others as it is. Accepts NULL. */
XIPC_API void xipc_condition_close(xipc_condition *condition);

/* For xipc_interrupt(); the condition's own. NULL for NULL. */
XIPC_API xipc_object *xipc_condition_object(xipc_condition *condition);

#ifdef __cplusplus
}
#endif

#endif
