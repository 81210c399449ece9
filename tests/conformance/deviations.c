/* SPDX-License-Identifier: Apache-2.0 */
/* Where a host is known to break a clause. Each entry says what the host does.
 */
#include "support/spec.h"

const spec_deviation spec_deviations[] = {{NULL, NULL, NULL}};
