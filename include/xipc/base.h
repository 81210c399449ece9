/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every other header needs: statuses, details, deadlines, and the export
 * macro.
 *
 * Every call that can fail returns an xipc_status. A result comes out through
 * a pointer, which is written only on XIPC_OK unless the call says otherwise.
 *
 * A thread must not be ended from outside while it is in a call, as by
 * pthread_cancel() or TerminateThread(): what it had locked would stay locked
 * for the other threads of this process. xipc_interrupt() ends its wait.
 */
#ifndef XIPC_BASE_H
#define XIPC_BASE_H

#include <stddef.h>
#include <stdint.h>

#if defined(XIPC_STATIC)
#define XIPC_API
#elif defined(_WIN32) && defined(XIPC_BUILDING)
#define XIPC_API __declspec(dllexport)
#elif defined(_WIN32)
#define XIPC_API __declspec(dllimport)
#else
#define XIPC_API __attribute__((visibility("default")))
#endif

#if defined(__GNUC__)
#define XIPC_MUST_USE __attribute__((warn_unused_result))
#else
#define XIPC_MUST_USE
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* One value for each decision a caller can make. XIPC_OK is the only success.
 */
typedef enum xipc_status {
    XIPC_OK = 0,
    XIPC_E_INVALID = -1,     /* an argument breaks the contract */
    XIPC_E_NAME = -2,        /* not a legal name */
    XIPC_E_NO_MEMORY = -3,   /* memory or handles of this process ran out */
    XIPC_E_NO_SPACE = -4,    /* room for the object's contents ran out */
    XIPC_E_EXISTS = -5,      /* the name is already taken */
    XIPC_E_NOT_FOUND = -6,   /* nothing has that name */
    XIPC_E_ACCESS = -7,      /* refused, or not safe to use */
    XIPC_E_AGAIN = -8,       /* XIPC_NOW, and it cannot be done now */
    XIPC_E_TIMEOUT = -9,     /* the deadline passed first */
    XIPC_E_CANCELED = -10,   /* interrupted by xipc_interrupt() */
    XIPC_E_CLOSED = -11,     /* the other side closed in good order */
    XIPC_E_PEER_DIED = -12,  /* the other side died */
    XIPC_E_OWNER_DIED = -13, /* locked; its last owner died holding it */
    XIPC_E_NOT_RECOVERABLE = -14, /* an owner's death was never repaired */
    XIPC_E_NOT_OWNER = -15,       /* this thread does not hold it */
    XIPC_E_LIMIT = -16,           /* a limit that is part of the object */
    XIPC_E_TOO_BIG = -17,         /* larger than the object carries */
    XIPC_E_TOO_SMALL = -18,       /* the caller's buffer is too short */
    XIPC_E_BUSY = -19,            /* somebody else has the exclusive use */
    XIPC_E_NOT_SUPPORTED = -20,   /* absent here; see xipc_capability() */
    XIPC_E_INCOMPATIBLE = -21, /* made by another layout, kind or byte order */
    XIPC_E_CORRUPT = -22,      /* shared contents make no sense */
    XIPC_E_FORKED = -23,       /* a handle inherited through fork() */
    XIPC_E_OS = -24            /* anything else; see xipc_native_error() */
} xipc_status;

/* The constant's own spelling, "XIPC_E_TIMEOUT"; "XIPC_E_?" if unknown. */
XIPC_API const char *xipc_status_name(xipc_status status);

/* A few words in English, "the deadline passed first". Never NULL. */
XIPC_API const char *xipc_status_text(xipc_status status);

/*
 * What failed, on which object, which limit was met with its value, and what
 * to do, for the last call of this thread that did not return XIPC_OK. One
 * line of at most 511 bytes; empty before the first failure. Belongs to the
 * library and changes with this thread's next failure.
 */
XIPC_API const char *xipc_detail(void);

/*
 * The native error (errno, or GetLastError) behind that same failure; 0 when
 * no system call was at fault.
 */
XIPC_API int64_t xipc_native_error(void);

/* The library's version as built, "0.1.0". <xipc/version.h> has the header's.
 */
XIPC_API const char *xipc_version(void);

/*
 * A moment on the monotonic clock, in nanoseconds. Calls that can wait take
 * the moment to give up, not a duration, so that one deadline can be spent
 * across several calls. A step of the wall clock changes nothing.
 *
 * XIPC_NOW and XIPC_FOREVER read no clock. A call that was given XIPC_NOW and
 * would have to wait returns XIPC_E_AGAIN; one whose deadline passed returns
 * XIPC_E_TIMEOUT.
 */
typedef int64_t xipc_deadline;

/* Not to wait at all; to wait for as long as it takes. */
#define XIPC_NOW     ((xipc_deadline)0)
#define XIPC_FOREVER ((xipc_deadline)INT64_MAX)

/*
 * The moment `ms` or `ns` from now. A negative distance is a moment that has
 * passed; one too far to express is XIPC_FOREVER.
 */
XIPC_API xipc_deadline xipc_after_ms(int64_t ms);
XIPC_API xipc_deadline xipc_after_ns(int64_t ns);

#ifdef __cplusplus
}
#endif

#endif
