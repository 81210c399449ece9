# SPDX-License-Identifier: Apache-2.0
# The tree as part of a build of somebody else's: the library comes, and nothing
# else of it does.
set(CMAKE_C_STANDARD 17)
get_directory_property(before CACHE_VARIABLES)

include(FetchContent)
FetchContent_Declare(xipc SOURCE_DIR ${CONSUMER_SOURCE})
FetchContent_MakeAvailable(xipc)

foreach(target xipc-command xipc-bench xipc-conformance spec hello_section docs)
    if(TARGET ${target})
        message(FATAL_ERROR "it brings the target ${target}")
    endif()
endforeach()
get_target_property(options xipc INTERFACE_COMPILE_OPTIONS)
if(options)
    message(FATAL_ERROR "it compiles its users with ${options}")
endif()
if(NOT CMAKE_C_STANDARD EQUAL 17 OR DEFINED CPACK_GENERATOR)
    message(FATAL_ERROR "it sets variables of the build around it")
endif()

# What it leaves in the cache has its own name, or is CMake's.
get_directory_property(after CACHE_VARIABLES)
list(REMOVE_ITEM after ${before})
list(FILTER after EXCLUDE REGEX
    "^(XIPC_|xipc_|CMAKE_|_GNUInstallDirs_|FETCHCONTENT_|FIND_PACKAGE_)")
if(after)
    message(FATAL_ERROR "it leaves in the cache: ${after}")
endif()
