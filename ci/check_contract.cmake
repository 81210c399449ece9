# SPDX-License-Identifier: Apache-2.0
# Fails when a clause of docs/contract.md has no case, or a case names no clause
# or one that is not there.
# Run: cmake -P ci/check_contract.cmake
cmake_minimum_required(VERSION 3.25)
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH root)

set(clause "[A-Z]+-[0-9]+")

file(STRINGS "${root}/docs/contract.md" lines REGEX "^- ${clause} ")
set(promised "")
foreach(line IN LISTS lines)
    string(REGEX MATCH "${clause}" name "${line}")
    if(name IN_LIST promised)
        message(SEND_ERROR "docs/contract.md has two clauses ${name}")
    endif()
    list(APPEND promised "${name}")
endforeach()
if(NOT promised)
    message(FATAL_ERROR "docs/contract.md has no clauses")
endif()

# The clauses RUN are the runner's own.
file(GLOB_RECURSE files "${root}/tests/*_spec.c")
set(proven "")
foreach(path IN LISTS files)
    file(READ "${path}" text)
    # A bracket or a semicolon would end an item of a list.
    string(REGEX REPLACE "[][;]" " " text "${text}")
    string(REGEX MATCHALL
        "SPEC\\([ \n]*[a-z0-9_]+,[ \n]*\"[A-Z0-9 -]*\"\\)" cases "${text}")
    foreach(case IN LISTS cases)
        string(REGEX MATCHALL "${clause}" names "${case}")
        if(NOT names)
            message(SEND_ERROR "${path} has a case without a clause: ${case}")
        endif()
        foreach(name IN LISTS names)
            if(NOT name IN_LIST promised)
                message(SEND_ERROR
                    "${path} names ${name}, which docs/contract.md has not")
            endif()
            list(APPEND proven "${name}")
        endforeach()
    endforeach()
endforeach()

foreach(name IN LISTS promised)
    if(NOT name IN_LIST proven)
        message(SEND_ERROR "clause ${name} of docs/contract.md has no case")
    endif()
endforeach()
