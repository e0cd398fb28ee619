# SPDX-License-Identifier: BSD-2-Clause
# test_vcd.sh - --vcd draws a window of a run: modes, the page's translation in
# every TLB, its entry, pending vectors and lock owners; same run, same bytes.
# shellcheck shell=bash
. "$SD_SOURCE_DIR/tests/support/sh.sh"
: "${SIM:?}"
cd "$work" || exit 1
trace=$SD_SOURCE_DIR/traces/d14347.trace
args=(--config "$SD_SOURCE_DIR/configs/ryzen16.json" --exit-zero --seed 3)
if [ "${SD_SYSTEMC:-1}" = 0 ]; then
    run "$SIM" "${args[@]}" --vcd w.vcd --vcd-window 1:1000 "$trace"
    exits 3 "without SystemC there are no waveforms"
    check "and no file" test ! -e w.vcd
    finish
fi

run "$SIM" "${args[@]}" "$trace"
cp "$out" plain
run "$SIM" "${args[@]}" --vcd w.vcd --vcd-window 100000:400000 "$trace"
exits 0 "--vcd"
same "$out" plain "a waveform changes nothing in the result"
for signal in mode tlb_frame tlb_write pending pte owner; do
    check "the waveform has the signal $signal" grep -q "\$var wire .* $signal" w.vcd
done
check "something changes in the window" test "$(grep -c '^#' w.vcd)" -gt 20
# Values are digits too, so only the header is asked for a date.
check "the header names no date" \
    eval '! sed "/\$enddefinitions/q" w.vcd | grep -Eq "[0-9]{1,2}:[0-9]{2}|\b20[0-9]{2}\b"'
run "$SIM" "${args[@]}" --vcd again.vcd --vcd-window 100000:400000 "$trace"
same w.vcd again.vcd "same run, same waveform"
run "$SIM" "${args[@]}" --engine native --vcd native.vcd --vcd-window 100000:400000 "$trace"
same w.vcd native.vcd "the native engine's waveform"

run "$SIM" "${args[@]}" --vcd no/such/w.vcd --vcd-window 1:1000 --vcd-page 0x7f0000011000 "$trace"
exits 5 "a waveform that cannot be written"
check "the summary is not lost" test -s "$out"
run "$SIM" "${args[@]}" --trials 2 --vcd w.vcd --vcd-window 1:1000 "$trace"
exits 2 "a waveform shows one run"
finish
