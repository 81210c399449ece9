# SPDX-License-Identifier: Apache-2.0
# Tests of what no SPEC sees: the tree, the library's exports and imports, and
# the installed package. Each is a script in ci/ that also runs by hand.
function(xipc_tree_check name)
    add_test(NAME tree.${name}
        COMMAND ${CMAKE_COMMAND} ${ARGN}
            -P ${PROJECT_SOURCE_DIR}/ci/check_${name}.cmake)
    set_tests_properties(tree.${name} PROPERTIES LABELS tree TIMEOUT 300)
endfunction()

xipc_tree_check(layout)
xipc_tree_check(contract)
xipc_tree_check(links)
xipc_tree_check(workflows)

if(BUILD_SHARED_LIBS AND NOT MSVC AND NOT APPLE)
    xipc_tree_check(exports
        -DLIBRARY=$<TARGET_FILE:xipc>
        -DNM=${CMAKE_NM} -DOBJDUMP=${CMAKE_OBJDUMP})
endif()

if(MINGW AND CMAKE_OBJDUMP)
    set(files $<TARGET_FILE:xipc-conformance>)
    if(XIPC_BUILD_TOOLS)
        list(APPEND files $<TARGET_FILE:xipc-command>)
    endif()
    if(BUILD_SHARED_LIBS)
        list(PREPEND files $<TARGET_FILE:xipc>)
    endif()
    xipc_tree_check(imports "-DFILES=${files}" -DOBJDUMP=${CMAKE_OBJDUMP})
endif()

if(XIPC_BUILD_TOOLS AND XIPC_CAN_RUN AND NOT CMAKE_CROSSCOMPILING)
    xipc_tree_check(command -DPROGRAM=$<TARGET_FILE:xipc-command>)
endif()

# The port and the recipe, where the tools that they are for are in PATH: once,
# as the benchmark.
if(XIPC_TEST_BENCH AND NOT CMAKE_CROSSCOMPILING)
    find_program(XIPC_VCPKG vcpkg DOC "Installs the port, as a test")
    find_program(XIPC_CONAN conan DOC "Creates a package, as a test")
    mark_as_advanced(XIPC_VCPKG XIPC_CONAN)
    if(XIPC_VCPKG AND DEFINED ENV{VCPKG_ROOT})
        xipc_tree_check(vcpkg
            -DVCPKG=${XIPC_VCPKG} -DVCPKG_ROOT=$ENV{VCPKG_ROOT}
            -DWORK_DIR=${PROJECT_BINARY_DIR}/vcpkg)
        set_tests_properties(tree.vcpkg PROPERTIES TIMEOUT 600)
    endif()
    if(XIPC_CONAN)
        xipc_tree_check(conan
            -DCONAN=${XIPC_CONAN} -DWORK_DIR=${PROJECT_BINARY_DIR}/conan)
        set_tests_properties(tree.conan PROPERTIES
            TIMEOUT 600 SKIP_REGULAR_EXPRESSION "^skipped: ")
    endif()
endif()

# What cannot run here is not made a package of; MinGW's is, to see it link.
if(NOT XIPC_CAN_RUN AND NOT MINGW)
    return()
endif()

if(XIPC_CAN_RUN)
    list(JOIN CMAKE_CROSSCOMPILING_EMULATOR "|" emulator)
    xipc_tree_check(providers
        -DPROGRAM=$<TARGET_FILE:xipc-conformance>
        "-DEMULATOR=${emulator}")
    set_tests_properties(tree.providers PROPERTIES
        FIXTURES_REQUIRED "${XIPC_TEST_FIXTURES}")
endif()

# A consumer is built as this build is: same system, compiler and sanitizers.
set(same "")
foreach(variable CMAKE_TOOLCHAIN_FILE CMAKE_C_COMPILER CMAKE_C_FLAGS
        CMAKE_BUILD_TYPE CMAKE_COMPILE_WARNING_AS_ERROR CMAKE_MAKE_PROGRAM
        XIPC_WINE)
    if(${variable})
        list(APPEND same "-D${variable}=${${variable}}")
    endif()
endforeach()
if(CMAKE_TOOLCHAIN_FILE)
    list(FILTER same EXCLUDE REGEX "^-DCMAKE_C_(COMPILER|FLAGS)=")
elseif(CMAKE_C_FLAGS)
    list(APPEND same "-DCMAKE_CXX_FLAGS=${CMAKE_C_FLAGS}")
endif()
# Of musl there is only a C compiler, and the host's C++ is another system's.
if(CMAKE_C_COMPILER MATCHES "musl")
    list(APPEND same -DCONSUMER_CXX=OFF)
endif()
# As one argument: a list would come apart on its way.
list(JOIN same "|" same)
# The tree in a build of somebody else's is compiled once more: once on each
# system, as the benchmark.
xipc_tree_check(package
    -DBINARY_DIR=${PROJECT_BINARY_DIR}
    -DWORK_DIR=${PROJECT_BINARY_DIR}/package
    -DSHARED=${BUILD_SHARED_LIBS}
    -DOWN_BUILD=${XIPC_TEST_BENCH}
    "-DOPTIONS=${same}")
set_tests_properties(tree.package PROPERTIES
    TIMEOUT 600
    FIXTURES_REQUIRED "${XIPC_TEST_FIXTURES}")
