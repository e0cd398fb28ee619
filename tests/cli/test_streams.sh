# SPDX-License-Identifier: BSD-2-Clause
# test_streams.sh - stdout carries the result and nothing else; files of an
# output directory; exit codes of every kind of end.
# shellcheck shell=bash
. "$SD_SOURCE_DIR/tests/support/sh.sh"
: "${SIM:?}"
command -v jq >/dev/null || skip "jq is not installed"
cd "$work" || exit 1
config=$SD_SOURCE_DIR/configs/ryzen16.json
trace=$SD_SOURCE_DIR/traces/d14347.trace
[ -e "$config" ] || skip "configs/ryzen16.json is not there"
[ -e "$trace" ] || skip "traces/d14347.trace is not there"
# Slow interrupts make the rare violation common.
slow='ipi.cluster={"base_ns":103,"jitter":"exponential","mean_ns":1000,"max_ns":50000}'
bad=(--config "$config" --protocol single_stage --set "$slow" --trials 20)
good=(--config "$config" --protocol two_stage)

run "$SIM" "${good[@]}" "$trace"
exits 0 "a correct protocol has no violation"
check "the summary is on stdout" test -s "$out"
check "nothing is on stderr" test ! -s "$err"
check "no colour in a file" eval '! grep -q "$(printf "\033")" "$out"'

run "$SIM" --color=always "${good[@]}" "$trace"
check "colours when asked for" grep -q "$(printf '\033')" "$out"
NO_COLOR=1 run "$SIM" --color=always "${good[@]}" "$trace"
check "--color wins over NO_COLOR" grep -q "$(printf '\033')" "$out"

run "$SIM" "${bad[@]}" "$trace"
exits 1 "a violation is exit 1"
run "$SIM" "${bad[@]}" --exit-zero "$trace"
exits 0 "--exit-zero"

run "$SIM" "${good[@]}" --json "$trace"
exits 0 "--json"
check "with --json stdout is one JSON value" jq -e '.violations.total == 0' "$out"
run "$SIM" "${good[@]}" --json=r.json "$trace"
check "--json=FILE writes the file" jq -e '.protocol == "two_stage"' r.json
check "--json=FILE leaves the summary on stdout" test -s "$out"

run "$SIM" "${bad[@]}" --outdir res "$trace"
exits 1 "--outdir"
for name in summary.txt result.json violations.jsonl config.json manifest.json results.sqlite; do
    check "--outdir has $name" test -s "res/$name"
done
check "no other file is left" test "$(find res -type f | wc -l)" = 6
same "$out" res/summary.txt "summary.txt is what was printed"
check "result.json is JSON" jq -e '.trials == 20 and .rate > 0' res/result.json
check "violations.jsonl has one JSON value a line" \
    eval '[ "$(jq -c . res/violations.jsonl | wc -l)" = "$(wc -l <res/violations.jsonl)" ]'
check "the manifest knows the trace" jq -e '.trace.xxh3 | length == 32' res/manifest.json
check "the manifest has no absolute path" \
    eval '! jq -c "del(.host)" res/manifest.json | grep -q "\"/\|=/"'

run "$SIM" "${bad[@]}" --outdir res "$trace"
exits 5 "a directory that is not empty is refused"
says "not empty"
run "$SIM" "${bad[@]}" --outdir res --force "$trace"
exits 1 "--force"
touch file
run "$SIM" "${good[@]}" --outdir file "$trace"
exits 5 "a file is no output directory"
run "$SIM" "${good[@]}" --outdir /proc/nothing "$trace"
exits 5 "a directory that cannot be made"
silent_stdout "the directory is tried before the run"

if [ -w /dev/full ]; then
    "$SIM" "${good[@]}" "$trace" >/dev/full 2>"$err"
    rc=$?
    exits 5 "a full disk behind stdout"
    says "No space left"
    run "$SIM" "${good[@]}" --json=/dev/full "$trace"
    exits 5 "a full disk behind --json"
    check "the summary is not lost" test -s "$out"
fi

run "$SIM" "${good[@]}" missing.bin
exits 4 "no such trace"
says "missing.bin"
run "$SIM" --config missing.json "$trace"
exits 3 "no such configuration"
run "$SIM" "${good[@]}" --set nonsense.key=1 "$trace"
exits 3 "an unknown key"
says "nonsense"
run "$SIM" "${good[@]}" --protocol nonsense "$trace"
exits 3 "an unknown protocol"
run "$SIM" "${good[@]}" --outdir new missing.bin
check "a run that never started leaves no directory" test ! -e new

"$SIM" "${good[@]}" - <"$trace" >"$out" 2>"$err"
rc=$?
exits 0 "a trace from standard input"
run "$SIM" -q "${good[@]}" "$trace"
exits 0 "global options may stand first"
finish
