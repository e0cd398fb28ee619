# SPDX-License-Identifier: BSD-2-Clause
# Intervals solve the equations that define them, in C and in SQL; percentiles of counts
# are at most 1/64 above those of the values.  The judge is intervals.py.
. "$SD_SOURCE_DIR/tests/support/sh.sh"

cd "$SD_SOURCE_DIR" || exit 1
printer=$(dirname "$SIM")/test_report_intervals
judge="python3 tests/sweep/intervals.py"

# K of N: none, all, one trial, the middle, and as many trials as a long sweep has.
cases=$(for n in 1 2 3 10 29 100 200; do for k in 0 1 $((n / 3)) $((n - 1)) $n; do echo "$k $n"; done; done | sort -u
    for n in 1000 100000; do for k in 0 1 2 5 300 $((n / 3)) $((n - 3)) $((n - 1)) $n; do echo "$k $n"; done; done)
# shellcheck disable=SC2086 # A list of numbers.
"$printer" $cases >"$work/intervals"
n_cases=$(echo "$cases" | wc -l)

cut -d' ' -f1-4 "$work/intervals" >"$work/wilson"
run sh -c "$judge wilson 1e-13 <'$work/wilson'"
exits 0 "Wilson's interval: $(head -3 "$out")" && prints "$n_cases intervals"
cut -d' ' -f1,2,5,6 "$work/intervals" >"$work/exact"
run sh -c "$judge exact 1e-10 <'$work/exact'"
exits 0 "Clopper's and Pearson's interval: $(head -3 "$out")" && prints "$n_cases intervals"

# The judge sees an error of one part in a million.
awk '{ printf "%s %s %.17g %s\n", $1, $2, $3 * 1.000001, $4 }' "$work/wilson" | grep '^1 100 ' >"$work/off"
run sh -c "$judge wilson 1e-13 <'$work/off'"
exits 1 "a wrong Wilson interval"
awk '{ printf "%s %s %s %.17g\n", $1, $2, $3, $4 * 1.000001 }' "$work/exact" | grep '^1 1000 ' >"$work/off"
run sh -c "$judge exact 1e-10 <'$work/off'"
exits 1 "a wrong exact interval"

# The view of a results file, with as many runs as a case has.
run "$SIM" sweep -q -c ryzen16 --engine native -n 1 -o "$work/file" traces/d14347.trace
exits 0 "a results file"
columns=$(sqlite3 "$work/file" "SELECT group_concat(CASE name WHEN 'run_id' THEN 'i' WHEN 'trial' THEN 'i'
    WHEN 'violations_under_lock' THEN 'i <= k' ELSE name END) FROM pragma_table_info('run')")
echo "$cases" | while read -r k n; do
    sqlite3 "$work/file" "CREATE TEMP TABLE one AS SELECT * FROM run LIMIT 1; DELETE FROM violation; DELETE FROM run;
        WITH RECURSIVE c(i, k) AS (SELECT 1, $k UNION ALL SELECT i + 1, k FROM c WHERE i < $n)
        INSERT INTO run SELECT $columns FROM c, one;
        SELECT printf('%d %d %!.17g %!.17g', trials_violated, trials, rate_wilson_low, rate_wilson_high) FROM point_result"
done >"$work/view"
run sh -c "$judge wilson 1e-13 <'$work/view'"
exits 0 "Wilson's interval in SQL: $(head -3 "$out")" && prints "$n_cases intervals"

# Percentiles: of stale ages against the ages of all violations, of the others against the
# exact ones of the same trials by sim run.
for protocol in local_only single_stage; do
    run "$SIM" sweep -q -c ryzen16 --engine native --protocols $protocol -n 40 -o "$work/$protocol" traces/d14347.trace
    exits 0 "a sweep of $protocol"
    {
        sqlite3 -separator ' ' "$work/$protocol" 'SELECT name, value_cycles, n FROM distribution'
        sqlite3 "$work/$protocol" 'SELECT stale_age_cycles FROM violation WHERE stale_age_cycles IS NOT NULL ORDER BY 1' |
            awk '{ v[NR] = $1 } END { for (p = 1; p <= 100; p++) { r = int((p * NR + 99) / 100); print "stale_age", "p" p, v[r] } }'
        "$SIM" -q -c ryzen16 --engine native --protocol $protocol -n 40 --exit-zero --json traces/d14347.trace 2>/dev/null |
            jq -r '(.shootdowns.latency_cycles, .exposure_cycles | .p50, .p99, .exact)' |
            paste -sd' ' | awk '{ print "shootdown_latency p50", $1; print "shootdown_latency p99", $2
                print "exposure p50", $4; print "exposure p99", $5; if ($3 $6 != "truetrue") print "not exact" }'
    } >"$work/percentiles"
    run sh -c "$judge percentiles <'$work/percentiles'"
    exits 0 "$protocol: $(head -5 "$out")" && prints "104 percentiles"
    check "$protocol: every age is counted" test "$(sqlite3 "$work/$protocol" "SELECT SUM(n) FROM distribution WHERE name = 'stale_age'")" \
        = "$(sqlite3 "$work/$protocol" 'SELECT COUNT(stale_age_cycles) FROM violation')"
done
check "some ages are long enough for buckets" test "$(sqlite3 "$work/local_only" 'SELECT MAX(stale_age_cycles) FROM violation')" -gt 8192
finish
