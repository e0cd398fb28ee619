#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The guest that ships: same seed, same bytes; right results; a sound trace.
# shellcheck disable=SC1091,SC2154
. "$SD_SOURCE_DIR/tests/recorder/common.sh"
kvsnap=$guests/kvsnap/kvsnap
[ -x "$kvsnap" ] || skip "kvsnap is not built (target 'guest-kvsnap')"

run "$kvsnap" -t 4 -o 100 -s 3
exits 0 "without recording it runs as any program"
prints "3 snapshots, 0 inconsistent, 0 broken"
check "without recording it leaves no file" test ! -e trace.bin -a ! -e p0.maps

for i in 1 2 3; do
    run "$tools/sim-record" --seed 1 -o "$work/seed1-$i.bin" "$kvsnap" -t 16 -o 60 -s 5
    exits 0 "a seeded recording ends with the guest's status"
    prints "5 snapshots, 0 inconsistent, 0 broken"
done
same "$work/seed1-1.bin" "$work/seed1-2.bin" "same seed, same bytes (16 threads, forks)"
same "$work/seed1-1.bin" "$work/seed1-3.bin" "same seed, same bytes, the third time"
run env LONG=1234567890 "$tools/sim-record" --seed 1 -o "$work/env.bin" "$kvsnap" \
    -t 16 -o 60 -s 5
same "$work/seed1-1.bin" "$work/env.bin" "the environment does not matter"
run "$tools/sim-record" --seed 2 -o "$work/seed2.bin" "$kvsnap" -t 16 -o 60 -s 5
differ "$work/seed1-1.bin" "$work/seed2.bin" "another seed, another interleaving"

for i in 1 2; do
    run "$tools/sim-record" --seed 1 --quantum 20 -o "$work/short$i.bin" "$kvsnap" \
        -t 16 -o 60 -s 5
    exits 0 "a recording with short turns works"
done
same "$work/short1.bin" "$work/short2.bin" "same quantum, same bytes"
differ "$work/seed1-1.bin" "$work/short1.bin" "shorter turns, another interleaving"
run "$tools/sim-record" --seed 1 --quantum 200 -o "$work/long.bin" "$kvsnap" \
    -t 16 -o 60 -s 5
same "$work/seed1-1.bin" "$work/long.bin" "the quantum is 200 unless told otherwise"
for bad in 0 -1 x 1000001; do
    run "$tools/sim-record" --seed 1 --quantum "$bad" "$kvsnap"
    exits 2 "a quantum of '$bad' is refused"
done
run "$tools/sim-record" --quantum 20 "$kvsnap"
exits 2 "a quantum without a seed is refused"

sound "$work/seed1-1.bin" "the seeded trace is sound"
has fork 5
has waitpid 5
has spawn 17
has join 17
has exit_process 6
has image 3
check "as many UNLOCK as LOCK" test "$(count lock)" = "$(count unlock)"
has_some wait
has_some mmap

run "$tools/sim-record" -o "$work/free.bin" "$kvsnap" -t 16 -o 60 -s 5
exits 0 "a free-running recording works"
prints "5 snapshots, 0 inconsistent, 0 broken"
sound "$work/free.bin" "the free-running trace is sound"
has fork 5

if command -v clang >/dev/null; then
    check "clang builds it" "$tools/sim-cc" --clang -O2 \
        "$SD_SOURCE_DIR"/guests/kvsnap/*.c -o "$work/clang"
    for i in 1 2; do
        run "$tools/sim-record" --seed 1 -o "$work/clang$i.bin" "$work/clang" -o 60
        exits 0 "built by clang it records as well"
    done
    same "$work/clang1.bin" "$work/clang2.bin" "same seed, same bytes with clang"
    sound "$work/clang1.bin" "clang's trace is sound"
fi
finish
