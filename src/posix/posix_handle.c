/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors go over local sockets, beside bytes. */
#include "os/os_handle.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "os/os_clock.h"
#include "posix/posix_socket.h"
#include "posix/posix_status.h"

#if !defined(MSG_CMSG_CLOEXEC)
#define MSG_CMSG_CLOEXEC 0
#endif

xipcos_handle_way xipcos_handles_go(void)
{
    return XIPCOS_HANDLES_SENT;
}

static int descriptor_of(intptr_t native)
{
    return native >= 0 && native <= INT32_MAX ? (int)native : -1;
}

xipc_status xipcos_handle_copy(intptr_t native, intptr_t *copy_out)
{
    int fd = descriptor_of(native);
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

    if (copy < 0) {
        return errno == EBADF
                   ? xipcos_fault(
                         XIPC_E_INVALID, EBADF, "descriptor %d is not open", fd)
                   : posix_fault(errno, "copying descriptor %d", fd);
    }
    *copy_out = copy;
    return XIPC_OK;
}

void xipcos_handle_close(intptr_t native)
{
    close(descriptor_of(native));
}

/* Of a socket that lingers to close the last descriptor may take as long as who
 * sent it likes. */
void xipcos_handle_drop(intptr_t native)
{
    const struct linger never = {0, 0};

    (void)setsockopt(
        descriptor_of(native), SOL_SOCKET, SO_LINGER, &never, sizeof never);
    xipcos_handle_close(native);
}

/* ---- sending ---- */

typedef union control {
    struct cmsghdr head;
    char bytes[CMSG_SPACE(XIPCOS_HANDLE_MAX * sizeof(int))];
} control;

/* As many as a system sends at once: what there is no room for the system
 * closes itself, however long that takes. */
#define SENT_MAX 253

/* Of an adopted socket others may have asked to be told more with each byte, as
 * who has sent it, and that comes first. */
typedef union wide_control {
    struct cmsghdr head;
    char bytes[CMSG_SPACE(SENT_MAX * sizeof(int)) + 256];
} wide_control;

/* Too many are on their way, which nobody tells when it is over. */
#define CROWDED XIPC_E_LIMIT

static xipc_status
copy_descriptors(const xipcos_parcel *parcel, int fds[XIPCOS_HANDLE_MAX])
{
    for (size_t at = 0; at < parcel->count; at++) {
        fds[at] = descriptor_of(parcel->natives[at]);
        if (fcntl(fds[at], F_GETFD) < 0) {
            return xipcos_fault(
                XIPC_E_INVALID, EBADF, "descriptor %d is not open", fds[at]);
        }
    }
    return XIPC_OK;
}

static void add_descriptors(
    struct msghdr *message, control *about, const int *fds, size_t count)
{
    const size_t size = count * sizeof *fds;
    struct cmsghdr *head;

    if (count == 0) {
        return;
    }
    message->msg_control = about;
    /* Some systems have less than a size_t for it. */
    message->msg_controllen = (socklen_t)CMSG_SPACE(size);
    head = CMSG_FIRSTHDR(message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = (socklen_t)CMSG_LEN(size);
    memcpy(CMSG_DATA(head), fds, size);
}

static xipc_status give_parcel(xipcos_socket *socket, void *context, int flags)
{
    const xipcos_parcel *parcel = context;
    int fds[XIPCOS_HANDLE_MAX];
    control about = {.bytes = {0}};
    struct iovec part = {parcel->data, parcel->size};
    struct msghdr message = {.msg_iov = &part};
    xipc_status status = copy_descriptors(parcel, fds);
    ssize_t size;

    if (status != XIPC_OK) {
        return status;
    }
    message.msg_iovlen = 1;
    add_descriptors(&message, &about, fds, parcel->count);
    do {
        size =
            sendmsg(socket->fd, &message, flags | MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (size < 0 && errno == EINTR);
    if (size < 0 && errno == ETOOMANYREFS) {
        return CROWDED;
    }
    if (size < 0) {
        return posix_socket_explain(socket, errno, "sending handles");
    }
    /* So few bytes the system takes whole; if it did not, the rest would be
       taken for the next parcel's. */
    return (size_t)size == parcel->size
               ? XIPC_OK
               : xipcos_fault(
                     XIPC_E_OS, 0, "the system took %zu bytes of %zu",
                     (size_t)size, parcel->size);
}

xipc_status xipcos_socket_send_parcel(
    xipcos_socket *socket,
    const xipcos_parcel *parcel,
    const xipcos_patience *patience)
{
    int64_t left;
    xipc_status status;

    if (socket->family != AF_UNIX) {
        return xipcos_fault(
            XIPC_E_NOT_SUPPORTED, 0, "handles go over local sockets only");
    }
    status = posix_socket_transfer(
        socket, give_parcel, (void *)parcel, POLLOUT, patience);
    for (unsigned round = 0; status == CROWDED; round++) {
        status = posix_patience_left(patience, &left);
        if (status == XIPC_OK) {
            (void)xipcos_clock_pause(round, patience->deadline);
            status = posix_socket_transfer(
                socket, give_parcel, (void *)parcel, POLLOUT, patience);
        }
    }
    return status;
}

/* The byte whose place a handle takes. */
static char handle_byte = 'H';

xipc_status xipcos_socket_send_handle(
    xipcos_socket *socket, intptr_t native, const xipcos_patience *patience)
{
    const xipcos_parcel parcel = {&handle_byte, 1, {native}, 1, 0};

    return xipcos_socket_send_parcel(socket, &parcel, patience);
}

/* ---- receiving ---- */

/* Those there is a place for, and closes the others. */
static void take_from(const struct cmsghdr *head, xipcos_parcel *parcel)
{
    size_t count = ((size_t)head->cmsg_len - CMSG_LEN(0)) / sizeof(int);

    for (size_t at = 0; at < count; at++) {
        int fd;

        memcpy(&fd, CMSG_DATA(head) + at * sizeof fd, sizeof fd);
        if (parcel->count < XIPCOS_HANDLE_MAX) {
            fcntl(fd, F_SETFD, FD_CLOEXEC);
            parcel->natives[parcel->count++] = fd;
        } else {
            xipcos_handle_drop(fd);
        }
    }
}

/* Musl's macro mixes signs. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
static struct cmsghdr *next_of(struct msghdr *message, struct cmsghdr *head)
{
    return CMSG_NXTHDR(message, head);
}
#pragma GCC diagnostic pop

static void take_all(struct msghdr *message, xipcos_parcel *parcel)
{
    for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head;
         head = next_of(message, head)) {
        if (head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS &&
            head->cmsg_len >= CMSG_LEN(0)) {
            take_from(head, parcel);
        }
    }
    parcel->has_lost = (message->msg_flags & MSG_CTRUNC) != 0;
}

static xipc_status take_parcel(xipcos_socket *socket, void *context, int flags)
{
    xipcos_parcel *parcel = context;
    wide_control about;
    struct iovec part = {parcel->data, parcel->size};
    struct msghdr message = {.msg_iov = &part, .msg_control = &about};
    ssize_t size;

    message.msg_iovlen = 1;
    message.msg_controllen = sizeof about;
    size = recvmsg(socket->fd, &message, flags | MSG_CMSG_CLOEXEC);
    if (size < 0) {
        return errno == EINTR
                   ? XIPC_E_AGAIN
                   : posix_socket_explain(socket, errno, "receiving handles");
    }
    if (size == 0) {
        return posix_socket_explain_end(socket);
    }
    parcel->size = (size_t)size;
    parcel->count = 0;
    take_all(&message, parcel);
    return XIPC_OK;
}

xipc_status xipcos_socket_receive_parcel(
    xipcos_socket *socket,
    xipcos_parcel *parcel,
    const xipcos_patience *patience)
{
    if (socket->family != AF_UNIX) {
        return xipcos_fault(
            XIPC_E_NOT_SUPPORTED, 0, "handles go over local sockets only");
    }
    return posix_socket_transfer(socket, take_parcel, parcel, POLLIN, patience);
}

/* Keeps the first one. */
xipc_status xipcos_socket_receive_handle(
    xipcos_socket *socket,
    const xipcos_patience *patience,
    intptr_t *native_out)
{
    char byte;
    xipcos_parcel parcel = {.data = &byte, .size = 1};
    xipc_status status =
        xipcos_socket_receive_parcel(socket, &parcel, patience);

    if (status != XIPC_OK) {
        return status;
    }
    if (parcel.count > 0) {
        while (--parcel.count > 0) {
            xipcos_handle_drop(parcel.natives[parcel.count]);
        }
        *native_out = parcel.natives[0];
        return XIPC_OK;
    }
    return parcel.has_lost
               ? xipcos_fault(
                     XIPC_E_NO_MEMORY, EMFILE, "no room for one more handle")
               : xipcos_fault(
                     XIPC_E_CORRUPT, 0, "what came is a byte and no handle");
}

/* ---- copied: not here ---- */

static xipc_status no_copying(void)
{
    return xipcos_fault(
        XIPC_E_NOT_SUPPORTED, 0,
        "no process can copy a descriptor into another one");
}

xipc_status xipcos_fellow_open(uint32_t process, xipcos_fellow **fellow_out)
{
    (void)process;
    (void)fellow_out;
    return no_copying();
}

void xipcos_fellow_close(xipcos_fellow *fellow)
{
    (void)fellow;
}

xipc_status xipcos_fellow_give(
    const xipcos_fellow *fellow,
    intptr_t native,
    int64_t *theirs_out) /* NOLINT(readability-non-const-parameter) */
{
    (void)fellow;
    (void)native;
    (void)theirs_out;
    return no_copying();
}

xipc_status xipcos_fellow_take(
    const xipcos_fellow *fellow,
    int64_t theirs,
    intptr_t *native_out) /* NOLINT(readability-non-const-parameter) */
{
    (void)fellow;
    (void)theirs;
    (void)native_out;
    return no_copying();
}

void xipcos_fellow_take_back(const xipcos_fellow *fellow, int64_t theirs)
{
    (void)fellow;
    (void)theirs;
}
