# SPDX-License-Identifier: BSD-2-Clause
# test_text.sh - no path of a machine, no wish without issue number, SPDX tags,
# file lengths; and the tool that says so finds planted breaches.
# shellcheck shell=bash
. "$SD_SOURCE_DIR/tests/support/sh.sh"
tool=$SD_SOURCE_DIR/tools/check_text.py

check "the tracked files are clean" python3 "$tool" "$SD_SOURCE_DIR"

# planted "sentence" TEXT: a source file with that text must be found.
planted() {
    rm -rf "$work/tree"
    mkdir -p "$work/tree/src"
    printf '/* SPDX-License-Identifier: BSD-2-Clause */\n' >"$work/tree/src/a.c"
    run python3 "$tool" "$work/tree"
    exits 0 "a clean tree passes"
    printf '%b' "$2" >>"$work/tree/src/a.c"
    run python3 "$tool" "$work/tree"
    exits 1 "$1"
}

planted "a home directory is found" '/* /ho''me/me/x */\n'
planted "the checkout's own path is found" "/* $work/tree */\n"
planted "a wish without an issue is found" '/* TO''DO later */\n'
planted "a tab is found" 'int a;\tint b;\n'
planted "a missing newline is found" 'int a;'
planted "a long file is found" "$(printf '\\n%.0s' {1..600})"
finish
