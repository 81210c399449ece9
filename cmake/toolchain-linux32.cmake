# SPDX-License-Identifier: Apache-2.0
# 32-bit programs on 64-bit x86 Linux. gcc-12-multilib leaves the headers in
# <asm/> where only 64-bit programs look.
find_program(gcc NAMES gcc-12 gcc NO_CACHE REQUIRED)
set(CMAKE_C_COMPILER ${gcc})
set(CMAKE_C_FLAGS_INIT "-m32 -idirafter /usr/include/x86_64-linux-gnu")
set(CMAKE_CXX_FLAGS_INIT "${CMAKE_C_FLAGS_INIT}")
