# SPDX-License-Identifier: Apache-2.0
# Included by toolchain files for Windows, with the loaders that fit in
# `loaders`: programs run through Wine where it is there. The cache or the
# environment may say XIPC_WINE to choose another one.
if(NOT XIPC_WINE AND DEFINED ENV{XIPC_WINE})
    set(XIPC_WINE "$ENV{XIPC_WINE}" CACHE FILEPATH "Runs Windows programs"
        FORCE)
endif()
find_program(XIPC_WINE NAMES ${loaders} PATHS /usr/lib/wine
    DOC "Runs Windows programs")
# Wine must have the page at 0x7ffe0000. Where no preloader keeps it free, as in
# Debian's build, a random layout has something else there once in some
# thousand starts; then the program ends without a word before it begins
# ("failed to map the shared user data"). So it gets a layout that is not
# random, where that is permitted.
if(XIPC_WINE)
    set(CMAKE_CROSSCOMPILING_EMULATOR "${XIPC_WINE}")
    find_program(XIPC_SETARCH setarch DOC "Fixes the layout of Wine's memory")
    mark_as_advanced(XIPC_SETARCH)
    if(XIPC_SETARCH)
        execute_process(COMMAND ${XIPC_SETARCH} -R true
            RESULT_VARIABLE refused OUTPUT_QUIET ERROR_QUIET)
        if(refused EQUAL 0)
            set(CMAKE_CROSSCOMPILING_EMULATOR
                ${XIPC_SETARCH} -R ${XIPC_WINE})
        endif()
    endif()
endif()
