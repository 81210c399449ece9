#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs a program with its output in a file, and shows that when it has ended.
# CTest waits until nobody has a test's output open any more; and under Wine a
# process that was half made when its maker was killed has, until Wine's server
# ends.
#
#     run_through_file.sh PROGRAM [ARGUMENT...]
output=$(mktemp) || exit 1
"$@" >"$output" 2>&1 </dev/null
code=$?
cat "$output"
rm -f "$output"
exit "$code"
