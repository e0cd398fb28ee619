# SPDX-License-Identifier: BSD-2-Clause
# test_usage.sh - wrong command lines: exit 2, one clear line on stderr, nothing
# on stdout; help and version: exit 0, all on stdout.
# shellcheck shell=bash
. "$SD_SOURCE_DIR/tests/support/sh.sh"
: "${SIM:?}"

run "$SIM"
exits 2 "sim alone explains itself"
says "Usage: sim"
silent_stdout "sim alone is an error"

run "$SIM" --help
exits 0 "--help is no error"
prints "Usage: sim"
prints "compare"
prints "Exit status: 0 no violation, 1 violation found"

run "$SIM" --version
exits 0 "--version is no error"
prints "sim 0."
run "$SIM" version
exits 0 "version is a command too"

for command in run compare; do
    run "$SIM" "$command" --help
    exits 0 "$command --help is no error"
    prints "Usage: sim $command"
    prints "--config=FILE"
    prints "--trials=N"
    prints "Exit status"
done
for command in trace config; do
    run "$SIM" "$command" --help
    exits 0 "$command --help is no error"
    prints "sim $command"
done
run "$SIM" help compare
exits 0 "help COMMAND is --help"
prints "--protocols"

# wrong "WORDS ON STDERR" ARG...
wrong() {
    local words=$1
    shift
    run "$SIM" "$@"
    exits 2 "sim $* is a usage error"
    says "$words"
    silent_stdout "sim $*"
}

wrong "neither a command nor a file" comparre
wrong "did you mean" comparre
wrong "no trace is given" run
wrong "unknown option '--confg'" run --confg x t.bin
wrong "did you mean" run --confg x t.bin
wrong "unknown option '-Z'" run -Z t.bin
wrong "needs an argument" run --config
wrong "takes no argument" run --force=yes t.bin
wrong "2 traces are given" run a.bin b.bin
wrong "'abc' is not a number" run --trials abc t.bin
wrong "'0' is not a number" run --trials 0 t.bin
wrong "'-1' is not a number" run --seed=-1 t.bin
wrong "is not a number" run --seed 9007199254740993 t.bin
wrong "is none of" run --lock-order sometimes t.bin
wrong "is none of" run --color=maybe t.bin
wrong "contradict" run -q -v t.bin
wrong "is not KEY=VALUE" run --set core t.bin
wrong "--outdir" run --force t.bin
wrong "--vcd-window" run --vcd w.vcd t.bin
wrong "is not FIRST:LAST" run --vcd w.vcd --vcd-window 12 t.bin
wrong "engine" run --engine steam t.bin
wrong "--protocols" compare t.bin
wrong "a name is empty" compare --protocols a,,b t.bin

run "$SIM" completion
exits 0 "completion is no error"
prints "complete -o default -F _sim sim"
check "bash can read the completion" bash -n "$out"
bash -c 'source "$1"; COMP_WORDS=(sim compare --proto); COMP_CWORD=2; _sim
         [ "${COMPREPLY[0]}" = --protocols= ]' _ "$out" 2>"$work/completion"
check "completion knows the options of a command" test $? = 0
finish
