# SPDX-License-Identifier: Apache-2.0
# Windows, built on another system with MinGW.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc)
# Only users of xipc.hpp need one; without this CMake takes the host's for it.
find_program(XIPC_MINGW_CXX x86_64-w64-mingw32-g++
    DOC "Compiles C++ for Windows")
if(XIPC_MINGW_CXX)
    set(CMAKE_CXX_COMPILER ${XIPC_MINGW_CXX})
endif()
set(CMAKE_RC_COMPILER x86_64-w64-mingw32-windres)

set(loaders wine64 wine)
include(${CMAKE_CURRENT_LIST_DIR}/wine.cmake)
