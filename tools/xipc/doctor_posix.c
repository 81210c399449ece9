/* SPDX-License-Identifier: Apache-2.0 */
/* What of a POSIX system may stand in the way. */
#include "doctor.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "figures.h"
#include "system.h"

/* Less free memory than this for shared objects is worth a word. */
#define ROOM_LOW    ((uint64_t)16 << 20)
#define HANDLES_LOW 1024

enum { LINE_SIZE = 256 };

/* The first line of a file, without its end; 0, or -1. */
static int first_line(const char *path, char *line)
{
    FILE *file = fopen(path, "r");
    int result = -1;

    if (file && fgets(line, LINE_SIZE, file)) {
        line[strcspn(line, "\n")] = '\0';
        result = 0;
    }
    if (file) {
        (void)fclose(file);
    }
    return result;
}

static void tell_system(void)
{
    struct utsname system;

    if (uname(&system) == 0) {
        doctor_tell(
            "system", DOCTOR_NOTE, NULL, "%s %s %s", system.sysname,
            system.release, system.machine);
    }
}

static void tell_user(void)
{
    doctor_tell(
        "privileges", DOCTOR_NOTE, NULL, "user %lu%s", (unsigned long)geteuid(),
        geteuid() == 0          ? ", the administrator"
        : geteuid() != getuid() ? ", not the one who started this"
                                : "");
}

static void tell_memory_files(const char *path)
{
    struct statvfs room;
    uint64_t all;
    uint64_t left;
    char all_text[FIGURE_SIZE];
    char left_text[FIGURE_SIZE];

    if (statvfs(path, &room) < 0) {
        return;
    }
    all = (uint64_t)room.f_blocks * room.f_frsize;
    left = (uint64_t)room.f_bavail * room.f_frsize;
    doctor_tell(
        "memory", left < ROOM_LOW ? DOCTOR_WARN : DOCTOR_NOTE,
        left < ROOM_LOW ? "mount -o remount,size=... gives it more; in a "
                          "container --shm-size does"
                        : NULL,
        "%s has %s, %s free", path, figure_bytes(all, all_text),
        figure_bytes(left, left_text));
}

/* A directory that must be this user's and closed to others. */
static void tell_directory(const char *topic, const char *path)
{
    struct stat found;

    if (lstat(path, &found) < 0) {
        doctor_tell(topic, DOCTOR_NOTE, NULL, "%s is not there yet", path);
    } else if (
        !S_ISDIR(found.st_mode) || found.st_uid != geteuid() ||
        (found.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        doctor_tell(
            topic, DOCTOR_BAD,
            "move it out of the way, or chown and chmod 0700",
            "%s is not this user's directory, closed to others", path);
    } else {
        doctor_tell(topic, DOCTOR_NOTE, NULL, "%s", path);
    }
}

static void tell_runtime(void)
{
    const char *asked = getenv("XIPC_RUNTIME_DIR");
    const char *session = getenv("XDG_RUNTIME_DIR");
    char path[LINE_SIZE];

    if (asked && asked[0] == '/') {
        doctor_tell(
            "names", DOCTOR_NOTE, NULL,
            "XIPC_RUNTIME_DIR=%s keeps them apart from all others", asked);
        tell_directory("runtime directory", asked);
    } else if (session && session[0] == '/') {
        (void)snprintf(path, sizeof path, "%s/xipc", session);
        tell_directory("runtime directory", path);
    } else {
        (void)snprintf(
            path, sizeof path, "/tmp/xipc-%lu", (unsigned long)geteuid());
        tell_directory("runtime directory", path);
    }
    if (!session) {
        doctor_tell(
            "session", DOCTOR_NOTE, NULL, "none: XDG_RUNTIME_DIR is not set");
        return;
    }
    doctor_tell(
        "session", DOCTOR_NOTE, NULL, "XDG_RUNTIME_DIR=%s, XDG_SESSION_ID=%s",
        session, getenv("XDG_SESSION_ID") ? getenv("XDG_SESSION_ID") : "");
}

/* The last word a file of settings has about it; `value` stays without one. */
static void read_setting(const char *path, const char *name, char *value)
{
    FILE *file = fopen(path, "r");
    char line[LINE_SIZE];
    size_t size = strlen(name);

    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, name, size) == 0 && line[size] == '=') {
            line[strcspn(line, "\r\n")] = '\0';
            (void)snprintf(value, LINE_SIZE, "%s", line + size + 1);
        }
    }
    if (file) {
        (void)fclose(file);
    }
}

/* The same of all files in a directory. */
static void read_settings(const char *directory, const char *name, char *value)
{
    DIR *stream = opendir(directory);
    struct dirent *entry;
    char path[2 * LINE_SIZE];

    while (stream && (entry = readdir(stream)) != NULL) {
        if (strstr(entry->d_name, ".conf")) {
            (void)snprintf(
                path, sizeof path, "%s/%s", directory, entry->d_name);
            read_setting(path, name, value);
        }
    }
    if (stream) {
        (void)closedir(stream);
    }
}

/* The session manager takes the user's files in /dev/shm away when the last
 * session ends, if it is not told to let them be. */
static void tell_remove_ipc(void)
{
    char value[LINE_SIZE] = "yes, as nobody has set it";
    int is_there = access("/run/systemd/seats", F_OK) == 0;

    if (!is_there) {
        doctor_tell(
            "RemoveIPC", DOCTOR_NOTE, NULL, "no systemd-logind runs here");
        return;
    }
    read_setting("/usr/lib/systemd/logind.conf", "RemoveIPC", value);
    read_settings("/usr/lib/systemd/logind.conf.d", "RemoveIPC", value);
    read_setting("/etc/systemd/logind.conf", "RemoveIPC", value);
    read_settings("/etc/systemd/logind.conf.d", "RemoveIPC", value);
    if (strcmp(value, "no") == 0 || geteuid() < 1000) {
        doctor_tell(
            "RemoveIPC", DOCTOR_NOTE, NULL, "%s; it is not for this user",
            value);
        return;
    }
    doctor_tell(
        "RemoveIPC", DOCTOR_WARN,
        "RemoveIPC=no in /etc/systemd/logind.conf, or loginctl enable-linger",
        "%s: what this user shares goes when the user logs out", value);
}

static void tell_queues(void)
{
    static const char *const files[] = {"msg_max", "msgsize_max", "queues_max"};
    char path[LINE_SIZE];
    char line[LINE_SIZE];
    char all[LINE_SIZE] = "";

    for (size_t at = 0; at < sizeof files / sizeof files[0]; at++) {
        size_t used = strlen(all);

        (void)snprintf(path, sizeof path, "/proc/sys/fs/mqueue/%s", files[at]);
        if (first_line(path, line) == 0) {
            (void)snprintf(
                all + used, sizeof all - used, "%s%s %.20s",
                used > 0 ? ", " : "", files[at], line);
        }
    }
    if (all[0]) {
        doctor_tell(
            "message queues", DOCTOR_NOTE,
            "sysctl fs.mqueue.NAME=... changes them", "%s", all);
    }
}

static void tell_limit(const char *topic, struct rlimit limit, rlim_t low)
{
    if (limit.rlim_cur == RLIM_INFINITY) {
        doctor_tell(topic, DOCTOR_NOTE, NULL, "no limit");
        return;
    }
    doctor_tell(
        topic, limit.rlim_cur < low ? DOCTOR_WARN : DOCTOR_NOTE,
        limit.rlim_cur < low ? "ulimit raises it" : NULL, "%" PRIu64 " at most",
        (uint64_t)limit.rlim_cur);
}

static void tell_limits(void)
{
    struct rlimit limit;

#if defined(RLIMIT_MSGQUEUE)
    if (getrlimit(RLIMIT_MSGQUEUE, &limit) == 0) {
        tell_limit("bytes in queues", limit, 0);
    }
#endif
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        tell_limit("open files", limit, HANDLES_LOW);
    }
}

void system_facts(void)
{
    char directory[LINE_SIZE];

    tell_system();
    tell_user();
    tell_memory_files("/dev/shm");
    (void)snprintf(
        directory, sizeof directory, "/dev/shm/xipc-%lu",
        (unsigned long)geteuid());
    if (access("/dev/shm", F_OK) == 0) {
        tell_directory("memory directory", directory);
    }
    tell_runtime();
    tell_remove_ipc();
    tell_queues();
    tell_limits();
}
