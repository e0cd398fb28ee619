#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sweep_overhead.sh - what a trial of sim sweep costs more than one of sim run --trials, for
# the table "Sweeps" of docs/speed.md.  Prints, judges nothing.
#
#   tests/bench/sweep_overhead.sh BUILD_DIR [pairs [instructions|time]]
#
# Needs valgrind and the target sim.  Instructions: of all processes, 40 trials less 20.
# Time: processor time of 220 trials less that of 20, run and sweep in turn, as many pairs
# (9): median and quartiles of the pairs, and the least of each, which neighbours on the
# machine disturb less.  The guest is d14347.trace, under a protocol with violations and
# one without.
set -eu
build=$(cd "$1" && pwd)
pairs=${2:-9}
what=${3:-instructions time}
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

# count KIND TRIALS: instructions of all its processes
count() {
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

# quantile PERCENT: by nearest rank
quantile() { sort -g | awk -v p="$1" '{ v[NR] = $1 } END { r = int((p * NR + 99) / 100); print v[r < 1 ? 1 : r] }'; }

compare_instructions() {
    local kind at20 at40 bare sweep
    for kind in bare sweep; do
        at20=$(count $kind 20)
        at40=$(count $kind 40)
        declare "$kind=$(((at40 - at20) / 20))"
    done
    awk -v b="$bare" -v s="$sweep" \
        'BEGIN { printf "%.2f M instructions a trial, sweep %+.2f %%\n", b / 1e6, 100 * (s / b - 1) }'
}

compare_time() {
    local kind n
    : >"$work/times"
    for _ in $(seq "$pairs"); do
        for n in 20 220; do
            for kind in bare sweep; do seconds $kind $n; done
        done | paste -sd' ' >>"$work/times"
    done
    awk '{ b = $3 - $1; s = $4 - $2; print 1000 * b / 200 >"/dev/stderr"; print 100 * (s / b - 1) }' \
        "$work/times" >"$work/percent" 2>"$work/bare"
    awk -v ms="$(quantile 50 <"$work/bare")" -v p="$(quantile 50 <"$work/percent")" \
        -v q1="$(quantile 25 <"$work/percent")" -v q3="$(quantile 75 <"$work/percent")" \
        'function least(a, b) { return a == "" || b < a ? b : a }
        { for (i = 1; i <= 4; i++) t[i] = least(t[i], $i) }
        END { printf "%.2f ms a trial, sweep %+.1f %% (quartiles %+.1f to %+.1f); of the least times %+.1f %%\n",
            ms, p, q1, q3, 100 * ((t[4] - t[2]) / (t[3] - t[1]) - 1) }' "$work/times"
}

for protocol in single_stage two_stage; do
    for part in $what; do
        echo "$protocol: $("compare_$part")"
    done
done
