# SPDX-License-Identifier: Apache-2.0
# Makes each SPEC(sentence, "clauses") of a program a CTest test of its own,
# called suite.clause.sentence, with the suite and the clauses' families as
# labels. The sources are read when CMake runs, and it runs again when they
# change; a cross-built program need not run for that.

# A program built for another system runs only where something can run it.
set(XIPC_CAN_RUN ON)
if(CMAKE_CROSSCOMPILING AND NOT CMAKE_CROSSCOMPILING_EMULATOR)
    set(XIPC_CAN_RUN OFF)
endif()

set(XIPC_TEST_FIXTURES "")
set(XIPC_RUN_CASE "")
if(CMAKE_CROSSCOMPILING AND XIPC_WINE)
    set(XIPC_RUN_CASE sh ${PROJECT_SOURCE_DIR}/cmake/run_through_file.sh
        ${CMAKE_CROSSCOMPILING_EMULATOR})
    cmake_path(GET XIPC_WINE PARENT_PATH beside)
    # Debian's `wineserver` is a script that lets no server linger; beside it is
    # the server itself.
    find_program(XIPC_WINESERVER NAMES wineserver64 wineserver HINTS ${beside}
        DOC "The server of XIPC_WINE")
    if(XIPC_WINESERVER)
        set(XIPC_TEST_FIXTURES wine)
        add_test(NAME wine.start COMMAND ${CMAKE_COMMAND}
            "-DWINE=${CMAKE_CROSSCOMPILING_EMULATOR}"
            -DWINESERVER=${XIPC_WINESERVER}
            -P ${PROJECT_SOURCE_DIR}/cmake/start_wine.cmake)
        set_tests_properties(wine.start PROPERTIES FIXTURES_SETUP wine)
    endif()
endif()

function(xipc_spec_case program suite sentence clauses)
    string(REGEX MATCHALL "[A-Z]+-[0-9]+" clauses "${clauses}")
    set(test "${suite}.${sentence}")
    if(clauses)
        list(GET clauses 0 first)
        set(test "${suite}.${first}.${sentence}")
    endif()
    list(TRANSFORM clauses REPLACE "-.*" "" OUTPUT_VARIABLE families)
    list(REMOVE_DUPLICATES families)

    # Each case has names of its own. But whoever goes below the names meets
    # what everybody shares, and may leave for a while what others would find.
    # And thousands of things at once keep the processors, or Wine's server, from
    # those who have to be told of a death within a second.
    set(serial OFF)
    if(suite MATCHES "^(os|posix|win32)$" OR sentence MATCHES "thousands|d_connections")
        set(serial ON)
    endif()

    # A case that was read here but is not in the program was left out by an
    # #if: what it needs is not there at compile time. A conformance case always
    # is.
    add_test(NAME ${test} COMMAND
        ${XIPC_RUN_CASE} $<TARGET_FILE:${program}> --exact ${sentence})
    set_tests_properties(${test} PROPERTIES
        LABELS "${suite};${families}"
        TIMEOUT 120
        RUN_SERIAL ${serial}
        FIXTURES_REQUIRED "${XIPC_TEST_FIXTURES}"
        SKIP_RETURN_CODE 77
        SKIP_REGULAR_EXPRESSION "-spec: no case matches")
endfunction()

function(xipc_spec_cases program suite)
    if(NOT XIPC_CAN_RUN)
        return()
    endif()
    get_target_property(sources ${program} SOURCES)
    get_target_property(directory ${program} SOURCE_DIR)
    set(blank "[ \t\r\n]*")
    foreach(source IN LISTS sources)
        cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${directory})
        set_property(DIRECTORY APPEND PROPERTY
            CMAKE_CONFIGURE_DEPENDS "${source}")
        file(READ "${source}" text)
        string(REGEX MATCHALL
            "\nSPEC\\(${blank}[A-Za-z0-9_]+${blank},${blank}\"[^\"]*\""
            specs "${text}")
        string(REGEX MATCHALL "\nSPEC\\(" starts "${text}")
        list(LENGTH specs spec_count)
        list(LENGTH starts start_count)
        if(NOT spec_count EQUAL start_count)
            message(FATAL_ERROR
                "${source}: ${start_count} cases, but only ${spec_count} are "
                "of the form SPEC(sentence, \"clauses\")")
        endif()
        # A case over both providers of mailboxes is two (mailbox_kit.h).
        string(REGEX MATCHALL
            "\nBOX_SPEC\\(${blank}[A-Za-z0-9_]+${blank},${blank}\"[^\"]*\""
            both "${text}")
        string(REGEX MATCHALL "\nBOX_SPEC\\(" starts "${text}")
        list(LENGTH both spec_count)
        list(LENGTH starts start_count)
        if(NOT spec_count EQUAL start_count)
            message(FATAL_ERROR
                "${source}: ${start_count} cases, but only ${spec_count} are "
                "of the form BOX_SPEC(sentence, \"clauses\")")
        endif()
        list(APPEND specs ${both})
        list(TRANSFORM both REPLACE
            "\\((${blank})" "(\\1natively_" OUTPUT_VARIABLE natively)
        list(APPEND specs ${natively})
        foreach(spec IN LISTS specs)
            string(REGEX MATCH
                "\\(${blank}([A-Za-z0-9_]+)${blank},${blank}\"([^\"]*)\""
                spec "${spec}")
            xipc_spec_case(
                ${program} ${suite} "${CMAKE_MATCH_1}" "${CMAKE_MATCH_2}")
        endforeach()
    endforeach()
endfunction()
