/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is at the other end of a connection.
 */
#ifndef XIPC_CREDENTIALS_H
#define XIPC_CREDENTIALS_H

#include <xipc/base.h>
#include <xipc/name.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Who is at the other side. */
typedef struct xipc_credentials {
    size_t credentials_size; /* set by XIPC_CREDENTIALS_INIT */
    uint64_t user; /* POSIX: the user id; Windows: the last number of the user's
                      SID. The kernel vouches for it. */
    uint32_t process;       /* the system's number of it; 0: unknown */
    int is_process_vouched; /* 0: it is what the other side says */
} xipc_credentials;

#define XIPC_CREDENTIALS_INIT             \
    {                                     \
        sizeof(xipc_credentials), 0, 0, 0 \
    }

/*
 * Tells who connected, or to whom this side is connected, as it was then. The
 * other side may be gone.
 *
 * XIPC_OK               `*credentials` is filled in
 * XIPC_E_NOT_SUPPORTED  it is not a connection
 * XIPC_E_INVALID        NULL, or an unknown credentials_size
 * XIPC_E_FORKED         the handle was inherited through fork()
 */
XIPC_API XIPC_MUST_USE xipc_status
xipc_peer_credentials(const xipc_object *object, xipc_credentials *credentials);

#ifdef __cplusplus
}
#endif

#endif
