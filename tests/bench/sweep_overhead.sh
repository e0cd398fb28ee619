#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sweep_overhead.sh - what a trial of sim sweep costs more than one of sim run --trials, for
# the table "Sweeps" of docs/speed.md.  Prints, judges nothing.
#
#   tests/bench/sweep_overhead.sh BUILD_DIR [pairs]
#
# Needs valgrind and the target sim.  Instructions: of all processes, 40 trials less 20.
# Time: processor time of 220 trials less that of 20, run and sweep in turn, medians of as
# many pairs (9).  The guest is d14347.trace, under a protocol with violations and one
# without.
set -eu
build=$(cd "$1" && pwd)
pairs=${2:-9}
source=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
guest=$source/traces/d14347.trace

common=(-q --engine native -j 1 -c "$source/configs/ryzen16.json")
bare() { # TRIALS: the command
    command=("$build/sim" run "${common[@]}" --exit-zero --protocol "$protocol" -n "$1" "$guest")
}
sweep() {
    rm -f "$work/out"*
    command=("$build/sim" sweep "${common[@]}" --protocols "$protocol" -n "$1" -o "$work/out" "$guest")
}

# instructions KIND TRIALS
instructions() {
    "$1" "$2"
    rm -f "$work"/callgrind.*
    valgrind --tool=callgrind --callgrind-out-file="$work/callgrind.%p" "${command[@]}" >/dev/null 2>&1
    awk '/^summary:|^totals:/ { if (!(FILENAME in seen)) { seen[FILENAME]; sum += $2 } } END { printf "%d\n", sum }' "$work"/callgrind.*
}

# seconds KIND TRIALS: user and system time of all its processes
seconds() {
    "$1" "$2"
    local TIMEFORMAT='%U %S'
    { time "${command[@]}" >/dev/null 2>&1; } 2>&1 | awk '{ print $1 + $2 }'
}

median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

for protocol in single_stage two_stage; do
    for kind in bare sweep; do
        at20=$(instructions $kind 20)
        at40=$(instructions $kind 40)
        declare "i_$kind=$(((at40 - at20) / 20))"
    done
    : >"$work/bare.s"
    : >"$work/percent"
    for _ in $(seq "$pairs"); do
        b=$(awk "BEGIN { print $(seconds bare 220) - $(seconds bare 20) }")
        s=$(awk "BEGIN { print $(seconds sweep 220) - $(seconds sweep 20) }")
        awk "BEGIN { print 1000 * $b / 200 }" >>"$work/bare.s"
        awk "BEGIN { print 100 * ($s / $b - 1) }" >>"$work/percent"
    done
    # shellcheck disable=SC2154 # Declared above.
    awk -v n="$protocol" -v b="$i_bare" -v s="$i_sweep" -v ms="$(median <"$work/bare.s")" \
        -v p="$(median <"$work/percent")" \
        'BEGIN { printf "%-13s run: %.2f M instructions, %.2f ms a trial; sweep: %+.2f %% instructions, %+.1f %% time\n", n, b / 1e6, ms, 100 * (s / b - 1), p }'
done
