# SPDX-License-Identifier: Apache-2.0
# Fails when a shared library exports anything but the functions that the
# public headers declare with XIPC_API, or lacks one of them.
# Run: cmake -DLIBRARY=libxipc.so -DNM=nm -P ci/check_exports.cmake
#  or: cmake -DLIBRARY=libxipc.dll -DOBJDUMP=objdump -P ci/check_exports.cmake
cmake_minimum_required(VERSION 3.25)
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH root)

file(GLOB headers "${root}/include/xipc/*.h")
set(declared "")
foreach(header IN LISTS headers)
    file(READ "${header}" text)
    string(REGEX REPLACE "/\\*([^*]|\\*+[^*/])*\\*+/" "" text "${text}")
    string(REGEX REPLACE "#define[^\n]*" "" text "${text}")
    string(REGEX MATCHALL "XIPC_API[^;({]*[(]" declarations "${text}")
    foreach(declaration IN LISTS declarations)
        string(REGEX MATCH "([A-Za-z0-9_]+)[ \t\r\n]*[(]$" match
            "${declaration}")
        list(APPEND declared "${CMAKE_MATCH_1}")
    endforeach()
endforeach()

set(exported "")
if(LIBRARY MATCHES "\\.dll$")
    execute_process(COMMAND ${OBJDUMP} -p ${LIBRARY}
        OUTPUT_VARIABLE dump COMMAND_ERROR_IS_FATAL ANY)
    string(REGEX REPLACE ".*\\[Ordinal/Name Pointer\\] Table" "" dump "${dump}")
    string(REPLACE "[" "(" dump "${dump}")
    string(REPLACE "]" ")" dump "${dump}")
    string(REGEX MATCHALL "\n\t\\( *[0-9]+\\)[^\n]*" lines "${dump}")
    foreach(line IN LISTS lines)
        string(REGEX MATCH "[^ \t]+$" name "${line}")
        list(APPEND exported "${name}")
    endforeach()
else()
    execute_process(
        COMMAND ${NM} -D --defined-only --format=posix ${LIBRARY}
        OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
    string(REGEX MATCHALL "[^\n]+" lines "${symbols}")
    foreach(line IN LISTS lines)
        string(REGEX MATCH "^[^ ]+" name "${line}")
        list(APPEND exported "${name}")
    endforeach()
endif()

if(NOT declared OR NOT exported)
    message(FATAL_ERROR
        "found no declarations or no exports: '${declared}', '${exported}'")
endif()
foreach(name IN LISTS exported)
    if(NOT name IN_LIST declared)
        message(SEND_ERROR "${LIBRARY} exports ${name}, which is not public")
    endif()
endforeach()
foreach(name IN LISTS declared)
    if(NOT name MATCHES "^xipc_[a-z]")
        message(SEND_ERROR "${name} is public but has no name of the library")
    endif()
    if(NOT name IN_LIST exported)
        message(SEND_ERROR "${LIBRARY} lacks ${name}, which is public")
    endif()
endforeach()
