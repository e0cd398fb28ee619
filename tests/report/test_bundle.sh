# SPDX-License-Identifier: BSD-2-Clause
# test_bundle.sh - sim report --bundle and sim reproduce: run again somewhere else, and
# every row is the same; what was changed is found.
# shellcheck shell=bash
. "$SD_SOURCE_DIR/tests/support/sh.sh"
: "${SIM:?}"
cd "$work" || exit 1
mkdir first
cp "$SD_SOURCE_DIR/traces/d14347.trace" first/
sed 's/"two_stage"/"mine"/' "$SD_SOURCE_DIR/configs/protocols/two_stage.json" >first/mine.json

(cd first && "$SIM" sweep -q -c ryzen16 --protocols single_stage,mine.json \
    --vary ipi.delivery_ns=100,200,400 --set ipi.self_cycles=77 --trials 3 -o results.sqlite d14347.trace >/dev/null) ||
    fail "sim sweep"
run "$SIM" report -q --no-gnuplot --bundle first/results.sqlite -o report
exits 0 "a bundle"
mkdir elsewhere
cp report/bundle.tar.gz elsewhere/
rm -rf first/d14347.trace first/mine.json
cd elsewhere || exit 1
run "$SIM" reproduce --all bundle.tar.gz
exits 0 "all points again, where nothing else is"
prints "6 of 6 points run again"
prints "all equal"
run "$SIM" reproduce --points 2 -j 1 bundle.tar.gz
exits 0 "a sample again"
prints "2 of 6 points run again"

tar -xzf bundle.tar.gz
check "the sums hold" eval '(cd bundle && sha256sum --quiet -c SHA256SUMS)'
check "the commands are told" grep -q 'sim reproduce' bundle/README.md
check "no path of the first machine is in it" eval '! grep -rq "$work" bundle'
run "$SIM" reproduce --all bundle
exits 0 "a bundle that lies unpacked"

if command -v sqlite3 >/dev/null; then
    cp -R bundle changed
    sqlite3 changed/results.sqlite "UPDATE run SET duration_cycles = duration_cycles + 1 WHERE run_id = (SELECT MAX(run_id) FROM run)"
    run "$SIM" reproduce --all changed
    exits 1 "a number that was changed is found"
    prints "differ, the first in table run, point 5"
    cp -R bundle fewer
    sqlite3 fewer/results.sqlite "DELETE FROM violation WHERE violation_id = (SELECT MAX(violation_id) FROM violation)"
    run "$SIM" reproduce --all fewer
    exits 1 "a violation that was taken out is found"
    prints "table violation"
fi
cp -R bundle guest
sed -i '0,/compute/s/compute/compute/; s/repeat 40/repeat 41/' guest/d14347.trace
echo '# changed' >>guest/d14347.trace
sed -i '0,/^\( *\)store/s//\1load /' guest/d14347.trace
run "$SIM" reproduce guest
check "a guest that was changed is refused" test "$rc" -ne 0
cp -R bundle plan
sed -i 's/"seed": 1/"seed": 2/' plan/plan.json
run "$SIM" reproduce plan
check "a plan that was changed is refused" test "$rc" -ne 0
says "different plans"
head -c 3000 bundle.tar.gz >cut.tar.gz
run "$SIM" reproduce cut.tar.gz
exits 5 "a bundle that was cut"
run "$SIM" reproduce nowhere
exits 5 "a bundle that is not there"
check "nothing is left in the temporary directory" eval '! ls -d "${TMPDIR:-/tmp}"/sim-reproduce-* 2>/dev/null | grep -q .'

# ---- what cannot be bundled
cd "$work" || exit 1
run "$SIM" report -q --no-gnuplot --bundle first/results.sqlite -o x
exits 4 "a bundle whose guest is gone"
says "--guest FILE"
run "$SIM" report -q --no-gnuplot --bundle --guest "$SD_SOURCE_DIR/traces/d14347.trace" first/results.sqlite -o y
exits 0 "a bundle whose guest is named"
"$SIM" run -q -c ryzen16 --exit-zero --outdir run "$SD_SOURCE_DIR/traces/d14347.trace" >/dev/null
run "$SIM" report -q --no-gnuplot --bundle run -o z
exits 5 "a bundle of a single run"
says "run it with sim sweep"
finish
