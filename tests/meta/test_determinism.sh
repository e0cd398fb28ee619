# SPDX-License-Identifier: BSD-2-Clause
# test_determinism.sh - same input, same bytes: twice, under either engine, with
# any look-ahead, with any number of jobs, and from the echoed configuration.
# shellcheck shell=bash
. "$SD_SOURCE_DIR/tests/support/sh.sh"
: "${SIM:?}"
command -v jq >/dev/null || skip "jq is not installed"
cd "$work" || exit 1
config=$SD_SOURCE_DIR/configs/ryzen16.json
[ -e "$config" ] || skip "configs/ryzen16.json is not there"
# Slow interrupts, so that there are violations to compare.
slow='ipi.cluster={"base_ns":103,"jitter":"exponential","mean_ns":1000,"max_ns":50000}'
n_traces=0

# results NAME option...: everything of a run that must not differ.
results() {
    local dir=$1
    shift
    "$SIM" "$@" --outdir "$dir" >/dev/null 2>"$dir.err"
    case $? in 0 | 1 | 6) ;; *) fail "sim $* ended badly: $(cat "$dir.err")" ;; esac
    jq -S 'del(.host_seconds, .engine)' "$dir/result.json" >"$dir.json"
    grep -v -i 'host time\|engine' "$dir/summary.txt" >"$dir.txt"
}

# equal A B "sentence"
equal() {
    same "$1.json" "$2.json" "$3: result.json"
    same "$1.txt" "$2.txt" "$3: summary.txt"
    same "$1/violations.jsonl" "$2/violations.jsonl" "$3: violations.jsonl"
}

for trace in "$SD_SOURCE_DIR"/traces/*.trace; do
    [ -e "$trace" ] || continue
    n_traces=$((n_traces + 1))
    name=$(basename "$trace" .trace)
    base=(--config "$config" --protocol single_stage --set "$slow" --trials 5)
    results "$name.1" "${base[@]}" --jobs 1 "$trace"
    results "$name.2" "${base[@]}" --jobs 1 "$trace"
    equal "$name.1" "$name.2" "$name, run twice"
    same <(jq -S 'del(.host, .argv)' "$name.1/manifest.json") \
        <(jq -S 'del(.host, .argv)' "$name.2/manifest.json") "$name: manifest but for the host"
    results "$name.j" "${base[@]}" --jobs 3 "$trace"
    equal "$name.1" "$name.j" "$name, 1 job and 3 jobs"
    results "$name.n" "${base[@]}" --engine native "$trace"
    equal "$name.1" "$name.n" "$name, default engine and native engine"
    results "$name.l" "${base[@]}" --set core.lookahead=1 "$trace"
    equal "$name.1" "$name.l" "$name, look-ahead 1 and as large as possible"
    # Siblings of one core are closer than any message between units.
    smt=(--set topology.smt=2 --set topology.cores=1 --set kernel.time_slice_ns=20000)
    results "$name.t" "${base[@]}" "${smt[@]}" --engine native "$trace"
    results "$name.u" "${base[@]}" "${smt[@]}" --engine native --set core.lookahead=1 "$trace"
    equal "$name.t" "$name.u" "$name with SMT, look-ahead 1 and as large as possible"
    results "$name.c" --config "$name.1/config.json" "$trace"
    equal "$name.1" "$name.c" "$name, again from config.json"
    same "$name.1/config.json" "$name.c/config.json" "$name: config.json writes itself"
    results "$name.s" "${base[@]}" --seed 77 "$trace"
done
check "there were violations to compare" test -s d14347.1/violations.jsonl
[ "$n_traces" -gt 0 ] || skip "there are no traces yet"
differs=0
for dir in *.s; do
    cmp -s <(jq 'del(.seed)' "$dir.json") <(jq 'del(.seed)' "${dir%.s}.1.json") || differs=1
done
check "another seed gives another result somewhere" test "$differs" = 1
finish
