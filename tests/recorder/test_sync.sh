#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every kind of synchronisation, free-running and under many seeds.
# shellcheck disable=SC1091,SC2154
. "$SD_SOURCE_DIR/tests/recorder/common.sh"
guest sync

run "$guest"
prints ok
run timeout 60 "$tools/sim-record" -o "$work/free.bin" "$guest"
exits 0 "free-running"
prints ok
sound "$work/free.bin" "the free-running trace is sound"
has barrier 600

for seed in 1 2 3 4 5 6 7 8; do
    run timeout 60 "$tools/sim-record" --seed $seed -o "$work/a.bin" "$guest"
    exits 0 "seed $seed"
    prints ok
    sound "$work/a.bin" "the trace of seed $seed is sound"
    run timeout 60 "$tools/sim-record" --seed $seed -o "$work/b.bin" "$guest"
    same "$work/a.bin" "$work/b.bin" "seed $seed twice, same bytes"
done
has barrier 600
has spawn 8
has join 8
# Per worker and round: 300 recursive (outermost pair only), write, read and
# spin locks, 300 turns, 300 items; the rest are re-takings after a wait.
check "locks of every kind" test "$(count lock)" -ge 1800
check "semaphores and conditions" test "$(count post)" -ge 600
check "a spinning load is written down once" test "$(count load)" -lt 20000
finish
