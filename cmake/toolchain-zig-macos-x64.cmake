# SPDX-License-Identifier: Apache-2.0
# macOS, built on another system with zig.
set(CMAKE_SYSTEM_NAME Darwin)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(triple x86_64-macos)
include(${CMAKE_CURRENT_LIST_DIR}/zig.cmake)
