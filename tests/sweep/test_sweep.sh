# SPDX-License-Identifier: BSD-2-Clause
# A sweep gives the same rows with any number of jobs and shards, after being killed at
# any moment, and refuses what does not belong together.
. "$SD_SOURCE_DIR/tests/support/sh.sh"

cd "$SD_SOURCE_DIR" || exit 1
tables="points runs violations distributions"
plan="-q -c ryzen16 --engine native --protocols single_stage,two_stage --vary ipi.delivery_ns=100:400:x2 --trials 8 traces/d14347.trace"

# sweep FILE [option...]
sweep() {
    local file=$1
    shift
    # shellcheck disable=SC2086 # A list of words.
    run "$SIM" sweep $plan -o "$file" "$@"
}

# rows FILE: all tables, as text.
rows() {
    local table
    for table in $tables; do
        "$SIM" export -w "$table" "$1"
    done
}

sweep "$work/single" -j 1
exits 0 "a sweep that finds violations succeeds"
prints "6 of 6 points done; 48 trials now, 0 before"
rows "$work/single" >"$work/expected"
check "violations are among the rows" grep -q 'STALE' "$work/expected"

sweep "$work/two" -j 2
rows "$work/two" >"$work/rows"
same "$work/expected" "$work/rows" "one job and two give the same rows"

# Exported as JSON, a table is what it is as CSV.
for table in $tables; do
    run "$SIM" export -f jsonl -w "$table" "$work/single"
    exits 0 "$table as JSON"
    cp "$out" "$work/jsonl"
    "$SIM" export -w "$table" "$work/single" >"$work/csv"
    run python3 -c '
import csv, json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
rows = list(csv.DictReader(open(sys.argv[2], newline="")))
def same(value, text):
    if isinstance(value, dict):
        return value == json.loads(text)
    if isinstance(value, (int, float)):
        return abs(value - float(text)) <= 1e-11 * abs(value)
    return (value or "") == text and not text.replace(".", "", 1).isdigit()
assert len(lines) == len(rows) > 0
assert all(list(line) == list(row) for line, row in zip(lines, rows))
assert all(same(line[k], row[k]) for line, row in zip(lines, rows) for k in row)
' "$work/jsonl" "$work/csv"
    exits 0 "$table: as many rows, the same columns and values; numbers are numbers"
done
run "$SIM" export -f xml "$work/single"
exits 2 "a format that is not there"

sweep "$work/single" -j 2
prints "0 trials now, 48 before"
rows "$work/single" >"$work/rows"
same "$work/expected" "$work/rows" "a finished sweep stays as it is"

# Every violation has a row, though only the first of a point have their witness; --set
# wins over what a sweep takes for granted.
run "$SIM" sweep -q -c ryzen16 --engine native --protocols local_only -n 3 --witnesses 2 -j 2 -o "$work/many" traces/d14347.trace
exits 0 "a sweep with hundreds of violations"
check "there are more than a run keeps" test \
    "$(sqlite3 "$work/many" 'SELECT MIN(violations) FROM run')" -gt 100
check "each has its row" test "$(sqlite3 "$work/many" \
    'SELECT COUNT(*) FROM run r WHERE violations != (SELECT COUNT(*) FROM violation v WHERE v.run_id = r.run_id)')" = 0
check "the first two have their witness" test \
    "$(sqlite3 "$work/many" 'SELECT group_concat(violation_id) FROM violation WHERE witness_json IS NOT NULL')" = 0,1
run "$SIM" sweep -q -c ryzen16 --engine native --protocols local_only -n 2 --set check.max_violations=5 -o "$work/few" traces/d14347.trace
check "--set wins" test "$(sqlite3 "$work/few" 'SELECT COUNT(*) FROM violation')" = 10

# Shards, merged in any order, more than once.
for i in 0 1 2 3; do
    sweep "$work/shard$i" --shard $i/4
    exits 0 "shard $i"
done
run "$SIM" merge -o "$work/merged" "$work/shard2" "$work/shard0"
exits 0 "two of four shards" && prints "3 of 6 points" && says "3 points are missing"
run "$SIM" merge -o "$work/merged" "$work/shard3" "$work/shard2" "$work/shard1"
exits 0 "the others" && prints "6 of 6 points"
rows "$work/merged" >"$work/rows"
same "$work/expected" "$work/rows" "merged shards give the rows of one sweep"

# Killed at a random moment, again and again, until it is done.
RANDOM=17
for round in 1 2 3 4 5 6; do
    n_killed=0
    rm -f "$work/killed"*
    while :; do
        # shellcheck disable=SC2086
        "$SIM" sweep $plan -j 2 -o "$work/killed" >/dev/null 2>&1 &
        pid=$!
        sleep "0.0$((RANDOM % 90 + 10))"
        kill -9 $pid 2>/dev/null || { wait $pid; break; }
        wait $pid 2>/dev/null
        n_killed=$((n_killed + 1))
        [ $n_killed -lt 12 ] || { sweep "$work/killed"; break; }
    done
    sweep "$work/killed"
    exits 0 "a sweep that was killed goes on"
    rows "$work/killed" >"$work/rows"
    same "$work/expected" "$work/rows" "round $round: killed $n_killed times, same rows"
done

# A reader of an unfinished file: distributions are those of the trials that are there.
timeout -s TERM 5 "$SIM" sweep -q -c ryzen16 --engine native --protocols single_stage -n 1000000 -j 2 \
    -o "$work/open" traces/d14347.trace >/dev/null 2>&1
n=$(sqlite3 "$work/open" 'SELECT COUNT(*) FROM run')
check "some trials are not added up yet" test "$(sqlite3 "$work/open" 'SELECT COUNT(*) FROM pending')" -gt 0
run "$SIM" sweep -q -c ryzen16 --engine native --protocols single_stage -n "$n" -o "$work/closed" traces/d14347.trace
check "all are, when the point ends" test "$(sqlite3 "$work/closed" 'SELECT COUNT(*) FROM pending')" = 0
for file in open closed; do "$SIM" export -w distributions "$work/$file" >"$work/$file.csv"; done
same "$work/open.csv" "$work/closed.csv" "distributions of the $n trials of an unfinished point"

# A merge that is killed is only run again.
for round in 1 2 3 4 5; do
    rm -f "$work/merged"*
    "$SIM" merge -o "$work/merged" "$work"/shard[0-3] >/dev/null 2>&1 &
    pid=$!
    sleep "0.00$((RANDOM % 9 + 1))"
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
    run "$SIM" merge -o "$work/merged" "$work"/shard[0-3]
    exits 0 "a merge after a killed one"
    rows "$work/merged" >"$work/rows"
    same "$work/expected" "$work/rows" "merge $round: same rows"
done

# Adaptive trials do not depend on the number of jobs, nor on where they were stopped.
adaptive="-q -c ryzen16 --engine native --protocols single_stage,two_stage --trials 200 --precision 8% traces/d14347.trace"
# shellcheck disable=SC2086
for j in 1 2; do run "$SIM" sweep $adaptive -j $j -o "$work/adaptive$j"; exits 0 "adaptive, $j jobs"; done
rows "$work/adaptive1" >"$work/a1"
rows "$work/adaptive2" >"$work/a2"
same "$work/a1" "$work/a2" "adaptive trials are the same with one job and two"
check "precision stopped a point early" grep -q ',precision,' "$work/a1"

# What does not belong together.
sweep "$work/single" --trials 9
exits 5 "another number of trials" && says "holds another sweep"
run "$SIM" merge -o "$work/merged" "$work/adaptive1"
exits 5 "a shard of another plan" && says "belongs to another plan"
cp "$work/single" "$work/version" && sqlite3 "$work/version" 'PRAGMA user_version=9' 2>/dev/null && {
    sweep "$work/version"
    exits 5 "a file of another version" && says "has version 9"
}
head -c 3000 "$work/single" >"$work/cut"
sweep "$work/cut"
exits 5 "a file that was cut" && says "$work/cut"
echo "hello, this is a text and no database at all" >"$work/text"
sweep "$work/text"
exits 5 "a text" && says "no results file"
check "it is left as it was" grep -q hello "$work/text"
run "$SIM" export "$work/none"
exits 5 "a file that is not there"
run "$SIM" export -w rows "$work/single"
exits 2 "a table that is not there" && says "there is no table 'rows'"
"$SIM" sweep -q -c ryzen16 --trials 100000 -o "$work/busy" traces/d14347.trace &
busy=$!
for _ in $(seq 100); do
    if [ -s "$work/busy" ]; then break; fi
    sleep 0.1
done
sweep "$work/busy"
exits 5 "two writers of one file" && says "another sweep or merge writes"
kill -9 $busy
wait $busy 2>/dev/null
sweep "$work/busy"
exits 5 "the lock dies with its owner" && says "holds another sweep"

# Impossible plans name the point and the key, before anything runs.
bad() {
    local sentence=$1 code=$2 words=$3
    shift 3
    run "$SIM" sweep -q -o "$work/bad" "$@"
    exits "$code" "$sentence"
    says "$words"
    check "$sentence: no file is made" [ ! -e "$work/bad" ]
}
guest=traces/d14347.trace
bad "a value out of bounds" 3 "point 1 (mem.copy_lines=900" -c ryzen16 --vary mem.copy_lines=8,900 $guest
bad "an unknown key" 3 "ipi.nothing" -c ryzen16 --vary ipi.nothing=1 $guest
bad "zipped axes of two lengths" 2 "must be as many" -c ryzen16 --zip --vary ipi.delivery_ns=1,2 --vary mem.copy_lines=1,2,3 $guest
bad "a range that goes down" 2 "a range goes up" -c ryzen16 --vary ipi.delivery_ns=9:1:1 $guest
bad "an unknown protocol" 3 "protocol" -c ryzen16 --protocols nope $guest
bad "a guest that is not there" 4 "nope.trace" -c ryzen16 nope.trace
bad "no guest" 2 "a guest, please" -c ryzen16
bad "a shard that is not there" 2 "I from 0 to N - 1" -c ryzen16 --shard 3/3 $guest
run "$SIM" sweep --dry-run -c ryzen16 --vary ipi.delivery_ns=50:200:50 --trials 10 -o "$work/dry" $guest
exits 0 "a plan" && prints "4 points, 10 trials each: 40 trials"
check "a dry run estimates the time from three points" grep -qE \
    '^estimate +about [0-9.e-]+ s for 4 points .* point 0 \(.* point 1 \(.* point 3 \(' "$out"
check "a dry run makes no file" [ ! -e "$work/dry" ]
# ---- a finished file is one file
mkdir "$work/folder"
run "$SIM" sweep -q -c ryzen16 --trials 2 -o "$work/folder/results.sqlite" "$SD_SOURCE_DIR/traces/d14347_one_page.trace"
exits 0 "a small sweep"
run "$SIM" export "$work/folder/results.sqlite"
exits 0 "its export"
check "nothing lies beside a finished file, also after reading" test "$(ls "$work/folder")" = results.sqlite
finish
