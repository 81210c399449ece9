/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SPEC_RUNNER_H
#define SPEC_RUNNER_H

#include "support/spec_options.h"

enum {
    SPEC_RUN_PASSED = 0,
    SPEC_RUN_FAILED = 1,
    SPEC_RUN_IMPOSSIBLE = 2,
    SPEC_RUN_SKIPPED = 77,
    SPEC_RUN_INTERRUPTED = 130
};

/* Each returns the program's exit status. */
int spec_runner_list(const spec_options *options);
int spec_runner_run(spec_options *options);

#endif
