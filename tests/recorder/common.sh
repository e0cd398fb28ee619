# SPDX-License-Identifier: BSD-2-Clause
# common.sh - what the recorder's tests share, beyond tests/support/sh.sh.
# shellcheck shell=bash disable=SC2034,SC1091,SC2154
. "$SD_SOURCE_DIR/tests/support/sh.sh"
tools=$SD_BINARY_DIR/recorder
verify=$SD_BINARY_DIR/tests/recorder/recorder_verify
guests=$SD_BINARY_DIR/guests
[ -x "$tools/sim-record" ] && [ -x "$verify" ] ||
    skip "the recorder is not built (target 'recorder')"
unset SHOOTDOWN_RECORD SHOOTDOWN_SEED

# guest NAME [sim-cc options]: builds tests/recorder/guest_NAME.c; $guest is it.
guest() {
    guest=$work/guest_$1
    check "sim-cc ${*:2} builds guest_$1" "$tools/sim-cc" "${@:2}" -O1 -D_GNU_SOURCE \
        -mcx16 -Wall -Wextra -Werror -o "$guest" \
        "$SD_SOURCE_DIR/tests/recorder/guest_$1.c"
}

# same A B "sentence": the two files have the same bytes.
same() {
    check "$3" cmp -s "$1" "$2"
}

# differ A B "sentence": they do not.
differ() {
    if cmp -s "$1" "$2"; then fail "$3"; else ok; fi
}

# sound TRACE "sentence": verify finds nothing broken; its counts are in $counts.
sound() {
    counts=$work/counts
    if "$verify" "$1" >"$counts"; then ok; else fail "$2: $(grep -m3 BROKEN "$counts")"; fi
}

# count KIND: how many operations of the kind the last sound trace has.
count() {
    awk -v kind="$1" '$1 == kind { n = $2 } END { print n + 0 }' "$counts"
}

# has KIND N / has_some KIND: exactly N, at least one.
has() {
    if [ "$(count "$1")" = "$2" ]; then ok; else fail "$(count "$1") $1, expected $2"; fi
}
has_some() {
    if [ "$(count "$1")" -gt 0 ]; then ok; else fail "no $1"; fi
}
