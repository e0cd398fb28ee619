# SPDX-License-Identifier: BSD-2-Clause
# A worker that dies costs its trial and nothing else, and --retry-failed leaves the rows
# of a sweep in which nothing happened.
. "$SD_SOURCE_DIR/tests/support/sh.sh"

cd "$SD_SOURCE_DIR" || exit 1
rows() {
    local table
    for table in points runs violations distributions; do
        "$SIM" export -w "$table" "$1"
    done
    sqlite3 "$1" 'SELECT violation_id, witness_json FROM violation ORDER BY 1;
        SELECT COUNT(*) FROM pending'
}

# A worker of the sweep, if there is one.
worker_of() { tr ' ' '\n' <"/proc/$1/task/$1/children" 2>/dev/null | grep . | head -1; }

# disturbed FILE SIGNAL [option...]: a sweep whose workers are killed three times.
disturbed() {
    local file=$1 signal=$2 pid worker n=0
    shift 2
    "$SIM" sweep -q -c ryzen16 --engine native -o "$file" "$@" traces/d14347.trace >/dev/null 2>"$work/stderr" &
    pid=$!
    while kill -0 $pid 2>/dev/null && [ $n -lt 3 ]; do
        sleep 0.2
        worker=$(worker_of $pid)
        [ -n "$worker" ] && kill "-$signal" "$worker" 2>/dev/null && n=$((n + 1))
    done
    wait $pid
    rc=$?
    err=$work/stderr
}

# compare NAME [option...]
compare() {
    local name=$1 n
    shift
    run "$SIM" sweep -q -c ryzen16 --engine native -j 2 -o "$work/$name-calm" "$@" traces/d14347.trace
    exits 0 "$name: undisturbed"
    rows "$work/$name-calm" >"$work/calm"
    disturbed "$work/$name" KILL -j 2 "$@"
    exits 6 "$name: a sweep whose workers die goes on, and says so"
    n=$(sqlite3 "$work/$name" "SELECT COUNT(*) FROM run WHERE status = 'failed' AND end = 'crashed' AND message LIKE 'killed by signal 9%'")
    check "$name: 1 to 3 trials crashed ($n)" [ "$n" -ge 1 -a "$n" -le 3 ]
    check "$name: all others are there" test "$(sqlite3 "$work/$name" "SELECT COUNT(*) FROM point WHERE status = 'done'")" = 2
    run "$SIM" sweep -q -c ryzen16 --engine native -j 2 -o "$work/$name" "$@" traces/d14347.trace
    exits 6 "$name: the same command leaves them as they are" && prints " 0 trials now"
    run "$SIM" sweep -q -c ryzen16 --engine native -j 2 -o "$work/$name" --retry-failed "$@" traces/d14347.trace
    exits 0 "$name: they are run again" && prints "$n trials that had failed"
    rows "$work/$name" >"$work/again"
    same "$work/calm" "$work/again" "$name: then all rows are those of the undisturbed one"
}
compare fixed --protocols single_stage,two_stage --trials 400
compare one_worker --protocols single_stage,local_only --trials 200 -j 1
compare adaptive --protocols single_stage,no_wait --trials 1000 --precision 5%

# The first trial of a point crashed: its witnesses come before those of the others.
sqlite3 "$work/fixed" "UPDATE run SET status = 'failed', end = 'crashed' WHERE trial IN (0, 7)"
run "$SIM" sweep -q -c ryzen16 --engine native -j 2 -o "$work/fixed" --protocols single_stage,two_stage --trials 400 traces/d14347.trace
exits 6 "trials that failed"
for part in 1 2; do # Killed while it tries again, and once more.
    "$SIM" sweep -q -c ryzen16 --engine native -o "$work/fixed" --retry-failed --protocols single_stage,two_stage --trials 400 traces/d14347.trace >/dev/null 2>&1 &
    sleep 0.03
    kill -9 $!
    wait $! 2>/dev/null
done
run "$SIM" sweep -q -c ryzen16 --engine native -o "$work/fixed" --retry-failed --protocols single_stage,two_stage --trials 400 traces/d14347.trace
exits 0 "--retry-failed after it was killed"
sqlite3 "$work/fixed" 'SELECT violation_id, witness_json FROM violation ORDER BY 1' >"$work/witnesses"
sqlite3 "$work/fixed-calm" 'SELECT violation_id, witness_json FROM violation ORDER BY 1' >"$work/expected"
same "$work/expected" "$work/witnesses" "the first violations have the witnesses"

# A worker that is only sent away has done nothing wrong.
disturbed "$work/term" TERM -j 2 --protocols single_stage,two_stage --trials 400
exits 0 "workers that got SIGTERM" 
rows "$work/term" >"$work/again"
rows "$work/fixed-calm" >"$work/calm"
same "$work/calm" "$work/again" "are replaced, and nothing is missing"
finish
