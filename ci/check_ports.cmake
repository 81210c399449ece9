# SPDX-License-Identifier: Apache-2.0
# Fails when the port for vcpkg does not make a package, or the recipe for Conan
# is no Python. Neither tool is asked: what the port calls is stood in for here,
# with a release build alone. Where the tools are, ci/check_vcpkg.cmake and
# ci/check_conan.cmake ask them.
# Run: cmake -DWORK_DIR=DIR -P ci/check_ports.cmake
cmake_minimum_required(VERSION 3.25)
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH root)
set(packaging ${root}/cmake/packaging)
set(logs OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)

function(vcpkg_check_features)
    cmake_parse_arguments(PARSE_ARGV 0 asked "" OUT_FEATURE_OPTIONS FEATURES)
    list(POP_FRONT asked_FEATURES feature option)
    set(value OFF)
    if(feature IN_LIST FEATURES)
        set(value ON)
    endif()
    set(${asked_OUT_FEATURE_OPTIONS} -D${option}=${value} PARENT_SCOPE)
endfunction()

function(vcpkg_cmake_configure)
    cmake_parse_arguments(PARSE_ARGV 0 asked "" SOURCE_PATH
        "OPTIONS;OPTIONS_RELEASE;OPTIONS_DEBUG;MAYBE_UNUSED_VARIABLES")
    execute_process(COMMAND ${CMAKE_COMMAND} -G Ninja
        -S ${asked_SOURCE_PATH} -B ${WORK_DIR}/build
        -DCMAKE_BUILD_TYPE=RelWithDebInfo -DBUILD_SHARED_LIBS=OFF
        -DCMAKE_INSTALL_PREFIX=${CURRENT_PACKAGES_DIR}
        -DCMAKE_INSTALL_LIBDIR=lib
        ${asked_OPTIONS} ${asked_OPTIONS_RELEASE} ${logs})
endfunction()

function(vcpkg_cmake_install)
    execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK_DIR}/build
        --target install ${logs})
endfunction()

function(vcpkg_cmake_config_fixup)
    cmake_parse_arguments(PARSE_ARGV 0 asked "" CONFIG_PATH "")
    if(NOT EXISTS ${CURRENT_PACKAGES_DIR}/${asked_CONFIG_PATH}/xipc-config.cmake)
        message(FATAL_ERROR "there is no configuration in ${asked_CONFIG_PATH}")
    endif()
endfunction()

function(vcpkg_fixup_pkgconfig)
    if(NOT EXISTS ${CURRENT_PACKAGES_DIR}/lib/pkgconfig/xipc.pc)
        message(FATAL_ERROR "there is no xipc.pc")
    endif()
endfunction()

function(vcpkg_copy_pdbs)
endfunction()

function(vcpkg_copy_tools)
    cmake_parse_arguments(PARSE_ARGV 0 asked "AUTO_CLEAN" "" TOOL_NAMES)
    foreach(tool IN LISTS asked_TOOL_NAMES)
        file(COPY ${CURRENT_PACKAGES_DIR}/bin/${tool}
            DESTINATION ${CURRENT_PACKAGES_DIR}/tools/${PORT})
    endforeach()
    file(REMOVE_RECURSE ${CURRENT_PACKAGES_DIR}/bin)
endfunction()

function(vcpkg_install_copyright)
    cmake_parse_arguments(PARSE_ARGV 0 asked "" "" FILE_LIST)
    file(COPY_FILE ${asked_FILE_LIST}
        ${CURRENT_PACKAGES_DIR}/share/${PORT}/copyright)
endfunction()

file(REMOVE_RECURSE ${WORK_DIR}/package)
set(PORT xipc)
set(FEATURES core tools)
set(CURRENT_PACKAGES_DIR ${WORK_DIR}/package)
include(${packaging}/vcpkg/ports/xipc/portfile.cmake)
foreach(made lib/libxipc.a include/xipc/xipc.h tools/xipc/xipc
        share/xipc/copyright share/xipc/usage)
    if(NOT EXISTS ${CURRENT_PACKAGES_DIR}/${made})
        message(FATAL_ERROR "the port makes no ${made}")
    endif()
endforeach()

# The port says a version of its own; the recipe reads the tree's.
file(READ ${root}/CMakeLists.txt text)
string(REGEX MATCH "project\\(xipc VERSION ([0-9.]+)" found "${text}")
set(version ${CMAKE_MATCH_1})
file(READ ${packaging}/vcpkg/ports/xipc/vcpkg.json text)
string(JSON of_port GET "${text}" version)
if(NOT of_port STREQUAL version)
    message(FATAL_ERROR "the port is of ${of_port}, the tree of ${version}")
endif()
find_program(python NAMES python3 python)
if(python)
    foreach(recipe conanfile.py test_package/conanfile.py)
        execute_process(COMMAND ${python} -c
            "import ast, sys; ast.parse(open(sys.argv[1]).read())"
            ${packaging}/conan/${recipe} ${logs})
    endforeach()
endif()
