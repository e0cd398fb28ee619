# SPDX-License-Identifier: BSD-2-Clause
# Every fault seeded into the model (mutants/*.json) is found by the tests that
# are named there; each line of the output says which.
. "$SD_SOURCE_DIR/tests/support/sh.sh"

command -v python3 >/dev/null || skip "python3 is not installed"
command -v ninja >/dev/null || skip "ninja is not installed"
[ -e "$SD_BINARY_DIR/build.ninja" ] || skip "this is no Ninja build"

for mutant in "$SD_SOURCE_DIR"/tests/explore/mutants/*.json; do
    name=$(basename "$mutant" .json)
    run python3 "$SD_SOURCE_DIR/tests/explore/mutants/mutant.py" \
        "$SD_SOURCE_DIR" "$SD_BINARY_DIR" "$work/$name" "$mutant"
    cat "$out"
    exits 0 "the seeded fault $name is caught"
done
finish
