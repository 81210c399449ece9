# SPDX-License-Identifier: Apache-2.0
# Fails when the completions of the command xipc, or its manual page, do not
# know what `xipc --help` tells of: each command and each option, and no others.
# Run: cmake -DPROGRAM=build/dev/bin/xipc -P ci/check_command.cmake
cmake_minimum_required(VERSION 3.25)
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH root)

function(read_help text)
    execute_process(COMMAND ${PROGRAM} ${ARGN} --help
        OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
    set(${text} "${output}" PARENT_SCOPE)
endfunction()

function(require_in file line)
    string(FIND "${${file}}" "${line}" position)
    if(position EQUAL -1)
        message(SEND_ERROR "${file} does not say: ${line}")
    endif()
endfunction()

set(bash tools/completion/xipc.bash)
set(zsh tools/completion/_xipc)
set(fish tools/completion/xipc.fish)
set(page docs/man/xipc.1)
foreach(file ${bash} ${zsh} ${fish} ${page})
    file(READ "${root}/${file}" ${file})
endforeach()

# The commands stand between "Commands:" and an empty line.
read_help(help)
string(REGEX MATCH "Commands:\n([^\n]+\n)+" section "${help}")
string(REGEX MATCHALL "\n  [a-z]+( [a-z]+)?  " commands "${section}")
list(LENGTH commands count)
if(count LESS 10)
    message(FATAL_ERROR "xipc --help lists ${count} commands:\n${help}")
endif()

set(fish_count 0)
foreach(command IN LISTS commands)
    string(STRIP "${command}" command)
    string(REPLACE " " ";" words "${command}")
    list(GET words 0 first)
    list(GET words -1 last)
    set(options "")
    # What has no options of its own hands all to another program.
    if(NOT command MATCHES "^(bench|conformance)$")
        read_help(text ${words})
        string(REGEX MATCHALL "\n  --[a-z-]+" options "${text}")
        list(TRANSFORM options STRIP)
    endif()
    list(JOIN options " " line)
    foreach(file ${bash} ${zsh})
        require_in(${file} "    '${command}') words='${line}' ;;\n")
    endforeach()
    if(first STREQUAL last)
        require_in(${fish} "-n __xipc_first -f -a ${first} ")
    else()
        require_in(${fish} "-n '__xipc_second ${first}' -f -a ${last} ")
    endif()
    require_in(${page} ".SS \"xipc ${command}")
    foreach(option IN LISTS options)
        string(REGEX REPLACE "^--" "" option "${option}")
        string(REPLACE "-" "\\-" escaped "${option}")
        require_in(${page} "\\-\\-${escaped}")
        require_in(${fish} "-n '__xipc_at ${command}' -l ${option}")
        math(EXPR fish_count "${fish_count} + 1")
    endforeach()
endforeach()

# And no more than these.
string(REGEX MATCHALL "-n '__xipc_at [a-z ]+' -l [a-z]" lines "${${fish}}")
list(LENGTH lines count)
if(NOT count EQUAL fish_count)
    message(SEND_ERROR "${fish} has ${count} options, not ${fish_count}")
endif()
string(REGEX MATCHALL "\n\\.SS " sections "${${page}}")
list(LENGTH sections count)
list(LENGTH commands command_count)
if(NOT count EQUAL command_count)
    message(SEND_ERROR "${page} has ${count} commands, not ${command_count}")
endif()

# The exit codes are the same in both.
string(REGEX MATCHALL "\n +[0-9]+  [^\n]+" codes "${help}")
foreach(code IN LISTS codes)
    string(STRIP "${code}" code)
    string(REGEX REPLACE "^([0-9]+) .*" "\\1" number "${code}")
    require_in(${page} ".B ${number}\n")
endforeach()

# What a shell that is here makes of it.
find_program(shell bash NO_CACHE)
if(shell)
    foreach(pair "xipc rec|recv" "xipc pipe co|connect"
            "xipc send --lin|--lines" "xipc pipe listen --mess|--messages"
            "xipc ls --sc|--scope" "xipc ls --scope mach|machine")
        string(REPLACE "|" ";" pair "${pair}")
        list(GET pair 0 typed)
        list(GET pair 1 want)
        string(REPLACE " " ";" typed "${typed}")
        list(LENGTH typed index)
        math(EXPR index "${index} - 1")
        list(JOIN typed " " typed)
        execute_process(
            COMMAND ${shell} -c "source '${root}/${bash}'
                COMP_WORDS=(${typed}) COMP_CWORD=${index}
                _xipc
                echo \"\${COMPREPLY[0]}\""
            OUTPUT_VARIABLE got ERROR_VARIABLE said
            OUTPUT_STRIP_TRAILING_WHITESPACE)
        if(NOT got STREQUAL want)
            message(SEND_ERROR "${typed}: ${got}, not ${want}: ${said}")
        endif()
    endforeach()
endif()
