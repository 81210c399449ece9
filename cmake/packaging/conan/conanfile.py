# SPDX-License-Identifier: Apache-2.0
# Conan 2, out of the tree that this is in:
#
#     conan create cmake/packaging/conan
import os

from conan import ConanFile
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load, rmdir

required_conan_version = ">=2.0"


class XipcConan(ConanFile):
    name = "xipc"
    description = "Local inter-process communication, one API on every OS"
    license = "Apache-2.0"
    topics = ("ipc", "shared-memory", "mailbox", "pipe", "local-procedure-call")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    # The library is always position independent.
    options = {"shared": [True, False], "tools": [True, False]}
    default_options = {"shared": False, "tools": False}

    def _tree(self):
        return os.path.abspath(
            os.path.join(self.recipe_folder, "..", "..", ".."))

    def set_version(self):
        if self.version:
            return
        for line in load(self, os.path.join(
                self._tree(), "CMakeLists.txt")).splitlines():
            if line.startswith("project(xipc VERSION "):
                self.version = line.split()[2]

    def export_sources(self):
        for pattern in ("CMakeLists.txt", "LICENSE", "README.md", "cmake/*",
                        "docs/*", "include/*", "src/*", "tools/*"):
            copy(self, pattern, src=self._tree(),
                 dst=self.export_sources_folder,
                 excludes=("cmake/packaging/conan/*",
                           "cmake/packaging/vcpkg/*"))

    def configure(self):
        # It is C: of which C++ library does not matter.
        self.settings.rm_safe("compiler.cppstd")
        self.settings.rm_safe("compiler.libcxx")

    def layout(self):
        self.folders.root = os.path.join("..", "..", "..")
        cmake_layout(self)
        # Where an editable package has what is made: version.h, and programs.
        self.cpp.build.includedirs = ["include"]
        self.cpp.build.bindirs = [
            os.path.join("bin", part) for part in self.cpp.build.bindirs]

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["XIPC_BUILD_TESTS"] = False
        toolchain.cache_variables["XIPC_BUILD_EXAMPLES"] = False
        toolchain.cache_variables["XIPC_BUILD_TOOLS"] = bool(
            self.options.tools)
        if self.options.tools:
            toolchain.cache_variables["XIPC_BENCH_PEERS"] = ""
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", src=self.source_folder,
             dst=os.path.join(self.package_folder, "licenses"))
        # Conan's own generators write these for whoever consumes it.
        rmdir(self, os.path.join(self.package_folder, "lib", "cmake"))
        rmdir(self, os.path.join(self.package_folder, "lib", "pkgconfig"))
        rmdir(self, os.path.join(self.package_folder, "share", "licenses"))

    def package_info(self):
        self.cpp_info.libs = ["xipc"]
        self.cpp_info.set_property(
            "cmake_config_version_compat", "SameMinorVersion")
        if self.options.shared:
            return
        self.cpp_info.defines = ["XIPC_STATIC"]
        if self.settings.os == "Windows":
            self.cpp_info.system_libs = ["advapi32", "ws2_32", "iphlpapi"]
        elif self.settings.os in ("Linux", "FreeBSD"):
            self.cpp_info.system_libs = ["pthread"]
