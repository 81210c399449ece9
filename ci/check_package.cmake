# SPDX-License-Identifier: Apache-2.0
# Fails when a stranger could not use what `cmake --install` leaves: installs,
# moves the whole package elsewhere, then builds and runs tests/consumer
# against it with find_package and, where it is there, with pkg-config; and with
# -DOWN_BUILD=ON once more with the tree in the consumer's own build.
# Run: cmake -DBINARY_DIR=build/dev -DWORK_DIR=DIR -DSHARED=OFF \
#            "-DOPTIONS=-DCMAKE_C_COMPILER=gcc|-DCMAKE_BUILD_TYPE=Debug" \
#            -P ci/check_package.cmake
# With -DPACKAGE=DIR for BINARY_DIR it is about a package that was unpacked
# there.
cmake_minimum_required(VERSION 3.25)
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH root)

function(run)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE result
        OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT result EQUAL 0)
        list(JOIN ARGN " " command)
        message(FATAL_ERROR "${command}\nended with ${result}:\n${output}")
    endif()
endfunction()

function(consume how)
    run(${CMAKE_COMMAND} -G Ninja -S ${root}/tests/consumer
        -B ${WORK_DIR}/${how} ${OPTIONS} ${ARGN})
    run(${CMAKE_COMMAND} --build ${WORK_DIR}/${how})
    run(${CMAKE_CTEST_COMMAND} --test-dir ${WORK_DIR}/${how}
        --output-on-failure)
endfunction()

string(REPLACE "|" ";" OPTIONS "${OPTIONS}")
file(REMOVE_RECURSE ${WORK_DIR})
set(package "${PACKAGE}")
if(NOT package)
    set(package ${WORK_DIR}/moved)
    run(${CMAKE_COMMAND} --install ${BINARY_DIR} --prefix ${WORK_DIR}/installed)
    file(RENAME ${WORK_DIR}/installed ${package})
endif()

# The consumers find their own objects, and the library even where the system
# looks for it in directories that it was not told about.
set(ENV{XIPC_RUNTIME_DIR} "${WORK_DIR}/runtime")
set(ENV{PATH} "${package}/bin:$ENV{PATH}")
if(CMAKE_HOST_WIN32)
    set(ENV{PATH} "${package}/bin;$ENV{PATH}")
endif()
set(ENV{WINEPATH} "Z:${package}/bin")

set(static ON)
if(SHARED)
    set(static OFF)
endif()
consume(find_package
    -DCMAKE_PREFIX_PATH=${package} -DCONSUMER_STATIC=${static})

find_program(pkg_config NAMES pkg-config pkgconf)
if(pkg_config)
    file(GLOB_RECURSE pc ${package}/*/xipc.pc)
    list(FILTER pc EXCLUDE REGEX "/debug/")
    cmake_path(GET pc PARENT_PATH pc_dir)
    set(ENV{PKG_CONFIG_LIBDIR} "${pc_dir}")
    consume(pkg_config
        -DCONSUMER_PKG_CONFIG=ON -DCONSUMER_STATIC=${static})
endif()
if(OWN_BUILD)
    consume(fetch_content -DCONSUMER_SOURCE=${root})
endif()
