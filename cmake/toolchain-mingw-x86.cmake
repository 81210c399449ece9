# SPDX-License-Identifier: Apache-2.0
# Windows, built on another system with MinGW.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR i686)
set(CMAKE_C_COMPILER i686-w64-mingw32-gcc)
set(CMAKE_RC_COMPILER i686-w64-mingw32-windres)

# The 64-bit loader alone does not run 32-bit programs.
set(loaders wine wine32)
include(${CMAKE_CURRENT_LIST_DIR}/wine.cmake)
