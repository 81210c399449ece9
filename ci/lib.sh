# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034 # names used by those who source this
# Sourced by the scripts beside it: what this machine is, how it gets a missing
# tool, how a preset is built, how Wine is kept running, tables and totals.
# Plain enough for the old bash that macOS brings.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mkdir -p build

jobs=${XIPC_JOBS:-$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)}
# Many cases at once: most wait more than they compute.
case_jobs=$((jobs + 1))
case "$(uname -s)" in
Darwin) native_system=macOS native_preset=macos ;;
*) native_system=$(uname -s) native_preset=dev ;;
esac

say() {
    printf '\n== %s\n' "$*"
}

die() {
    printf '%s\n' "$*" >&2
    exit 1
}

# Functions that are called when the script ends, however it ends.
exit_calls=''
at_exit() { # FUNCTION
    exit_calls="$1 $exit_calls"
}

run_exit_calls() {
    local call
    for call in $exit_calls; do
        "$call"
    done
}
trap run_exit_calls EXIT

# Runs a command with its output in a file, which is shown if it fails.
quietly() { # LOG COMMAND...
    local log=$1
    shift
    if ! "$@" >"$log" 2>&1 </dev/null; then
        tail -n 60 "$log" >&2
        die "failed: $* (all of it: $log)"
    fi
}

# ---- tools ------------------------------------------------------------------

# Which packages bring a tool; several are joined by a comma, @ is the major
# version of gcc, - means that this manager has none.
packages_table() {
    cat <<'EOF'
tool          apt                         dnf                   pacman         brew
cc            gcc,libc6-dev               gcc                   gcc            gcc
cmake         cmake                       cmake                 cmake          cmake
ninja         ninja-build                 ninja-build           ninja          ninja
git           git                         git                   git            git
pkg-config    pkg-config                  pkgconf-pkg-config    pkgconf        pkgconf
c++           g++                         gcc-c++               gcc            gcc
mingw-x64     gcc-mingw-w64-x86-64-posix  mingw64-gcc           mingw-w64-gcc  mingw-w64
mingw-x64-c++ g++-mingw-w64-x86-64-posix  mingw64-gcc-c++     mingw-w64-gcc  mingw-w64
mingw-x86     gcc-mingw-w64-i686-posix    mingw32-gcc           mingw-w64-gcc  mingw-w64
wine          wine64                      wine-core             wine           wine-stable
clang         clang                       clang                 clang          llvm
clang-tidy    clang-tidy                  clang-tools-extra     clang          llvm
clang-format  clang-format                clang-tools-extra     clang          clang-format
sanitizers    libgcc-@-dev                libasan,libubsan,libtsan  gcc-libs   -
musl          musl-tools                  musl-gcc              musl           -
linux32       gcc-@-multilib              glibc-devel.i686,libgcc.i686  lib32-gcc-libs,lib32-glibc  -
shellcheck    shellcheck                  ShellCheck            shellcheck     shellcheck
spin          spin                        spin                  spin           spin
glib          libglib2.0-dev              glib2-devel           glib2          glib
msgpack       libmsgpack-dev              msgpack-devel         msgpack-c      msgpack
dpkg-source   dpkg-dev                    -                     -              -
lintian       lintian                     -                     -              -
rpm           rpm                         rpm                   rpm-tools      rpm
rpmbuild      rpm                         rpm-build             rpm-tools      rpm
file          file                        file                  file           -
unzip         unzip                       unzip                 unzip          unzip
doxygen       doxygen                     doxygen               doxygen        doxygen
awk           gawk                        gawk                  gawk           gawk
debootstrap   debootstrap                 debootstrap           debootstrap    -
socat         socat                       socat                 socat          socat
nc            netcat-openbsd              nmap-ncat             openbsd-netcat -
ip            iproute2                    iproute               iproute2       -
zsh           zsh                         zsh                   zsh            zsh
fish          fish                        fish                  fish           fish
EOF
}

package_manager() {
    local manager
    for manager in apt-get dnf pacman brew; do
        if command -v "$manager" >/dev/null; then
            echo "${manager%-get}"
            return
        fi
    done
    echo none
}

packages_of() { # MANAGER TOOL
    packages_table | awk -v manager="$1" -v tool="$2" '
        NR == 1 { for (i = 2; i <= NF; i++) if ($i == manager) column = i }
        $1 == tool && column && $column != "-" { print $column }' |
        tr ',' ' ' | sed "s/@/$(gcc_major)/"
}

gcc_major() {
    gcc -dumpversion 2>/dev/null | cut -d. -f1 || true
}

# Whether the given compiler and options make a program.
can_compile() {
    local code=0 program=build/can_compile.$$
    printf '#include <stdio.h>\nint main(void) { return 0; }\n' |
        "$@" -x c - -o "$program" >/dev/null 2>&1 || code=$?
    rm -f "$program"
    return "$code"
}

has_cmake() {
    local version
    version=$(cmake --version 2>/dev/null | awk 'NR == 1 { print $3 }')
    [ "$(printf '3.25\n%s\n' "${version:-0}" | sort -V | head -n 1)" = 3.25 ]
}

has() { # TOOL
    case $1 in
    cc) can_compile cc ;;
    cmake) has_cmake ;;
    mingw-x64) can_compile x86_64-w64-mingw32-gcc ;;
    mingw-x64-c++) command -v x86_64-w64-mingw32-g++ >/dev/null ;;
    mingw-x86) can_compile i686-w64-mingw32-gcc ;;
    wine) find_wine >/dev/null ;;
    sanitizers) can_compile cc -fsanitize=address,undefined ;;
    musl) can_compile musl-gcc ;;
    linux32)
        can_compile gcc -m32 -idirafter /usr/include/x86_64-linux-gnu
        ;;
    glib) pkg-config --exists glib-2.0 2>/dev/null ;;
    msgpack)
        pkg-config --exists msgpack-c 2>/dev/null ||
            pkg-config --exists msgpack 2>/dev/null
        ;;
    debootstrap) PATH=$PATH:/usr/sbin command -v debootstrap >/dev/null ;;
    *) command -v "$1" >/dev/null ;;
    esac
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "this needs root, and there is no sudo: $*"
    fi
}

install_packages() { # MANAGER PACKAGE...
    local manager=$1
    shift
    case $manager in
    apt)
        as_root apt-get update -qq || true
        as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends "$@"
        ;;
    dnf) as_root dnf install -y "$@" ;;
    pacman) as_root pacman -Sy --noconfirm --needed "$@" ;;
    brew) brew install "$@" ;;
    esac
}

# Makes sure that tools are there: says what it will install, installs only
# what is missing, and ends the script if that does not help.
need() { # TOOL...
    local tool manager packages='' missing=''
    manager=$(package_manager)
    for tool in "$@"; do
        if ! has "$tool"; then
            missing="$missing $tool"
            packages="$packages $(packages_of "$manager" "$tool")"
        fi
    done
    if [ -z "$missing" ]; then
        return
    fi
    if [ -z "${packages// /}" ]; then
        die "missing:$missing; install by hand, no package is known here"
    fi
    say "Missing:$missing. Installing with $manager:$packages"
    # shellcheck disable=SC2086 # a list of words
    quietly build/install.log install_packages "$manager" $packages
    for tool in $missing; do
        has "$tool" || die "installed$packages, but $tool is still missing" \
            "$([ "$tool" != cmake ] || echo '(3.25 or newer is needed)')"
    done
}

# ---- libraries for another system --------------------------------------------

# Unpacks the source of a Debian package into a folder. apt verifies it as it
# does packages, and its lists are ours: this machine's own sources, of which
# it may have none for source packages, are not changed.
fetch_source() { # PACKAGE FOLDER
    local apt=$PWD/build/cache/apt file
    local -a options=(-qq -o APT::Sandbox::User= -o Dir::Cache="$apt"
        -o Dir::State::Lists="$apt/lists" -o Dir::Etc::SourceList=/dev/null
        -o Dir::Etc::SourceParts="$apt/sources")
    rm -rf "$apt" "$2"
    mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$apt/sources" "$2"
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        if [ -f "$file" ]; then
            sed -n 's/^deb[[:space:]]/deb-src /p' "$file" \
                >"$apt/sources/${file##*/}.list"
        fi
    done
    for file in /etc/apt/sources.list.d/*.sources; do
        if [ -f "$file" ]; then
            sed 's/^Types:.*/Types: deb-src/' "$file" \
                >"$apt/sources/${file##*/}"
        fi
    done
    # One that has no sources does not matter, if another one has them.
    apt-get "${options[@]}" update >build/source.log 2>&1 || true
    (cd "$2" && quietly ../../source.log \
        apt-get "${options[@]}" source --only-source "$1")
}

# msgpack-c, static, where the preset looks for it (XIPC_MSGPACK_DIR); nothing
# of it is in this tree. Where there is no apt it is not there, and an example
# is left out. It asks for a C++ compiler that it has no use for.
build_msgpack() { # PRESET
    local cache=$PWD/build/cache
    local source=$cache/msgpack-source made=$cache/msgpack-$1-build
    local prefix=$cache/msgpack-$1
    if [ -d "$prefix" ]; then
        return
    fi
    if [ "$(package_manager)" != apt ]; then
        say "No apt: no msgpack-c for $1"
        return
    fi
    need dpkg-source
    say "Fetching and building msgpack-c for $1"
    fetch_source msgpack-c "$source"
    rm -rf "$made" "$prefix.new"
    quietly build/msgpack.log cmake -G Ninja -B "$made" \
        -S "$(find "$source" -mindepth 1 -maxdepth 1 -type d)" \
        -DCMAKE_TOOLCHAIN_FILE="$PWD/cmake/toolchain-$1.cmake" \
        -DCMAKE_INSTALL_PREFIX="$prefix.new" \
        -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF \
        -DCMAKE_CXX_COMPILER=true -DCMAKE_CXX_COMPILER_FORCED=ON \
        -DMSGPACK_BUILD_EXAMPLES=OFF -DMSGPACK_BUILD_TESTS=OFF
    quietly build/msgpack.log cmake --build "$made"
    quietly build/msgpack.log cmake --install "$made"
    mv "$prefix.new" "$prefix"
}

# ---- builds -----------------------------------------------------------------

# Configures and builds a preset; the second time builds what changed.
build() { # PRESET [BUILD OPTIONS...]
    local preset=$1
    shift
    say "Building $preset"
    quietly "build/$preset.configure.log" cmake --preset "$preset"
    quietly "build/$preset.build.log" cmake --build --preset "$preset" "$@"
}

# ---- Wine -------------------------------------------------------------------

# The loader; Debian keeps it off the PATH.
find_wine() {
    local candidate
    for candidate in "${XIPC_WINE:-}" wine64 wine /usr/lib/wine/wine64; do
        if [ -n "$candidate" ] && command -v "$candidate"; then
            return
        fi
    done
    return 1
}

# Debian's `wineserver` is a script that lets no server linger.
find_wineserver() {
    local candidate
    for candidate in /usr/lib/wine/wineserver64 wineserver; do
        if command -v "$candidate"; then
            return
        fi
    done
    return 1
}

# What runs Windows programs here, in `wine`: see cmake/wine.cmake.
fix_layout() {
    wine=$PWD/build/wine-fixed
    if setarch -R true 2>/dev/null; then
        printf '#!/bin/sh\nexec setarch -R %q "$@"\n' "$XIPC_WINE" >"$wine"
        chmod +x "$wine"
    else
        wine=$XIPC_WINE
    fi
}

# A prefix of our own unless the caller has one. Wine's services come with the
# first program and go with the last; and a program that starts them waits for
# them, because they hold its output open. So one program stays until this
# script ends: a shell whose input is a pipe that nothing comes through.
own_wine_server=''
start_wine() {
    local pipe=$PWD/build/wine-stays
    XIPC_WINE=$(find_wine)
    export XIPC_WINE WINEDEBUG=${WINEDEBUG:--all}
    # Without this Wine asks to install .NET and a browser engine.
    export WINEDLLOVERRIDES='mscoree,mshtml='
    # It takes the names of files as they are in the locale.
    case ${LC_ALL:-${LC_CTYPE:-${LANG:-}}} in
    *[Uu][Tt][Ff]*) ;;
    *) export LC_ALL=C.UTF-8 ;;
    esac
    if [ -z "${WINEPREFIX:-}" ]; then
        export WINEPREFIX=$PWD/build/wine-prefix
        own_wine_server=$(find_wineserver || true)
    fi
    mkdir -p "$WINEPREFIX" build
    fix_layout
    say "Starting Wine in $WINEPREFIX"
    quietly build/wineboot.log "$wine" wineboot
    rm -f "$pipe"
    mkfifo "$pipe"
    "$wine" cmd <>"$pipe" >/dev/null 2>&1 &
    wine_stays=$!
    at_exit stop_wine
}

stop_wine() {
    kill "$wine_stays" 2>/dev/null || true
    if [ -n "$own_wine_server" ]; then
        "$own_wine_server" -k || true
    fi
}

# ---- results ----------------------------------------------------------------

# The cases that failed, out of what CTest or the runner printed, and what they
# said.
show_failures() { # LOG
    grep -a -A 12 '^not ok\|[*][*][*]\(Failed\|Timeout\|Exception\)' "$1" |
        head -n 150 || true
}

# ---- tables and totals ------------------------------------------------------

passed=0 failed=0 skipped=0
table=$(mktemp)
at_exit remove_table

remove_table() {
    rm -f "$table"
}

row() { # CELL...
    local IFS=$'\t'
    printf '%s\n' "$*" >>"$table"
}

# The rows with their columns in line; numbers stand at the right.
show_table() {
    awk -F '\t' '
        { for (i = 1; i <= NF; i++) {
              cell[NR, i] = $i
              if (length($i) > width[i]) width[i] = length($i)
          }
          count = NF > count ? NF : count }
        END {
            for (r = 1; r <= NR; r++) {
                line = ""
                for (i = 1; i <= count; i++) {
                    side = cell[r, i] ~ /^[0-9.]+$/ ? "" : "-"
                    line = line sprintf("%" side width[i] "s  ", cell[r, i])
                }
                sub(/ +$/, "", line)
                print line
            }
        }' "$table"
}

# The last line of every script that tests; non-zero if anything failed.
close_totals() {
    printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    [ "$failed" = 0 ]
}
