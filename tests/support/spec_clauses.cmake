# SPDX-License-Identifier: Apache-2.0
# Makes spec_clauses.c out of docs/contract.md, when CMake runs: each clause with
# what it says, in the contract's order.
set(contract ${PROJECT_SOURCE_DIR}/docs/contract.md)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${contract})
file(READ ${contract} text)

# Brackets and semicolons are kept out of the way: they mean something in lists.
string(ASCII 1 open)
string(ASCII 2 close)
string(ASCII 3 semicolon)
string(REPLACE "[" "${open}" text "${text}")
string(REPLACE "]" "${close}" text "${text}")
string(REPLACE ";" "${semicolon}" text "${text}")
string(REGEX MATCHALL "\n- [A-Z]+-[0-9]+ [^\n]+(\n  [^\n]+)*" clauses "${text}")

# A link leads to where the page is not.
string(REGEX REPLACE " \\(${open}[a-z]+${close}\\([^)]*\\)\\)" ""
    clauses "${clauses}")

set(rows "")
foreach(clause IN LISTS clauses)
    string(REGEX REPLACE "\n +" " " clause "${clause}")
    string(REGEX REPLACE "[\\\"]" "\\\\\\0" clause "${clause}")
    string(REGEX REPLACE "^\n- ([A-Z]+-[0-9]+) (.*)$"
        "    {\"\\1\",\n     \"\\2\"},\n" row "${clause}")
    string(APPEND rows "${row}")
endforeach()
string(REPLACE "${open}" "[" rows "${rows}")
string(REPLACE "${close}" "]" rows "${rows}")
string(REPLACE "${semicolon}" ";" rows "${rows}")

file(CONFIGURE OUTPUT spec_clauses.c @ONLY CONTENT [=[
/* Made of docs/contract.md by spec_clauses.cmake. */
#include "support/spec_clauses.h"

const spec_clause spec_clauses[] = {
@rows@    {NULL, NULL}};
]=])
