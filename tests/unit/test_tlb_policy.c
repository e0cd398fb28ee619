/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_tlb_policy.c - the contract of struct tlb_policy (src/tlb/policy.h).
 *
 * The first tests run on every policy in tlb_policies[] with every number of
 * ways, so a new policy is covered without a line here.  The last ones compare
 * a policy with the slowest correct version of itself.
 */
#include "base/rng.h"
#include "tlb/policy.h"

#include <CUnit/Basic.h>
#include <string.h>

#define SET_BYTES 4096
#define GUARD     0xa5
#define N_CALLS   200u

static const unsigned ways_tried[] = {1, 2, 3, 4, 8, 12, 16, 24, 64, 100, 512};
#define N_WAYS_TRIED (sizeof ways_tried / sizeof ways_tried[0])

/* A set's block, with bytes behind it that nobody may touch. */
struct block {
    _Alignas(8) uint8_t bytes[SET_BYTES];
};

static void block_init(struct block *block, const struct tlb_policy *policy, unsigned n)
{
    memset(block->bytes, GUARD, sizeof block->bytes);
    policy->init(block->bytes, n);
}

static uint64_t chance(const struct tlb_policy *policy, unsigned n, uint64_t i)
{
    return policy->chance ? rng_draw(1, 2, i) % n : 0;
}

/* Random uses; 'after' is called after each of them. */
static void exercise(struct block *block, const struct tlb_policy *policy, unsigned n,
                     void (*after)(struct block *, const struct tlb_policy *,
                                   unsigned n, unsigned way, bool fill))
{
    for (uint64_t i = 0; i < N_CALLS; i++) {
        unsigned way = (unsigned)(rng_draw(3, n, i) % n);
        bool fill = rng_draw(4, n, i) % 3 == 0;
        (fill ? policy->fill : policy->hit)(block->bytes, n, way);
        after(block, policy, n, way, fill);
    }
}

static void on_every_policy(void (*after)(struct block *, const struct tlb_policy *,
                                          unsigned n, unsigned way, bool fill))
{
    for (const struct tlb_policy *const *p = tlb_policies; *p; p++) {
        for (size_t i = 0; i < N_WAYS_TRIED; i++) {
            struct block block;
            block_init(&block, *p, ways_tried[i]);
            exercise(&block, *p, ways_tried[i], after);
        }
    }
}

static void check_victim(struct block *block, const struct tlb_policy *policy,
                         unsigned n, unsigned way, bool fill)
{
    struct block before = *block;
    (void)way;
    (void)fill;
    for (uint64_t i = 0; i < 4; i++)
        CU_ASSERT(policy->victim(block->bytes, n, chance(policy, n, i)) < n);
    CU_ASSERT_EQUAL(memcmp(&before, block, sizeof before), 0);
}

static void asking_for_a_victim_changes_nothing(void)
{
    on_every_policy(check_victim);
}

static void check_second_hit(struct block *block, const struct tlb_policy *policy,
                             unsigned n, unsigned way, bool fill)
{
    struct block before = *block;
    (void)fill;
    policy->hit(block->bytes, n, way);
    CU_ASSERT_EQUAL(memcmp(&before, block, sizeof before), 0);
}

static void a_second_hit_in_a_row_changes_nothing(void)
{
    on_every_policy(check_second_hit);
}

static void check_guard(struct block *block, const struct tlb_policy *policy,
                        unsigned n, unsigned way, bool fill)
{
    (void)way;
    (void)fill;
    for (size_t i = policy->state_bytes(n); i < SET_BYTES; i++) {
        if (block->bytes[i] != GUARD)
            CU_FAIL("a policy wrote behind its state");
    }
}

static void a_policy_stays_within_its_state(void)
{
    on_every_policy(check_guard);
}

static void check_just_filled(struct block *block, const struct tlb_policy *policy,
                              unsigned n, unsigned way, bool fill)
{
    if (n > 1 && fill && !policy->chance)
        CU_ASSERT_NOT_EQUAL(policy->victim(block->bytes, n, 0), way);
}

static void the_way_filled_last_is_not_the_next_victim(void)
{
    on_every_policy(check_just_filled);
}

static void equal_calls_on_equal_blocks_give_equal_blocks(void)
{
    for (const struct tlb_policy *const *p = tlb_policies; *p; p++) {
        struct block a, b;
        block_init(&a, *p, 12);
        block_init(&b, *p, 12);
        exercise(&a, *p, 12, check_victim);
        exercise(&b, *p, 12, check_victim);
        CU_ASSERT_EQUAL(memcmp(&a, &b, sizeof a), 0);
    }
}

/* The slowest correct version: when each way was used, and a search. */
static void check_oldest(const struct tlb_policy *policy, bool hits_count)
{
    for (size_t k = 0; k < N_WAYS_TRIED; k++) {
        unsigned n = ways_tried[k];
        uint64_t used_at[512] = {0};
        struct block block;
        block_init(&block, policy, n);
        for (unsigned way = 0; way < n; way++) {
            policy->fill(block.bytes, n, way);
            used_at[way] = way + 1;
        }
        for (uint64_t i = 0; i < 5 * N_CALLS; i++) {
            unsigned way = (unsigned)(rng_draw(5, n, i) % n), oldest = 0;
            bool fill = rng_draw(6, n, i) % 2;
            (fill ? policy->fill : policy->hit)(block.bytes, n, way);
            if (fill || hits_count)
                used_at[way] = n + 1 + i;
            for (unsigned w = 1; w < n; w++)
                oldest = used_at[w] < used_at[oldest] ? w : oldest;
            CU_ASSERT_EQUAL(policy->victim(block.bytes, n, 0), oldest);
        }
    }
}

static void lru_gives_up_the_way_unused_for_longest(void)
{
    check_oldest(&tlb_policy_lru, true);
}

static void fifo_gives_up_the_way_filled_first(void)
{
    check_oldest(&tlb_policy_fifo, false);
}

static void plru_gives_up_every_way_in_turn(void)
{
    for (size_t k = 0; k < N_WAYS_TRIED; k++) {
        unsigned n = ways_tried[k], n_seen = 0;
        bool seen[512] = {false};
        struct block block;
        block_init(&block, &tlb_policy_plru, n);
        for (unsigned i = 0; i < 4 * n; i++) {
            unsigned way = tlb_policy_plru.victim(block.bytes, n, 0);
            n_seen += !seen[way];
            seen[way] = true;
            tlb_policy_plru.fill(block.bytes, n, way);
        }
        CU_ASSERT_EQUAL(n_seen, n);
    }
}

static void random_gives_up_the_way_that_chance_names(void)
{
    for (unsigned way = 0; way < 12; way++)
        CU_ASSERT_EQUAL(tlb_policy_random.victim(NULL, 12, way), way);
}

static CU_TestInfo tests[] = {
    {"asking for a victim changes nothing", asking_for_a_victim_changes_nothing},
    {"a second hit in a row changes nothing", a_second_hit_in_a_row_changes_nothing},
    {"a policy stays within its state", a_policy_stays_within_its_state},
    {"the way filled last is not the next victim",
     the_way_filled_last_is_not_the_next_victim},
    {"equal calls on equal blocks give equal blocks",
     equal_calls_on_equal_blocks_give_equal_blocks},
    {"lru gives up the way unused for longest",
     lru_gives_up_the_way_unused_for_longest},
    {"fifo gives up the way filled first", fifo_gives_up_the_way_filled_first},
    {"plru gives up every way in turn", plru_gives_up_every_way_in_turn},
    {"random gives up the way that chance names",
     random_gives_up_the_way_that_chance_names},
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"tlb_policy", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(void)
{
    CU_initialize_registry();
    CU_register_suites(suites);
    CU_basic_run_tests();
    unsigned failed = CU_get_number_of_failures();
    CU_cleanup_registry();
    return (int)failed;
}
