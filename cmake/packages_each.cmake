# SPDX-License-Identifier: Apache-2.0
# CPack reads this once for each kind of package: which components are in it.
# For Debian the licence is in the copyright file, and each package has a short
# description of its own, which a common one would stand before.
if(CPACK_GENERATOR STREQUAL "DEB")
    set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")
    set(CPACK_COMPONENTS_ALL
        library development tools
        debian-library debian-development debian-tools)
elseif(CPACK_GENERATOR STREQUAL "RPM")
    set(CPACK_COMPONENTS_ALL library license development tools manual)
endif()
