# SPDX-License-Identifier: BSD-2-Clause
# sh.sh - what the shell tests share.  Source it first.
#
# A test script makes checks and ends with `finish`, whose exit status is the
# number of failed checks.  $work is a directory of its own, removed at the end.
# SC2034: $out, $err and $rc are for the test that sources this.
# shellcheck shell=bash disable=SC2034
set -u
: "${SD_SOURCE_DIR:?run this test with ctest}"
n_checks=0
n_failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# skip "why": the whole test does not apply here.
skip() {
    echo "skipped: $*"
    exit 77
}

ok() {
    n_checks=$((n_checks + 1))
}

# fail "sentence": the rule that does not hold, with what was seen.
fail() {
    n_checks=$((n_checks + 1))
    n_failed=$((n_failed + 1))
    echo "FAILED: $*"
}

# check "sentence" command...: the command must succeed.
check() {
    local sentence=$1
    shift
    if "$@"; then ok; else fail "$sentence"; fi
}

# run command...: keeps $out (file), $err (file) and $rc.
run() {
    out=$work/stdout
    err=$work/stderr
    "$@" >"$out" 2>"$err" </dev/null
    rc=$?
}

# exits N "sentence": the last run ended with N.
exits() {
    if [ "$rc" = "$1" ]; then
        ok
    else
        fail "$2: exit $rc, expected $1; stderr: $(head -c 600 "$err")"
    fi
}

# says WORDS / prints WORDS: stderr / stdout of the last run has them.
says() {
    if grep -qF -- "$1" "$err"; then ok; else fail "stderr lacks '$1': $(head -c 600 "$err")"; fi
}

prints() {
    if grep -qF -- "$1" "$out"; then ok; else fail "stdout lacks '$1': $(head -c 600 "$out")"; fi
}

silent_stdout() {
    if [ -s "$out" ]; then fail "$1: stdout has $(head -c 200 "$out")"; else ok; fi
}

same() { # FILE FILE "sentence"
    if cmp -s "$1" "$2"; then ok; else fail "$3: $(diff "$1" "$2" 2>&1 | head -n 8)"; fi
}

finish() {
    echo "$n_checks checks, $n_failed failed"
    [ "$n_checks" -gt 0 ] || exit 1
    [ "$n_failed" -eq 0 ]
    exit
}
