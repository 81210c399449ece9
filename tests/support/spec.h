/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A case is a SPEC: its name is the sentence it proves, its clauses are the
 * promises in docs/contract.md that the sentence belongs to. A PEER is the
 * body of a second process, written directly above the SPEC that starts it.
 *
 *     PEER(a_process_that_opens_it)
 *     {
 *         ... xipc_section_open("a", ...)
 *         spec_tell(NULL, "open");
 *         spec_expect(NULL, "close");
 *     }
 *
 *     SPEC(a_section_is_seen_by_another_process, "SHM-1")
 *     {
 *         spec_peer *peer = START(a_process_that_opens_it);
 *         spec_expect(peer, "open");
 *         ...
 *         spec_tell(peer, "close");
 *         spec_join(peer);
 *     }
 *
 * Each case runs in a process of its own, in an empty directory of its own and
 * under its own XIPC_RUNTIME_DIR, so plain names cannot meet another case's.
 * The runner fails a case that hangs, or that leaves a handle, a process, a
 * name or a file behind. Where the host itself opens handles late, once and
 * for all, a case that seems to leave one is run again in the same process;
 * what does not grow a second time was the host's. What is left stale is the
 * case's fault only if it killed nobody: a killed holder may leave that.
 */
#ifndef SPEC_H
#define SPEC_H

#include <stddef.h>
#include <stdint.h>

#include <xipc/xipc.h>

#include "support/spec_text.h"

typedef struct spec_entry spec_entry;

struct spec_entry {
    const char *name;
    const char *clauses; /* "SHM-1 LIFE-3"; NULL for a PEER */
    void (*run)(void);
    const char *file;
    int line;
    spec_entry *next;
};

void spec_register(spec_entry *entry);

#if defined(_MSC_VER)
#pragma section(".CRT$XCU", read)
#define SPEC_AT_START(name)                                             \
    static void name(void);                                             \
    __declspec(allocate(".CRT$XCU")) void (*name##_start)(void) = name; \
    static void name(void)
#else
#define SPEC_AT_START(name) __attribute__((constructor)) static void name(void)
#endif

#define SPEC_ENTRY(id, clauses)                      \
    static void id(void);                            \
    static spec_entry id##_entry = {                 \
        #id, clauses, id, __FILE__, __LINE__, NULL}; \
    SPEC_AT_START(id##_register)                     \
    {                                                \
        spec_register(&id##_entry);                  \
    }                                                \
    static void id(void)

#define SPEC(sentence, clauses) SPEC_ENTRY(sentence, clauses)
#define PEER(role)              SPEC_ENTRY(role, NULL)

/*
 * Notes where this process stands (shown when the case hangs) and fails the
 * case, in whichever process, if the condition is false. Usable from any
 * thread.
 */
#define REQUIRE(condition)        \
    (spec_at(__FILE__, __LINE__), \
     (condition) ? (void)0        \
                 : spec_fail(__FILE__, __LINE__, #condition, "false"))
#define REQUIRE_STATUS(want, call) \
    (spec_at(__FILE__, __LINE__),  \
     spec_require_status(__FILE__, __LINE__, #call, want, call))
#define REQUIRE_OK(call) REQUIRE_STATUS(XIPC_OK, call)
#define REQUIRE_UINT(want, got)   \
    (spec_at(__FILE__, __LINE__), \
     spec_require_uint(__FILE__, __LINE__, #got, want, got))
#define REQUIRE_TEXT(want, got)   \
    (spec_at(__FILE__, __LINE__), \
     spec_require_text(__FILE__, __LINE__, #got, want, got))

void spec_at(const char *file, int line);
_Noreturn void
spec_fail(const char *file, int line, const char *what, const char *got);
void spec_require_status(
    const char *file,
    int line,
    const char *call,
    xipc_status want,
    xipc_status got);
void spec_require_uint(
    const char *file, int line, const char *what, uint64_t want, uint64_t got);
void spec_require_text(
    const char *file,
    int line,
    const char *what,
    const char *want,
    const char *got);

/* Ends the case as skipped, allowed only because the library itself reports
 * the feature absent. */
#define SPEC_NEEDS(feature) spec_needs(feature)
void spec_needs(xipc_feature feature);

/* Ends a case of tests/posix or tests/win32 as skipped: `reason` says what the
 * host lacks. A case of tests/conformance must not use it. */
_Noreturn void spec_skip(const char *reason);

/* What this process is doing over and over, "round 7": told with a failure
 * until it is NULL. The text must stay. */
void spec_within(const char *doing);

/* Notes a figure or a remark in the case's report. */
void spec_note(const char *format, ...) SPEC_FORMAT(1, 2);

/*
 * Another process. `START(role, "one", "two")` runs the PEER `role` in a new
 * process of this program; there spec_argument(0) is "one". NULL as a peer
 * means the process that started this one. Lines are at most 1000 bytes.
 */
typedef struct spec_peer spec_peer;

#define START(...) SPEC_START(__VA_ARGS__, NULL)
#define SPEC_START(role, ...)     \
    (spec_at(__FILE__, __LINE__), \
     spec_start(role##_entry.name, (const char *const[]){__VA_ARGS__, NULL}))

spec_peer *spec_start(const char *role, const char *const *arguments);

/* NULL behind the last one. */
const char *spec_argument(int index);

/*
 * As START, and the peer inherits a copy of `native`, a descriptor or a HANDLE
 * of this process. There spec_inherited() is the copy, which is the peer's to
 * close; -1 if there is none.
 */
#define START_WITH(native, ...) SPEC_START_WITH(native, __VA_ARGS__, NULL)
#define SPEC_START_WITH(native, role, ...) \
    (spec_at(__FILE__, __LINE__),          \
     spec_start_with(                      \
         native, role##_entry.name, (const char *const[]){__VA_ARGS__, NULL}))

spec_peer *spec_start_with(
    intptr_t native, const char *role, const char *const *arguments);
intptr_t spec_inherited(void);

/* Say a line, wait for a line, wait for exactly this line. Waiting has no
 * deadline of its own: the case's watchdog ends it. */
void spec_tell(spec_peer *peer, const char *line);
void spec_hear(spec_peer *peer, char *line, size_t capacity);
void spec_expect(spec_peer *peer, const char *line);

/* Waits for the end and requires that the peer succeeded; frees it. */
void spec_join(spec_peer *peer);

/* Kills it without warning (SIGKILL, TerminateProcess), waits until the
 * process is gone from the system's tables of holders; frees it. */
void spec_kill(spec_peer *peer);

/* Stops and continues every thread of it. Not on every host; see spec_skip. */
void spec_suspend(spec_peer *peer);
void spec_resume(spec_peer *peer);

/* The system's number for it. */
int64_t spec_peer_id(const spec_peer *peer);

/* Threads of this process. */
typedef struct spec_thread spec_thread;
typedef void spec_thread_body(void *context);

spec_thread *spec_thread_start(spec_thread_body *body, void *context);
void spec_thread_join(spec_thread *thread);

/* The case's private directory; starts empty, must end empty. */
const char *spec_directory(void);

/* Nanoseconds on a monotonic clock of the test's own. */
int64_t spec_now_ns(void);

/* "linux", "wine-8.0", "windows", "macos"; as the deviation table names it. */
const char *spec_host(void);

/*
 * A case that a host is known to fail, with the reason. It still runs there
 * and must still fail: when it passes, the runner fails it, so that the table
 * is mended. `host` is a prefix of spec_host().
 */
typedef struct spec_deviation {
    const char *host;
    const char *sentence;
    const char *reason;
} spec_deviation;

/* Defined by each program; ends with an entry whose host is NULL. */
extern const spec_deviation spec_deviations[];

/* What can wait notes where this process stands, as REQUIRE does. */
#define spec_tell(...)   (spec_at(__FILE__, __LINE__), spec_tell(__VA_ARGS__))
#define spec_hear(...)   (spec_at(__FILE__, __LINE__), spec_hear(__VA_ARGS__))
#define spec_expect(...) (spec_at(__FILE__, __LINE__), spec_expect(__VA_ARGS__))
#define spec_join(...)   (spec_at(__FILE__, __LINE__), spec_join(__VA_ARGS__))
#define spec_kill(...)   (spec_at(__FILE__, __LINE__), spec_kill(__VA_ARGS__))
#define spec_suspend(...) \
    (spec_at(__FILE__, __LINE__), spec_suspend(__VA_ARGS__))
#define spec_resume(...) (spec_at(__FILE__, __LINE__), spec_resume(__VA_ARGS__))
#define spec_thread_join(...) \
    (spec_at(__FILE__, __LINE__), spec_thread_join(__VA_ARGS__))

#endif
