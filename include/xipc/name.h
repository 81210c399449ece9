/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How processes find an object: names, scope, access, lifetime; and the calls
 * that work on names without opening anything.
 *
 * A name is 1 to 200 bytes from A-Z a-z 0-9 . _ - and does not start with `.`
 * or `-`. Case matters. Names of different kinds do not meet: section "a" and
 * mailbox "a" are two objects. "native:" in front of a name means the
 * operating system's own name, byte for byte, for talking with programs that
 * do not use xipc; such an object promises only what the system does.
 *
 * XIPC_RUNTIME_DIR in the environment, where it is set, separates names: a
 * process finds only what was made under the same value. It is read once, by
 * the first call that needs it.
 */
#ifndef XIPC_NAME_H
#define XIPC_NAME_H

#include <xipc/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The longest name, in bytes, without "native:". */
#define XIPC_NAME_MAX 200

/* Room for any xipc_native_name(), its terminating zero included. */
#define XIPC_NATIVE_NAME_SIZE 32

/* What an object is. */
typedef enum xipc_kind {
    XIPC_KIND_SECTION = 1,
    XIPC_KIND_MUTEX = 2,
    XIPC_KIND_SEMAPHORE = 3,
    XIPC_KIND_EVENT = 4,
    XIPC_KIND_CONDITION = 5,
    XIPC_KIND_RING = 6,
    XIPC_KIND_MAILBOX = 7,
    XIPC_KIND_PEER = 8,
    XIPC_KIND_INBOX = 9,   /* where a peer receives, made and named by it */
    XIPC_KIND_PIPE = 10,   /* who listens for connections */
    XIPC_KIND_SOCKET = 12, /* who listens at unix:NAME */
    XIPC_KIND_CALL = 13    /* who listens for calls */
} xipc_kind;

/* "section"; "object" if unknown. Never NULL. */
XIPC_API const char *xipc_kind_name(xipc_kind kind);

/* Who shares the name. */
typedef enum xipc_scope {
    XIPC_SCOPE_USER = 0,   /* this user; on Windows, this logon session, but
                              persistent objects are all sessions' */
    XIPC_SCOPE_MACHINE = 1 /* all users */
} xipc_scope;

/*
 * Who may open the object besides the user who made it. Applied whatever the
 * umask. Anything but XIPC_ACCESS_PRIVATE needs XIPC_SCOPE_MACHINE, because
 * nobody else can find a name of XIPC_SCOPE_USER.
 */
typedef enum xipc_access {
    XIPC_ACCESS_PRIVATE = 0,       /* nobody */
    XIPC_ACCESS_GROUP_READ = 1,    /* the creator's group may read */
    XIPC_ACCESS_GROUP_WRITE = 2,   /* the creator's group may read and write */
    XIPC_ACCESS_EVERYONE_READ = 3, /* every user may read */
    XIPC_ACCESS_EVERYONE_WRITE = 4 /* every user may read and write */
} xipc_access;

/* How long an object lasts. */
typedef enum xipc_lifetime {
    XIPC_TRANSIENT = 0, /* name and contents go with the last holder */
    XIPC_PERSISTENT = 1 /* they stay until xipc_remove(); at least until the
                           machine restarts */
} xipc_lifetime;

/* Whose objects an open accepts. Others are refused with XIPC_E_ACCESS. */
typedef enum xipc_trust {
    XIPC_TRUST_SELF = 0,    /* this user's, and the administrator's */
    XIPC_TRUST_EVERYONE = 1 /* any user's */
} xipc_trust;

/*
 * What every options struct says about the name. All zeros is the default:
 * this user, private, transient.
 */
typedef struct xipc_naming {
    xipc_scope scope;       /* create and open */
    xipc_access access;     /* create */
    xipc_lifetime lifetime; /* create */
    xipc_trust trust;       /* open */
} xipc_naming;

/*
 * Writes the name under which the operating system knows the object `name`:
 * at most 30 bytes and a terminating zero, made of the kind and a hash of
 * name, scope and user. The object need not exist.
 *
 * XIPC_OK           `buffer` holds the native name
 * XIPC_E_NAME       `name` is not a legal name
 * XIPC_E_TOO_SMALL  `capacity` is too short; XIPC_NATIVE_NAME_SIZE is enough
 *                   but for a "native:" name, which is given back as it is
 * XIPC_E_INVALID    NULL, or an unknown kind or scope
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_native_name(
    xipc_kind kind,
    const char *name,
    xipc_scope scope,
    char *buffer,
    size_t capacity);

/*
 * Takes a persistent object's name away at once. Its holders keep working on
 * the old object, and a new one may take the name. A "native:" name is handed
 * to the operating system.
 *
 * XIPC_OK               the name is free
 * XIPC_E_NOT_FOUND      nothing has that name
 * XIPC_E_NOT_SUPPORTED  the object is transient: it goes with its last holder
 * XIPC_E_ACCESS         it belongs to another user
 * XIPC_E_INCOMPATIBLE   made by another layout version, which alone can tell
 *                       whether it is in use
 * XIPC_E_TIMEOUT        somebody else is removing it and did not finish by
 *                       `deadline` (XIPC_NOW: XIPC_E_AGAIN)
 * XIPC_E_NAME, XIPC_E_INVALID
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_remove(
    xipc_kind kind, const char *name, xipc_scope scope, xipc_deadline deadline);

/* One object, as xipc_list() shows it. Strings live until the callback ends. */
typedef struct xipc_listing {
    size_t listing_size; /* size of the struct that the library filled */
    /* What it is, who shares its name, and how long it lasts. */
    xipc_kind kind;
    xipc_scope scope;
    xipc_lifetime lifetime;
    int is_stale;     /* nobody holds it and nobody ever will again */
    const char *name; /* the full name; "" where it cannot be read */
    /* The system's name of it. */
    const char *native_name;
    const char *provider;  /* "shm", "native" */
    uint64_t size;         /* bytes */
    uint64_t depth;        /* messages waiting, of mailboxes, rings, inboxes; of
                              a ring of bytes the bytes; 0 of what has none */
    uint64_t holder_count; /* processes that have it open */
    /* When it was made: nanoseconds since 1970 began, by the clock that people
     * set; 0: nobody knows. */
    int64_t made_at;
    uint64_t sent_count; /* messages ever sent to it, for mailboxes */
} xipc_listing;

/* Returns 0 to go on, anything else to end the listing. */
typedef int xipc_list_callback(const xipc_listing *listing, void *context);

/*
 * Shows every object of `scope` that this user may see, in no order. What
 * comes or goes meanwhile may be shown or not. Stale objects are shown once
 * and then removed where this user may remove them, as xipc_sweep() does. No
 * lock is held while `callback` runs, so it may call the library.
 *
 * XIPC_OK           every object was shown, or the callback ended it
 * XIPC_E_ACCESS     the directory that holds the names cannot be trusted
 * XIPC_E_NO_MEMORY  nothing was shown
 * XIPC_E_INVALID    `callback` is NULL, or an unknown scope
 */
XIPC_API XIPC_MUST_USE xipc_status
xipc_list(xipc_scope scope, xipc_list_callback *callback, void *context);

/*
 * Removes every stale object of `scope`, with what killed processes left
 * behind. Never touches what a live process holds. Not needed in normal use:
 * creating and listing do it too.
 *
 * XIPC_OK         `*removed_count_out` says how many went; it may be NULL
 * XIPC_E_ACCESS   the directory that holds the names cannot be trusted
 * XIPC_E_INVALID  an unknown scope
 */
XIPC_API XIPC_MUST_USE xipc_status
xipc_sweep(xipc_scope scope, size_t *removed_count_out);

/* What every handle is besides its own kind; see xipc_section_object(). */
typedef struct xipc_object xipc_object;

/*
 * Makes every call that is blocked on this handle return XIPC_E_CANCELED, now
 * and for each later call that would block, until xipc_interrupt_clear().
 * Another handle to the same object is not affected. Any thread; not from a
 * signal handler.
 *
 * XIPC_E_INVALID  `object` is NULL
 * XIPC_E_FORKED   the handle was inherited through fork()
 */
XIPC_API XIPC_MUST_USE xipc_status xipc_interrupt(xipc_object *object);
XIPC_API XIPC_MUST_USE xipc_status xipc_interrupt_clear(xipc_object *object);

#ifdef __cplusplus
}
#endif

#endif
