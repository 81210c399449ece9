# SPDX-License-Identifier: Apache-2.0
# Fails when a page leads to a file that is not there, when a page of the tree
# names one in the tree that is not there, or when a decision is not in the list
# of them. With FOLDER it looks at the pages there, as they are in a package.
# Run: cmake [-DFOLDER=build/packages/debian-root] -P ci/check_links.cmake
cmake_minimum_required(VERSION 3.25)
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH root)

# Brackets and semicolons would keep a list from coming apart where it should.
function(read_page path text)
    file(READ "${path}" content)
    string(REPLACE "](" "@(" content "${content}")
    string(REGEX REPLACE "[][;]" " " content "${content}")
    set(${text} "${content}" PARENT_SCOPE)
endfunction()

function(check_links path text)
    cmake_path(GET path PARENT_PATH folder)
    string(REGEX MATCHALL "@\\([^)]*\\)" links "${text}")
    foreach(link IN LISTS links)
        string(REGEX REPLACE "^@\\(([^#)]*).*$" "\\1" target "${link}")
        if(target STREQUAL "" OR target MATCHES "^[a-z]+:")
            continue()
        endif()
        if(NOT EXISTS "${folder}/${target}")
            message(SEND_ERROR "${path} leads to what is not there: ${target}")
        endif()
    endforeach()
endfunction()

# `src/core/ring.c` in a text; what has a wildcard in it is many files.
function(check_names path text)
    string(REGEX MATCHALL
        "`(ci|cmake|docs|examples|include|src|tests|tools)/[^` \n]*`"
        names "${text}")
    foreach(name IN LISTS names)
        string(REGEX REPLACE "`|/`$" "" name "${name}")
        file(GLOB found "${root}/${name}")
        if(NOT found)
            message(SEND_ERROR "${path} names what is not there: ${name}")
        endif()
    endforeach()
endfunction()

if(FOLDER)
    cmake_path(ABSOLUTE_PATH FOLDER)
    file(GLOB_RECURSE pages "${FOLDER}/*.md")
else()
    file(GLOB_RECURSE pages "${root}/docs/*.md" "${root}/cmake/*.md"
        "${root}/examples/*.md" "${root}/src/*.md" "${root}/tests/*.md"
        "${root}/tools/*.md")
    list(APPEND pages "${root}/README.md" "${root}/CONTRIBUTING.md")
endif()
foreach(path IN LISTS pages)
    read_page("${path}" text)
    check_links("${path}" "${text}")
    if(NOT FOLDER)
        check_names("${path}" "${text}")
    endif()
endforeach()
list(LENGTH pages count)
message(STATUS "${count} pages")

# Each decision stands in the list of them.
file(READ "${root}/docs/decisions/README.md" list)
file(GLOB decisions RELATIVE "${root}/docs/decisions"
    "${root}/docs/decisions/*.md")
list(REMOVE_ITEM decisions README.md)
foreach(decision IN LISTS decisions)
    string(FIND "${list}" "](${decision})" position)
    if(position EQUAL -1)
        message(SEND_ERROR "docs/decisions/README.md does not list ${decision}")
    endif()
endforeach()
