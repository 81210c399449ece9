# SPDX-License-Identifier: Apache-2.0
# Fails when the tree breaks a rule that no compiler sees.
# Run: cmake -P ci/check_layout.cmake
cmake_minimum_required(VERSION 3.25)
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH root)

set(comment "/\\*([^*]|\\*+[^*/])*\\*+/")
set(lines_max 600)

# Every OS contract that has functions has one file in each backend. What is
# the same on every system has its one file beside the header.
file(GLOB contracts "${root}/src/os/os_*.h")
foreach(contract IN LISTS contracts)
    cmake_path(REPLACE_EXTENSION contract c OUTPUT_VARIABLE common)
    file(READ "${contract}" text)
    string(REGEX REPLACE "${comment}" "" text "${text}")
    if(EXISTS "${common}" OR NOT text MATCHES "xipcos_[a-z0-9_]+\\(")
        continue()
    endif()
    cmake_path(GET contract STEM part)
    string(REGEX REPLACE "^os_" "" part "${part}")
    foreach(backend posix win32)
        if(NOT EXISTS "${root}/src/${backend}/${backend}_${part}.c")
            message(SEND_ERROR "src/${backend}/${backend}_${part}.c is missing")
        endif()
    endforeach()
endforeach()

# Portable code knows no platform. base.h needs _WIN32 to export symbols.
set(platform "_WIN32|_WIN64|_MSC_VER|__MINGW|__linux|__APPLE__|__unix")
string(APPEND platform "|_GNU_SOURCE|<windows\\.h>|<unistd\\.h>|<fcntl\\.h>")
string(APPEND platform "|<pthread\\.h>|<sys/|GetLastError")
string(APPEND platform "|\"(posix|win32)/")
file(GLOB_RECURSE portable "${root}/include/*.h" "${root}/src/core/*.[ch]"
    "${root}/src/os/*.[ch]")
list(REMOVE_ITEM portable "${root}/include/xipc/base.h")
foreach(path IN LISTS portable)
    file(READ "${path}" text)
    string(REGEX REPLACE "${comment}" "" text "${text}")
    if(text MATCHES "${platform}")
        message(SEND_ERROR "${path} names a platform: ${CMAKE_MATCH_0}")
    endif()
endforeach()

# File names are unique, so a name in a log or a stack trace is enough; only a
# public header, always <xipc/...>, may share its own with the one inside. And
# every C file is named where the build is described, or nothing compiles it.
file(GLOB_RECURSE public "${root}/include/*.h")
file(GLOB_RECURSE all "${root}/src/*.[ch]" "${root}/tests/*.[ch]"
    "${root}/tools/*.[ch]" "${root}/examples/*.[ch]")
set(lists "")
foreach(directory . tests tests/consumer tools examples)
    file(READ "${root}/${directory}/CMakeLists.txt" text)
    string(APPEND lists "${text}")
endforeach()
set(seen "")
foreach(path IN LISTS all)
    cmake_path(GET path FILENAME name)
    if(name IN_LIST seen)
        message(SEND_ERROR "two files are called ${name}")
    endif()
    list(APPEND seen "${name}")
    string(FIND "${lists}" "${name}" position)
    if(name MATCHES "\\.c$" AND position EQUAL -1)
        message(SEND_ERROR "no CMakeLists.txt builds ${path}")
    endif()
endforeach()

# One idea in each file; a long one holds two.
file(GLOB_RECURSE scripts "${root}/cmake/*" "${root}/ci/*"
    "${root}/tests/*.cmake" "${root}/*/CMakeLists.txt")
list(FILTER scripts EXCLUDE REGEX "/build/")
foreach(path IN LISTS public all scripts)
    file(READ "${path}" text)
    string(REGEX MATCHALL "\n" lines "${text}")
    list(LENGTH lines line_count)
    if(line_count GREATER lines_max)
        message(SEND_ERROR "${path} has ${line_count} lines")
    endif()
endforeach()
