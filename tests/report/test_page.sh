# SPDX-License-Identifier: BSD-2-Clause
# test_page.sh - report.html in a real browser: sorting, filtering, zooming,
# links, keyboard, contrast, no request, no error.
# shellcheck shell=bash
. "$SD_SOURCE_DIR/tests/support/sh.sh"
: "${SIM:?}"
command -v chromedriver >/dev/null || skip "chromedriver is not installed (Debian: chromium-driver)"
command -v python3 >/dev/null || skip "python3 is not installed"
cd "$work" || exit 1

"$SIM" sweep -q -c ryzen16 --protocols single_stage,two_stage --vary ipi.delivery_ns=50,800 \
    --trials 10 -o results.sqlite "$SD_SOURCE_DIR/traces/d14347.trace" >/dev/null || fail "sim sweep"
"$SIM" report -q results.sqlite -o report >/dev/null || fail "sim report"
if python3 "$SD_SOURCE_DIR/tests/report/page.py" "$work/report/report.html" >page.log 2>&1; then
    grep -c '^ok' page.log | sed 's/$/ rules hold in the browser/'
else
    cat page.log
fi
check "every rule of tests/report/page.py holds" grep -q '^all rules hold' page.log
finish
