/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_explore_states.c - the tree-compressed set of states is exact
 * (src/explore/states.h): against a plain list of byte strings.
 */
#include "explore/states.h"

#include "base/rng.h"
#include "explore/intern.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>

#define N_BYTES 9000u /* Not a multiple of a leaf. */
#define N_MODEL 300u

struct model {
    uint8_t states[N_MODEL][N_BYTES];
    uint32_t n;
};

static uint32_t model_put(struct model *m, const uint8_t *bytes)
{
    for (uint32_t i = 0; i < m->n; i++)
        if (memcmp(m->states[i], bytes, N_BYTES) == 0)
            return i;
    memcpy(m->states[m->n], bytes, N_BYTES);
    return m->n++;
}

static uint64_t draw(uint64_t *counter, uint64_t below)
{
    return rng_draw(1, 2, ++*counter) % below;
}

/* A small change, often one that was made before, so that states come back. */
static void change(uint64_t *counter, uint8_t *bytes)
{
    uint64_t at = draw(counter, 4);
    static const uint32_t places[] = {0, 63, 64, N_BYTES - 1};
    bytes[places[at]] = (uint8_t)draw(counter, 3);
}

static void states_are_new_exactly_when_their_bytes_are(void)
{
    struct err err;
    uint64_t counter = 0;
    struct model *model = calloc(1, sizeof *model);
    struct states *states = states_create(N_BYTES, 1u << 24, &err);
    uint8_t bytes[N_BYTES] = {0};
    CU_ASSERT_FATAL(model && states);
    for (unsigned i = 0; i < 4000 && model->n < N_MODEL - 1; i++) {
        uint32_t number = 0, before = model->n;
        bool full;
        change(&counter, bytes);
        uint32_t expected = model_put(model, bytes);
        bool fresh = states_put(states, bytes, &number, &full);
        CU_ASSERT(!full);
        CU_ASSERT_EQUAL(number, expected);
        CU_ASSERT_EQUAL(fresh, model->n > before);
        CU_ASSERT_EQUAL(states_count(states), model->n);
        uint32_t any = (uint32_t)draw(&counter, model->n);
        states_get(states, any, bytes);
        CU_ASSERT_EQUAL_FATAL(memcmp(bytes, model->states[any], N_BYTES), 0);
    }
    CU_ASSERT(model->n > 50);
    states_destroy(states);
    free(model);
}

/* Pages: what is not marked as touched is not looked at, and all else is. */
static void of_pages_only_those_that_were_touched_are_compared(void)
{
    static uint8_t bytes[64 + 3 * 4096 + 100];
    uint8_t touched[3] = {0};
    struct err err;
    uint32_t number;
    bool full;
    struct states *states = states_create(sizeof bytes, 1u << 24, &err);
    CU_ASSERT_FATAL(states != NULL);
    CU_ASSERT(states_put(states, bytes, &number, &full));
    states_note_pages(states, 64, 3, touched);
    bytes[64 + 4096] = 1;
    touched[1] = 1;
    CU_ASSERT(states_put(states, bytes, &number, &full));
    CU_ASSERT_EQUAL(touched[1], 0);
    bytes[0] = 1; /* Before and behind the pages nothing needs a mark. */
    CU_ASSERT(states_put(states, bytes, &number, &full));
    bytes[sizeof bytes - 1] = 1;
    CU_ASSERT(states_put(states, bytes, &number, &full));
    states_get(states, 0, bytes);
    CU_ASSERT_EQUAL(bytes[64 + 4096], 0);
    CU_ASSERT_EQUAL(bytes[0] + bytes[sizeof bytes - 1], 0);
    states_get(states, 3, bytes);
    CU_ASSERT_EQUAL(bytes[64 + 4096] + bytes[0] + bytes[sizeof bytes - 1], 3);
    states_destroy(states);
}

static void a_new_state_costs_little_more_than_its_change(void)
{
    struct err err;
    struct states *states = states_create(1u << 18, 1u << 26, &err);
    uint8_t *bytes = calloc(1, 1u << 18);
    CU_ASSERT_FATAL(states && bytes);
    for (uint32_t i = 0; i < 10000; i++) {
        uint32_t number;
        bool full;
        memcpy(bytes + 1000, &i, sizeof i);
        CU_ASSERT_FATAL(states_put(states, bytes, &number, &full));
    }
    CU_ASSERT(states_bytes(states) < 10000u * 1000u);
    states_destroy(states);
    free(bytes);
}

static void a_set_that_is_full_says_so_and_keeps_what_it_has(void)
{
    struct err err;
    struct states *states = states_create(N_BYTES, 1, &err);
    uint8_t bytes[N_BYTES] = {0};
    uint32_t number;
    bool full;
    CU_ASSERT_FATAL(states != NULL);
    CU_ASSERT(states_put(states, bytes, &number, &full));
    CU_ASSERT(!full);
    bytes[5] = 1;
    CU_ASSERT(!states_put(states, bytes, &number, &full));
    CU_ASSERT(full);
    CU_ASSERT_EQUAL(states_count(states), 1);
    bytes[5] = 0;
    states_get(states, 0, bytes);
    CU_ASSERT_EQUAL(bytes[5], 0);
    states_destroy(states);
}

static void equal_records_get_one_number_however_many_there_are(void)
{
    struct intern table;
    intern_init(&table, 8);
    for (unsigned round = 0; round < 2; round++)
        for (uint64_t i = 0; i < 5000; i++) {
            uint64_t record = i << 32; /* Differs in the upper half alone. */
            CU_ASSERT_EQUAL(intern_put(&table, &record), i);
        }
    uint64_t kept;
    memcpy(&kept, intern_get(&table, 4321), sizeof kept);
    CU_ASSERT_EQUAL(kept, UINT64_C(4321) << 32);
    intern_free(&table);
}

static CU_TestInfo tests[] = {
    {"states are new exactly when their bytes are",
     states_are_new_exactly_when_their_bytes_are},
    {"of pages only those that were touched are compared",
     of_pages_only_those_that_were_touched_are_compared},
    {"a new state costs little more than its change",
     a_new_state_costs_little_more_than_its_change},
    {"a set that is full says so and keeps what it has",
     a_set_that_is_full_says_so_and_keeps_what_it_has},
    {"equal records get one number however many there are",
     equal_records_get_one_number_however_many_there_are},
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"explore_states", NULL, NULL, NULL, NULL, tests},
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
