# SPDX-License-Identifier: BSD-2-Clause
# sim litmus: outcomes, verdicts as exit status, JSON, and errors with their place.
. "$SD_SOURCE_DIR/tests/support/sh.sh"

tests=$SD_SOURCE_DIR/tests/litmus

run "$SIM" litmus "$tests/x86tso/SB.litmus"
exits 0 "store buffering as expected"
prints "Test SB Allowed"
prints "States 4"
prints "*> 0:r0=0; 1:r0=0;"
prints "Observation SB Sometimes"
prints "1 tests as expected, 0 different"

sed 's/^expect .*/expect Forbidden/' "$tests/x86tso/SB.litmus" >"$work/wrong.litmus"
run "$SIM" litmus "$work/wrong.litmus"
exits 1 "another verdict than expected" && prints "DIFFERENT"

run "$SIM" litmus --max-states 5 "$tests/x86tso/SB.litmus"
exits 7 "a bound" && prints "INCOMPLETE: the number of states is reached"

printf 'litmus later\nnot_modelled needs dirty bits\n' >"$work/later.litmus"
run "$SIM" litmus "$work/later.litmus"
exits 0 "a test that is not modelled" && prints "not modelled" && prints "needs dirty bits"

run "$SIM" litmus --json "$tests/vm/V2I.litmus"
exits 0 "JSON"
check "the JSON has the names of the model" python3 - "$out" <<'PY'
import json, sys
(t,) = json.load(open(sys.argv[1]))
assert t["name"] == "V2I" and t["verdict"] == "Allowed" and t["expected"] == "Allowed"
assert {o["values"]["0:r1"] for o in t["outcomes"]} == {"F"}
assert any(o["condition"] for o in t["outcomes"])
PY

# bad "sentence" PLACE "what is said" LINE...
bad() {
    local sentence=$1 place=$2 words=$3
    shift 3
    printf '%s\n' "$@" >"$work/bad.litmus"
    run "$SIM" litmus "$work/bad.litmus"
    exits 4 "$sentence"
    says "$work/bad.litmus:$place: "
    says "$words"
}
bad "an unknown operation" 2:5 "'Q' is no operation" 'litmus t' 'P0: Q x' 'exists [x]=1'
bad "an unknown line" 2:1 "'thread' begins no line" 'litmus t' 'thread 0'
bad "threads out of order" 2:4 "P0 is expected here" 'litmus t' 'P1: MF'
bad "a value too large" 2:9 "from 0 to 255" 'litmus t' 'P0: W x 256'
bad "a register that nothing writes" 3:1 "asks for 0:r1, which nothing writes" \
    'litmus t' 'P0: R x r0' 'exists 0:r1=1'
bad "an IPI without its ACK" 2:10 "the last IPI of this thread has no ACK" 'litmus t' 'P0: IPI x'
bad "an ACK without an IPI" 2:8 "ACK without an IPI" 'litmus t' 'P0: ACK'
bad "no condition" 2:1 "there is no condition" 'litmus t' 'P0: MF'
bad "a page that is a frame" 3:8 "use two names" 'litmus t' 'init x=a' 'P0: WP a b'
bad "a frame that is accessed" 4:1 "which is a frame" 'litmus t' 'init x=a' 'P0: W a 1' 'exists [x]=1'
bad "a test without a name" 1:1 "the test has no name" 'P0: MF'
bad "a register written twice" 2:17 "is written twice" 'litmus t' 'P0: R x r0; R y r0'

: >"$work/empty.litmus"
run "$SIM" litmus "$work/empty.litmus"
exits 4 "an empty file"
head -c 3000 /dev/urandom >"$work/noise.litmus"
run "$SIM" litmus "$work/noise.litmus"
exits 4 "noise"
run "$SIM" litmus "$work/none.litmus"
exits 4 "a file that is not there" && says "none.litmus"
mkdir "$work/nothing"
run "$SIM" litmus "$work/nothing"
exits 4 "a folder without tests" && says "no *.litmus"
run "$SIM" litmus
exits 2 "no test"

# What a kernel does belongs to litmus tests.
printf 'stream 0 proc 0\n  invlpg 0x1000\n  exit\n' >"$work/kernel.trace"
run "$SIM" run --config "$SD_SOURCE_DIR/configs/tiny/two_cores.json" "$work/kernel.trace"
check "a guest that acts as a kernel is refused" [ "$rc" != 0 ]
says "belongs to litmus tests"
finish
