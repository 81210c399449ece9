# SPDX-License-Identifier: Apache-2.0
# What `conan create` makes of the package: a program, which is run where it can
# be; and the command, if the package has it.
from conan import ConanFile
from conan.tools.build import can_run, cross_building
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout
from conan.tools.files import copy


class XipcTestConan(ConanFile):
    settings = "os", "arch", "compiler", "build_type"
    generators = "CMakeDeps"

    def requirements(self):
        # With `run` the package's programs are found, too.
        self.requires(self.tested_reference_str, run=True)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        toolchain = CMakeToolchain(self)
        # Nothing is written beside this file but what stands in build.
        toolchain.user_presets_path = False
        toolchain.generate()
        # An emulator, such as Wine, is not told where the package is.
        for directory in self.dependencies["xipc"].cpp_info.bindirs:
            copy(self, "*.dll", src=directory, dst=self.build_folder)

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def test(self):
        if not can_run(self):
            return
        # What conanrun says is for the system that the package is for.
        is_cross = cross_building(self)
        CMake(self).ctest(["--output-on-failure"],
                          env="conanbuild" if is_cross else "conanrun")
        if self.dependencies["xipc"].options.tools and not is_cross:
            self.run("xipc --version", env="conanrun")
