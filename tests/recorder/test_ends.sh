#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Guests that end badly, and requests that make no sense.
# shellcheck disable=SC1091,SC2154
. "$SD_SOURCE_DIR/tests/recorder/common.sh"
guest end
record() {
    rm -f "$work/t.bin"
    run timeout 60 "$tools/sim-record" --seed 1 -o "$work/t.bin" "$@"
}

record "$guest" status
exits 42 "the guest's status is passed on"
sound "$work/t.bin" "the trace is sound"

record "$guest" crash
exits 139 "a crash is 128 + its signal"
says "signal 11"
"$verify" "$work/t.bin" >"$work/counts"
counts=$work/counts
check "what it did before the crash is there" test "$(count store)" -ge 1000
check "the access that killed it stays one to nothing" \
    grep -q 'outside all maps (0x0)' "$counts"

record "$guest" abort
exits 134 "abort"
sound "$work/t.bin" "the trace up to abort() is sound"

record "$guest" detached
exits 0 "main leaves before its threads"
sound "$work/t.bin" "the trace is sound"
has spawn 3
has exit 4

record "$guest" deadlock
exits 6 "a deadlock is told, not waited for"
says "thread 0 waits for the lock at 0x"
if "$verify" "$work/t.bin" >"$counts"; then
    fail "verify does not see that threads end with locks held"
else
    ok
fi

record "$work/nothing"
exits 125 "a program that is not there"
says "nothing: No such file"
record /bin/true
exits 125 "a program that sim-cc did not build"
says "not built with sim-cc"
check "and there is no trace" test ! -e "$work/t.bin"
run "$tools/sim-record"
exits 2 "no program"
says "usage:"
run "$tools/sim-record" --seed many "$guest"
exits 2 "a seed that is no number"
run "$tools/sim-record" -o "$work/no/such/t.bin" "$guest" status
exits 125 "a trace that cannot be written"
run env TMPDIR="$work/none" "$tools/sim-record" -o "$work/t.bin" "$guest" status
exits 125 "no place for the raw recording"
says "set TMPDIR"
finish
