# SPDX-License-Identifier: BSD-2-Clause
# test_interrupt.sh - SIGINT and SIGTERM in the middle: exit 130 or 143, and
# what was found so far is written.
# shellcheck shell=bash
. "$SD_SOURCE_DIR/tests/support/sh.sh"
: "${SIM:?}"
cd "$work" || exit 1
config=$SD_SOURCE_DIR/configs/ryzen16.json
trace=$SD_SOURCE_DIR/traces/d14347.trace
[ -e "$config" ] && [ -e "$trace" ] || skip "the ryzen16 or d14347 files are not there"

# interrupt SIGNAL EXIT JOBS
interrupt() {
    rm -rf res
    "$SIM" --config "$config" --protocol single_stage --trials 1000000 --jobs "$3" \
        --progress bar --outdir res "$trace" >"$out" 2>"$err" </dev/null &
    local pid=$!
    sleep 2
    kill -s "$1" "$pid"
    wait "$pid"
    rc=$?
    exits "$2" "$1 with --jobs $3"
    check "$1: the result so far is printed" test -s "$out"
    check "$1: the result so far is kept" test -s res/result.json
    check "$1: a bar was drawn" grep -q '% .*trials' "$err"
    check "$1: and erased" test "$(tail -c 4 "$err" | od -An -c | tr -d ' ')" = '\r033[K'
    check "$1: the trials that were done are counted" \
        eval 'n=$(sed -n "s/.*\"trials\": *\([0-9]*\).*/\1/p" res/result.json | head -n 1);
              [ "${n:-0}" -gt 0 ] && [ "$n" -lt 1000000 ]'
}
out=$work/stdout err=$work/stderr
interrupt TERM 143 1
interrupt TERM 143 2
# In the middle of one long run: that is kept as far as it came.
printf '%s\n' 'stream 0 proc 0 "main"' '  mmap 0x10000 4K rw' 'repeat 4000000' \
    '  load_range 0x10000 4K' '  store 8 0x10040' end '  exit' >long.trace
"$SIM" trace asm long.trace -o long.bin
rm -rf res
"$SIM" --config "$config" --outdir res long.bin >"$out" 2>"$err" </dev/null &
pid=$!
sleep 1
kill -s TERM "$pid"
wait "$pid"
rc=$?
exits 143 "TERM in one long run"
says "interrupted"
prints "ended: interrupted"
for name in summary.txt result.json violations.jsonl config.json manifest.json; do
    check "TERM in one long run: $name is kept" test -e "res/$name"
done
check "the operations so far are counted" \
    eval 'n=$(sed -n "s/.*\"ops\": *\([0-9]*\).*/\1/p" res/result.json); [ "${n:-0}" -lt 8000000 ]'

# A background job of a shell ignores SIGINT, so it gets it from python.
if command -v python3 >/dev/null; then
    cat >int.py <<'PY'
import signal, subprocess, sys, time
sim, config, trace = sys.argv[1:]
p = subprocess.Popen([sim, "--config", config, "--trials", "1000000", trace],
                     stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                     preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))
time.sleep(2)
p.send_signal(signal.SIGINT)
out, _ = p.communicate(timeout=30)
sys.exit(0 if p.returncode == 130 and out else 1)
PY
    run python3 int.py "$SIM" "$config" "$trace"
    exits 0 "INT ends with 130 and prints the result so far"
fi
finish
