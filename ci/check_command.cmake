# SPDX-License-Identifier: Apache-2.0
# Fails when the completions of the command xipc, or its manual page, do not
# know what `xipc --help` tells of: each command and each option, and no others;
# and for the pages of the programs that it starts likewise.
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

# An option whose value is a number, a time or a word says what holds without
# it.
function(require_defaults command text)
    string(REPLACE ";" "," text "${text}")
    string(REGEX MATCHALL
        "\n  --[a-z-]+ (N|SIZE|TIME|WORD|[a-z]+\\|[a-z|]+) [^\n]+"
        lines "${text}")
    foreach(line IN LISTS lines)
        if(NOT line MATCHES ": [^ ][^:]*$")
            message(SEND_ERROR "xipc ${command} --help names no default:${line}")
        endif()
    endforeach()
endfunction()

# What the page says of a command.
function(read_section command section)
    string(FIND "${${page}}" ".SS \"xipc ${command}" begin)
    string(SUBSTRING "${${page}}" ${begin} -1 text)
    string(FIND "${text}" "\n.S" end)
    string(SUBSTRING "${text}" 0 ${end} text)
    set(${section} "${text}" PARENT_SCOPE)
endfunction()

# The columns and members that a command shows are in its part of the page, or
# in that of xipc ls, whose columns others show too.
function(require_fields command text)
    string(REGEX MATCH "\nIt shows:\n([^\n]+\n)+" shown "${text}")
    string(REGEX MATCHALL "\n  [A-Za-z0-9/]+ " fields "${shown}")
    read_section("${command}" own)
    read_section(ls list)
    foreach(field IN LISTS fields)
        string(STRIP "${field}" field)
        if(NOT "${own}${list}" MATCHES "\n\\.[BR]+ [^\n]*${field}")
            message(SEND_ERROR "${page} does not tell of xipc ${command}: ${field}")
        endif()
    endforeach()
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
        require_defaults("${command}" "${text}")
        require_fields("${command}" "${text}")
    endif()
    list(JOIN options " " line)
    foreach(file ${bash} ${zsh})
        require_in(${file} "    '${command}') offers='${line}' ;;\n")
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

# The programs that two of its commands start have pages of their own, with the
# same options.
foreach(other bench conformance)
    set(other_page docs/man/xipc-${other}.1)
    file(READ "${root}/${other_page}" text)
    string(REGEX MATCHALL "\n\\.TP\n\\.B[IR]? \\\\-\\\\-[a-z]+"
        told "${text}")
    list(TRANSFORM told REPLACE ".*-" "")
    read_help(text ${other})
    string(REGEX MATCHALL "(\n  |, )--[a-z]+" offered "${text}")
    list(TRANSFORM offered REPLACE ".*-" "")
    if(NOT offered OR NOT told STREQUAL offered)
        message(SEND_ERROR
            "${other_page} has the options ${told}, not ${offered}")
    endif()
endforeach()

# The exit codes are the same in both.
string(REGEX MATCHALL "\n +[0-9]+  [^\n]+" codes "${help}")
foreach(code IN LISTS codes)
    string(STRIP "${code}" code)
    string(REGEX REPLACE "^([0-9]+) .*" "\\1" number "${code}")
    require_in(${page} ".B ${number}\n")
endforeach()

# What the shells that are here make of it: each prints `LINE: OFFER` for all
# that it offers behind a line. Names are offered too: of a section that is made
# for it.
set(typed "xipc rec" "xipc pipe co" "xipc send --lin" "xipc ls --sc"
    "xipc pipe listen --mess" "xipc ls --scope mach" "xipc ls --kind ca"
    "xipc call --te" "xipc shm dump completed-n" "xipc info completed-n")
set(wanted "recv" "connect" "--lines" "--scope" "--messages" "machine" "call"
    "--text" "completed-name" "completed-name")
cmake_path(GET PROGRAM PARENT_PATH folder)
set(ENV{PATH} "${folder}:$ENV{PATH}")
set(ENV{XIPC_RUNTIME_DIR} "${folder}/completed.names")
set(run_bash bash -c [[
    source "$0"
    for line in "$@"
    do
        read -ra COMP_WORDS <<<"$line"
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _xipc
        printf "$line: %s\n" "${COMPREPLY[@]}"
    done]] "${root}/${bash}")
set(run_zsh zsh -f "${root}/ci/complete.zsh" "${root}/tools/completion")
set(run_fish fish --no-config -c [[
    source $argv[1]
    for line in $argv[2..]
        complete -C $line | string replace -r '\t.*' '' |
            string replace -r '^' "$line: "
    end]] "${root}/${fish}")

execute_process(COMMAND ${PROGRAM} shm create completed-name --size 1
    COMMAND_ERROR_IS_FATAL ANY)
foreach(shell bash zsh fish)
    find_program(has_${shell} ${shell} NO_CACHE)
    if(NOT has_${shell})
        message(STATUS "there is no ${shell} here: its completion is not tried")
        continue()
    endif()
    execute_process(COMMAND ${run_${shell}} ${typed}
        OUTPUT_VARIABLE offered ERROR_VARIABLE said TIMEOUT 120)
    foreach(line want IN ZIP_LISTS typed wanted)
        string(FIND "\n${offered}" "\n${line}: ${want}\n" position)
        if(position EQUAL -1)
            message(SEND_ERROR
                "${shell} does not offer ${want} behind: ${line}; but:\n"
                "${offered}${said}")
        endif()
    endforeach()
endforeach()
execute_process(COMMAND ${PROGRAM} rm completed-name
    COMMAND_ERROR_IS_FATAL ANY)
file(REMOVE_RECURSE "$ENV{XIPC_RUNTIME_DIR}")
