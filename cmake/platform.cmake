# SPDX-License-Identifier: Apache-2.0
# What the C files of this project are compiled with, besides their warnings:
# above all, how much of itself the system's own headers show.

function(xipc_platform target)
    if(WIN32)
        target_compile_definitions(${target} PRIVATE
            _WIN32_WINNT=0x0a00 WIN32_LEAN_AND_MEAN
            $<$<BOOL:${MINGW}>:__USE_MINGW_ANSI_STDIO=1>)
    else()
        target_compile_definitions(${target} PRIVATE
            _FILE_OFFSET_BITS=64
            $<$<BOOL:${XIPC_POSIX_BASELINE}>:XIPC_POSIX_BASELINE>
            $<$<PLATFORM_ID:Linux>:_GNU_SOURCE>
            $<$<PLATFORM_ID:Darwin>:_POSIX_C_SOURCE=200809L>
            $<$<PLATFORM_ID:Darwin>:_DARWIN_C_SOURCE>)
    endif()
    if(MSVC)
        target_compile_options(${target} PRIVATE /experimental:c11atomics)
        target_compile_definitions(${target} PRIVATE _CRT_SECURE_NO_WARNINGS)
    endif()
    # Without this GCC's own DLLs would have to travel with ours.
    if(MINGW)
        target_link_options(${target} PRIVATE -static)
    endif()
endfunction()

# The same for a library that is to use nothing of Linux's own: it does not
# see it. The tests around it still do.
function(xipc_platform_baseline target)
    target_compile_definitions(${target} PRIVATE
        _FILE_OFFSET_BITS=64 XIPC_POSIX_BASELINE
        _POSIX_C_SOURCE=200809L _XOPEN_SOURCE=700 _DEFAULT_SOURCE)
endfunction()

# A program of ours: a tool, an example, a test.
function(xipc_program target)
    add_executable(${target} ${ARGN})
    xipc_warnings(${target})
    xipc_platform(${target})
endfunction()

# An optimised shared library is compiled as one piece, and calls the C library
# without a detour: what a call costs besides its system calls is dozens of
# small functions. A static library leaves that to whoever links it.
function(xipc_one_piece target)
    if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
        include(CheckIPOSupported)
        check_ipo_supported(RESULT can_be LANGUAGES C OUTPUT unused)
        set_target_properties(${target} PROPERTIES
            INTERPROCEDURAL_OPTIMIZATION_RELEASE ${can_be}
            INTERPROCEDURAL_OPTIMIZATION_RELWITHDEBINFO ${can_be})
        target_compile_options(${target} PRIVATE -fno-plt)
    endif()
endfunction()
