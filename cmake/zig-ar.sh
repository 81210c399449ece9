#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# CMake wants an archiver that is a program of its own.
exec "${ZIG:-zig}" ar "$@"
