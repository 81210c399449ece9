# SPDX-License-Identifier: Apache-2.0
# Fails when a workflow of .github names a preset, a script, a folder of a build
# or a job that is not there: nothing else sees it before it runs elsewhere. Where
# there is a Python with yaml, each is also read as what it is.
# Run: cmake -P ci/check_workflows.cmake
cmake_minimum_required(VERSION 3.25)
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH root)

file(READ "${root}/CMakePresets.json" presets)

# The names of presets of one kind: configure, build, test, package, workflow.
foreach(kind configure build test package workflow)
    set(${kind}_presets "")
    string(JSON count LENGTH "${presets}" ${kind}Presets)
    math(EXPR last "${count} - 1")
    foreach(at RANGE ${last})
        string(JSON name GET "${presets}" ${kind}Presets ${at} name)
        list(APPEND ${kind}_presets ${name})
    endforeach()
endforeach()

function(require_preset path kind name)
    if(NOT name IN_LIST ${kind}_presets)
        message(SEND_ERROR "${path}: there is no ${kind} preset ${name}")
    endif()
endfunction()

# `cmake --build --preset dev`: what is between says which kind it is.
function(check_presets path text)
    string(REGEX MATCHALL
        "(cmake|ctest|cpack)[ a-z-]* --preset[ =][a-z0-9-]+" calls "${text}")
    foreach(call IN LISTS calls)
        string(REGEX REPLACE "^.*--preset.(.*)$" "\\1" name "${call}")
        if(call MATCHES "^ctest")
            require_preset("${path}" test ${name})
        elseif(call MATCHES "^cpack")
            require_preset("${path}" package ${name})
        elseif(call MATCHES "--workflow")
            require_preset("${path}" workflow ${name})
        elseif(call MATCHES "--build")
            require_preset("${path}" build ${name})
        else()
            require_preset("${path}" configure ${name})
        endif()
    endforeach()
endfunction()

# What is run must be there, and what a system like this one runs executable.
function(check_scripts path text)
    string(REGEX MATCHALL "\\.?(ci|cmake|tests|tools)/[A-Za-z0-9_./-]+"
        scripts "${text}")
    foreach(script IN LISTS scripts)
        if(NOT EXISTS "${root}/${script}")
            message(SEND_ERROR "${path} names what is not there: ${script}")
        elseif(CMAKE_HOST_UNIX AND NOT script MATCHES "\\.ps1$")
            execute_process(COMMAND test -x "${root}/${script}"
                RESULT_VARIABLE code)
            if(NOT code EQUAL 0)
                message(SEND_ERROR "${path} runs ${script}, which is not to run")
            endif()
        endif()
    endforeach()
endfunction()

# build/NAME is a preset's, or what a script that is run there makes.
function(check_folders path text)
    file(READ "${root}/ci/windows.ps1" made)
    string(REGEX MATCHALL "build/[a-z0-9-]+" folders "${text}")
    foreach(folder IN LISTS folders)
        string(REPLACE "build/" "" name "${folder}")
        string(FIND "${made}" "\"${folder}\"" position)
        if(NOT name IN_LIST configure_presets AND position EQUAL -1)
            message(SEND_ERROR "${path}: nothing makes ${folder}")
        endif()
    endforeach()
endfunction()

function(check_jobs path text)
    string(REGEX MATCHALL "\n    needs: [a-z-]+" needs "${text}")
    foreach(need IN LISTS needs)
        string(REGEX REPLACE "^.* " "" job "${need}")
        if(NOT text MATCHES "\n  ${job}:\n")
            message(SEND_ERROR "${path}: there is no job ${job}")
        endif()
    endforeach()
endfunction()

# What is downloaded was uploaded.
function(check_artifacts path text)
    string(REGEX MATCHALL
        "(up|down)load-artifact@[^\n]*\n +with:\n +name: [a-z-]+" uses "${text}")
    set(uploaded "")
    foreach(use IN LISTS uses)
        string(REGEX REPLACE "^.* " "" name "${use}")
        if(use MATCHES "^up")
            list(APPEND uploaded ${name})
        elseif(NOT name IN_LIST uploaded)
            message(SEND_ERROR "${path}: nobody has uploaded ${name}")
        endif()
    endforeach()
endfunction()

find_program(python NAMES python3 python NO_CACHE)
if(python)
    execute_process(COMMAND ${python} -c "import yaml"
        RESULT_VARIABLE code OUTPUT_QUIET ERROR_QUIET)
endif()
if(NOT python OR NOT code EQUAL 0)
    message(STATUS "there is no Python with yaml here: no workflow is parsed")
    set(python "")
endif()

file(GLOB workflows "${root}/.github/workflows/*.yml")
foreach(path IN LISTS workflows)
    file(READ "${path}" text)
    string(REGEX REPLACE "\n *#[^\n]*" "" text "${text}")
    string(REGEX REPLACE "[][;]" " " text "${text}")
    check_presets("${path}" "${text}")
    check_scripts("${path}" "${text}")
    check_folders("${path}" "${text}")
    check_jobs("${path}" "${text}")
    check_artifacts("${path}" "${text}")
    if(python)
        execute_process(COMMAND ${python} -c
            "import sys, yaml; yaml.safe_load(open(sys.argv[1]))['jobs']"
            "${path}" RESULT_VARIABLE code ERROR_VARIABLE why)
        if(NOT code EQUAL 0)
            message(SEND_ERROR "${path} is no workflow:\n${why}")
        endif()
    endif()
endforeach()
