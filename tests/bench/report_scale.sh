#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# report_scale.sh - a sweep of 10 000 points with 1.2 million violations, and its report:
# seconds and the most memory of one process; and, where chromedriver is installed, how
# long its page takes to open.  Needs 3 GB of disk and about five minutes.
#
#   tests/bench/report_scale.sh [BUILD]     default: build/release
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
sim=${1:-build/release}/sim
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
measure() {
    /usr/bin/time -f "$1: %e s, %M KiB" "${@:2}" >"$work/out" 2>"$work/err" || cat "$work/err"
    tail -n 1 "$work/err"
}
measure sweep "$sim" sweep -q -c ryzen16 --protocols local_only --vary ipi.delivery_ns=50:1040:10 \
    --vary mmu.invlpg_cycles=100:199:1 --trials 2 --engine native --progress none \
    -o "$work/results.sqlite" traces/d14347_one_page.trace
measure report "$sim" report -q "$work/results.sqlite" -o "$work/report"
echo "rows of violations.csv: $(($(wc -l <"$work/report/violations.csv") - 1))"
echo "bytes of report.html: $(stat -c %s "$work/report/report.html")"
command -v chromedriver >/dev/null || exit 0
python3 - "$work/report/report.html" <<'PYTHON'
import sys, time
sys.path.insert(0, "tests/support")
from webdriver import Browser
with Browser(1280, 900) as b:
    start = time.time()
    b.open("file://" + sys.argv[1])
    usable = b.run("return performance.getEntriesByType('navigation')[0].domInteractive")
    print(f"page: opened after {time.time() - start:.1f} s, usable after {usable / 1000:.1f} s")
PYTHON
