#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Shows the library at work: builds it for this system and for Windows, carries
# a real file from one process to another on both, and compares the hashes.
#
#     ci/demo.sh [FILE]
#
# Each mechanism is one function that adds a row for one system.
caller=$PWD
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"

gib=$((1024 * 1024 * 1024))
work=$PWD/build/demo
memory_work=''
program_dir_native=$PWD/build/$native_preset/bin
program_dir_windows=$PWD/build/mingw-x64/bin

# Runs one of our programs; file arguments are absolute paths behind "file:".
on() { # native|windows PROGRAM ARGUMENT...
    local system=$1 program=$2 argument drive=''
    local -a arguments=()
    shift 2
    if [ "$system" = windows ]; then
        drive=Z:
    fi
    for argument in "$@"; do
        case $argument in
        file:*) arguments+=("$drive${argument#file:}") ;;
        *) arguments+=("$argument") ;;
        esac
    done
    if [ "$system" = windows ]; then
        "$wine" "$program_dir_windows/$program.exe" "${arguments[@]}"
    else
        "$program_dir_native/$program" "${arguments[@]}"
    fi
}

system_name() { # native|windows
    if [ "$1" = windows ]; then
        echo Windows
    else
        echo "$native_system"
    fi
}

hash_of() { # FILE
    if command -v openssl >/dev/null; then
        openssl dgst -sha256 -r "$1"
    elif command -v sha256sum >/dev/null; then
        sha256sum "$1"
    else
        shasum -a 256 "$1"
    fi | cut -d ' ' -f 1
}

size_of() { # FILE
    wc -c <"$1" | tr -d ' '
}

now() {
    date +%s.%N | sed 's/\.N$//'
}

# The row of one carried file. Counts it as failed if the hashes differ.
add_row() { # MECHANISM SYSTEM FILE RESULT STARTED ENDED
    local equal=no
    if [ "$(hash_of "$3")" = "$(hash_of "$4")" ]; then
        equal=yes
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
    row "$1" "$(system_name "$2")" "${3##*/}" "$(size_of "$3")" \
        "$(awk -v a="$5" -v b="$6" 'BEGIN { printf "%.2f", b - a }')" "$equal"
}

skip_row() { # MECHANISM SYSTEM FILE REASON
    skipped=$((skipped + 1))
    row "$1" "$(system_name "$2")" "$3" - - "skipped: $4"
}

# One process puts the file into a persistent section and ends; another one
# gets it out and removes the section.
show_section() { # native|windows FILE [--lazy]
    local name=demo-$$ result=${memory_work:-$work}/result started
    say "Section on $(system_name "$1"): ${2##*/}"
    started=$(now)
    on "$1" copy_section put ${3:+"$3"} "$name" "file:$2"
    on "$1" copy_section get "$name" "file:$result"
    add_row section "$1" "$2" "$result" "$started" "$(now)"
    rm -f "$result"
}

# Two processes at once, and one of the programs that carry a file between two
# such: through a few slots of a section, in step by semaphores, conditions or
# events, or by semaphores that each waits for in a poller; through a ring, as
# messages, as a stream of bytes, in blocks without a copy, or with a poller;
# through a mailbox, where some messages or none can wait, in blocks without a
# copy, so that none is lost with its receiver, with a poller, or in a message
# queue of the system's; as peers, of whom one receives from the other, from
# anybody, or with a poller; through a named pipe, as bytes, as messages, or with
# a poller; over a socket, as a stream, with a poller, or in datagrams; or in
# calls, which are answered, one way, or submitted.
show_pair() { # native|windows FILE PROGRAM HOW [ADDRESS]
    local name=${5:-demo-$4-$$} result=$work/result started sender
    say "$3 $4${5:+ $5} on $(system_name "$1"): ${2##*/}"
    started=$(now)
    on "$1" "$3" send "$4" "$name" "file:$2" &
    sender=$!
    on "$1" "$3" receive "$4" "$name" "file:$result"
    wait "$sender"
    add_row "${3#copy_} $4" "$1" "$2" "$result" "$started" "$(now)"
    rm -f "$result"
}

# The same through the command `xipc`, by one of its ways: mailbox, ring, peer,
# pipe, socket, section or call.
show_command() { # native|windows FILE WAY
    local name=demo-xipc-$$ result=$work/result started other=''
    local uri=tcp://127.0.0.1:47322
    say "xipc $3 on $(system_name "$1"): ${2##*/}"
    started=$(now)
    case $3 in
    mailbox)
        on "$1" xipc send "$name" "file:$2" &
        other=$!
        on "$1" xipc recv "$name" "file:$result"
        ;;
    ring)
        on "$1" xipc ring send "$name" "file:$2" &
        other=$!
        on "$1" xipc ring recv "$name" "file:$result"
        ;;
    peer)
        on "$1" xipc peer send "$name" "file:$2" &
        other=$!
        on "$1" xipc peer recv "$name" "file:$result"
        ;;
    pipe)
        on "$1" xipc pipe connect "$name" "file:$2" &
        other=$!
        on "$1" xipc pipe listen "$name" "file:$result"
        ;;
    socket)
        on "$1" xipc sock connect "$uri" "file:$2" &
        other=$!
        on "$1" xipc sock listen "$uri" "file:$result"
        ;;
    section)
        on "$1" xipc shm create "$name" --from "file:$2"
        on "$1" xipc shm dump "$name" "file:$result" --size "$(size_of "$2")"
        on "$1" xipc rm "$name"
        ;;
    call)
        on "$1" xipc call "$name" --pieces "file:$2" &
        other=$!
        on "$1" xipc serve "$name" --into "file:$result"
        ;;
    esac
    if [ -n "$other" ]; then
        wait "$other"
    fi
    add_row "xipc $3" "$1" "$2" "$result" "$started" "$(now)"
    rm -f "$result"
}

# More than 4 GiB, most of it a hole, with real data at the start, across the
# 4 GiB line and at the end.
make_sparse() { # FILE
    local size=$((4 * gib + 7654321)) piece=12345 offset
    truncate -s "$size" "$1"
    for offset in 0 $((4 * gib - piece / 2)) $((size - piece)); do
        head -c "$piece" "$file" |
            dd of="$1" oflag=seek_bytes seek="$offset" conv=notrunc 2>/dev/null
    done
}

free_kib() { # DIRECTORY
    df -Pk "$1" 2>/dev/null | awk '{ free = $4 } END { print free + 0 }'
}

# The file stands in memory, where holes are read fast.
show_large_section() {
    local need_mib=64
    if [ "$(free_kib /dev/shm)" -lt $((need_mib * 1024)) ]; then
        skip_row section native sparse-4GiB "less than $need_mib MiB in /dev/shm"
        return
    fi
    memory_work=$(mktemp -d /dev/shm/xipc-demo.XXXXXX)
    make_sparse "$memory_work/sparse-4GiB"
    show_section native "$memory_work/sparse-4GiB" --lazy
}

# A file of some megabytes that is there wherever this script got so far.
default_file() {
    readlink -f "$(command -v cmake)" 2>/dev/null || command -v cmake
}

file=${1:-}
case $file in
'' | /*) ;;
*) file=$caller/$file ;;
esac
if [ -n "$file" ] && [ ! -f "$file" ]; then
    die "no such file: $file"
fi

remove_work() {
    rm -rf "$work" ${memory_work:+"$memory_work"}
}

need cc cmake ninja mingw-x64 wine
at_exit remove_work
examples=(copy_section copy_sync copy_ring copy_mailbox copy_peer copy_pipe
    copy_socket copy_call)
build "$native_preset" --target "${examples[@]}" xipc-command
build mingw-x64 --target "${examples[@]}" xipc-command
start_wine
file=${file:-$(default_file)}
mkdir -p "$work"

row mechanism system file bytes seconds 'hash equal'
for system in native windows; do
    show_section "$system" "$file"
    for how in semaphore condition event poller; do
        show_pair "$system" "$file" copy_sync "$how"
    done
    for how in messages bytes blocks poller; do
        show_pair "$system" "$file" copy_ring "$how"
    done
    for how in messages rendezvous blocks acked poller native; do
        show_pair "$system" "$file" copy_mailbox "$how"
    done
    for how in named any poller; do
        show_pair "$system" "$file" copy_peer "$how"
    done
    for how in bytes messages poller; do
        show_pair "$system" "$file" copy_pipe "$how"
    done
    for how in stream poller; do
        show_pair "$system" "$file" copy_socket "$how" tcp://127.0.0.1:47321
    done
    show_pair "$system" "$file" copy_socket datagrams udp://127.0.0.1:47321
    for how in mailbox ring peer pipe socket section call; do
        show_command "$system" "$file" "$how"
    done
    for how in call post submit; do
        show_pair "$system" "$file" copy_call "$how" "demo-$how-$$"
    done
    show_pair "$system" "$file" copy_call call tcp://127.0.0.1:47322
done
for how in stream poller; do
    show_pair native "$file" copy_socket "$how" "unix:demo-$how-$$"
done
show_large_section

say "Result: put by one process, got out by another, hashes compared"
show_table
echo
close_totals
