#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the packages and sees that each is of use: unpacked in a folder, it is
# built against, and its command runs. Debian's pass lintian, too.
#
#     ci/packages.sh                     in build/packages*/made
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"

need cc c++ cmake ninja pkg-config dpkg-source lintian rpm rpmbuild mingw-x64 \
    mingw-x64-c++ file unzip
logs=$PWD/build/packages-logs
mkdir -p "$logs"

# The packages of a preset, in an empty folder.
make_packages() { # PRESET GENERATORS
    build "$1"
    rm -rf "build/$1/made"
    quietly "$logs/$1.cpack.log" \
        cpack --preset "$1" -G "$2" -B "$PWD/build/$1/made"
}

# tests/consumer with what is unpacked in a folder, by CMake and pkg-config.
consume() { # FOLDER [OPTIONS]
    quietly "$logs/consume.log" cmake -DPACKAGE="$1" -DSHARED=ON \
        -DWORK_DIR="${1%/usr}.consumer" "-DOPTIONS=${2:-}" \
        -P ci/check_package.cmake
    [ -n "$(find "${1%/usr}.consumer" -name 'consumer-cxx*' -type f)" ] ||
        die "no C++ program was built with $1"
}

# No page that a package brings leads to what it does not bring.
check_pages() { # FOLDER
    cmake -DFOLDER="$1" -P ci/check_links.cmake
}

# Says that the command of a package is of the version that the library is.
check_command() { # COMMAND...
    local said
    said=$("$@" --version | tr -d '\r')
    case $said in
    *"$version"*) printf '%s says: %s\n' "$1" "$said" ;;
    *) die "$* --version says: $said" ;;
    esac
}

# The programs that the command starts are in the package, too, and what these
# start: the cases of processes have a probe. Here it is the environment that
# tells where the library is, so it has to stay as it is.
check_programs() { # COMMAND...
    quietly "$logs/programs.log" "$@" bench --list
    quietly "$logs/programs.log" \
        "$@" conformance --filter SHM-1 --filter PROC-1 --exclude environment
    tail -n 1 "$logs/programs.log"
}

check_native() { # COMMAND LIBRARY
    local -x LD_LIBRARY_PATH=${2%/*}
    check_command "$1"
    check_programs "$1"
}

check_debian() {
    local deb made=$PWD/build/packages/made root=$PWD/build/packages/debian-root
    # These name nobody as their maintainer; who hands some on must.
    lintian --allow-root --fail-on error,warning --suppress-tags \
        bogus-mail-host,bogus-mail-host-in-debian-changelog "$made"/*.deb
    rm -rf "$root"
    for deb in libxipc0 libxipc-dev xipc-tools; do
        dpkg-deb -x "$made/${deb}_$version"-1_*.deb "$root"
    done
    check_pages "$root"
    consume "$root/usr"
    check_native "$root/usr/bin/xipc" "$root"/usr/lib/*/libxipc.so.0
    say "Debian packages: used"
}

# rpm gets a root and a database of its own. What Debian has installed is not in
# there, and so nothing is required.
check_rpm() {
    local file made=$PWD/build/packages/made
    local root=$PWD/build/packages/rpm-root
    rpm -qp --provides "$made/libxipc-$version"-1.*.rpm >"$logs/rpm.provides"
    grep -q '^libxipc\.so\.0' "$logs/rpm.provides" ||
        die "libxipc provides no library"
    rpm -qpl "$made"/*.rpm >"$logs/rpm.files"
    for file in /usr/bin/xipc /usr/include/xipc/xipc.h 'libxipc\.so\.0' \
        'xipc\.pc' 'xipc-config\.cmake' 'man1/xipc\.1' \
        /usr/bin/xipc-bench /usr/bin/xipc-conformance \
        'licenses/xipc/LICENSE'; do
        grep -q "$file" "$logs/rpm.files" ||
            die "no rpm package has $file"
    done
    rm -rf "$root"
    mkdir -p "$root/database"
    rpm --install --dbpath "$root/database" --root "$root" --nodeps \
        --noscripts "$made"/*.rpm
    check_pages "$root"
    consume "$root/usr"
    check_native "$root/usr/bin/xipc" \
        "$(find "$root/usr" -name libxipc.so.0)"
    say "rpm packages: used"
}

check_windows() {
    local made=$PWD/build/packages-mingw-x64/made
    local root=$PWD/build/packages-mingw-x64/root
    if find_wine >/dev/null; then
        start_wine
    fi
    rm -rf "$root"
    unzip -q "$made"/*.zip -d "$root"
    mv "$root"/* "$root/usr"
    check_pages "$root"
    [ -n "$(find "$root" -name README.md)" ] || die "it has no README.md"
    consume "$root/usr" \
        "-DCMAKE_TOOLCHAIN_FILE=$PWD/cmake/toolchain-mingw-x64.cmake"
    if [ -z "${wine:-}" ]; then
        say "Windows archive: linked with; there is no Wine here to run it"
        return
    fi
    check_command "$wine" "$root/usr/bin/xipc.exe"
    check_programs "$wine" "$root/usr/bin/xipc.exe"
    say "Windows archive: used"
}

check_ports() {
    quietly "$logs/ports.log" cmake -DWORK_DIR="$PWD/build/packages-port" \
        -P ci/check_ports.cmake
    say "Ports: the one for vcpkg makes a package"
}

version=$(sed -n 's/^project(xipc VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
make_packages packages 'DEB;RPM'
check_debian
check_rpm
make_packages packages-mingw-x64 ZIP
check_windows
check_ports
