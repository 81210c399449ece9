#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds, and runs every test natively and under
# Wine. The last line counts them.
#
#     ci/test.sh [native] [windows]      both unless one is named
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"

# How long each case of killing goes on; longer finds more.
export XIPC_KILL_MS=${XIPC_KILL_MS:-1200}

# One table row for each suite of a CTest report, and the totals. A test that
# CTest could not start counts as failed.
report() { # SYSTEM JUNIT_FILE
    local suite pass fail skip seconds
    while read -r suite pass fail skip seconds; do
        row "$suite" "$1" "$pass" "$fail" "$skip" "$seconds"
        passed=$((passed + pass))
        failed=$((failed + fail))
        skipped=$((skipped + skip))
    done < <(awk '
        function value(attribute) {
            match($0, " " attribute "=\"[^\"]*\"")
            return substr($0, RSTART + length(attribute) + 3,
                          RLENGTH - length(attribute) - 4)
        }
        /<testcase / {
            suite = value("name")
            sub(/\..*/, "", suite)
            if (!(suite in time)) order[++count] = suite
            time[suite] += value("time")
            status = value("status")
            if (status == "run") pass[suite]++
            if (status != "run") fail[suite]++
        }
        /<skipped message="SKIP_RETURN_CODE/ { fail[suite]--; skip[suite]++ }
        END {
            for (i = 1; i <= count; i++) {
                suite = order[i]
                printf "%s %d %d %d %.1f\n", suite, pass[suite], fail[suite],
                       skip[suite], time[suite]
            }
        }' "$2")
}

# Why tests were skipped, each reason once.
report_skipped() { # SYSTEM JUNIT_FILE
    sed -n 's/.*# SKIP //p' "$2" | sort | uniq -c |
        while read -r count reason; do
            printf '%s: %s skipped: %s\n' "$1" "$count" "$reason"
        done
}

run_suites() { # SYSTEM PRESET
    local junit=$PWD/build/$2.junit.xml log=$PWD/build/$2.ctest
    build "$2"
    rm -f "$junit"
    say "Testing on $1"
    ctest --preset "$2" -j "$case_jobs" --output-junit "$junit" </dev/null |
        tee "$log" || true
    if [ ! -s "$junit" ]; then
        die "CTest left no report for $2"
    fi
    report "$1" "$junit"
    report_skipped "$1" "$junit" >>"$reasons"
    show_failures "$log" >>"$failures"
}

failures=$PWD/build/failures.txt
: >"$failures"
reasons=$PWD/build/skipped.txt
: >"$reasons"
read -r -a parts <<<"${*:-native windows}"
need cc cmake ninja
row suite system passed failed skipped seconds
for part in "${parts[@]}"; do
    case $part in
    native)
        # Cases with these are skipped without them.
        (need pkg-config glib) || true
        (need socat nc ip) || true
        # The completion of a shell that is not there is not tried.
        (need zsh fish) || true
        # One example is left out without it.
        (need pkg-config msgpack) || true
        run_suites "$native_system" "$native_preset"
        ;;
    windows)
        need mingw-x64 wine
        # xipc.hpp is not tried without it.
        (need mingw-x64-c++) || true
        (build_msgpack mingw-x64) || true
        start_wine
        run_suites Windows mingw-x64
        ;;
    *) die "usage: ci/test.sh [native] [windows]" ;;
    esac
done

say "Result"
show_table
cat "$reasons" "$failures"
echo
close_totals
