/* SPDX-License-Identifier: Apache-2.0 */
/* Where a host is known to fail a case of this program. */
#include "support/spec.h"

const spec_deviation spec_deviations[] = {{NULL, NULL, NULL}};
