/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_sim_msg.c - the inbox of a unit (src/sim/msg.h).
 */
#include "base/rng.h"
#include "sim/msg.h"

#include <CUnit/Basic.h>

#define CAPACITY 64u

static struct inbox empty_inbox(struct msg memory[CAPACITY])
{
    struct inbox inbox;
    inbox_init(&inbox, memory, CAPACITY);
    return inbox;
}

static struct msg message(cycle_t arrival, uint32_t from, uint32_t number)
{
    return (struct msg){.arrival = arrival, .from = from, .number = number};
}

static void an_empty_inbox_expects_nothing(void)
{
    struct msg memory[CAPACITY];
    struct inbox inbox = empty_inbox(memory);
    CU_ASSERT_EQUAL(inbox_next(&inbox), CYCLE_NEVER);
}

static void a_message_comes_out_as_it_went_in(void)
{
    struct msg memory[CAPACITY];
    struct inbox inbox = empty_inbox(memory);
    struct msg in = {7, 1, 2, 3, MSG_IPI, 4, 5, 6, 8};
    inbox_push(&inbox, &in);
    CU_ASSERT_EQUAL(inbox_next(&inbox), 7);
    struct msg out = inbox_pop(&inbox);
    CU_ASSERT(out.arrival == 7 && out.from == 1 && out.number == 2 && out.to == 3);
    CU_ASSERT(out.kind == MSG_IPI && out.cpu == 4);
    CU_ASSERT(out.a == 5 && out.b == 6 && out.c == 8);
    CU_ASSERT_EQUAL(inbox_next(&inbox), CYCLE_NEVER);
}

static bool in_order(const struct msg *a, const struct msg *b)
{
    if (a->arrival != b->arrival)
        return a->arrival < b->arrival;
    if (a->from != b->from)
        return a->from < b->from;
    return a->number < b->number;
}

/* Small ranges, so that ties of every kind are common; pushes and pops mixed,
 * and the inbox is full now and then. */
static void messages_come_out_by_arrival_sender_and_number(void)
{
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct msg memory[CAPACITY];
        struct inbox inbox = empty_inbox(memory);
        for (uint32_t i = 0; i < CAPACITY; i++) {
            uint64_t draw = rng_draw(seed, 0, i);
            struct msg msg = message(draw % 4, (uint32_t)(draw >> 8) % 3, i);
            inbox_push(&inbox, &msg);
            if ((draw >> 16) % 8 == 0)
                inbox_pop(&inbox);
        }
        struct msg last = inbox_pop(&inbox);
        while (inbox.n > 0) {
            struct msg next = inbox_pop(&inbox);
            CU_ASSERT_FATAL(in_order(&last, &next));
            last = next;
        }
    }
}

static void the_order_of_arrival_in_the_host_does_not_matter(void)
{
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct msg memory[2][CAPACITY], msgs[CAPACITY];
        struct inbox there = empty_inbox(memory[0]), back = empty_inbox(memory[1]);
        for (uint32_t i = 0; i < CAPACITY; i++) {
            uint64_t draw = rng_draw(seed, 1, i);
            msgs[i] = message(draw % 4, (uint32_t)(draw >> 8) % 3, i);
            inbox_push(&there, &msgs[i]);
        }
        for (uint32_t i = CAPACITY; i-- > 0;)
            inbox_push(&back, &msgs[i]);
        for (uint32_t i = 0; i < CAPACITY; i++)
            CU_ASSERT_EQUAL_FATAL(inbox_pop(&there).number, inbox_pop(&back).number);
    }
}

static CU_TestInfo tests[] = {
    {"an empty inbox expects nothing", an_empty_inbox_expects_nothing},
    {"a message comes out as it went in", a_message_comes_out_as_it_went_in},
    {"messages come out by arrival, sender and number",
     messages_come_out_by_arrival_sender_and_number},
    {"the order of arrival in the host does not matter",
     the_order_of_arrival_in_the_host_does_not_matter},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {{"msg", NULL, NULL, NULL, NULL, tests},
                             CU_SUITE_INFO_NULL};
    CU_initialize_registry();
    CU_register_suites(suites);
    CU_basic_run_tests();
    int failures = (int)CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures;
}
