# SPDX-License-Identifier: BSD-2-Clause
# test_bad_input.sh - traces that are damaged or none, guests that deadlock, fault
# or do not fit the machine: a clear sentence, the right exit code, no crash.
# shellcheck shell=bash
. "$SD_SOURCE_DIR/tests/support/sh.sh"
: "${SIM:?}"
command -v jq >/dev/null || skip "jq is not installed"
cd "$work" || exit 1
config=$SD_SOURCE_DIR/configs/ryzen16.json
tiny=$SD_SOURCE_DIR/configs/tiny/two_cores.json
traces=$SD_SOURCE_DIR/traces
run "$SIM" trace asm "$traces/d14347.trace" -o good.bin
exits 0 "a trace to damage"
size=$(stat -c %s good.bin)

# refused FILE "WORDS": by every command that reads a trace.
refused() {
    local command
    for command in "run --config $config" "trace info" "trace check" "trace disasm"; do
        # shellcheck disable=SC2086 # A command line.
        run timeout 20 "$SIM" $command "$1"
        exits 4 "sim $command $1"
        says "$1"
        says "$2"
    done
}

# --- files that are no traces, or not whole ones ---
: >empty.bin
refused empty.bin "is empty"
head -c 5000 /dev/urandom | tr -d '\n' >noise.bin
printf '\177ELF\1\1\1\0\0\0' | cat - noise.bin >elf.bin
refused elf.bin "is not a trace"
printf '{"machine": {"name": "x"}}\n' >config.json
refused config.json "is no operation"
mkdir dir
refused dir "is a directory"
refused missing.bin "missing.bin"
head -c 40 good.bin >header.bin
refused header.bin "ends inside the header"
head -c $((size / 2)) good.bin >half.bin
refused half.bin "--allow-truncated"
head -c $((size - 3)) good.bin >tail.bin
refused tail.bin "the footer"
tr '\r' '\n' <good.bin >text_mode.bin
refused text_mode.bin "binary mode"
{
    head -c 8 good.bin
    printf '\7\0'
    tail -c +11 good.bin
} >version.bin
refused version.bin "header is damaged" # Its checksum is wrong too.
if command -v python3 >/dev/null; then
    python3 - <<'PY'
def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return (crc ^ 0xffffffff).to_bytes(4, "little")
data = bytearray(open("good.bin", "rb").read())
data[8] = 7
data[60:64] = crc32c(data[:60])
open("version.bin", "wb").write(data)
PY
    refused version.bin "format version 7.0"
fi
# A flipped bit anywhere is noticed.
for at in 9 70 100 200 $((size / 3)) $((size / 2)) $((size - 30)) $((size - 5)); do
    byte=$(od -An -tu1 -j "$at" -N 1 good.bin | tr -d ' ')
    {
        head -c "$at" good.bin
        # shellcheck disable=SC2059 # An octal escape.
        printf "\\$(printf %03o $((byte ^ 4)))"
        tail -c +$((at + 2)) good.bin
    } >flipped.bin
    run timeout 20 "$SIM" --config "$config" flipped.bin
    exits 4 "a flipped bit at byte $at"
    says "flipped.bin"
done
run "$SIM" --config "$config" --exit-zero --allow-truncated half.bin
check "what lies before the damage can be run" test "$rc" = 0 -o "$rc" = 6
run "$SIM" --config "$config" /dev/null
exits 4 "a device without bytes"
"$SIM" --config "$config" - <half.bin >"$out" 2>"$err"
rc=$?
exits 4 "half a trace from a pipe"

# --- guests that cannot go on ---
run timeout 60 "$SIM" --config "$config" --outdir dead "$traces/deadlock.trace"
exits 6 "a deadlock"
says 'thread 1 "left first", operation 2, waits for the lock right'
says 'which thread 2 "right first" took with operation 0'
says 'thread 0 "main", operation 6, waits for the end of thread 1'
check "what was found is kept" jq -e '.end == "deadlock"' dead/result.json

segv() { # ON_SEGV EXIT N
    rm -rf segv
    run "$SIM" --config "$tiny" --on-segv "$1" --outdir segv "$traces/segv.trace"
    exits "$2" "--on-segv $1"
    prints 'thread 0 "main", operation 3: load at 0x10 (read), CPU'
    check "result.json has $3 with --on-segv $1" jq -e "
        .segvs.total == $3 and (.segvs.first | length) == $3 and
        .segvs.first[0].va == \"0x10\" and .segvs.first[0].thread_name == \"main\" and
        .segvs.first[0].operation == 3 and .segvs.first[0].cycle > 0" segv/result.json
}
segv kill 0 1
segv skip 0 3
segv stop 6 1
cat >pc.trace <<'T'
let table = 0x7f0000010000
elf 0 proc 0 base 0x400000 "bin/guest"
  segment 0x0 8K 8K rx
  symbol 0x100 64 "lookup"
stream 0 proc 0 "main"
  image 0 0x400000
  mmap @table 4K r
  store 8 @table+8 pc 0x400110
  exit
T
run "$SIM" --config "$tiny" --on-segv skip pc.trace
exits 0 "a fault with a pc"
prints "store at table+0x8 (write), pc lookup+0x10, CPU"
{
    printf 'stream 0 proc 0 "main"\nrepeat 40\n  load 8 0x10\nend\n  exit\n'
} >many.trace
run "$SIM" --config "$tiny" --on-segv skip --json many.trace
check "the list is bounded, the total is not" \
    jq -e '.segvs.total == 40 and (.segvs.first | length) == 16' "$out"

# --- guests that do not fit ---
printf 'stream 0 proc 0 "main"\n  fence\n  pin 7\n  exit\n' >pin.trace
run "$SIM" --config "$tiny" pin.trace
exits 3 "a pin to a CPU that is not there"
says 'thread 0 "main", operation 1: pin to CPU 7, but the machine has 2'
run "$SIM" --config "$config" pin.trace
exits 0 "a pin to a CPU that is there"

# --- expectations ---
printf 'stream 0 proc 0 "main"\n  expect "STALE" 0\n  exit\n' >expect0.trace
run "$SIM" --config "$tiny" expect0.trace
exits 0 "an expectation that is met"
prints "STALE 0 times, observed 0: met"
printf 'stream 0 proc 0 "main"\n  expect "TORN" 2\n  expect "TORN" 1\n  exit\n' >expect3.trace
run "$SIM" --config "$tiny" --trials 2 --json=r.json expect3.trace
exits 1 "an expectation that is not met"
prints "TORN 6 times, observed 0: not met (in 2 of 2 trials not met)"
check "result.json tells" jq -e '.expects.TORN | .expected == 6 and .observed == 0 and .missed == 2' r.json
run "$SIM" --config "$tiny" --exit-zero expect3.trace
exits 0 "--exit-zero is for expectations too"
printf 'stream 0 proc 0 "main"\n  expect "STALLE" 2\n  exit\n' >expectx.trace
run "$SIM" --config "$tiny" expectx.trace
exits 4 "an expectation of no rule"
says "the rules are STALE"
finish
