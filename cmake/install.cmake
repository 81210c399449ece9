# SPDX-License-Identifier: Apache-2.0
# The installed package: headers, library, and how CMake and pkg-config find it.
# In a build of somebody else's there is none unless he wants it.
if(NOT XIPC_INSTALL)
    function(xipc_install_program)
    endfunction()
    return()
endif()
include(CMakePackageConfigHelpers)

set(XIPC_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/xipc)

install(TARGETS xipc EXPORT xipc-targets
    RUNTIME COMPONENT library
    LIBRARY COMPONENT library NAMELINK_COMPONENT development
    ARCHIVE COMPONENT development
    FILE_SET HEADERS COMPONENT development)
# No C compiler can verify it as one of the set; tests/consumer does.
install(FILES include/xipc/xipc.hpp
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/xipc COMPONENT development)
install(EXPORT xipc-targets NAMESPACE xipc::
    DESTINATION ${XIPC_PACKAGE_DIR} COMPONENT development)

# A shared library brings what it needs; a static one asks its user for it.
set(XIPC_NEEDS_THREADS OFF)
set(XIPC_PC_CFLAGS "")
set(XIPC_PC_LIBS_PRIVATE "")
if(NOT BUILD_SHARED_LIBS)
    set(XIPC_PC_CFLAGS "-DXIPC_STATIC")
    if(WIN32)
        set(XIPC_PC_LIBS_PRIVATE "-ladvapi32 -lws2_32 -liphlpapi")
    else()
        set(XIPC_NEEDS_THREADS ON)
        set(XIPC_PC_LIBS_PRIVATE "${CMAKE_THREAD_LIBS_INIT}")
    endif()
endif()

configure_package_config_file(cmake/xipc-config.cmake.in xipc-config.cmake
    INSTALL_DESTINATION ${XIPC_PACKAGE_DIR})
write_basic_package_version_file(xipc-config-version.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES
        ${PROJECT_BINARY_DIR}/xipc-config.cmake
        ${PROJECT_BINARY_DIR}/xipc-config-version.cmake
        DESTINATION ${XIPC_PACKAGE_DIR} COMPONENT development)

# The package may be moved as a whole, so xipc.pc tells every path from where
# it stands itself.
cmake_path(SET pc_dir NORMALIZE "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig")
cmake_path(SET prefix NORMALIZE "${CMAKE_INSTALL_PREFIX}")
file(RELATIVE_PATH XIPC_PC_PREFIX "${pc_dir}" "${prefix}")
file(RELATIVE_PATH XIPC_PC_LIBDIR "${prefix}" "${CMAKE_INSTALL_FULL_LIBDIR}")
file(RELATIVE_PATH XIPC_PC_INCLUDEDIR
    "${prefix}" "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
string(REGEX REPLACE "/$" "" XIPC_PC_PREFIX "${XIPC_PC_PREFIX}")
configure_file(cmake/xipc.pc.in xipc.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/xipc.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
install(FILES LICENSE
    DESTINATION ${CMAKE_INSTALL_DATADIR}/licenses/xipc COMPONENT license)

# Where what only programs start is. Windows looks for a DLL beside the program,
# so there it stands with all others.
set(XIPC_LIBEXEC_DIR ${CMAKE_INSTALL_LIBEXECDIR}/xipc)
if(WIN32)
    set(XIPC_LIBEXEC_DIR ${CMAKE_INSTALL_BINDIR})
endif()

# A program that is installed finds a shared library in the same package; where
# the system looks by itself, nothing need be said. The command starts those
# that measure and test a machine, so they are all one component.
function(xipc_install_program target)
    set(folder ${CMAKE_INSTALL_BINDIR})
    if(ARGN)
        set(folder ${ARGV1})
    endif()
    cmake_path(ABSOLUTE_PATH folder BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}"
        OUTPUT_VARIABLE full)
    file(RELATIVE_PATH libdir "${full}" "${CMAKE_INSTALL_FULL_LIBDIR}")
    if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
        set_property(TARGET ${target} PROPERTY INSTALL_RPATH "")
    elseif(BUILD_SHARED_LIBS AND APPLE)
        set_property(TARGET ${target} PROPERTY
            INSTALL_RPATH "@loader_path/${libdir}")
    elseif(BUILD_SHARED_LIBS)
        set_property(TARGET ${target} PROPERTY
            INSTALL_RPATH "$ORIGIN/${libdir}")
    endif()
    install(TARGETS ${target} RUNTIME DESTINATION ${folder} COMPONENT tools)
endfunction()

# The manual pages of what is installed, and the command's completions where
# shells look.
set(XIPC_MAN_PAGES "")
if(XIPC_BUILD_TOOLS)
    list(APPEND XIPC_MAN_PAGES xipc xipc-bench)
endif()
if(XIPC_BUILD_TESTS)
    list(APPEND XIPC_MAN_PAGES xipc-conformance)
endif()
if(NOT WIN32)
    foreach(page IN LISTS XIPC_MAN_PAGES)
        install(FILES docs/man/${page}.1
            DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT manual)
    endforeach()
endif()
if(XIPC_BUILD_TOOLS AND NOT WIN32)
    install(FILES tools/completion/xipc.bash
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
        COMPONENT tools RENAME xipc)
    install(FILES tools/completion/_xipc
        DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions
        COMPONENT tools)
    install(FILES tools/completion/xipc.fish
        DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d
        COMPONENT tools)
endif()

# Whoever takes the tree into a build of his own makes his own packages.
if(PROJECT_IS_TOP_LEVEL)
    include(cmake/packages.cmake)
endif()
