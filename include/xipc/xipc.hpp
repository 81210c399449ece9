// SPDX-License-Identifier: Apache-2.0
//
// The library from C++17: handles that close themselves, failures that are
// thrown, deadlines of std::chrono. Nothing else stands between: each call is
// the C call, with the C headers' words about it.
//
//     xipc::section section;
//     xipc::map map;
//
//     xipc::check(xipc_section_create("hello", 4096, nullptr, xipc::now,
//                                     section.out()));
//     xipc::check(xipc_section_map(section, 0, 0, XIPC_MAP_WRITE, map.out()));
//     std::strcpy(static_cast<char *>(xipc_map_address(map)), "hello");
//
// Header only. The compiler may be another one than the library's.
#ifndef XIPC_HPP
#define XIPC_HPP

#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>

#include <xipc/xipc.h>

namespace xipc {

// ---- deadlines ----

// For a call that is not to wait, and for one that never gives up.
inline constexpr xipc_deadline now = XIPC_NOW;
inline constexpr xipc_deadline forever = XIPC_FOREVER;

// The moment that is that far from now; a part of a nanosecond counts as one.
template <class Rep, class Period>
xipc_deadline after(std::chrono::duration<Rep, Period> distance)
{
    using real = std::chrono::duration<long double, std::nano>;
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    const long double ns = real(distance).count();

    if (ns >= static_cast<long double>(most)) {
        return forever;
    }
    if (ns <= static_cast<long double>(-most)) {
        return xipc_after_ns(-most);
    }
    auto whole = static_cast<std::int64_t>(ns);
    return xipc_after_ns(whole + (static_cast<long double>(whole) < ns));
}

// ---- failures ----

// What a call ended with; what() is its detail, or the status in a few words.
class error : public std::runtime_error {
public:
    // Takes the thread's last detail along.
    explicit error(xipc_status status)
        : std::runtime_error(words(status)), status_(status),
          native_(xipc_native_error())
    {
    }

    // Not XIPC_OK.
    xipc_status status() const noexcept { return status_; }

    // errno, or GetLastError(); 0: no system call was at fault.
    std::int64_t native() const noexcept { return native_; }

private:
    static std::string words(xipc_status status)
    {
        const std::string detail = xipc_detail();

        return detail.empty() ? xipc_status_text(status) : detail;
    }

    xipc_status status_;
    std::int64_t native_;
};

// Throws what is not XIPC_OK. Right after the call: the detail is the thread's
// last one.
inline void check(xipc_status status)
{
    if (status != XIPC_OK) {
        throw error(status);
    }
}

// 1: done; 0: not now (XIPC_E_AGAIN, XIPC_E_TIMEOUT); else it throws.
inline bool check_wait(xipc_status status)
{
    if (status == XIPC_E_AGAIN || status == XIPC_E_TIMEOUT) {
        return false;
    }
    check(status);
    return true;
}

// ---- handles ----

// One handle, closed with this; it moves, and is no more than the pointer. It
// goes where the C calls take a handle.
template <class Handle, void (*Close)(Handle *)>
class handle {
public:
    handle() noexcept = default;
    // Takes over what a C call gave.
    explicit handle(Handle *raw) noexcept : raw_(raw) {}

    // What the C calls take; null if this has none.
    Handle *get() const noexcept { return raw_.get(); }
    operator Handle *() const noexcept { return raw_.get(); }

    // Whether it has one.
    explicit operator bool() const noexcept { return raw_ != nullptr; }

    // Closes what it has, and takes over `raw`.
    void reset(Handle *raw = nullptr) noexcept { raw_.reset(raw); }

    // Gives up what it has: whoever gets it closes it.
    Handle *release() noexcept { return raw_.release(); }

    // Where a call puts a handle, as its last argument:
    // xipc_pipe_accept(listener, deadline, pipe.out()). What this had is closed
    // if the call has put something there, and stays else.
    class output {
    public:
        // For the length of one call.
        explicit output(handle &owner) noexcept : owner_(owner) {}
        output(const output &) = delete;
        output &operator=(const output &) = delete;
        ~output()
        {
            if (raw_) {
                owner_.reset(raw_);
            }
        }

        // The argument of the call.
        operator Handle **() noexcept { return &raw_; }

    private:
        handle &owner_;
        Handle *raw_ = nullptr;
    };

    // See output.
    output out() noexcept { return output(*this); }

private:
    struct closer {
        void operator()(Handle *raw) const noexcept { Close(raw); }
    };

    std::unique_ptr<Handle, closer> raw_;
};

// Who forgets a request leaves its caller waiting, so that is answered.
inline void fail_forgotten(xipc_request *forgotten)
{
    (void)xipc_request_fail(forgotten, XIPC_E_OS);
}

// A request that was kept or taken. What answers it also ends it, and so gets
// it by release(): xipc_request_reply(request.release(), 0, nullptr). One that
// nothing has answered when this goes is answered with XIPC_E_OS.
using request = handle<xipc_request, fail_forgotten>;

// The handles of C, without `xipc_` in front of their names.
using section = handle<xipc_section, xipc_section_close>;
using map = handle<xipc_map, xipc_map_close>;
using mutex = handle<xipc_mutex, xipc_mutex_close>;
using semaphore = handle<xipc_semaphore, xipc_semaphore_close>;
using event = handle<xipc_event, xipc_event_close>;
using condition = handle<xipc_condition, xipc_condition_close>;
using ring = handle<xipc_ring, xipc_ring_close>;
using mailbox = handle<xipc_mailbox, xipc_mailbox_close>;
using peer = handle<xipc_peer, xipc_peer_leave>;
using pipe = handle<xipc_pipe, xipc_pipe_close>;
using pipe_listener = handle<xipc_pipe_listener, xipc_pipe_listener_close>;
using socket = handle<xipc_socket, xipc_socket_close>;
using socket_listener =
    handle<xipc_socket_listener, xipc_socket_listener_close>;
using service = handle<xipc_service, xipc_service_close>;
using call_listener = handle<xipc_call_listener, xipc_call_listener_close>;
using link = handle<xipc_link, xipc_link_close>;
using pending = handle<xipc_pending, xipc_pending_cancel>;
using process = handle<xipc_process, xipc_process_close>;
using poller = handle<xipc_poller, xipc_poller_close>;

// ---- the mutex, locked as long as this lives ----

// Has the mutex for as long as it lives.
class lock {
public:
    // Throws if it cannot have it by then.
    explicit lock(xipc_mutex *what, xipc_deadline deadline = forever)
        : mutex_(what)
    {
        const xipc_status status = xipc_mutex_lock(mutex_, deadline);

        is_inherited_ = status == XIPC_E_OWNER_DIED;
        if (!is_inherited_) {
            check(status);
        }
    }
    lock(const lock &) = delete;
    lock &operator=(const lock &) = delete;
    ~lock() { (void)xipc_mutex_unlock(mutex_); }

    // Its last owner died with it: what it guards may be half changed.
    bool is_inherited() const noexcept { return is_inherited_; }

    // What it guards is in order again. Unlocked without that, nobody locks the
    // mutex any more.
    void recovered()
    {
        check(xipc_mutex_recovered(mutex_));
        is_inherited_ = false;
    }

private:
    xipc_mutex *mutex_;
    bool is_inherited_ = false;
};

} // namespace xipc

#endif
