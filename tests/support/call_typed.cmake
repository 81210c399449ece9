# SPDX-License-Identifier: Apache-2.0
# Runs examples/call_typed.c, one process that serves and one that asks it, at
# an address of each sort, and requires that it says what it is to say.
# Run: cmake -DPROGRAM=call_typed -DFOLDER=scratch -P call_typed.cmake
# with -DEMULATOR="wine64" where the program needs one to run.
cmake_minimum_required(VERSION 3.25)

set(questions
    "put spoon 1.5 steel small shelf=3 cellar=20"
    "put fork 2 shelf=4"
    "put spoon 1.25 shelf=5 cellar=20"
    "get spoon"
    "count shelf"
    "count attic"
    "spoil"
    "get fork"
    "stop")
string(CONCAT wanted
    "1\n"
    "2\n"
    "2\n"
    "spoon 1.25 shelf=5 cellar=20\n"
    "spoon=5 fork=4\n"
    "nothing\n"
    "refused: 9 of 9\n"
    "fork 2.00 shelf=4\n")

file(REMOVE_RECURSE "${FOLDER}")
file(MAKE_DIRECTORY "${FOLDER}")
string(RANDOM LENGTH 12 name)
# Who asks reads where to ask from who serves, and both run at once.
foreach(address "tcp://127.0.0.1:0" "typed-${name}")
    execute_process(
        COMMAND ${EMULATOR} "${PROGRAM}" serve ${address}
        COMMAND ${EMULATOR} "${PROGRAM}" ask - ${questions}
        TIMEOUT 100
        RESULTS_VARIABLE codes
        OUTPUT_FILE "${FOLDER}/out"
        ERROR_FILE "${FOLDER}/err")
    file(READ "${FOLDER}/out" out)
    file(READ "${FOLDER}/err" err)
    string(REPLACE "\r\n" "\n" out "${out}")
    if(NOT codes STREQUAL "0;0" OR NOT out STREQUAL wanted)
        message(SEND_ERROR
            "${address}: ${codes}\n${out}${err}\nwanted:\n${wanted}")
    endif()
endforeach()
