# SPDX-License-Identifier: Apache-2.0
# Fails when vcpkg cannot install the port, warns of anything in it, or leaves
# some of it behind when it removes it, and when nobody could use what was
# installed. All that vcpkg makes is in WORK_DIR.
# Run: cmake -DVCPKG=vcpkg -DVCPKG_ROOT=DIR -DWORK_DIR=DIR \
#            -P ci/check_vcpkg.cmake
# With -DTRIPLET=x64-linux-dynamic for another triplet than vcpkg's own choice.
# For another system -DEMULATOR=wine64 runs the command, and
# "-DOPTIONS=-DVCPKG_CHAINLOAD_TOOLCHAIN_FILE=FILE" goes to who uses the package.
cmake_minimum_required(VERSION 3.25)
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH root)

file(REMOVE_RECURSE ${WORK_DIR})
set(installed ${WORK_DIR}/installed)
set(where --vcpkg-root=${VCPKG_ROOT} --x-install-root=${installed}
    --overlay-ports=${root}/cmake/packaging/vcpkg/ports)
if(TRIPLET)
    list(APPEND where --triplet=${TRIPLET})
endif()

execute_process(COMMAND ${VCPKG} install "xipc[tools]" ${where}
        --no-binarycaching --x-packages-root=${WORK_DIR}/packages
        --x-buildtrees-root=${WORK_DIR}/buildtrees
    OUTPUT_VARIABLE said ERROR_VARIABLE said
    ECHO_OUTPUT_VARIABLE ECHO_ERROR_VARIABLE COMMAND_ERROR_IS_FATAL ANY)
if(said MATCHES "CMake Warning|portfile\\.cmake: warning")
    message(FATAL_ERROR "vcpkg warns of the port")
endif()

file(GLOB package ${installed}/*/share/xipc)
cmake_path(GET package PARENT_PATH package)
cmake_path(GET package PARENT_PATH package)
cmake_path(GET package FILENAME triplet)
file(GLOB program ${package}/tools/xipc/xipc ${package}/tools/xipc/xipc.exe)
execute_process(COMMAND ${EMULATOR} ${program} --version
    COMMAND_ERROR_IS_FATAL ANY)

file(GLOB shared ${package}/lib/libxipc.so ${package}/lib/libxipc.dylib
    ${package}/bin/*.dll)
set(is_shared OFF)
if(shared)
    set(is_shared ON)
endif()
list(JOIN OPTIONS "|" options)
string(APPEND options "|-DCMAKE_BUILD_TYPE=Release"
    "|-DCMAKE_TOOLCHAIN_FILE=${VCPKG_ROOT}/scripts/buildsystems/vcpkg.cmake"
    "|-DVCPKG_INSTALLED_DIR=${installed}|-DVCPKG_TARGET_TRIPLET=${triplet}")
execute_process(COMMAND ${CMAKE_COMMAND} -DPACKAGE=${package}
        -DWORK_DIR=${WORK_DIR}/consumer -DSHARED=${is_shared}
        "-DOPTIONS=${options}" -P ${root}/ci/check_package.cmake
    COMMAND_ERROR_IS_FATAL ANY)

execute_process(COMMAND ${VCPKG} remove xipc ${where}
    COMMAND_ERROR_IS_FATAL ANY)
file(GLOB_RECURSE left LIST_DIRECTORIES ON ${package}/*xipc*)
list(FILTER left INCLUDE REGEX "/xipc")
if(left)
    message(FATAL_ERROR "vcpkg removed it and left: ${left}")
endif()
