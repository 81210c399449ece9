/* SPDX-License-Identifier: Apache-2.0 */
/* What Linux has for sockets. See posix_socket_portable.c. */
#include <fcntl.h>
#include <sys/socket.h>

#include "posix/posix_socket.h"
#include "posix/posix_status.h"

#include <errno.h>

int posix_socket_open(int family, int type)
{
    return socket(family, type | SOCK_CLOEXEC, 0);
}

int posix_socket_copy(int fd)
{
    return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

int posix_socket_take_next(int fd, posix_sockaddr *native, socklen_t *size)
{
    return accept4(fd, &native->any, size, SOCK_CLOEXEC);
}

int xipcos_socket_has_credentials(void)
{
    return 1;
}

int xipcos_socket_vouches_process(void)
{
    return 1;
}

xipc_status
xipcos_socket_other(const xipcos_socket *socket, xipcos_other *other_out)
{
    struct ucred found;
    socklen_t size = sizeof found;

    if (socket->family != AF_UNIX) {
        return xipcos_fault(
            XIPC_E_NOT_SUPPORTED, 0,
            "only local sockets tell who is at the other end");
    }
    if (getsockopt(socket->fd, SOL_SOCKET, SO_PEERCRED, &found, &size) < 0) {
        return posix_fault(errno, "asking who is at the other end");
    }
    *other_out = (xipcos_other){
        .user = found.uid,
        .process = found.pid > 0 ? (uint32_t)found.pid : 0,
        .is_process_vouched = found.pid > 0};
    return XIPC_OK;
}
