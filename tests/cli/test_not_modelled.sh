# SPDX-License-Identifier: BSD-2-Clause
# test_not_modelled.sh - asking for what docs/model.md says is not modelled is an
# error with a sentence, in a configuration (exit 3) and in a trace (exit 4).
# shellcheck shell=bash
. "$SD_SOURCE_DIR/tests/support/sh.sh"
: "${SIM:?}"
config=$SD_SOURCE_DIR/configs/ryzen16.json
trace=$SD_SOURCE_DIR/traces/segv.trace

# refused KEY=VALUE: by the configuration.
refused() {
    run "$SIM" --config "$config" --set "$1" "$trace"
    exits 3 "$1"
    says "${1%%=*}"
    says "not modelled"
    silent_stdout "$1"
}

refused mmu.pcid=true
refused kernel.lazy_pmap=true
refused kernel.shootdown=linux
refused kernel.shootdown=broadcast
refused tlb.l1d.sets=0

# stops "operation": a guest that comes to it cannot be run.
stops() {
    printf 'stream 0 proc 0 "main"\n  mmap 0x10000 8K rw\n  %s\n  exit\n' "$1" \
        >"$work/guest.trace"
    run "$SIM" --config "$config" "$work/guest.trace"
    exits 4 "$1"
    says "operation 1 (${1%% *}) is not modelled"
}

stops roi_begin
stops roi_end
stops 'rmw 8 0x1003c'

# A lock word need not be aligned to 8 bytes, only its neighbour goes with it.
printf 'stream 0 proc 0 "main"\n  mmap 0x10000 8K rw\n  lock 0x1003c\n  unlock 0x1003c\n  exit\n' \
    >"$work/guest.trace"
run "$SIM" --config "$config" "$work/guest.trace"
exits 0 "a lock word at the end of a line"
finish
