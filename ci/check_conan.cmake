# SPDX-License-Identifier: Apache-2.0
# Fails when Conan cannot create the package out of the recipe, or nobody could
# use what it made. All that Conan makes is in WORK_DIR, and no remote is asked.
# Run: cmake -DCONAN=conan -DWORK_DIR=DIR -P ci/check_conan.cmake
# With -DSHARED=ON of the shared library. With -DPROFILE=FILE for another system
# than this one: Conan's profile of it.
cmake_minimum_required(VERSION 3.25)
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH root)

execute_process(COMMAND ${CONAN} --version
    OUTPUT_VARIABLE said COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCH "[0-9]+\\.[0-9]+" version "${said}")
if(version VERSION_LESS 2.5)
    message("skipped: Conan ${version} cannot do what is asked of 2.5 here")
    return()
endif()

function(conan)
    execute_process(COMMAND ${CONAN} ${ARGN}
        WORKING_DIRECTORY ${WORK_DIR} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${WORK_DIR})
file(MAKE_DIRECTORY ${WORK_DIR})
set(ENV{CONAN_HOME} ${WORK_DIR}/conan)
set(is_shared False)
if(SHARED)
    set(is_shared True)
endif()
set(how --no-remote -o "xipc/*:tools=True" -o "xipc/*:shared=${is_shared}"
    -c tools.cmake.cmake_layout:test_folder=${WORK_DIR}/test)
if(PROFILE)
    list(APPEND how --profile:host ${PROFILE})
endif()

conan(profile detect)
conan(create ${root}/cmake/packaging/conan ${how})

file(READ ${root}/CMakeLists.txt text)
string(REGEX MATCH "project\\(xipc VERSION ([0-9.]+)" found "${text}")
set(package ${WORK_DIR}/package)
conan(install --requires=xipc/${CMAKE_MATCH_1} ${how}
    -g CMakeDeps -g CMakeToolchain -g PkgConfigDeps
    --output-folder ${package}/conan
    --deployer runtime_deploy --deployer-folder ${package}/bin)
set(options "-DCMAKE_BUILD_TYPE=Release"
    "|-DCMAKE_TOOLCHAIN_FILE=${package}/conan/conan_toolchain.cmake")
string(CONCAT options ${options})
execute_process(COMMAND ${CMAKE_COMMAND} -DPACKAGE=${package}
        -DWORK_DIR=${WORK_DIR}/consumer -DSHARED=${SHARED}
        "-DOPTIONS=${options}" -P ${root}/ci/check_package.cmake
    COMMAND_ERROR_IS_FATAL ANY)
