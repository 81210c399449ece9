# SPDX-License-Identifier: Apache-2.0
# Windows, built on another system with MinGW.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc)
set(CMAKE_RC_COMPILER x86_64-w64-mingw32-windres)

set(loaders wine64 wine)
include(${CMAKE_CURRENT_LIST_DIR}/wine.cmake)
