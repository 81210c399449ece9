# SPDX-License-Identifier: Apache-2.0
# Warnings are ours, not our users': PRIVATE, and never errors outside presets.
function(xipc_warnings target)
    if(MSVC)
        target_compile_options(${target} PRIVATE /W4)
    else()
        target_compile_options(${target} PRIVATE
            -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes
            -Wmissing-prototypes -Wvla -Wundef)
    endif()
endfunction()
