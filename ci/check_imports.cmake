# SPDX-License-Identifier: Apache-2.0
# Fails when a Windows program or DLL needs a DLL that Windows itself does not
# have, such as one of the compiler's.
# Run: cmake -DFILES=libxipc.dll -DOBJDUMP=objdump -P ci/check_imports.cmake
cmake_minimum_required(VERSION 3.25)

set(allowed "^(kernel32|advapi32|ntdll|ws2_32|iphlpapi|shell32|msvcrt|ucrtbase")
string(APPEND allowed "|api-ms-win-crt-.*)$")
foreach(path IN LISTS FILES)
    execute_process(COMMAND ${OBJDUMP} -p ${path}
        OUTPUT_VARIABLE dump COMMAND_ERROR_IS_FATAL ANY)
    string(REGEX MATCHALL "DLL Name: [^\n]+" lines "${dump}")
    if(NOT lines)
        message(SEND_ERROR "${path} imports nothing: is it a program?")
    endif()
    foreach(line IN LISTS lines)
        string(REGEX REPLACE "^DLL Name: (.*)\\.(dll|DLL)$" "\\1" name "${line}")
        string(TOLOWER "${name}" name)
        if(NOT name MATCHES "${allowed}" AND NOT name STREQUAL "libxipc")
            message(SEND_ERROR "${path} needs ${name}.dll")
        endif()
    endforeach()
endforeach()
