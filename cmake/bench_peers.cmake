# SPDX-License-Identifier: Apache-2.0
# The libraries that xipc-bench measures beside this one, as far as they are
# here. Included where its target is made: C++ may have to be enabled.
# nng brings nanomsg's functions too: nanomsg must stand before it.
set(XIPC_BENCH_PEERS
    atomic_queue boost dbus grpc iceoryx libuv nanomsg nng zeromq
    CACHE STRING
    "Other libraries that xipc-bench measures, where they are found")

# What each is linked with, in <peer>_library, not set if it is not there; and
# where its headers are, in <peer>_headers, if that is not said with it.
function(xipc_bench_find peer)
    if(peer STREQUAL "atomic_queue")
        find_path(XIPC_ATOMIC_QUEUE_DIR atomic_queue/atomic_queue.h)
        if(CMAKE_CXX_COMPILER AND XIPC_ATOMIC_QUEUE_DIR)
            set(library Threads::Threads)
            set(atomic_queue_headers ${XIPC_ATOMIC_QUEUE_DIR} PARENT_SCOPE)
        endif()
    elseif(peer STREQUAL "boost")
        find_path(XIPC_BOOST_DIR boost/interprocess/ipc/message_queue.hpp)
        find_path(XIPC_LOCKFREE_DIR boost/lockfree/spsc_queue.hpp)
        if(XIPC_BOOST_DIR AND XIPC_LOCKFREE_DIR)
            set(library Threads::Threads)
            set(boost_headers ${XIPC_BOOST_DIR} ${XIPC_LOCKFREE_DIR}
                PARENT_SCOPE)
        endif()
    elseif(peer STREQUAL "iceoryx" AND CMAKE_SYSTEM_NAME STREQUAL "Linux")
        find_package(iceoryx_binding_c CONFIG QUIET)
        if(iceoryx_binding_c_FOUND)
            set(library iceoryx_binding_c::iceoryx_binding_c)
        endif()
    elseif(peer STREQUAL "nng")
        find_package(nng CONFIG QUIET)
        if(nng_FOUND)
            set(library nng::nng)
        endif()
    elseif(peer MATCHES "^(dbus|grpc|libuv|nanomsg|zeromq)$"
            AND PkgConfig_FOUND)
        string(REPLACE "zeromq" "libzmq" module ${peer})
        string(REPLACE "dbus" "libsystemd" module ${module})
        string(REPLACE "grpc" "grpc++" module ${module})
        pkg_check_modules(XIPC_${peer} QUIET ${module})
        if(XIPC_${peer}_FOUND)
            set(library ${XIPC_${peer}_LINK_LIBRARIES})
            set(${peer}_headers ${XIPC_${peer}_INCLUDE_DIRS} PARENT_SCOPE)
        endif()
    endif()
    set(${peer}_library ${library} PARENT_SCOPE)
endfunction()

# C++ objects come from a target of their own: it has its own warnings. The
# program is still linked as one in C, with the options for C.
function(xipc_bench_cxx target peer)
    set(objects xipc-bench-${peer})
    add_library(${objects} OBJECT ${ARGN})
    target_include_directories(${objects} SYSTEM PRIVATE ${${peer}_headers})
    target_link_libraries(${objects} PRIVATE xipc::xipc)
    target_compile_features(${objects} PRIVATE cxx_std_14)
    target_compile_options(${objects} PRIVATE -Wall -Wextra -Wshadow)
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:${objects}>)
    set_target_properties(${target} PROPERTIES LINKER_LANGUAGE C)
endfunction()

# A toolchain file is for programs that this machine's libraries do not fit,
# and a sanitizer wrongly accuses what was not built with it.
set(peers ${XIPC_BENCH_PEERS})
if(WIN32 OR CMAKE_CROSSCOMPILING OR CMAKE_TOOLCHAIN_FILE
        OR CMAKE_C_FLAGS MATCHES "-fsanitize")
    set(peers "")
endif()
if(peers)
    find_package(PkgConfig QUIET)
endif()
if(peers MATCHES "atomic_queue|boost|grpc")
    include(CheckLanguage)
    check_language(CXX)
    if(CMAKE_CXX_COMPILER)
        enable_language(CXX)
    else()
        list(REMOVE_ITEM peers boost grpc)
    endif()
endif()
foreach(peer IN LISTS peers)
    xipc_bench_find(${peer})
endforeach()

# Of the C sources, one for each peer, those whose peer is here.
function(xipc_bench_peers target)
    set(found "")
    foreach(peer IN LISTS peers)
        if(NOT ${peer}_library)
            continue()
        endif()
        list(APPEND found ${peer})
        string(TOUPPER ${peer} upper)
        target_compile_definitions(${target} PRIVATE BENCH_HAS_${upper})
        target_link_libraries(${target} PRIVATE ${${peer}_library})
        target_include_directories(${target} SYSTEM PRIVATE ${${peer}_headers})
        if(peer STREQUAL "atomic_queue")
            xipc_bench_cxx(${target} atomic_queue bench/peer_atomic_queue.cpp)
        elseif(peer STREQUAL "boost")
            xipc_bench_cxx(${target} boost
                bench/peer_boost.cpp
                bench/peer_lockfree.cpp)
        elseif(peer STREQUAL "grpc")
            xipc_bench_cxx(${target} grpc bench/peer_grpc.cpp)
        else()
            set(sources ${ARGN})
            list(FILTER sources INCLUDE REGEX "peer_${peer}\\.c$")
            target_sources(${target} PRIVATE ${sources})
        endif()
    endforeach()
    list(JOIN found " " words)
    message(STATUS "xipc-bench measures beside xipc: ${words}")
endfunction()
