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
if(XIPC_WINE)
    set(CMAKE_CROSSCOMPILING_EMULATOR "${XIPC_WINE}")
endif()
