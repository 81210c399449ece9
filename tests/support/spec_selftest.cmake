# SPDX-License-Identifier: Apache-2.0
# Runs the cases of spec_selftest.c and requires that the runner reports each
# of them as what it is.
# Run: cmake -DPROGRAM=spec-selftest -DFOLDER=scratch -P spec_selftest.cmake
# with -DEMULATOR="wine64" where the program needs one to run.
cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE "${FOLDER}")
file(MAKE_DIRECTORY "${FOLDER}/temporary")
set(ENV{TMPDIR} "${FOLDER}/temporary")

# Runs the program; sets `out`, `err` and `rc`. Through files, because an
# emulator may leave servers behind that would hold a pipe open.
macro(run)
    execute_process(COMMAND ${EMULATOR} "${PROGRAM}" ${ARGN}
        WORKING_DIRECTORY "${FOLDER}" RESULT_VARIABLE rc
        OUTPUT_FILE "${FOLDER}/out" ERROR_FILE "${FOLDER}/err")
    file(READ "${FOLDER}/out" out)
    file(READ "${FOLDER}/err" err)
    string(REPLACE "\r\n" "\n" out "${out}")
    string(REPLACE "\r\n" "\n" err "${err}")
endmacro()

function(fail what)
    message(SEND_ERROR "${what}\nrc: ${rc}\nout:\n${out}\nerr:\n${err}")
endfunction()

function(expect_rc wanted)
    if(NOT rc STREQUAL wanted)
        fail("wanted exit status ${wanted}")
    endif()
endfunction()

# `text` has this regular expression.
function(expect text regex)
    if(NOT "${text}" MATCHES "${regex}")
        fail("wanted: ${regex}")
    endif()
endfunction()

# The TAP line of a case, and what must stand in the comment under it.
function(expect_case line)
    string(FIND "${out}" " - ${line}\n" at)
    if(at EQUAL -1)
        fail("no line: ${line}")
        return()
    endif()
    string(SUBSTRING "${out}" 0 ${at} before)
    string(REGEX MATCH "[^\n]*$" status "${before}")
    string(LENGTH " - ${line}\n" size)
    math(EXPR start "${at} + ${size}")
    string(SUBSTRING "${out}" ${start} -1 comment)
    # Comment lines, up to the first that is none.
    if(comment MATCHES "^(# [^\n]*\n)+")
        set(comment "${CMAKE_MATCH_0}")
    else()
        set(comment "")
    endif()
    cmake_parse_arguments(PARSE_ARGV 1 want "FAILS" "" "SAYS;SAYS_NOT")
    if(want_FAILS AND NOT status MATCHES "^not ok [0-9]+$")
        fail("must fail: ${line}")
    elseif(NOT want_FAILS AND NOT status MATCHES "^ok [0-9]+$")
        fail("must not fail: ${line}")
    endif()
    foreach(regex IN LISTS want_SAYS)
        if(NOT comment MATCHES "${regex}")
            fail("${line}\nsays:\n${comment}\nnot: ${regex}")
        endif()
    endforeach()
    foreach(regex IN LISTS want_SAYS_NOT)
        if(comment MATCHES "${regex}")
            fail("${line}\nsays:\n${comment}\nand should not: ${regex}")
        endif()
    endforeach()
endfunction()

set(place "support/spec_selftest\\.c:[0-9]+")

# What a sanitizer makes of a crash is an exit code and a page of text.
set(crash "SIGSEGV|0xC0000005 \\(access violation\\)")
set(crash "(${crash}|exit code [0-9]+.*(Sanitizer|runtime error))")

function(check_tap)
    expect("${out}" "^TAP version 13\n1\\.\\.29\n# spec-selftest, library ")
    expect("${out}" "\n${passed} passed, ${failed} failed, 3 skipped\n$")

    foreach(line IN ITEMS
            "RUN-1 it passes"
            "RUN-1 RUN-2 a case talks with its peers"
            "RUN-2 a killed peer is gone"
            "RUN-2 a peer inherits what it is given"
            "RUN-3 its directory is empty and its own"
            "RUN-8 what a killed peer held is no leak")
        expect_case("${line}" SAYS "^$")
    endforeach()
    expect_case("RUN-4 a note is shown" SAYS "^#   42 messages\n$")

    expect_case("RUN-5 a false condition fails" FAILS SAYS
        "^#   ${place}: strcmp\\(\"<one> & two\", \"..>\"\\) == 0: false\n"
        "#   output: <printed> & \"quoted\" ")
    expect_case("RUN-5 a wrong status fails" FAILS SAYS
        "${place}: xipc_section_create_anonymous"
        "wanted XIPC_OK, got XIPC_E_INVALID \\(.+\\)\n")
    expect_case("RUN-5 a failure in a thread fails" FAILS SAYS
        "^#   ${place}: 1 \\+ 1: wanted 1, got 2\n")
    expect_case("RUN-5 a failure in a peer fails" FAILS SAYS
        "in the peer fails_at_once: ${place}: 1 \\+ 1 == 3: false\n"
        "${place}: waited for \"ready\": peer fails_at_once \\(process [0-9]+\\) ended first, with exit code 1\n")
    expect_case(
        "RUN-5 a failure in a peer ends a case that does not listen" FAILS SAYS
        "in the peer fails_at_once: ${place}: 1 \\+ 1 == 3: false\n"
        "went on for a second after one of its processes had failed. stopped\n"
        "#   the case \\(process [0-9]+\\) was last seen at ${place}\n"
        "#   waits_forever \\(process [0-9]+\\) was last seen at ${place}\n")
    expect_case("RUN-5 a crash of a peer fails" FAILS SAYS
        "${place}: peer crashes_at_once \\(process [0-9]+\\) ended with ${crash}"
        "#   crashes_at_once \\(process [0-9]+\\) was last seen at ${place}\n")
    expect_case("RUN-5 a wrong line fails" FAILS SAYS
        "${place}: wanted \"steady\" from answers, heard \"ready\"\n")
    expect_case("RUN-6 a crash fails" FAILS SAYS
        "(crashed|ended) with ${crash}"
        "#   the case \\(process [0-9]+\\) was last seen at ${place}\n")
    expect_case("RUN-6 an early end fails" FAILS SAYS
        "ended with exit code 0 before its end\n"
        "was last seen before its first REQUIRE\n")
    expect_case("RUN-7 a hang fails" FAILS SAYS
        "did not end within ${TIMEOUT} s. stopped\n"
        "#   the case \\(process [0-9]+\\) was last seen at ${place}\n"
        "#   waits_forever \\(process [0-9]+\\) was last seen at ${place}\n")

    expect_case("RUN-8 a handle left open fails" FAILS SAYS
        "left behind: handle [0-9]+: ")
    set(line
        "RUN-8 a handle opened once fails unless the host may do that")
    if(opens_late)
        expect_case("${line}" SAYS "^$")
    else()
        expect_case("${line}" FAILS SAYS "left behind: handle [0-9]+: ")
    endif()
    expect_case("RUN-8 a peer left unjoined fails" FAILS SAYS
        "left behind: peer waits_forever \\(process [0-9]+\\), neither joined nor killed\n")
    expect_case("RUN-8 a process left behind fails" FAILS SAYS
        "left behind: a process\n"
        "#   stays \\(process [0-9]+\\) was last seen at ${place}\n")
    expect_case("RUN-8 a name left behind fails" FAILS SAYS
        "left behind: section \"left\" \\(user scope, transient, 1 holders\\)\n")
    expect_case("RUN-8 a persistent name left behind fails" FAILS SAYS
        "left behind: section \"stays\" \\(user scope, persistent, 0 holders, removed now\\)\n"
        SAYS_NOT "handle")
    expect_case("RUN-8 a file left behind fails" FAILS SAYS
        "^#   left behind: file work/litter\n$")

    expect_case(
        "RUN-9 a skip tells its reason # SKIP the host lacks <this> & \"that\"")
    expect_case(
        "RUN-9 a skip in a peer skips the case # SKIP the peer has no wish to go on")
    expect("${out}" "\nok [0-9]+ - RUN-9 a feature that is absent skips # SKIP the library reports ")
    expect_case(
        "RUN-10 a deviation that still fails is no failure # deviation: a known <weakness>"
        SAYS "mended")
    expect_case("RUN-10 a deviation that passes is a failure" FAILS SAYS
        "the host has been mended: remove it from the table")
endfunction()

# Outcome and other members of each case.
function(check_json)
    file(READ "${FOLDER}/results.json" json)
    foreach(member IN ITEMS passed=${passed} failed=${failed} skipped=3 deviated=1)
        string(REGEX MATCH "(.*)=(.*)" member "${member}")
        string(JSON value GET "${json}" "${CMAKE_MATCH_1}")
        if(NOT value STREQUAL CMAKE_MATCH_2)
            fail("${CMAKE_MATCH_1} in JSON is ${value}")
        endif()
    endforeach()
    string(JSON seed GET "${json}" seed)
    string(JSON count LENGTH "${json}" cases)
    string(JSON host GET "${json}" host)
    string(JSON library GET "${json}" library)
    string(JSON support GET "${json}" capabilities 0 support)
    if(NOT seed STREQUAL "7" OR NOT count EQUAL 29 OR host STREQUAL "" OR
       library STREQUAL "" OR NOT support MATCHES "absent|emulated|native")
        fail("JSON: ${seed} ${count} ${host} ${library} ${support}")
    endif()
    foreach(index RANGE 28)
        string(JSON case GET "${json}" cases ${index})
        string(JSON name GET "${case}" name)
        string(JSON outcome_${name} GET "${case}" outcome)
        string(JSON reason_${name} ERROR_VARIABLE none GET "${case}" reason)
        string(JSON clauses_${name} GET "${case}" clauses)
        string(JSON lines_${name} GET "${case}" diagnostics)
    endforeach()
    if(NOT outcome_it_passes STREQUAL "passed" OR
       NOT outcome_a_hang_fails STREQUAL "failed" OR
       NOT outcome_a_skip_tells_its_reason STREQUAL "skipped" OR
       NOT reason_a_skip_tells_its_reason STREQUAL
           "the host lacks <this> & \"that\"" OR
       NOT outcome_a_deviation_that_still_fails_is_no_failure STREQUAL
           "deviated")
        fail("JSON: wrong outcomes")
    endif()
    string(JSON second GET "${clauses_a_case_talks_with_its_peers}" 1)
    string(JSON line GET "${lines_a_false_condition_fails}" 0)
    if(NOT second STREQUAL "RUN-2" OR NOT line MATCHES
       "^${place}: strcmp\\(\"<one> & two\", \"]]>\"\\) == 0: false$")
        fail("JSON: ${second}, ${line}")
    endif()
endfunction()

function(check_junit)
    file(READ "${FOLDER}/results.xml" xml)
    expect("${xml}" "<testsuite name=\"spec-selftest\" tests=\"29\" failures=\"${failed}\" errors=\"0\" skipped=\"3\" timestamp=\"[-0-9T:]+Z\" time=\"[0-9]+\\.[0-9]+\">")
    expect("${xml}" "<property name=\"library\" value=\"[0-9]")
    expect("${xml}" "<property name=\"host\" value=\"[a-z]")
    expect("${xml}" "<property name=\"seed\" value=\"7\"/>")
    expect("${xml}" "<testcase classname=\"spec-selftest\\.RUN-1 RUN-2\" name=\"a case talks with its peers\" time=\"[0-9]+\\.[0-9]+\">\n    </testcase>")
    expect("${xml}" "<failure message=\"${place}: strcmp\\(&quot;&lt;one&gt; &amp; two&quot;, &quot;\\]\\]&gt;&quot;\\) == 0: false\">")
    expect("${xml}" "output: &lt;printed&gt; &amp; &quot;quoted&quot; \\? \\?")
    expect("${xml}" "<skipped message=\"the host lacks &lt;this&gt; &amp; &quot;that&quot;\"/>")
    expect("${xml}" "<system-out>deviation: a known &lt;weakness&gt;&#10;")
    find_program(python NAMES python3)
    if(python)
        execute_process(COMMAND ${python} -c
            "import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])"
            "${FOLDER}/results.xml" RESULT_VARIABLE rc ERROR_VARIABLE err)
        expect_rc(0)
    endif()
endfunction()

function(check_options)
    run(--list --filter RUN-1 --filter "TELLS ITS")
    expect_rc(0)
    expect("${out}" "^RUN-1  it passes\nRUN-1 RUN-2  a case talks with its peers\nRUN-9  a skip tells its reason\n$")
    run(--list --filter RUN-1 --filter "TELLS ITS" --exclude RUN-2 --exclude PASSES)
    expect_rc(0)
    expect("${out}" "^RUN-9  a skip tells its reason\n$")
    run(--exact it_passes)
    expect_rc(0)
    expect("${out}" "\nok 1 - RUN-1 it passes\n1 passed, 0 failed, 0 skipped\n$")
    run(--exact a_skip_tells_its_reason)
    expect_rc(77)
    run(--exact it_pass)
    expect_rc(2)
    expect("${err}" "no case matches")
    run(--filter "no such words")
    expect_rc(2)
    expect("${err}" "no case matches")
    run(--fliter RUN-1)
    expect_rc(2)
    expect("${err}" "unknown option: --fliter")
    run(--jobs none)
    expect_rc(2)
    run(--repeat)
    expect_rc(2)
    run(--filter RUN-1 --filter RUN-2 --repeat 3 --jobs 2)
    expect_rc(0)
    expect("${out}" "\n1\\.\\.12\n.*\n12 passed, 0 failed, 0 skipped\n$")
    set(several --filter RUN-1 --filter RUN-2 --filter RUN-9)
    run(${several} --shuffle=7)
    set(first "${out}")
    run(${several} --shuffle=7)
    if(NOT out STREQUAL first)
        fail("one seed, two orders; the first was\n${first}")
    endif()
    run(${several} --shuffle=8)
    string(REPLACE "seed 8" "seed 7" out "${out}")
    if(out STREQUAL first)
        fail("two seeds, one order")
    endif()
    run(--help)
    expect_rc(0)
    expect("${out}" "--filter TEXT")
    run(--version)
    expect_rc(0)
    expect("${out}" "^spec-selftest [0-9.]+, library [0-9.]+, host [a-z]")
    run(--capabilities)
    expect_rc(0)
    expect("${out}" "\nsection ")
    run(--capabilities=json)
    expect_rc(0)
    string(JSON name GET "${out}" 0 name)
    if(NOT name STREQUAL "section")
        fail("the first capability is ${name}")
    endif()
endfunction()

# One page of this run, and one of two results, of which a cell has its cases.
function(check_page)
    file(READ "${FOLDER}/page.html" page)
    expect("${page}" "^<!DOCTYPE html>.*</html>\n$")
    set(no_text "<td class=\"clause\"></td>")
    expect("${page}" "<th>RUN-5</th>${no_text}<td class=\"failed\"><details>")
    expect("${page}" "<th>RUN-10</th>${no_text}<td class=\"failed\"><details>")
    # Clauses of the contract stand there, without a case too, and with their words.
    expect("${page}" "<th>SHM-4</th><td class=\"clause\">Closing the section leaves its maps; a section lives while any map of it does\\.</td><td></td></tr>")
    expect("${page}" "<th>SHM-7</th><td class=\"clause\"><code>XIPC_SECTION_HUGE</code>: huge pages ")
    expect("${page}" "<p>empty: no case ran ")
    expect("${page}" "<td>all</td></tr>")
    expect("${page}" "<li class=\"deviated\">~ a deviation that still fails")
    expect("${page}" "the host lacks &lt;this&gt; &amp; &quot;that&quot;")
    expect("${page}" "RUN-9.*RUN-10")
    file(COPY_FILE "${FOLDER}/results.json" "${FOLDER}/second.json")
    run(--report both.html results.json second.json)
    expect_rc(0)
    file(READ "${FOLDER}/both.html" page)
    expect("${page}"
        "<th colspan=\"2\">clause</th><th>results</th><th>second</th>")
    expect("${page}"
        "<th>RUN-6</th>${no_text}<td class=\"failed\">.*</td>\n<td class=\"failed\">")
    # Those of one name are told apart; a run that left cases out says so.
    file(MAKE_DIRECTORY "${FOLDER}/other")
    run(--filter RUN-1 --exclude peers --json other/results.json)
    expect_rc(0)
    run(--report both.html results.json other/results.json second.json)
    expect_rc(0)
    file(READ "${FOLDER}/both.html" page)
    expect("${page}" "<th>results</th><th>other/results</th><th>second</th>")
    expect("${page}"
        "<tr><th>other/results</th>[^\n]*<td>only RUN-1 without peers</td></tr>")
    file(WRITE "${FOLDER}/broken.json" "{\n\"cases\": [\n")
    run(--report none.html broken.json)
    expect_rc(2)
    expect("${err}" "broken\\.json is no JSON, from line 3 on")
    foreach(text "[01]" "[1.]" "[1e]" "[-]" "[nul]" "[inf]" "[\"\t\"]" "[\"\\q\"]"
            "[1,]" "{\"a\"}" "[1] 2")
        file(WRITE "${FOLDER}/broken.json" "${text}")
        run(--report none.html broken.json)
        expect_rc(2)
        expect("${err}" "broken\\.json is no JSON, from line 1 on")
    endforeach()
    file(WRITE "${FOLDER}/foreign.json" "{\"a\": 1}")
    run(--report none.html results.json foreign.json)
    expect_rc(2)
    expect("${err}" "foreign\\.json was not written by --json")
    run(--report none.html missing.json)
    expect_rc(2)
    expect("${err}" "cannot read missing\\.json")
    run(results.json)
    expect_rc(2)
    expect("${err}" "need --report: results\\.json")
    if(EXISTS "${FOLDER}/none.html")
        fail("a page was written of nothing")
    endif()
endfunction()

if(NOT TIMEOUT)
    set(TIMEOUT 5)
endif()
run(--timeout ${TIMEOUT} --shuffle=7 --jobs 2
    --json results.json --junit results.xml --report page.html)
expect_rc(1)
expect("${out}" "\n# seed 7\n")

# A host may open handles of its own late; see spec.h.
set(opens_late OFF)
set(passed 8)
set(failed 18)
if(out MATCHES "host (wine|windows)")
    set(opens_late ON)
    set(passed 9)
    set(failed 17)
endif()
check_tap()
check_json()
check_junit()
check_page()
check_options()

file(GLOB left "${FOLDER}/temporary/xipc-spec-*")
if(left)
    fail("the runner left ${left}")
endif()
