# SPDX-License-Identifier: BSD-2-Clause
# test_full_disk.sh - a disk that fills up, a limit on file sizes, a directory that
# may not be written, a reader that goes away: exit 5, and nothing that was found
# is lost from where it still can go.
# shellcheck shell=bash
. "$SD_SOURCE_DIR/tests/support/sh.sh"
: "${SIM:?}"
command -v jq >/dev/null || skip "jq is not installed"
cd "$work" || exit 1
config=$SD_SOURCE_DIR/configs/ryzen16.json
trace=$SD_SOURCE_DIR/traces/kv_small.trace
args=(--config "$config" --protocol two_stage)
"$SIM" trace asm "$trace" -o kv.bin # Text would go through a temporary file.

# A limit on the size of files is one on the machine's memory too; its signal
# must not kill the program.
run bash -c 'ulimit -f 1; exec "$@"' _ "$SIM" "${args[@]}" --outdir res kv.bin
exits 3 "files may not grow beyond 1 KiB"
says "File too large"
says "ulimit"
check "nothing is left behind" test ! -e res
run bash -c 'ulimit -f 1; exec "$@"' _ "$SIM" trace asm "$SD_SOURCE_DIR/traces/d14347.trace" -o big.bin
exits 5 "a trace that may not grow beyond 1 KiB"
says "big.bin"
check "no half trace is left" test ! -e big.bin

# A small file system of our own, where user namespaces are allowed.
if unshare -rm true 2>/dev/null; then
    mkdir small
    run unshare -rm bash -c '
        mount -t tmpfs -o size=16k none small || exit 99
        head -c 12k /dev/zero >small/filler
        "$@"
        rc=$?
        ls -A small/res >left
        exit $rc' _ "$SIM" "${args[@]}" --outdir small/res "$trace"
    if [ "$rc" != 99 ]; then
        exits 5 "a full file system"
        says "No space left on device"
        check "the summary is not lost" grep -q "No violation" "$out"
        check "no half file is left" eval '! grep -q part- left'
    fi
fi

# A directory that may not be written: root may write anywhere, so only a user
# of the system can tell.
if [ "$(id -u)" != 0 ]; then
    mkdir -m 555 locked
    run "$SIM" "${args[@]}" --outdir locked/res "$trace"
    exits 5 "an unwritable directory"
    says "locked/res"
    silent_stdout "it is tried before the run"
fi
run "$SIM" "${args[@]}" --outdir /proc/self/res "$trace"
exits 5 "no directory can be made there"
says "/proc/self/res"
silent_stdout "the directory is tried before the run"

if [ -w /dev/full ]; then
    for command in "run" "compare --protocols single_stage,two_stage"; do
        # shellcheck disable=SC2086 # A command line.
        "$SIM" $command --config "$config" --exit-zero "$trace" >/dev/full 2>"$err"
        rc=$?
        exits 5 "sim $command into a full disk"
        says "No space left"
    done
    "$SIM" "${args[@]}" --outdir full "$trace" >/dev/full 2>"$err"
    rc=$?
    exits 5 "stdout is full, the directory is not"
    check "the files are there" jq -e '.end == "done"' full/result.json
    "$SIM" trace disasm "$trace" >/dev/full 2>"$err"
    rc=$?
    exits 5 "sim trace disasm into a full disk"
    run "$SIM" trace asm "$trace" -o /dev/full
    exits 5 "sim trace asm into a full disk"
fi

# A reader that goes away: no hang, no crash, no message per line.
for command in "run ${args[*]} $trace" "trace disasm $trace" "config show $config" "--help"; do
    # shellcheck disable=SC2086 # A command line.
    timeout 20 "$SIM" $command 2>"$err" | head -n 1 >"$out"
    codes=("${PIPESTATUS[@]}")
    check "sim $command | head -1 ends by itself (${codes[0]})" \
        eval '[ "${codes[0]}" = 0 ] || [ "${codes[0]}" = 5 ] || [ "${codes[0]}" = 141 ]'
    check "sim $command | head -1 prints a line" test -s "$out"
    check "sim $command | head -1 says little" test "$(wc -l <"$err")" -le 1
    # shellcheck disable=SC2086 # A command line.
    timeout 20 "$SIM" $command >&- 2>"$err"
    rc=$?
    check "sim $command without a stdout is no crash ($rc)" \
        eval '[ "$rc" = 0 ] || [ "$rc" = 5 ]'
done
finish
