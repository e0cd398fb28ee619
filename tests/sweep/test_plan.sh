# SPDX-License-Identifier: BSD-2-Clause
# A results file holds the plan that makes it again, anywhere; a plan file says all that a
# command line can, and what is wrong in one has a place.
. "$SD_SOURCE_DIR/tests/support/sh.sh"

cd "$SD_SOURCE_DIR" || exit 1
rows() {
    local table
    for table in points runs violations distributions; do
        "$SIM" export -w "$table" "$1"
    done
    sqlite3 "$1" 'SELECT * FROM param ORDER BY 1, 2'
}
manifest() { sqlite3 "$1" "SELECT value FROM manifest WHERE key = '$2'"; }

# Everything of the user's: a machine on a base, a protocol, a setting that names one.
mkdir "$work/here" "$work/there"
sed 's/"name": "two_stage"/"name": "mine"/' configs/protocols/two_stage.json >"$work/here/mine.json"
printf '{"base": "%s/configs/ryzen16.json", "kernel": {"spaces": 32}}' "$PWD" >"$work/here/machine.json"
cp traces/d14347.trace "$work/here/one.trace"
run "$SIM" sweep -q -c "$work/here/machine.json" --engine native \
    --protocols "single_stage,$work/here/mine.json" --set "protocol=$work/here/mine.json" \
    --vary 'kernel.pv_lock_wait={"base_ns":5},{"base_ns":7,"mean_ns":3}' --vary cores=4,8 \
    --trials 120 --precision 7% --witnesses 1 -j 2 -o "$work/first" "$work/here/one.trace"
exits 0 "a sweep of the user's own files" && prints "8 of 8 points"
manifest "$work/first" plan_json >"$work/there/plan.json"
cp traces/d14347.trace "$work/there/one.trace"
rm -r "$work/here"
run "$SIM" sweep -q --plan "$work/there/plan.json" -j 1 -o "$work/second"
exits 0 "the plan of a results file, without the files that it came from"
rows "$work/first" >"$work/rows1"
rows "$work/second" >"$work/rows2"
same "$work/rows1" "$work/rows2" "it gives the same rows"
for key in plan_xxh3 plan_json program; do
    manifest "$work/first" $key >"$work/m1"
    manifest "$work/second" $key >"$work/m2"
    same "$work/m1" "$work/m2" "and the same $key"
done
check "the command has no path" test -z "$(manifest "$work/first" command | grep /)"
manifest "$work/first" command >"$work/command"
check "and names what was asked for" grep -q -- '--protocols single_stage,mine.json .* one.trace$' "$work/command"
check "and nothing that changes no row" test -z "$(grep -e -j -e --out "$work/command")"
check "points have their guest and their cores" test \
    "$(sqlite3 "$work/first" "SELECT group_concat(value) FROM param WHERE point_id = 1 AND key IN ('cores', 'trace')")" = 8,one.trace
echo >>"$work/there/one.trace"
run "$SIM" sweep -q --plan "$work/there/plan.json" -o "$work/third"
exits 4 "another guest of that name" && says "is not the guest of the plan"

# Shards have one manifest, and a merge copies it.
for i in 0 1; do
    run "$SIM" sweep -q -c ryzen16 --engine native --vary cores=4,8,16,32 -n 2 -j $((i + 1)) \
        --shard $i/2 -o "$work/shard$i" traces/d14347.trace
    exits 0 "shard $i"
done
run "$SIM" merge -o "$work/merged" "$work/shard0" "$work/shard1"
for file in shard0 shard1 merged; do
    sqlite3 "$work/$file" 'SELECT * FROM manifest' >"$work/m-$file"
done
same "$work/m-shard0" "$work/m-shard1" "shards have the same manifest"
same "$work/m-shard0" "$work/m-merged" "merged shards too"
check "cores are hardware threads" test \
    "$(sqlite3 "$work/merged" 'SELECT group_concat(cores) FROM point')" = 4,8,16,32

# A plan by hand; the command line wins.
plan() { printf '%s\n' "$1" >"$work/plan.json"; }
cp traces/d14347.trace "$work/d14347.trace"
plan '{"config": ["ryzen16", {"kernel": {"spaces": 16}}], "sets": ["check.history=64"],
 "axes": [{"key": "cores", "values": [4, 8]}, {"key": "mem.copy_lines", "values": "1:64:log4"}],
 "protocols": ["single_stage"], "traces": ["d14347.trace"], "trials": 7, "seed": 5,
 "witnesses": 2, "engine": "native", "out": "by-plan", "jobs": 1}'
run "$SIM" sweep -q --plan "$work/plan.json"
exits 0 "a plan by hand"
check "its output is beside it" test "$(sqlite3 "$work/by-plan" 'SELECT COUNT(*), MIN(seed), MAX(trial) FROM run')" = "56|5|6"
run "$SIM" sweep -q --dry-run --plan "$work/plan.json" --vary cores=16 --vary kernel.spaces=8,9,10 \
    --protocols two_stage -n 3
exits 0 "a plan and options" && prints "12 points, 3 trials each" && prints " two_stage"
prints "cores, 1 values: 16" && prints "mem.copy_lines, 4 values: 1 4 16 64"

# What is wrong has a place.
wrong() {
    plan "$2"
    run "$SIM" sweep -q --plan "$work/plan.json" -o "$work/bad"
    exits 3 "$1"
    says "plan.json:$3"
    check "$1: no file is made" [ ! -e "$work/bad" ]
}
wrong "an unknown key" '{"trails": 5}' "1:12: trails: unknown key"
wrong "a key that is there twice" '{"seed": 1, "seed": 2}' "1:21: seed: this key is here twice"
wrong "a wrong type" '{"traces": [5]}' "1:13: traces[0]: a guest"
wrong "a wrong type in an axis" '{"axes": [{"key": 5, "values": [1]}]}' "1:19: axes[0]: a string in 'key'"
wrong "an unknown key in an axis" '{"axes": [{"key": "a.b", "value": [1]}]}' "1:35: axes[0]: unknown key 'value'"
wrong "an axis without values" '{"axes": [{"key": "a.b", "values": []}]}' "1:36: axes[0].values: a.b: no values"
wrong "a value that is there twice" '{"axes": [{"key": "a.b", "values": [1, 2, 1.0]}]}' "1:36: axes[0].values: a.b: the value 1.0 is there twice"
wrong "a number out of bounds" '{"trials": 0}' "1:12: trials: a whole number from 1"
wrong "half a seed" '{"seed": 1.5}' "1:10: seed: a whole number"
wrong "a precision beyond reason" '{"precision": 80}' "1:15: precision: a number from"
wrong "a broken protocol" '{"protocols": [{"name": "x", "copy": ["nope"]}]}' "1:16: protocols[0]"
wrong "a list that is none" '{"sets": "a=b"}' "1:10: sets: an array is expected"
wrong "text that is no JSON" '{"seed": 1,}' "1:"

# Axes that make no sense.
bad() {
    local sentence=$1 code=$2 words=$3
    shift 3
    run "$SIM" sweep -q -o "$work/bad" -c ryzen16 "$@" traces/d14347.trace
    exits "$code" "$sentence"
    says "$words"
}
bad "a value twice" 2 "the value 5.0 is there twice" --vary ipi.delivery_ns=5,7,5.0
bad "equal objects" 2 "is there twice" --vary 'kernel.pv_lock_wait={"base_ns":5},{ "base_ns": 5 }'
bad "two values that mean the same" 2 "point 1 is the same as one before it" --vary kernel.spaces=64,null
bad "a key twice" 2 "varies already, by mem.copy_lines" --vary mem.copy_lines=1 --vary mem.copy_lines=2
bad "a key under two units" 2 "varies already, by ipi.die_ns" --vary ipi.die_ns=1 --vary ipi.die_cycles=2
bad "a part of an alias" 2 "varies already, by ipi.delivery_ns" --vary ipi.delivery_ns=1 --vary ipi.die_ns=2
bad "cores and their topology" 2 "varies already, by cores" --vary cores=2 --vary topology.dies=1
bad "a protocol twice" 2 "single_stage is there twice" --protocols single_stage,single_stage
bad "protocols as a key" 2 "use --protocols" --vary protocol=single_stage
bad "a guest twice" 2 "are the same" traces/d14347.trace
bad "cores that are no whole parts" 3 "point 1 (cores=6" --vary cores=4,6
bad "cores that are no number" 3 "point 0 (cores=many" --vary cores=many
bad "a guest that needs more cores" 3 "point 1 (cores=2" --vary cores=16,2
bad "one value of a logarithm" 2 "needs 2 to" --vary mem.copy_lines=1:8:log1
bad "a logarithm from 0" 2 "from above 0" --vary ipi.delivery_ns=0:8:log3
finish
