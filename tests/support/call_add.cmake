# SPDX-License-Identifier: Apache-2.0
# Runs examples/call_add.c: one process that adds, and others that ask it, one
# after the other. Requires the sums, and that it ends with Enter, which is here
# the end of its input.
# Run: cmake -DPROGRAM=call_add -P call_add.cmake
# with -DEMULATOR="setarch|-R|wine64" where the program needs one to run.
cmake_minimum_required(VERSION 3.25)

string(REPLACE "|" ";" emulator "${EMULATOR}")
set(questions "3 4" "-5 2" "2000000000 -1")
set(sums 7 -3 1999999999)

# The one that asks, with the name as ASK: its output is the input of the one
# that adds. That one may not be there yet.
if(ASK)
    foreach(question sum IN ZIP_LISTS questions sums)
        string(REPLACE " " ";" numbers "${question}")
        set(code 1)
        while(NOT code EQUAL 0)
            execute_process(
                COMMAND ${emulator} "${PROGRAM}" ${ASK} ${numbers}
                RESULT_VARIABLE code OUTPUT_VARIABLE said ERROR_VARIABLE why)
            if(NOT code EQUAL 0 AND (NOT sum EQUAL 7 OR NOT code EQUAL 1))
                message(FATAL_ERROR "${question}: ${code}\n${why}")
            endif()
        endwhile()
        string(STRIP "${said}" said)
        if(NOT said STREQUAL sum)
            message(FATAL_ERROR "${question}: ${said}, not ${sum}")
        endif()
    endforeach()
    return()
endif()

string(RANDOM LENGTH 12 name)
execute_process(
    COMMAND ${CMAKE_COMMAND} "-DPROGRAM=${PROGRAM}" "-DEMULATOR=${EMULATOR}"
        -DASK=add-${name} -P "${CMAKE_CURRENT_LIST_FILE}"
    COMMAND ${emulator} "${PROGRAM}" serve add-${name}
    TIMEOUT 50 RESULTS_VARIABLE codes OUTPUT_VARIABLE said
    ERROR_VARIABLE why)
if(NOT codes STREQUAL "0;0" OR NOT said MATCHES "^It adds")
    message(FATAL_ERROR "ended with ${codes}:\n${said}${why}")
endif()
