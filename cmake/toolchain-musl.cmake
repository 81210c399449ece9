# SPDX-License-Identifier: Apache-2.0
# Linux with the C library musl. The kernel's own headers are the host's, last
# in line, so that none of the host's C library comes before musl's.
set(CMAKE_C_COMPILER musl-gcc)
execute_process(COMMAND gcc -print-multiarch
    OUTPUT_VARIABLE multiarch OUTPUT_STRIP_TRAILING_WHITESPACE)
set(CMAKE_C_FLAGS_INIT
    "-idirafter /usr/include -idirafter /usr/include/${multiarch}")
