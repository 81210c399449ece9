# SPDX-License-Identifier: Apache-2.0
# What CPack makes of the installed files: an archive of everything, or the
# packages of Debian and of those systems that use rpm, which are made of
# components. cmake/packages_each.cmake says which ones for each of the two.
# Who hands packages on says who he is. Until then they say that they are of
# this machine, and lintian does not take that for a maintainer.
set(XIPC_PACKAGE_CONTACT "Local build <nobody@localhost>"
    CACHE STRING "Whom a package names as its maintainer: NAME <ADDRESS>")

set(CPACK_PACKAGE_VENDOR "${PROJECT_NAME}")
set(CPACK_PACKAGE_CONTACT "${XIPC_PACKAGE_CONTACT}")
set(CPACK_PACKAGE_DESCRIPTION "\
Sections of shared memory, mutexes, semaphores, events, conditions, rings,
mailboxes, peers, pipes, sockets, calls and child processes for the programs
of one machine. Who dies is noticed, and what he held is passed on.")
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_GENERATOR TGZ)
set(CPACK_SOURCE_GENERATOR TGZ)
set(CPACK_SOURCE_IGNORE_FILES "/\\\\.git/" "/build/")
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_PROJECT_CONFIG_FILE
    "${PROJECT_SOURCE_DIR}/cmake/packages_each.cmake")

# One package for each of these, of what its user needs together.
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_COMPONENT_LIBRARY_GROUP library)
set(CPACK_COMPONENT_DEBIAN-LIBRARY_GROUP library)
set(CPACK_COMPONENT_LICENSE_GROUP library)
set(CPACK_COMPONENT_DEVELOPMENT_GROUP development)
set(CPACK_COMPONENT_DEBIAN-DEVELOPMENT_GROUP development)
set(CPACK_COMPONENT_TOOLS_GROUP tools)
set(CPACK_COMPONENT_MANUAL_GROUP tools)
set(CPACK_COMPONENT_DEBIAN-TOOLS_GROUP tools)

set(for_library "${PROJECT_DESCRIPTION}")
set(for_development "${PROJECT_DESCRIPTION} (development)")
set(for_tools "${PROJECT_DESCRIPTION} (command)")

# ---- Debian -----------------------------------------------------------------

set(runtime libxipc${PROJECT_VERSION_MAJOR})
set(exactly "${runtime} (= ${PROJECT_VERSION}-1)")
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SOURCE xipc)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS "${PROJECT_BINARY_DIR}")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME ${runtime})
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA
    "${PROJECT_SOURCE_DIR}/cmake/packaging/debian/triggers")
set(CPACK_DEBIAN_LIBRARY_DESCRIPTION
    "${for_library}\n${CPACK_PACKAGE_DESCRIPTION}")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libxipc-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "${exactly}")
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION
    "${for_development}\n${CPACK_PACKAGE_DESCRIPTION}")
set(CPACK_DEBIAN_TOOLS_PACKAGE_NAME xipc-tools)
set(CPACK_DEBIAN_TOOLS_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_TOOLS_PACKAGE_DEPENDS "${exactly}")
set(CPACK_DEBIAN_TOOLS_DESCRIPTION
    "${for_tools}\n${CPACK_PACKAGE_DESCRIPTION}")

# Debian wants its own documents in each package, and what is long compressed.
find_program(XIPC_GZIP gzip DOC "Compresses what Debian wants compressed")
mark_as_advanced(XIPC_GZIP)

function(xipc_gzip source target)
    execute_process(COMMAND ${XIPC_GZIP} -9nc ${source}
        OUTPUT_FILE ${target} COMMAND_ERROR_IS_FATAL ANY)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
endfunction()

# When what is packed was made, as a changelog has it: SOURCE_DATE_EPOCH, which
# TIMESTAMP goes by; else the last commit; else now.
function(xipc_package_date date)
    if(NOT DEFINED ENV{SOURCE_DATE_EPOCH})
        execute_process(COMMAND git log -1 --format=%ct -- .
            WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
            OUTPUT_VARIABLE seconds OUTPUT_STRIP_TRAILING_WHITESPACE
            ERROR_QUIET)
        if(seconds MATCHES "^[0-9]+$")
            set(ENV{SOURCE_DATE_EPOCH} ${seconds})
        endif()
    endif()
    string(TIMESTAMP text "%a, %d %b %Y %H:%M:%S +0000" UTC)
    if(seconds)
        unset(ENV{SOURCE_DATE_EPOCH})
    endif()
    set(${date} "${text}" PARENT_SCOPE)
endfunction()

if(XIPC_GZIP AND NOT WIN32)
    set(debian ${PROJECT_BINARY_DIR}/debian)
    xipc_package_date(XIPC_PACKAGE_DATE)
    configure_file(cmake/packaging/debian/changelog.in ${debian}/changelog @ONLY)
    xipc_gzip(${debian}/changelog ${debian}/changelog.Debian.gz)
    set(components library development tools)
    set(names ${runtime} libxipc-dev xipc-tools)
    foreach(component name IN ZIP_LISTS components names)
        install(FILES
            ${debian}/changelog.Debian.gz cmake/packaging/debian/copyright
            DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${name}
            COMPONENT debian-${component} EXCLUDE_FROM_ALL)
        set(overrides lintian-overrides)
        if(component STREQUAL "library")
            set(overrides lintian-overrides-library)
        endif()
        install(FILES cmake/packaging/debian/${overrides}
            DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides
            COMPONENT debian-${component} EXCLUDE_FROM_ALL RENAME ${name})
    endforeach()
    foreach(page IN LISTS XIPC_MAN_PAGES)
        xipc_gzip(${PROJECT_SOURCE_DIR}/docs/man/${page}.1
            ${debian}/${page}.1.gz)
        install(FILES ${debian}/${page}.1.gz
            DESTINATION ${CMAKE_INSTALL_MANDIR}/man1
            COMPONENT debian-tools EXCLUDE_FROM_ALL)
    endforeach()
endif()

# ---- rpm --------------------------------------------------------------------

set(CPACK_RPM_COMPONENT_INSTALL ON)
set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
set(CPACK_RPM_PACKAGE_LICENSE Apache-2.0)
set(CPACK_RPM_PACKAGE_AUTOREQ ON)
set(exactly "libxipc = ${PROJECT_VERSION}-1")
set(CPACK_RPM_LIBRARY_PACKAGE_NAME libxipc)
set(CPACK_RPM_LIBRARY_PACKAGE_SUMMARY "${for_library}")
set(CPACK_RPM_DEVELOPMENT_PACKAGE_NAME libxipc-devel)
set(CPACK_RPM_DEVELOPMENT_PACKAGE_SUMMARY "${for_development}")
set(CPACK_RPM_DEVELOPMENT_PACKAGE_REQUIRES "${exactly}")
set(CPACK_RPM_TOOLS_PACKAGE_NAME xipc-tools)
set(CPACK_RPM_TOOLS_PACKAGE_SUMMARY "${for_tools}")
set(CPACK_RPM_TOOLS_PACKAGE_REQUIRES "${exactly}")

# ---- Windows ----------------------------------------------------------------

# There is no man there: each page is a text, where something can make it one.
if(WIN32)
    find_program(XIPC_GROFF groff DOC "Makes a text of a manual page")
    mark_as_advanced(XIPC_GROFF)
    if(NOT XIPC_GROFF)
        set(XIPC_MAN_PAGES "")
    endif()
    foreach(page IN LISTS XIPC_MAN_PAGES)
        set(source ${PROJECT_SOURCE_DIR}/docs/man/${page}.1)
        execute_process(
            COMMAND ${XIPC_GROFF} -man -Tascii -P-cbou ${source}
            OUTPUT_FILE ${PROJECT_BINARY_DIR}/${page}.txt
            COMMAND_ERROR_IS_FATAL ANY)
        set_property(DIRECTORY APPEND PROPERTY
            CMAKE_CONFIGURE_DEPENDS ${source})
        install(FILES ${PROJECT_BINARY_DIR}/${page}.txt
            DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT manual)
    endforeach()
endif()
if(WIN32 AND XIPC_BUILD_TOOLS)
    include(cmake/packaged_docs.cmake)
endif()

include(CPack)
