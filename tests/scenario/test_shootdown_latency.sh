# SPDX-License-Identifier: BSD-2-Clause
# test_shootdown_latency.sh - what a shootdown costs on the simulated Haswell stays
# near what was measured on a real one (docs/validation.md has the sources).
# shellcheck shell=bash
. "$SD_SOURCE_DIR/tests/support/sh.sh"
: "${SIM:?}"
command -v jq >/dev/null || skip "jq is not installed"
cd "$work" || exit 1

# cycles THREADS ALGORITHM: of one iteration of the madvise loop, on average.
cycles() {
    local drop='/# [24]+/d'
    [ "$1" = 2 ] && drop='/# 4+/d'
    [ "$1" = 4 ] && drop=
    sed "$drop" "$SD_SOURCE_DIR/traces/shootdown_madvise.trace" >loop.trace
    "$SIM" --config "$SD_SOURCE_DIR/configs/haswell_ep.json" --engine native --json \
        --set kernel.shootdown="$2" loop.trace 2>/dev/null | jq '.cycles / 1000 | floor'
}

# near "sentence" EXPECTED TOLERANCE_PERCENT VALUE
near() {
    check "$1: $4 cycles, expected $2 within $3 %" test \
        "$4" -ge $(($2 * (100 - $3) / 100)) -a "$4" -le $(($2 * (100 + $3) / 100))
}

# The host of the measurement is taken to run at 2.6 GHz.
alone=$(cycles 1 freebsd2020)
near "one remote CPU, overlapped (562 ns)" 1461 15 $(($(cycles 2 freebsd2020) - alone))
near "three remote CPUs, overlapped (758 ns)" 1971 15 $(($(cycles 4 freebsd2020) - alone))
near "one remote CPU, serial (775 ns)" 2015 25 $(($(cycles 2 freebsd2018) - alone))
near "three remote CPUs, serial (910 ns)" 2366 25 $(($(cycles 4 freebsd2018) - alone))
finish
