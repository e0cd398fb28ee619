# SPDX-License-Identifier: BSD-2-Clause
# test_format.sh - every tracked C and C++ file is as clang-format leaves it.
# shellcheck shell=bash
. "$SD_SOURCE_DIR/tests/support/sh.sh"
cd "$SD_SOURCE_DIR" || exit 1
command -v clang-format >/dev/null || skip "clang-format is not installed"

printf 'int  f( void ){return 0;}\n' >"$work/bad.c"
cp .clang-format "$work/"
check "the check itself finds a badly formatted file" \
    eval '! clang-format --dry-run -Werror "$work/bad.c" 2>/dev/null'

if git rev-parse --git-dir >/dev/null 2>&1; then
    git ls-files -z -- '*.c' '*.h' '*.cpp'
else
    find src include tests recorder guests -name '*.[ch]' -print0 -o -name '*.cpp' -print0
fi >"$work/files"
check "all files are formatted: run clang-format -i on those named above" \
    xargs -0 -r clang-format --dry-run -Werror <"$work/files"
finish
