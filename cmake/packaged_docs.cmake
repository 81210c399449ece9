# SPDX-License-Identifier: Apache-2.0
# The pages of the tree as a package has them: in one folder, and what leads to
# files that are not in it is text there.

# Where in the package a file of the tree is; empty: nowhere.
function(xipc_packaged_place file place)
    set(found "")
    if(file IN_LIST packaged_pages)
        set(found "${CMAKE_INSTALL_DOCDIR}/${file}")
    elseif(file STREQUAL "LICENSE")
        set(found "${CMAKE_INSTALL_DATADIR}/licenses/xipc/LICENSE")
    elseif(file MATCHES "^include/(.*)")
        set(found "${CMAKE_INSTALL_INCLUDEDIR}/${CMAKE_MATCH_1}")
    endif()
    set(${place} "${found}" PARENT_SCOPE)
endfunction()

# The text in a variable, with each link of a page turned to where that is in the package.
# Brackets and semicolons are kept out of the way: they mean something in lists.
function(xipc_turn_links page variable)
    cmake_path(GET page PARENT_PATH folder)
    set(here "${CMAKE_INSTALL_DOCDIR}/${folder}")
    string(ASCII 1 open)
    string(ASCII 2 close)
    string(ASCII 3 semicolon)
    set(content "${${variable}}")
    string(REPLACE "[" "${open}" content "${content}")
    string(REPLACE "]" "${close}" content "${content}")
    string(REPLACE ";" "${semicolon}" content "${content}")
    string(REGEX MATCHALL "${open}[^${open}${close}]*${close}\\([^)]*\\)"
        links "${content}")
    foreach(link IN LISTS links)
        string(REGEX MATCH "${open}([^${close}]*)${close}\\(([^)]*)\\)"
            unused "${link}")
        set(words "${CMAKE_MATCH_1}")
        set(target "${CMAKE_MATCH_2}")
        if(target MATCHES "^[a-z]+:")
            continue()
        endif()
        cmake_path(SET file NORMALIZE "${folder}/${target}")
        string(REGEX REPLACE "^/" "" file "${file}")
        xipc_packaged_place("${file}" place)
        set(turned "${words}")
        if(place)
            file(RELATIVE_PATH way "/${here}" "/${place}")
            set(turned "${open}${words}${close}(${way})")
        endif()
        string(REPLACE "${link}" "${turned}" content "${content}")
    endforeach()
    string(REPLACE "${open}" "[" content "${content}")
    string(REPLACE "${close}" "]" content "${content}")
    string(REPLACE "${semicolon}" ";" content "${content}")
    set(${variable} "${content}" PARENT_SCOPE)
endfunction()

file(GLOB decisions CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}
    docs/decisions/*.md)
set(packaged_pages
    README.md
    docs/contract.md
    docs/guide.md
    docs/mailbox.md
    docs/packages.md
    docs/performance.md
    docs/porting.md
    docs/security.md
    docs/testing.md
    docs/wire.md
    ${decisions})
foreach(page IN LISTS packaged_pages)
    file(READ ${page} text)
    xipc_turn_links(${page} text)
    set(made ${PROJECT_BINARY_DIR}/packaged/${page})
    file(WRITE ${made} "${text}")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
        ${PROJECT_SOURCE_DIR}/${page})
    cmake_path(GET page PARENT_PATH folder)
    install(FILES ${made}
        DESTINATION ${CMAKE_INSTALL_DOCDIR}/${folder} COMPONENT manual)
endforeach()
