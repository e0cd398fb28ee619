# SPDX-License-Identifier: BSD-2-Clause
# test_explore.sh - sim explore: verdicts as exit status, one line first, JSON
# with the names of the model, and clear errors.
# shellcheck shell=bash
. "$SD_SOURCE_DIR/tests/support/sh.sh"
: "${SIM:?}"
machine=$SD_SOURCE_DIR/configs/tiny/explore_three.json
guest=$SD_SOURCE_DIR/traces/explore/cow_3.trace
scenarios=$SD_SOURCE_DIR/traces/explore
three="--config $machine"
# shellcheck disable=SC2086 # $three and $searches are lists of words.

run "$SIM" explore -c "$machine" --protocol two_stage "$guest"
exits 0 "a proof"
prints "PROVED: two_stage, cow_3.trace"
prints "0 left on the queue"
prints "upgrade: pte_set same rw"

run "$SIM" explore -c "$machine" --protocol single_stage "$guest"
exits 1 "a violation"
prints "VIOLATED: single_stage, cow_3.trace: STALE in 16 moves"
prints "LOAD x"
prints "copy: pte_set new rw"

run "$SIM" explore -c "$machine" --protocol two_stage --max-states 100 "$guest"
exits 7 "neither"
prints "INCOMPLETE: two_stage, cow_3.trace: the number of states"
prints "this is no proof"

run "$SIM" explore -c "$machine" --protocol single_stage --json "$guest"
exits 1 "a violation as JSON"
check "the JSON has the names of the model" python3 - "$work/stdout" <<'PY'
import json, sys
r = json.load(open(sys.argv[1]))
assert r["verdict"] == "VIOLATED" and r["rule"] == "STALE"
for key in "states transitions matched queued depth".split():
    assert r[key] > 0, key
assert r["bounds"]["cpus"] == 3 and r["bounds"]["fills"] is False
assert len(r["schedule"]) == 16
assert set(r["schedule"][0]) == {"core", "thread", "step"}
PY

printf 'stream 0 proc 0 "A"\n  exit\n' >"$work/unmarked.trace"
run "$SIM" explore -c "$machine" "$work/unmarked.trace"
exits 4 "a guest without marks"
says "mark"
silent_stdout "a guest without marks"
run "$SIM" explore -c "$SD_SOURCE_DIR/configs/ryzen16.json" "$guest"
exits 3 "a machine that cannot be explored"
says "paging-structure cache"
run "$SIM" explore -c "$machine" --page 0x20000 "$guest"
exits 2 "--page alone"
says "--page means nothing without"
run "$SIM" explore -c "$machine"
exits 2 "no trace"

# What may happen by itself is chosen and printed.
run "$SIM" explore $three --protocol two_stage --early-ack --rewalk "$scenarios/cow_2.trace"
exits 0 "two_stage with early acknowledgement"
prints "acknowledged before invalidating"
prints "re-walk on a permission miss on"
run "$SIM" explore $three --protocol two_stage --nmis "$scenarios/cow_2.trace"
exits 0 "two_stage with NMIs"
prints "NMIs on"

# A search that was stopped goes on, and ends as one that was not.
searches="$three --protocol two_stage $scenarios/cow_3_two_words.trace"
run "$SIM" explore -q $searches
cp "$out" "$work/whole"
run "$SIM" explore -q --max-states 4000 --checkpoint "$work/stopped" $searches
exits 7 "a search with a bound"
prints "estimate    "
run "$SIM" explore -q --max-states 8000 --resume "$work/stopped" --checkpoint "$work/again" $searches
exits 7 "a search that goes on to another bound"
run "$SIM" explore -q --resume "$work/again" $searches
exits 0 "a search that goes on to its end"
same "$work/whole" "$out" "a resumed search says what an undisturbed one says"
run "$SIM" explore -q --memory 2 --checkpoint "$work/full" $searches
exits 7 "a search without memory" && prints "the memory for states is used up"
run "$SIM" explore -q --resume "$work/full" $searches
same "$work/whole" "$out" "a search that had no more memory can go on, too"
head -c 5000 "$work/stopped" >"$work/cut"
run "$SIM" explore --resume "$work/cut" $searches
exits 4 "a checkpoint that was cut" && says "was cut or changed"
run "$SIM" explore --evictions --resume "$work/stopped" $searches
exits 4 "a checkpoint of another search" && says "belongs to another guest"
run "$SIM" explore --max-states 100 --checkpoint "$work/no/such/dir" $searches
exits 5 "a checkpoint that cannot be written" && says "cannot be written"
finish
