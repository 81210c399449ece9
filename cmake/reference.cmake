# SPDX-License-Identifier: Apache-2.0
# The target `docs`: the reference as pages, in reference/html of the build
# folder. A public symbol without a word about it fails it.
if(NOT PROJECT_IS_TOP_LEVEL)
    return()
endif()
find_program(XIPC_DOXYGEN doxygen DOC "Makes the reference")
find_program(XIPC_AWK awk DOC "Shows Doxygen the headers' comments")
mark_as_advanced(XIPC_DOXYGEN XIPC_AWK)
if(XIPC_DOXYGEN AND XIPC_AWK)
    configure_file(docs/Doxyfile.in Doxyfile @ONLY)
    add_custom_target(docs
        COMMAND ${XIPC_DOXYGEN} ${PROJECT_BINARY_DIR}/Doxyfile
        COMMENT "Making the reference in reference/html"
        VERBATIM)
endif()
