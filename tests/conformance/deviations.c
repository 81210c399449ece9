/* SPDX-License-Identifier: Apache-2.0 */
/* Where a host is known to break a clause. Each entry says what the host does.
 */
#include "support/spec.h"

const spec_deviation spec_deviations[] = {
    {"wine-8", "who_has_not_joined_receives_nothing",
     "Wine gives what is sent to any group that somebody has joined to every "
     "socket at that port"},
    {NULL, NULL, NULL}};
