/* SPDX-License-Identifier: Apache-2.0 */
/* What every POSIX system has for sockets, and macOS besides. Between making a
 * descriptor and marking it a child that another thread starts gets it. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "posix/posix_socket.h"
#include "posix/posix_status.h"

static int mark(int fd)
{
    if (fd >= 0) {
        fcntl(fd, F_SETFD, FD_CLOEXEC);
#if defined(SO_NOSIGPIPE)
        setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &(int){1}, sizeof(int));
#endif
    }
    return fd;
}

int posix_socket_open(int family, int type)
{
    return mark(socket(family, type, 0));
}

/* What the original has in common with it is changed by that: without it a
 * write would raise SIGPIPE, and no call may. */
int posix_socket_copy(int fd)
{
    return mark(fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

/* It may have the listener's own O_NONBLOCK. */
int posix_socket_take_next(int fd, posix_sockaddr *native, socklen_t *size)
{
    int taken = mark(accept(fd, &native->any, size));

    if (taken >= 0) {
        fcntl(taken, F_SETFL, fcntl(taken, F_GETFL) & ~O_NONBLOCK);
    }
    return taken;
}

#if defined(LOCAL_PEERPID) && !defined(XIPC_POSIX_BASELINE)
int xipcos_socket_has_credentials(void)
{
    return 1;
}

int xipcos_socket_vouches_process(void)
{
    return 1;
}

static xipc_status ask(int fd, xipcos_other *other_out)
{
    uid_t user;
    gid_t group;
    pid_t process = 0;
    socklen_t size = sizeof process;

    if (getpeereid(fd, &user, &group) < 0) {
        return posix_fault(errno, "asking who is at the other end");
    }
    if (getsockopt(fd, SOL_LOCAL, LOCAL_PEERPID, &process, &size) < 0) {
        process = 0;
    }
    *other_out = (xipcos_other){
        .user = user,
        .process = (uint32_t)process,
        .is_process_vouched = process > 0};
    return XIPC_OK;
}
#else
int xipcos_socket_has_credentials(void)
{
    return 0;
}

int xipcos_socket_vouches_process(void)
{
    return 0;
}

static xipc_status ask(int fd, xipcos_other *other_out)
{
    (void)fd;
    (void)other_out;
    return xipcos_fault(
        XIPC_E_NOT_SUPPORTED, 0,
        "this system does not tell who is at the other end "
        "(socket.credentials)");
}
#endif

xipc_status
xipcos_socket_other(const xipcos_socket *socket, xipcos_other *other_out)
{
    if (socket->family != AF_UNIX) {
        return xipcos_fault(
            XIPC_E_NOT_SUPPORTED, 0,
            "only local sockets tell who is at the other end");
    }
    return ask(socket->fd, other_out);
}
