# SPDX-License-Identifier: BSD-2-Clause
# test_explore.sh - sim explore: verdicts as exit status, one line first, JSON
# with the names of the model, and clear errors.
# shellcheck shell=bash
. "$SD_SOURCE_DIR/tests/support/sh.sh"
: "${SIM:?}"
machine=$SD_SOURCE_DIR/configs/tiny/explore_three.json
guest=$SD_SOURCE_DIR/traces/explore/cow_3.trace

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
finish
