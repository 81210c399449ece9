# SPDX-License-Identifier: Apache-2.0
# Runs one of examples/copy_*.c: one process that sends a file, and one that
# receives it, both at once; copy_section has one put it somewhere and one get
# it. Requires that what came is what went.
# Run: cmake -DPROGRAM=copy_ring -DHOW=messages -DFOLDER=scratch \
#            -P copy_pair.cmake
# with -DEMULATOR="setarch|-R|wine64" where the program needs one to run, and
# -DADDRESS=unix:, tcp: or udp: where a name is not enough.
cmake_minimum_required(VERSION 3.25)

string(REPLACE "|" ";" EMULATOR "${EMULATOR}")
file(REMOVE_RECURSE "${FOLDER}")
file(MAKE_DIRECTORY "${FOLDER}")
if(ADDRESS MATCHES "^(tcp|udp):$")
    # Below the ports that systems give to whoever does not choose.
    string(RANDOM LENGTH 4 ALPHABET 0123456789 name)
    set(name "${ADDRESS}//127.0.0.1:2${name}")
else()
    string(RANDOM LENGTH 12 name)
    set(name "${ADDRESS}copy-${name}")
endif()
set(came "${FOLDER}/came")
set(sent "${CMAKE_CURRENT_LIST_FILE}")
set(at_once TIMEOUT 50 ERROR_FILE "${FOLDER}/err" OUTPUT_FILE "${FOLDER}/out")
if(HOW STREQUAL "section")
    execute_process(COMMAND ${EMULATOR} "${PROGRAM}" put ${name} "${sent}"
        ${at_once} RESULT_VARIABLE first)
    execute_process(COMMAND ${EMULATOR} "${PROGRAM}" get ${name} "${came}"
        ${at_once} RESULT_VARIABLE second)
    set(codes "${first};${second}")
else()
    execute_process(
        COMMAND ${EMULATOR} "${PROGRAM}" send ${HOW} ${name} "${sent}"
        COMMAND ${EMULATOR} "${PROGRAM}" receive ${HOW} ${name} "${came}"
        ${at_once} RESULTS_VARIABLE codes)
endif()

file(READ "${FOLDER}/err" said)
if(NOT codes STREQUAL "0;0")
    message(FATAL_ERROR "ended with ${codes}:\n${said}")
endif()
file(SHA256 "${sent}" sent_hash)
file(SHA256 "${came}" came_hash)
if(NOT sent_hash STREQUAL came_hash)
    message(FATAL_ERROR "another file came than went:\n${said}")
endif()
