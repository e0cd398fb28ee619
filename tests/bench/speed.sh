#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# speed.sh - the measurements of docs/speed.md: prints, judges nothing.
#
#   tests/bench/speed.sh BUILD_DIR [table|long|trials]
#
# Needs the targets bench_sim, sim, sim-record, sim-pack and guest-kvsnap.  The
# recordings go to BUILD_DIR/speed and are made once.  All guests of the table
# do the same work, 80 000 requests, by as many clients as there are cores.
set -eu
build=$(cd "$1" && pwd)
what=${2:-table long trials}
source=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$build/speed"
cd "$build/speed"

# record NAME CLIENTS REQUESTS
record() {
    [ -e "$1" ] || "$build/recorder/sim-record" --seed 1 -o "$1" \
        "$build/guests/kvsnap/kvsnap" -t "$2" -o "$3" -s 8 -k 320 >/dev/null
}

table() {
    local n pairs=()
    for n in 1 4 16 64; do
        record "kvsnap-$n.bin" "$n" $((80000 / n))
        pairs+=("$n:kvsnap-$n.bin")
    done
    "$build/bench_sim" -n 5 "${pairs[@]}"
}

# More than 100 million operations: time and peak memory of the whole program.
long() {
    record kvsnap-long.bin 16 600000
    "$build/sim" trace info kvsnap-long.bin | grep operations | head -1
    /usr/bin/time -f '%U s user, %S s system, %e s elapsed, at most %M KiB in memory' \
        "$build/sim" --config "$source/configs/ryzen16.json" --protocol two_stage \
        --engine native --quiet kvsnap-long.bin >/dev/null
}

trials() {
    /usr/bin/time -f '10000 trials: %e s elapsed, %U s user, %S s system' \
        "$build/sim" --config "$source/configs/ryzen16.json" --engine native --quiet \
        --exit-zero --trials 10000 --jobs 2 "$source/traces/d14347.trace" >/dev/null
}

for part in $what; do
    "$part"
done
