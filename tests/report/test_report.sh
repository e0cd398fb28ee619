# SPDX-License-Identifier: BSD-2-Clause
# test_report.sh - sim report: what it leaves, what it is made from, what it refuses.
# shellcheck shell=bash
. "$SD_SOURCE_DIR/tests/support/sh.sh"
: "${SIM:?}"
cd "$work" || exit 1
trace=$SD_SOURCE_DIR/traces/d14347.trace

"$SIM" sweep -q -c ryzen16 --protocols single_stage,two_stage --vary ipi.delivery_ns=50,200,800 \
    --trials 6 -o results.sqlite "$trace" >/dev/null || fail "sim sweep"

# ---- what is there
run "$SIM" report results.sqlite -o report
exits 0 "a report of a sweep"
for file in report.html violations.csv violations.jsonl violations.md witness/trace.json \
    paper/report.tex paper/macros.tex paper/methods.tex paper/references.bib \
    paper/tables/protocols.tex paper/tables/points.tex paper/figures/rate-ipi-delivery-ns.dat \
    paper/figures/rate-ipi-delivery-ns.gp paper/figures/rate-ipi-delivery-ns.tex \
    paper/figures/exposure.dat paper/figures/stale-age.dat paper/figures/cost.dat; do
    check "$file is there and not empty" test -s "report/$file"
done
says "tornado: fewer than two things"

# ---- the numbers are those of the results file
if command -v sqlite3 >/dev/null; then
    n=$(sqlite3 results.sqlite "SELECT COUNT(*) FROM violation")
    check "violations.csv has every violation" test "$(($(wc -l <report/violations.csv) - 1))" = "$n"
    check "violations.jsonl has every violation" test "$(wc -l <report/violations.jsonl)" = "$n"
    rate=$(sqlite3 results.sqlite "SELECT printf('%.1f', 100.0 * SUM(trials_violated) / SUM(trials)) FROM point_result WHERE protocol = 'single_stage'")
    check "the macro of a rate is that of SQL" grep -qF "\\newcommand{\\SingleStageRate}{$rate}" report/paper/macros.tex
    check "so is that of the page" grep -qF "<strong>$rate" report/report.html
fi
number=$(grep -o 'id="violation-[0-9]*"' report/report.html | head -n 1 | tr -dc 0-9)
words=$(grep -o "^$number,.*" report/violations.csv | sed 's/.*[,"]\(Thread [0-9]* on CPU [0-9]* read [^ ]*\).*/\1/')
check "a number names one violation in page and CSV" \
    eval 'grep -A2 "id=\"violation-$number\"" report/report.html | grep -qF "$words"'

# ---- equal results, equal reports (but for the dates in a PDF)
run "$SIM" report -q results.sqlite -o again
for file in $(cd report && find . -type f ! -name '*.pdf'); do
    same "report/$file" "again/$file" "$file is the same twice"
done

# ---- without gnuplot
run "$SIM" report --no-gnuplot results.sqlite -o plain
exits 0 "a report without drawings"
check "data and scripts are written all the same" test -s plain/paper/figures/cost.gp
check "the page says that nothing is drawn, and has the numbers" \
    grep -q 'The figures were not drawn' plain/report.html
mkdir nothing
for tool in "$(command -v sh)"; do ln -s "$tool" nothing/; done
PATH=$PWD/nothing run "$SIM" report results.sqlite -o none
exits 0 "a report where gnuplot is not installed"
says "gnuplot is not installed"

# ---- figures of one's own
cat >mine.json <<'JSON'
[{"name": "mine", "kind": "line", "title": "IPIs", "x": "ipi.delivery_ns", "y": "ipis"},
 {"name": "mine-2", "kind": "bars", "y": ["sleeps_on_busy"], "where": {"ipi.delivery_ns": 200}}]
JSON
run "$SIM" report -q --no-gnuplot --figure mine.json results.sqlite -o own
exits 0 "figures from JSON"
check "a figure of one's own is written" test -s own/paper/figures/mine.tex
check "and stands in the paper" grep -q 'input{figures/mine-2}' own/paper/report.tex

# refuse JSON EXIT WORDS
refuse() {
    printf '%s' "$1" >bad.json
    run "$SIM" report -q --no-gnuplot --figure bad.json results.sqlite -o refused --force
    exits "$2" "the figure $1"
    says "$3"
}
refuse '{"name": "x", "kind": "line", "x": "ipi.delivery_ns", "y": "nothing"}' 3 'there is no "nothing"'
refuse '{"name": "x", "kind": "pie", "y": "rate"}' 3 'bad.json:1:23: "kind": line, ecdf'
refuse '{"name": "../x", "kind": "bars", "y": "rate"}' 3 'letters, digits'
refuse '{"name": "x", "kind": "bars", "y": "rate", "colour": 1}' 3 '"colour": unknown'
refuse '{"name": "cost", "kind": "bars", "y": "rate"}' 3 'of that name already'
refuse '{"name": "x", "kind": "bars"' 3 'bad.json'

# ---- the picture of the README
"$SIM" run -q -c ryzen16 --protocol single_stage --set ipi.cluster_ns=50 --trials 3 --exit-zero \
    --outdir picture "$trace" >/dev/null
run "$SIM" report -q --no-gnuplot picture -o picture-report
same "$SD_SOURCE_DIR/docs/pictures/timeline.svg" picture-report/witness/violation-1.svg \
    "the picture of the README is what the program draws (docs/timelines.md says how)"
if command -v python3 >/dev/null; then
    for file in report/witness/*.svg; do
        check "$file is well-formed" python3 -c \
            'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$file"
    done
fi

# ---- runs and comparisons
run "$SIM" run -q -c ryzen16 --protocol single_stage --trials 5 --exit-zero --outdir run "$trace"
exits 0 "sim run --outdir"
run "$SIM" report -q run -o run-report
exits 0 "a report of a run"
check "with its violations" grep -q '<article id="violation-1"' run-report/report.html
run "$SIM" compare -q -c ryzen16 --protocols single_stage,two_stage --trials 5 --exit-zero \
    --outdir compare "$trace"
run "$SIM" report -q --no-gnuplot compare -o compare-report
exits 0 "a report of a comparison"
check "with a figure of the costs" test -s compare-report/paper/figures/cost.dat
if command -v sqlite3 >/dev/null; then
    same <(sqlite3 compare/results.sqlite "SELECT trial, violations, duration_cycles, ipis FROM run WHERE point_id = 0") \
        <(sqlite3 run/results.sqlite "SELECT trial, violations, duration_cycles, ipis FROM run") \
        "a comparison stores the trials of the run"
    n=$(jq '.trials_violated' run/result.json 2>/dev/null || echo 0)
    check "the rows of a run add up to its result.json" \
        test "$(sqlite3 run/results.sqlite 'SELECT trials_violated FROM point_result')" = "$n"
fi

# ---- nothing found, nothing finished
"$SIM" sweep -q -c ryzen16 --protocols two_stage --trials 2 -o clean.sqlite "$trace" >/dev/null
run "$SIM" report -q --no-gnuplot clean.sqlite -o clean
exits 0 "a report without a violation"
check "says that there is none" grep -q 'There is none' clean/report.html
"$SIM" sweep -q -c ryzen16 --protocols single_stage,two_stage --trials 2 --shard 0/2 -o part.sqlite "$trace" >/dev/null
run "$SIM" report -q --no-gnuplot part.sqlite -o part
exits 0 "a report of a part"
check "says what is not finished" grep -q '1 points are not finished' part/report.html

# ---- refused
run "$SIM" report results.sqlite -o report
exits 5 "a directory that is not empty"
says "--force"
run "$SIM" report nowhere.sqlite -o x
exits 5 "a file that is not there"
check "leaves no directory behind" test ! -e x
echo "no database" >text.sqlite
run "$SIM" report text.sqlite -o x
exits 5 "a file that is no database"
head -c 20000 results.sqlite >cut.sqlite
run "$SIM" report cut.sqlite -o x
exits 5 "a file that was cut"
if command -v sqlite3 >/dev/null; then
    cp results.sqlite other.sqlite
    sqlite3 other.sqlite "PRAGMA user_version = 99"
    run "$SIM" report other.sqlite -o x
    exits 5 "another version of the tables"
    says "99"
    cp results.sqlite broken.sqlite
    sqlite3 broken.sqlite "UPDATE violation SET witness_json = substr(witness_json, 1, 300)"
    run "$SIM" report -q --no-gnuplot broken.sqlite -o broken --force
    exits 5 "a witness that was cut"
    says "witness of violation 1"
    cp results.sqlite evil.sqlite
    sqlite3 evil.sqlite "UPDATE violation SET sentence = '<script>alert(1)</script>', symbol = '<b>'; UPDATE trace SET file = '<img src=x>.trace'"
    run "$SIM" report -q --no-gnuplot evil.sqlite -o evil
    check "what a guest says is escaped" eval '! grep -q "<script>alert\|<img" evil/report.html'
fi

# ---- a disk that fills up, a directory that may only be read
if unshare -rm true 2>/dev/null; then
    mkdir small fixed
    run unshare -rm bash -c '
        mount -t tmpfs -o size=300k none small || exit 99
        "$@"
        rc=$?
        find small -name "*part-*" >left
        exit $rc' _ "$SIM" report -q --no-gnuplot results.sqlite -o small/report
    if [ "$rc" != 99 ]; then
        exits 5 "a full disk"
        says "is the disk full"
        check "leaves no half file" test ! -s left
    fi
    cp results.sqlite fixed/
    run unshare -rm bash -c 'mount --bind fixed fixed && mount -o remount,ro,bind fixed || exit 99; exec "$@"' _ \
        "$SIM" report -q --no-gnuplot fixed/results.sqlite -o fixed-report
    [ "$rc" = 99 ] || exits 0 "a results file where nothing may be written"
fi

# ---- while the sweep goes on
"$SIM" sweep -q -c ryzen16 --protocols single_stage,two_stage --vary ipi.delivery_ns=50:450:50 \
    --trials 40 --engine native -o live.sqlite "$trace" >/dev/null &
sweep=$!
n_live=0
while kill -0 $sweep 2>/dev/null; do
    run "$SIM" report -q --no-gnuplot live.sqlite -o live --force
    if [ "$rc" = 0 ]; then
        n_live=$((n_live + 1))
        rows=$(sed -n 's/.*<p>\([0-9 ]*\) trials at.*/\1/p' live/report.html | tr -dc 0-9)
        sums=$(sed -n 's/.*Trials}{\(.*\)}$/\1/p' live/paper/macros.tex | tr -d '\\,' | awk 'NR > 2 { n += $1 } END { print n }')
        [ -z "$rows" ] || check "a report of a running sweep is of one moment: $rows trials, $sums in macros" \
            test "$rows" = "$sums"
    fi
done
wait $sweep
check "a running sweep can be reported" test "$n_live" -gt 0
run "$SIM" report
exits 2 "no file at all"
finish
