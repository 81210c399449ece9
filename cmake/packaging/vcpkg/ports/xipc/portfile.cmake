# SPDX-License-Identifier: Apache-2.0
# The port takes the tree that it is in: vcpkg install xipc \
#     --overlay-ports=cmake/packaging/vcpkg/ports
# vcpkg does not see a change of the tree: without --no-binarycaching it gives
# what it has built before.
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../../../.." ABSOLUTE)

# Which C library a MinGW links with is the compiler's choice, and may be the old
# one, msvcrt.dll.
if(VCPKG_TARGET_IS_MINGW)
    set(VCPKG_POLICY_ALLOW_OBSOLETE_MSVCRT enabled)
endif()

vcpkg_check_features(OUT_FEATURE_OPTIONS feature_options
    FEATURES tools XIPC_BUILD_TOOLS)

vcpkg_cmake_configure(
    SOURCE_PATH "${SOURCE_PATH}"
    OPTIONS
        -DXIPC_BUILD_TESTS=OFF
        -DXIPC_BUILD_EXAMPLES=OFF
        -DXIPC_BENCH_PEERS=
    OPTIONS_RELEASE
        ${feature_options}
    OPTIONS_DEBUG
        -DXIPC_BUILD_TOOLS=OFF
    MAYBE_UNUSED_VARIABLES
        XIPC_BENCH_PEERS)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/xipc)
vcpkg_fixup_pkgconfig()
vcpkg_copy_pdbs()

if("tools" IN_LIST FEATURES)
    vcpkg_copy_tools(TOOL_NAMES xipc xipc-bench AUTO_CLEAN)
endif()
file(REMOVE_RECURSE
    "${CURRENT_PACKAGES_DIR}/debug/include"
    "${CURRENT_PACKAGES_DIR}/debug/share"
    "${CURRENT_PACKAGES_DIR}/share/licenses")

file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage"
    DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
