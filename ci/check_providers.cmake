# SPDX-License-Identifier: Apache-2.0
# Fails when docs/mailbox.md does not say of this system what the library says
# of itself: whether there are native mailboxes, and what they have. Numbers are
# each machine's own, and are left out.
# Run: cmake -DPROGRAM=.../xipc-conformance [-DEMULATOR=wine] [-DSHOW=ON]
#     -P ci/check_providers.cmake; with SHOW it prints the table instead.
cmake_minimum_required(VERSION 3.25)
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH root)

string(REPLACE "|" ";" EMULATOR "${EMULATOR}")
execute_process(
    COMMAND ${EMULATOR} "${PROGRAM}" --capabilities=json
    OUTPUT_VARIABLE json RESULT_VARIABLE failed)
if(failed)
    message(FATAL_ERROR "${PROGRAM} --capabilities=json: ${failed}")
endif()
string(JSON count LENGTH "${json}")
math(EXPR last "${count} - 1")
set(rows "")
foreach(index RANGE ${last})
    string(JSON name GET "${json}" ${index} name)
    if(name MATCHES "^mailbox\\.native")
        string(JSON support GET "${json}" ${index} support)
        string(JSON text GET "${json}" ${index} text)
        string(APPEND rows "| `${name}` | ${support} | ${text} |\n")
    endif()
endforeach()

if(SHOW)
    message("${rows}")
    return()
endif()
file(READ "${root}/docs/mailbox.md" text)
string(REPLACE "\r" "" text "${text}")
string(FIND "${text}" "${rows}" at)
if(at EQUAL -1)
    message(FATAL_ERROR
        "docs/mailbox.md has no such table; it should have:\n${rows}")
endif()
