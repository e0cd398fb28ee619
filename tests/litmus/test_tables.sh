# SPDX-License-Identifier: BSD-2-Clause
# Every test of both tables is here, and has the verdict that its source states.
. "$SD_SOURCE_DIR/tests/support/sh.sh"

# No row of a table may be dropped: 74 of x86-TSO, 40 of virtual memory.
for part in x86tso:74 vm:40; do
    run "$SIM" litmus --summary -q "$SD_SOURCE_DIR/tests/litmus/${part%:*}"
    exits 0 "verdicts of ${part%:*}"
    prints "${part#*:} tests as expected, 0 different, 0 incomplete, 0 not modelled"
done
finish
