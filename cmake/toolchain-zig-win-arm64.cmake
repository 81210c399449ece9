# SPDX-License-Identifier: Apache-2.0
# Windows on 64-bit Arm, built on another system with zig.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(triple aarch64-windows.win10-gnu)
include(${CMAKE_CURRENT_LIST_DIR}/zig.cmake)
