// SPDX-License-Identifier: Apache-2.0
// C++ takes the headers, their initialisers included, as C does.
#include <xipc/xipc.h>

xipc_status open_from_cxx(xipc_section **section);

xipc_status open_from_cxx(xipc_section **section)
{
    xipc_section_options options = XIPC_SECTION_OPTIONS_INIT;
    xipc_capability_info info = XIPC_CAPABILITY_INFO_INIT;

    if (xipc_capability(XIPC_FEATURE_SECTION, &info) != XIPC_OK) {
        return XIPC_E_NOT_SUPPORTED;
    }
    return xipc_section_open("consumer", &options, XIPC_NOW, section);
}
