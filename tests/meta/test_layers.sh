# SPDX-License-Identifier: BSD-2-Clause
# test_layers.sh - the folders include each other as docs/layers.txt allows,
# and the tool that says so finds planted breaches.
# shellcheck shell=bash
. "$SD_SOURCE_DIR/tests/support/sh.sh"
tool=$SD_SOURCE_DIR/tools/check_layers.py

check "the sources keep to docs/layers.txt" \
    python3 "$tool" "$SD_SOURCE_DIR/docs/layers.txt" "$SD_SOURCE_DIR/src"

# breach "sentence" FILE INCLUDE: a tree of two layers in which FILE has one
# more include, and that must be found.
breach() {
    rm -rf "$work/src"
    mkdir -p "$work/src/low" "$work/src/high"
    printf 'low:\nhigh: low\n' >"$work/layers.txt"
    touch "$work/src/low/a.h" "$work/src/high/b.h"
    echo '#include "low/a.h"' >"$work/src/high/b.c"
    run python3 "$tool" "$work/layers.txt" "$work/src"
    exits 0 "a clean tree passes"
    mkdir -p "$(dirname "$work/src/$2")"
    echo "#include \"$3\"" >>"$work/src/$2"
    run python3 "$tool" "$work/layers.txt" "$work/src"
    exits 1 "$1"
}

breach "a layer may not include the one above" low/a.h high/b.h
breach "an unknown folder is found" high/b.c lwo/a.h
breach "a missing file is found" high/b.c low/missing.h
breach "an include without folder is found" high/b.c b.h
breach "a folder without a line is found" new/c.c low/a.h
printf 'a: b\nb:\n' >"$work/layers.txt"
run python3 "$tool" "$work/layers.txt" "$work/src"
exits 1 "a line may name only folders above it"
finish
