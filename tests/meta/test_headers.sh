# SPDX-License-Identifier: BSD-2-Clause
# test_headers.sh - every header compiles alone, and included twice.  The two
# that C++ may include compile as C++ as well.
# shellcheck shell=bash
. "$SD_SOURCE_DIR/tests/support/sh.sh"
cd "$SD_SOURCE_DIR" || exit 1
warnings="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror"

# twice COMPILER STANDARD LANGUAGE HEADER
twice() {
    local warnings=$warnings
    # Our C headers use compound literals, which C++ knows as an extension.
    [[ $4 == systemc/* ]] && warnings="${warnings/-Wpedantic/}"
    # shellcheck disable=SC2086 # The warnings are a list.
    printf '#include "%s"\n#include "%s"\nint sd_header_is_not_empty;\n' "$4" "$4" |
        "$1" -std="$2" -x "$3" -D_GNU_SOURCE $warnings -Isrc -Iinclude -fsyntax-only -
}

check "the check itself finds a header that needs another one first" \
    eval '! printf "va_t f(void);\n" | "$CC" -x c -fsyntax-only - 2>/dev/null'
while IFS= read -r header; do
    check "$header compiles alone and twice" twice "$CC" gnu17 c "$header"
done < <(cd src && find . -name '*.h' | sed 's,^\./,,' | sort)
for header in shootdown.h systemc/systemc.h systemc/vcd.h; do
    if [ -e "include/$header" ] || [ -e "src/$header" ]; then
        check "$header compiles as C" twice "$CC" c17 c "$header"
        check "$header compiles as C++" twice "$CXX" c++17 c++ "$header"
    fi
done
finish
