# SPDX-License-Identifier: BSD-2-Clause
# A violation that sim explore finds is found again by a timed run that follows
# its schedule: the same rule, word, thread and lock.
. "$SD_SOURCE_DIR/tests/support/sh.sh"

cd "$SD_SOURCE_DIR" || exit 1

# found FILE: rule, address and reader of the one violation of a result directory.
found() {
    jq -c '[.rule, .under_lock, .va, .thread, .cpu, .lock]' "$1/violations.jsonl"
}

# follows CONFIG PROTOCOL SCENARIO [explore option...]
follows() {
    local config=configs/tiny/$1.json protocol=$2 trace=traces/explore/$3.trace
    shift 3
    local schedule=$work/schedule dir=$work/dir what="$protocol on $trace $*"
    rm -rf "$dir"
    run "$SIM" explore -q --config "$config" --protocol "$protocol" --replay "$schedule" \
        "--json=$work/explore.json" "$@" "$trace"
    exits 1 "$what is refuted"
    run "$SIM" run --config "$config" --protocol "$protocol" --schedule "$schedule" \
        --outdir "$dir" "$trace"
    exits 1 "the timed run of $what violates"
    check "the rule of $what is the same" [ "$(jq -r .rule "$work/explore.json")" = \
        "$(head -n 1 "$dir/violations.jsonl" | jq -r .rule)" ]
    check "one violation for $what, under lock: $(found "$dir")" \
        [ "$(found "$dir" | grep -c '^\["[A-Z]*",true,')" = 1 ]
}

command -v jq >/dev/null || skip "jq is not installed"
for protocol in single_stage broadcast_single local_only no_wait unbusy_early; do
    follows explore_three "$protocol" cow_3
    follows explore_three "$protocol" cow_3_two_words
done
follows explore_three single_stage cow_3_cold --fills --evictions --page 0x20000
follows explore_three single_stage cow_3 --every-step
follows explore_four single_stage cow_4_second_writer

# Schedules that do not fit say so, and where.
explored="--config configs/tiny/explore_three.json --protocol single_stage"
trace=traces/explore/cow_3.trace
# shellcheck disable=SC2086 # A list of words, here and below.
run "$SIM" explore -q $explored --replay "$work/good" $trace
edit() {
    sed "$1" "$work/good" >"$work/bad"
    # shellcheck disable=SC2086
    run "$SIM" run $explored --schedule "$work/bad" $trace
}
edit '1s/.*/something else/'
exits 4 "a file that is no schedule" && says "$work/bad:1: this is no schedule"
edit '6s/step 0/leap 0/'
exits 4 "an unknown move" && says "$work/bad:6: 'leap' is no move"
edit '6s/step 0/step 7/'
exits 4 "a CPU that is not there" && says "$work/bad:6: a hardware thread is expected"
edit '2s/trace ./trace x/'
exits 4 "another trace" && says "belongs to another trace"
edit '2,3d'
exits 4 "a cut head" && says "is missing"
edit '7,$d'
exits 0 "the first moves alone do no harm"
edit '6s/0x8/0xf/'
exits 4 "a position that is never reached" && says "cannot be followed: move"
# shellcheck disable=SC2086
run "$SIM" run --config configs/tiny/explore_three.json --protocol two_stage \
    --schedule "$work/good" $trace
exits 4 "another protocol" && says "belongs to another configuration"
# shellcheck disable=SC2086
run "$SIM" run $explored --schedule "$work/good" --trials 2 $trace
exits 2 "a schedule is for one run"
finish
