#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What one thread does to memory is in the trace, call by call.
# shellcheck disable=SC1091,SC2154
. "$SD_SOURCE_DIR/tests/recorder/common.sh"
compilers=--gcc
! command -v clang >/dev/null || compilers="--gcc --clang"
for compiler in $compilers; do
    guest maps "$compiler"
    run "$guest"
    prints ok
    for i in 1 2; do
        run "$tools/sim-record" --seed 1 -o "$work/$i.bin" "$guest"
        exits 0 "$compiler"
        prints ok
    done
    same "$work/1.bin" "$work/2.bin" "same seed, same bytes"
    sound "$work/1.bin" "the trace is sound"
    has fork 2
    has waitpid 2
    has mprotect 2
    has madvise 1
    has exit_process 3
    has_some munmap
    has_some rmw
    check "memcpy and the like are ranges" test "$(count load_range)" -gt 20
    check "nothing was mapped unseen" grep -q '"early_maps":0' "$counts"
done
finish
