# SPDX-License-Identifier: Apache-2.0
# Starts Wine before the first test. Started by a test, its services would hold
# that test's output open, and CTest would wait for them after every test.
# Run: cmake -DWINE=wine -DWINESERVER=wineserver -P cmake/start_wine.cmake
cmake_minimum_required(VERSION 3.25)

set(linger_seconds 60)
# Fails, to no harm, where a server is already running.
execute_process(COMMAND ${WINESERVER} -p${linger_seconds}
    OUTPUT_FILE /dev/null ERROR_FILE /dev/null)
execute_process(COMMAND ${WINE} wineboot
    OUTPUT_FILE /dev/null ERROR_FILE /dev/null COMMAND_ERROR_IS_FATAL ANY)
