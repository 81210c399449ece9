/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this system can do, told before anything is created.
 */
#ifndef XIPC_CAPABILITY_H
#define XIPC_CAPABILITY_H

#include <xipc/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What may be absent on a system, or may have a limit there. */
typedef enum xipc_feature {
    XIPC_FEATURE_SECTION,            /* named shared memory; limit: bytes */
    XIPC_FEATURE_SECTION_PERSISTENT, /* sections that outlive their holders */
    XIPC_FEATURE_SECTION_ANONYMOUS,  /* sections without a name */
    XIPC_FEATURE_SECTION_RESERVE,    /* create reserves the memory */
    XIPC_FEATURE_SECTION_GROW,       /* max_size, grow, refresh */
    XIPC_FEATURE_SECTION_SEAL,       /* no program at all can shrink an
                                        anonymous section under its holders */
    XIPC_FEATURE_SECTION_HUGE_PAGES, /* XIPC_SECTION_HUGE has an effect */
    XIPC_FEATURE_SECTION_NATIVE,     /* "native:" names of sections */
    XIPC_FEATURE_MACHINE_SCOPE,      /* XIPC_SCOPE_MACHINE */
    XIPC_FEATURE_GROUP_ACCESS,       /* XIPC_ACCESS_GROUP_* */
    XIPC_FEATURE_FORK,               /* handles can be inherited by fork() and
                                        the library tells */
    XIPC_FEATURE_SYNC,               /* mutex, semaphore, event, condition */
    XIPC_FEATURE_SYNC_ANONYMOUS,     /* a mutex or a ring in an anonymous
                                        section */
    XIPC_FEATURE_POLLER,             /* waiting on many things */
    XIPC_FEATURE_POLLER_HANDLE,      /* xipc_poller_native_handle() */
    XIPC_FEATURE_RING,               /* bounded buffer; limit: bytes */
    XIPC_FEATURE_MAILBOX,            /* mailboxes; limit: messages */
    XIPC_FEATURE_MAILBOX_SHRINK,     /* an unbounded one gives memory back */
    /* The provider "native" of mailboxes, and what of mailboxes it has: */
    XIPC_FEATURE_MAILBOX_NATIVE,  /* queues of the system; limit: messages */
    XIPC_FEATURE_NATIVE_MESSAGE,  /* limit: bytes, the library's own 32 of a box
                                     with a plain name included */
    XIPC_FEATURE_NATIVE_PRIORITY, /* priorities other than 0 */
    XIPC_FEATURE_NATIVE_RECEIVERS,  /* several receivers */
    XIPC_FEATURE_NATIVE_LASTING,    /* the box outlives its creator */
    XIPC_FEATURE_NATIVE_RENDEZVOUS, /* capacity 0 */
    XIPC_FEATURE_NATIVE_UNBOUNDED,  /* XIPC_UNBOUNDED */
    XIPC_FEATURE_NATIVE_DROP,       /* XIPC_OVERFLOW_DROP_OLDEST */
    XIPC_FEATURE_NATIVE_BLOCKS,     /* reserve, take, and what goes with them */
    XIPC_FEATURE_NATIVE_REDELIVERY, /* a dead receiver's message comes again */
    XIPC_FEATURE_NATIVE_PERSISTENT, /* XIPC_PERSISTENT with a plain name */
    XIPC_FEATURE_PEER,              /* direct messages; limit: links of one
                                       peer */
    XIPC_FEATURE_SPAWN,             /* starting processes */
    XIPC_FEATURE_DIE_WITH_PARENT,   /* XIPC_SPAWN_DIE_WITH_PARENT */
    XIPC_FEATURE_PIPE,              /* anonymous pipes */
    XIPC_FEATURE_PIPE_NAMED,        /* named ones; limit: bytes of a message */
    XIPC_FEATURE_PIPE_NATIVE,       /* "native:" names of pipes */
    XIPC_FEATURE_PIPE_PROCESS,      /* native: xipc_peer_credentials() vouches
                                       for the process too */
    XIPC_FEATURE_PIPE_DEATH,        /* native: the other side's death is told
                                       from its close also by one who has
                                       called xipc_pipe_shutdown_write() */
    XIPC_FEATURE_SOCKET,            /* tcp: and udp: addresses; limit: bytes of
                                       a datagram */
    XIPC_FEATURE_SOCKET_LOCAL,      /* unix: addresses */
    XIPC_FEATURE_SOCKET_CREDENTIALS, /* xipc_peer_credentials() of a local
                                       socket */
    XIPC_FEATURE_SOCKET_PROCESS, /* native: it vouches for the process too */
    XIPC_FEATURE_SOCKET_HANDLES, /* xipc_socket_send_handle() */
    XIPC_FEATURE_CALL,           /* calls, local and over a network; limit:
                                    bytes of a request */
    XIPC_FEATURE_CALL_RINGS,     /* local ones go through shared memory */
    XIPC_FEATURE_CALL_HANDLES,   /* and handles with them */
    XIPC_FEATURE_COUNT
} xipc_feature;

/* How a feature comes about. */
typedef enum xipc_support {
    XIPC_SUPPORT_ABSENT = 0,   /* calls answer XIPC_E_NOT_SUPPORTED */
    XIPC_SUPPORT_EMULATED = 1, /* the library does it, same meaning */
    XIPC_SUPPORT_NATIVE = 2    /* the operating system does it */
} xipc_support;

/* What is to be known of a feature. */
typedef struct xipc_capability_info {
    size_t info_size;     /* set by XIPC_CAPABILITY_INFO_INIT */
    const char *name;     /* "section.persistent" */
    xipc_support support; /* how it comes about here */
    int has_limit;        /* 0: `limit` says nothing */
    uint64_t limit;       /* in the unit the feature's comment says */
    const char *text;     /* what stands behind it, or why it is absent */
} xipc_capability_info;

#define XIPC_CAPABILITY_INFO_INIT                                     \
    {                                                                 \
        sizeof(xipc_capability_info), 0, XIPC_SUPPORT_ABSENT, 0, 0, 0 \
    }

/*
 * XIPC_OK         `*info` is filled; its strings are static
 * XIPC_E_INVALID  NULL, an unknown feature or info_size
 */
XIPC_API XIPC_MUST_USE xipc_status
xipc_capability(xipc_feature feature, xipc_capability_info *info);

#ifdef __cplusplus
}
#endif

#endif
