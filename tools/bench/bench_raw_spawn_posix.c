/* SPDX-License-Identifier: Apache-2.0 */
/* Starting a process without a library, on POSIX. */
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

extern char **environ;

const char bench_raw_spawn_name[] = "posix_spawn, waitpid";

const char *const *bench_raw_spawn_words(void)
{
    static const char *words[] = {"/bin/true", NULL};

    if (access(words[0], X_OK) != 0) {
        words[0] = "/usr/bin/true";
    }
    return words;
}

void bench_raw_spawn(unsigned count)
{
    const char *const *words = bench_raw_spawn_words();

    while (count-- > 0) {
        pid_t process;
        int status;

        bench_require(
            posix_spawn(
                &process, words[0], NULL, NULL, (char *const *)words,
                environ) == 0,
            "posix_spawn");
        bench_require(waitpid(process, &status, 0) == process, "waitpid");
    }
}
