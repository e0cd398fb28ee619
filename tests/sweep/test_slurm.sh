# SPDX-License-Identifier: BSD-2-Clause
# A sweep as a job array gives the rows of a sweep on one machine, whatever happens to
# its tasks, to the process that waits and to the controller.  The Slurm is a real one,
# of one node and our own: tests/support/slurm_world.sh.
# shellcheck shell=bash
. "$SD_SOURCE_DIR/tests/support/sh.sh"

cd "$SD_SOURCE_DIR" || exit 1
world=$SD_SOURCE_DIR/tests/support/slurm_world.sh
slurm=$work/slurm
trap 'bash "$world" stop "$slurm"; rm -rf "$work"' EXIT
why=$(timeout 60 bash "$world" start "$slurm" $$ 2>&1) || skip "$why"
export SLURM_CONF=$slurm/slurm.conf

guest=traces/d14347.trace
plan="-c ryzen16 --engine native --protocols single_stage,two_stage --vary ipi.delivery_ns=50:400:x2 --trials 60 $guest"
small="-c ryzen16 --engine native --vary ipi.delivery_ns=100:400:x2 --trials 4 $guest"

# slurm FILE PLAN [option...]: a sweep under Slurm; slow machines are not wrong ones.
slurm() {
    local file=$1 words=$2
    shift 2
    # shellcheck disable=SC2086 # A list of words.
    run timeout 120 "$SIM" sweep $words --engine slurm -o "$file" "$@"
}

rows() {
    local table
    for table in points runs violations distributions; do
        "$SIM" export -w "$table" "$1"
    done
}

# same_rows FILE EXPECTED "sentence"
same_rows() {
    rows "$1" >"$work/rows" 2>&1
    same "$2" "$work/rows" "$3"
}

count() { echo $#; }
jobs_of() { grep -c '^job ' "$1.slurm/job"; }
known_jobs() { squeue -h -r -t all -o %i | wc -l; }

# until_true "sentence" command...: within 30 s.
until_true() {
    local sentence=$1 _
    shift
    for _ in $(seq 1500); do
        "$@" 2>/dev/null && return 0
        sleep 0.02
    done
    fail "$sentence: not within 30 s"
}

has_bytes() { [ "$(stat -c %s "$1" 2>/dev/null || echo 0)" -ge "$2" ]; }

# ---- the same rows ------------------------------------------------------------------

for j in 1 2; do
    # shellcheck disable=SC2086
    run "$SIM" sweep -q $plan -j $j -o "$work/local$j"
    exits 0 "a sweep on this machine, -j$j"
    rows "$work/local$j" >"$work/expected$j"
done
expected=$work/expected1
same "$expected" "$work/expected2" "one job and two give the same rows"
# shellcheck disable=SC2086
run "$SIM" sweep -q $small -j 1 -o "$work/local_small"
rows "$work/local_small" >"$work/expected_small"

slurm "$work/array" "$plan" --shards 8
exits 0 "a sweep under Slurm" && prints "8 of 8 points done" && says "shards 0-7 of 8"
same_rows "$work/array" "$expected" "8 shards under Slurm and -j1 give the same rows"
check "every shard has a file of its own" [ "$(count "$work"/array.slurm/shard-?.sqlite)" = 8 ]
check "the job is one array, not a job per shard" [ "$(jobs_of "$work/array")" = 1 ]
check "a shard leaves one file" [ "$(count "$work"/array.slurm/shard-?.sqlite*)" = 8 ]
run "$SIM" merge -o "$work/by_hand" "$work"/array.slurm/shard-?.sqlite
exits 0 "sim merge takes the shards of Slurm"
same_rows "$work/by_hand" "$expected" "sim merge gives the same rows from them"

n=$(known_jobs)
slurm "$work/array" "$plan" --shards 8
exits 0 "the same command again" && prints "0 trials now, 480 before"
rm "$work/array"
slurm "$work/array" "$plan"
exits 0 "the results file is deleted, the shards are not" && prints "8 of 8 points done"
same_rows "$work/array" "$expected" "what the shards have is merged again"
check "what is done is not submitted again" [ "$(known_jobs)" = "$n" ]

# ---- shards that get lost -----------------------------------------------------------

# kill_shard N: kill -9 for its sweep, and for nothing else.
kill_shard() {
    local pid
    # shellcheck disable=SC2013 # Numbers have no blanks.
    for pid in $(grep -lzF "$work/lost.slurm/shard-$1.sqlite" /proc/[0-9]*/cmdline 2>/dev/null |
        cut -d/ -f3); do
        [ "$(cat "/proc/$pid/comm" 2>/dev/null)" != sim ] || kill -9 "$pid"
    done
}

slurm "$work/lost" "$plan" --shards 8 --no-wait
exits 0 "--no-wait" && prints "0 of 8 points done" && says "8 shards stay in the queue"
id=$(sed -n 's/^job \([0-9]*\) .*/\1/p' "$work/lost.slurm/job")
until_true "shard 2 stores trials" has_bytes "$work/lost.slurm/shard-2.sqlite-wal" 150000
kill_shard 2
until_true "shard 5 stores trials" has_bytes "$work/lost.slurm/shard-5.sqlite-wal" 150000
scancel "${id}_5" "${id}_7"
slurm "$work/lost" "$plan"
exits 0 "shards killed and cancelled" && prints "8 of 8 points done"
same_rows "$work/lost" "$expected" "lost shards are run again and the rows are the same"
says "shard 5 ended too early (CANCELLED)"
says "shard 2 ended too early (FAILED)"
again=$(sed -n '5,$s/^job [0-9]* shards //p' "$work/lost.slurm/job" | tr ',\n' '  ')
check "only lost shards are submitted again: $again" \
    [ "$(echo "$again" | tr ' ' '\n' | sort | tr -d '\n')" = 257 ]
for i in 2 5; do
    check "shard $i goes on where it was: $(tail -n 1 "$work/lost.slurm/shard-$i.log")" \
        grep -qE ' [0-9]+ trials now, [1-9][0-9]* before' "$work/lost.slurm/shard-$i.log"
done
check "the others run once" [ "$(wc -l <"$work/lost.slurm/shard-0.log")" = 1 ]

# ---- attaching ----------------------------------------------------------------------

# shellcheck disable=SC2086
"$SIM" sweep $plan --engine slurm --shards 4 -o "$work/int" >"$work/out" 2>"$work/err" &
pid=$!
until_true "the first start submits" grep -q 'is submitted' "$work/err"
slurm "$work/int" "$plan"
exits 5 "two that wait for one file" && says "another sweep or merge writes"
until_true "shard 0 stores trials" has_bytes "$work/int.slurm/shard-0.sqlite-wal" 1
check "a running shard shares no memory through a file" \
    [ ! -e "$work/int.slurm/shard-0.sqlite-shm" ]
kill -INT $pid
wait $pid
check "SIGINT ends the wait with 130" [ $? = 130 ]
check "SIGINT says that the job goes on" grep -q 'stopped; .* stay in the queue' "$work/err"
check "SIGINT leaves the shards in the queue" [ "$(squeue -h -r | wc -l)" -gt 0 ]
slurm "$work/int" "$plan" --shards 4
exits 0 "the second start" && says "attached to job"
same_rows "$work/int" "$expected" "a second start attaches and the rows are the same"
check "a second start submits nothing" [ "$(jobs_of "$work/int")" = 1 ]

# The note of the job is lost: it is found by its name.
slurm "$work/name" "$plan" --shards 2 --no-wait
sed -i '/^job /d' "$work/name.slurm/job"
slurm "$work/name" "$plan" --shards 2 --no-wait
exits 0 "the note of the job is lost" && says "attached to job"
check "a job without a note is not submitted twice" [ "$(squeue -h -r | wc -l)" -le 2 ]

# ---- the controller dies ------------------------------------------------------------

# shellcheck disable=SC2086
"$SIM" sweep $plan --engine slurm -o "$work/name" >"$work/out" 2>"$work/err" &
pid=$!
until_true "it attaches" grep -q 'attached' "$work/err"
kill "$(cat "$slurm/run/slurmctld.pid")"
until_true "the silence is noticed" grep -q 'Unable to contact' "$work/err"
slurm "$work/dead" "$small"
exits 8 "nobody answers" && says "does slurmctld run"
bash "$world" ctld "$slurm"
wait $pid
check "a wait outlives its controller" [ $? = 0 ]
check "it says that Slurm is back" grep -q 'answers again' "$work/err"
same_rows "$work/name" "$expected" "a controller that died changes no row"

# ---- what cannot go on --------------------------------------------------------------

n=$(known_jobs)
slurm "$work/bad" "-c ryzen16 --vary mem.copy_lines=8,900 $guest"
exits 3 "an impossible plan" && says "point 1 (mem.copy_lines=900"
check "an impossible plan makes no file" [ ! -e "$work/bad" ]
check "an impossible plan makes no directory" [ ! -e "$work/bad.slurm" ]
slurm "$work/array" "$small"
exits 5 "the file of another plan" && says "holds another sweep"
rm -f "$work/array"
slurm "$work/array" "$small"
exits 5 "the shards of another plan" && says "has the shards of another sweep"
slurm "$work/lost2" "$small" --sbatch-args "--partition=nope"
exits 8 "a partition that is not there" && says "invalid partition specified: nope"
slurm "$work/many" "-c ryzen16 --vary ipi.delivery_ns=1:150:1 --trials 1 $guest" --shards 150
exits 8 "more tasks than an array may have" && says "--shards 101 or less"
check "what is refused is not in the queue" [ "$(known_jobs)" = "$n" ]
for words in "--shards 3" "--no-wait"; do
    # shellcheck disable=SC2086
    run "$SIM" sweep $small $words -o "$work/bad"
    exits 2 "$words without Slurm" && says "means nothing without --engine slurm"
done
slurm "$work/bad" "$small" --shard 0/2
exits 2 "--shard with Slurm" && says "exclude each other"
for words in "-p 'x" --array=0-3 --wait; do
    slurm "$work/bad" "$small" --sbatch-args "$words"
    exits 2 "sbatch gets no $words"
done
SLURM_CONF=$work/none slurm "$work/bad" "$small"
exits 8 "a configuration that is not there" && says "SLURM_CONF names $work/none"
echo "nonsense" >"$work/none"
SLURM_CONF=$work/none slurm "$work/bad" "$small"
exits 8 "no configuration of Slurm" && says "is SLURM_CONF set"
timeout=$(command -v timeout)
# shellcheck disable=SC2086
PATH=$work run "$timeout" 60 "$SIM" sweep $small --engine slurm -o "$work/bad"
exits 8 "no Slurm at all" && says "squeue is not on PATH"

# A shard that cannot run is given up, and named; the others are merged.
slurm "$work/broken" "$small" --shards 3
echo "no database" >"$work/broken.slurm/shard-1.sqlite"
rm "$work/broken"
slurm "$work/broken" "$small" --shards 2
exits 2 "another number of shards" && says "was begun with 3 shards"
slurm "$work/broken" "$small" --resubmit 1
exits 8 "a shard that always fails" && says "1 of 3 shards are lost: shard 1 (FAILED; shard-1.log ends"
says "shard-1.sqlite: is no results file"
check "it had one chance more, and the others none" \
    [ "$(sed 1,3d "$work/broken.slurm/job" | cut -d' ' -f3- | tr '\n' ' ')" = "shards 0-2 shards 1 shards 1 " ]
rm "$work/broken.slurm/shard-1.sqlite"
slurm "$work/broken" "$small"
exits 0 "the cause is mended"
same_rows "$work/broken" "$work/expected_small" "then the rows are those of one machine"

# ---- odd names and numbers ----------------------------------------------------------

mkdir "$work/it's a \"%a\" \$HOME"
odd="$work/it's a \"%a\" \$HOME/r.sqlite"
cp $guest "$work/it's a \"%a\" \$HOME/g.trace"
run timeout 60 "$SIM" sweep -c ryzen16 --engine native --engine slurm --trials 4 -j 2 \
    --sbatch-args "--comment='two words' --array=%1" -o "$odd" -- "$work/it's a \"%a\" \$HOME/g.trace"
exits 0 "blanks, quotes and dollars in paths, one point and 16 shards"
prints "1 of 1 points done" && says "shards 0 of 1"
check "the log is where it should be" [ -s "$odd.slurm/shard-0.log" ]
# shellcheck disable=SC2086
run "$SIM" sweep $small --engine slurm --dry-run -o "$work/dry"
# shellcheck disable=SC2016
exits 0 "a dry run" && prints '--shard "$shard/3"'
check "a dry run makes no directory" [ ! -e "$work/dry.slurm" ]
finish
