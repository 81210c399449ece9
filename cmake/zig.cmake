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

# One program is compiler and archiver; what it shall be is its first argument.
set(CMAKE_AR ${zig})
set(CMAKE_RANLIB ${zig})
set(CMAKE_C_ARCHIVE_CREATE "<CMAKE_AR> ar qc <TARGET> <OBJECTS>")
set(CMAKE_C_ARCHIVE_APPEND "<CMAKE_AR> ar q <TARGET> <OBJECTS>")
set(CMAKE_C_ARCHIVE_FINISH "<CMAKE_RANLIB> ranlib <TARGET>")
