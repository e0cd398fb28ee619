# SPDX-License-Identifier: BSD-2-Clause
# sim synthesize finds the published orders by itself, blames the unsafe ones for the
# right cause, and says what is wrong with a question.
. "$SD_SOURCE_DIR/tests/support/sh.sh"

scenario=$SD_SOURCE_DIR/traces/explore/cow_3.trace
ask() {
    run "$SIM" synthesize -q --trials 1 --scenario "$scenario" "$@"
}

ask --end page_unbusy --steps 'pte_set new ro,invalidate_local,shootdown_send,shootdown_wait,pmap_unlock'
exits 0 "orders around a read-only entry"
prints "two_stage" && prints "cheapest of all safe orders"
ask --begin page_busy,copy_frame,pmap_lock,pte_clear --end page_unbusy \
    --steps 'invalidate_local,shootdown_send,shootdown_wait,pte_set new rw,pmap_unlock'
prints "break_before_make" && prints "the new page is writable before all have invalidated"
ask --begin page_busy,copy_frame,pmap_lock --end pmap_unlock,page_unbusy \
    --steps 'pte_set new ro,invalidate_local,shootdown_send,shootdown_wait,pte_set same rw'
prints "ro_then_rw"
ask --end page_unbusy --steps 'pte_set new rw,invalidate_local,shootdown_send,shootdown_wait,pmap_unlock'
exits 0 "every order was judged"
prints "No order is safe." && prints "also single_stage"
ask --end page_unbusy --steps 'pte_set new ro,shootdown_send,shootdown_wait?,pmap_unlock'
prints "as its lock or busy state was given up"

# The same bytes with any number of processes.
question="--end page_unbusy --steps pmap_unlock,shootdown_send,shootdown_wait,pte_clear,pte_set\ new\ rw"
eval "ask -j 1 --json=$work/one.json $question"
cp "$out" "$work/one"
eval "ask -j 2 --json=$work/two.json $question"
same "$work/one" "$out" "one process and two print the same"
same "$work/one.json" "$work/two.json" "one process and two write the same JSON"

# The safe orders are protocols that sim takes.
ask --outdir "$work/safe" --begin page_busy,copy_frame,pmap_lock,pte_clear --end pmap_unlock,page_unbusy \
    --steps 'shootdown_send,shootdown_wait,pte_set new rw'
exits 0 "safe orders as files"
for file in "$work"/safe/*.json; do
    run "$SIM" explore -q -c "$SD_SOURCE_DIR/configs/tiny/explore_three.json" \
        --protocol "$file" "$scenario"
    exits 0 "$(basename "$file") is proved"
done

ask --steps 'pte_set new rw,pmap_unlok'
exits 2 "an unknown step" && says "there is no step 'pmap_unlok'" && says "pmap_unlock"
ask --steps 'pmap_unlock,page_unbusy'
exits 2 "steps of which none can run" && says "no order of these steps can run"
ask --vocabulary 'pmap_unlock'
exits 2 "a vocabulary without a length" && says "belong together"
ask --begin 'page_unbusy' --steps 'pmap_unlock'
exits 2 "a beginning that cannot run" && says "the page is not busy here"
ask --max-orders 3
[ "$rc" = 0 ] && fail "too many orders are an error" || ok
says "more than 3 classes"
run "$SIM" synthesize --scenario "$work/none.trace"
exits 4 "a scenario that is not there" && says "none.trace"
finish
