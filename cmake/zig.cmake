# SPDX-License-Identifier: Apache-2.0
# Included by toolchain files that build with zig's C compiler for the target
# in `triple`. The environment may say in ZIG where zig is.
if(DEFINED ENV{ZIG})
    set(zig "$ENV{ZIG}")
else()
    find_program(zig NAMES zig NO_CACHE REQUIRED)
endif()
set(CMAKE_C_COMPILER ${zig} cc -target ${triple})
set(CMAKE_CXX_COMPILER ${zig} c++ -target ${triple})

set(CMAKE_AR ${CMAKE_CURRENT_LIST_DIR}/zig-ar.sh)
set(CMAKE_RANLIB ${CMAKE_CURRENT_LIST_DIR}/zig-ranlib.sh)
