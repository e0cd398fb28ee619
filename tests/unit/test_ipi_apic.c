/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_ipi_apic.c - one local APIC: rules A5 to A9 (ipi/apic.h), and sending:
 * A1, A4 and the look-ahead.
 *
 * The fabric's messages land in a small log instead of inboxes.
 */
#include "ipi/apic.h"

#include <CUnit/Basic.h>
#include <assert.h>
#include <stdlib.h>

#define LOG_MAX 2048u

struct bench {
    struct arena *arena;
    void *choice_memory;
    struct apic *apic;
    struct ipi_config config;
    struct topology_config topology;
    unsigned n_sent;
    struct msg sent[LOG_MAX];
};

static void log_message(void *context, const struct msg *msg)
{
    struct bench *b = context;
    assert(b->n_sent < LOG_MAX);
    b->sent[b->n_sent++] = *msg;
}

static struct bench *bench_create(enum apic_mode mode, struct topology_config topology)
{
    struct bench *b = calloc(1, sizeof *b);
    assert(b);
    b->arena = arena_create(NULL);
    unsigned n = topology_n_cores(&topology);
    b->choice_memory = calloc(1, choice_bytes(n));
    b->topology = topology;
    b->config.mode = mode;
    b->config.self.base = 0;
    b->config.smt.base = 3;
    b->config.cluster.base = 100;
    b->config.die = (struct dist){.kind = DIST_UNIFORM, .base = 200, .a = 50};
    b->config.socket.base = 90;
    b->config.machine.base = 400;
    b->apic = apic_create(b->arena, &b->config, &b->topology,
                          choice_init(b->choice_memory, n),
                          (struct post){.context = b, .send = log_message});
    return b;
}

static void bench_destroy(struct bench *b)
{
    arena_destroy(b->arena);
    free(b->choice_memory);
    free(b);
}

static const struct topology_config one_cpu = {1, 1, 1, 1, 1};
static const struct topology_config two_by_four = {1, 1, 2, 4, 1}; /* 8 cpus */
static const struct topology_config big = {2, 2, 2, 4, 2};         /* 64 cpus */

/* A6 */

static void a6_a_second_interrupt_collapses_into_the_pending_one(void)
{
    struct bench *b = bench_create(APIC_X2APIC, one_cpu);
    CU_ASSERT(apic_idle(b->apic, 0));
    CU_ASSERT(apic_accept(b->apic, 0, VECTOR_INVLPG, false));
    CU_ASSERT_FALSE(apic_accept(b->apic, 0, VECTOR_INVLPG, false));
    CU_ASSERT_FALSE(apic_idle(b->apic, 0));
    apic_take(b->apic, 0, VECTOR_INVLPG);
    CU_ASSERT(apic_idle(b->apic, 0));
    apic_eoi(b->apic, 0);
    CU_ASSERT_EQUAL(apic_pending(b->apic, 0, true), -1);
    bench_destroy(b);
}

static void a6_one_in_service_and_one_pending(void)
{
    struct bench *b = bench_create(APIC_X2APIC, one_cpu);
    apic_accept(b->apic, 0, VECTOR_INVLPG, false);
    apic_take(b->apic, 0, VECTOR_INVLPG);
    CU_ASSERT(apic_accept(b->apic, 0, VECTOR_INVLPG, false));
    CU_ASSERT_EQUAL(apic_pending(b->apic, 0, true), -1);
    apic_assert(b->apic, 0);
    apic_eoi(b->apic, 0);
    CU_ASSERT_EQUAL(apic_pending(b->apic, 0, true), VECTOR_INVLPG);
    bench_destroy(b);
}

/* A7 */

static void a7_the_highest_vector_goes_first(void)
{
    struct bench *b = bench_create(APIC_X2APIC, one_cpu);
    const uint8_t vectors[] = {32, 245, 63, 64, 191, 255};
    for (unsigned i = 0; i < sizeof vectors; i++)
        apic_accept(b->apic, 0, vectors[i], false);
    const int order[] = {255, 245, 191, 64, 63, 32};
    for (unsigned i = 0; i < sizeof vectors; i++) {
        CU_ASSERT_EQUAL(apic_pending(b->apic, 0, true), order[i]);
        apic_take(b->apic, 0, (uint8_t)order[i]);
        apic_eoi(b->apic, 0);
    }
    bench_destroy(b);
}

/* 239 is of class 14, 240 to 255 are of class 15. */
static void a7_the_same_class_does_not_nest_and_the_next_class_does(void)
{
    struct bench *b = bench_create(APIC_X2APIC, one_cpu);
    apic_accept(b->apic, 0, 224, false);
    apic_take(b->apic, 0, 224);
    apic_accept(b->apic, 0, 239, false);
    CU_ASSERT_EQUAL(apic_pending(b->apic, 0, true), -1);
    apic_accept(b->apic, 0, 240, false);
    CU_ASSERT_EQUAL(apic_pending(b->apic, 0, true), 240);
    apic_take(b->apic, 0, 240);
    apic_assert(b->apic, 0);
    apic_eoi(b->apic, 0); /* The highest in service: 240. */
    CU_ASSERT_EQUAL(apic_pending(b->apic, 0, true), -1);
    apic_eoi(b->apic, 0);
    CU_ASSERT_EQUAL(apic_pending(b->apic, 0, true), 239);
    bench_destroy(b);
}

static void a7_the_task_priority_holds_its_class_back(void)
{
    struct bench *b = bench_create(APIC_X2APIC, one_cpu);
    apic_accept(b->apic, 0, 239, false); /* Class 14. */
    apic_set_tpr(b->apic, 0, 14);
    CU_ASSERT_EQUAL(apic_pending(b->apic, 0, true), -1);
    apic_assert(b->apic, 0);
    apic_set_tpr(b->apic, 0, 13);
    CU_ASSERT_EQUAL(apic_pending(b->apic, 0, true), 239);
    bench_destroy(b);
}

/* A8, A9 */

static void a8_interrupts_off_hold_back_all_but_the_nmi(void)
{
    struct bench *b = bench_create(APIC_X2APIC, one_cpu);
    apic_accept(b->apic, 0, 255, false);
    CU_ASSERT_EQUAL(apic_pending(b->apic, 0, false), -1);
    apic_set_tpr(b->apic, 0, 15);
    apic_accept(b->apic, 0, VECTOR_NMI, true);
    CU_ASSERT_EQUAL(apic_pending(b->apic, 0, false), VECTOR_NMI);
    bench_destroy(b);
}

static void a9_one_nmi_is_latched_and_waits_for_iret(void)
{
    struct bench *b = bench_create(APIC_X2APIC, one_cpu);
    CU_ASSERT(apic_accept(b->apic, 0, VECTOR_NMI, true));
    CU_ASSERT_FALSE(apic_accept(b->apic, 0, VECTOR_NMI, true));
    apic_take(b->apic, 0, VECTOR_NMI);
    CU_ASSERT(apic_accept(b->apic, 0, VECTOR_NMI, true));
    CU_ASSERT_EQUAL(apic_pending(b->apic, 0, false), -1);
    apic_iret(b->apic, 0);
    CU_ASSERT_EQUAL(apic_pending(b->apic, 0, false), VECTOR_NMI);
    bench_destroy(b);
}

static void local_apics_do_not_share_state(void)
{
    struct bench *b = bench_create(APIC_X2APIC, two_by_four);
    apic_accept(b->apic, 3, 200, false);
    for (unsigned cpu = 0; cpu < 8; cpu++)
        CU_ASSERT_EQUAL(apic_idle(b->apic, cpu), cpu != 3);
    bench_destroy(b);
}

/* A1, A4: planning */

static struct cpuset cpus_of(uint64_t mask)
{
    return (struct cpuset){.word = {mask}};
}

static void a4_xapic_takes_one_write_per_target_in_ascending_order(void)
{
    struct bench *b = bench_create(APIC_XAPIC, two_by_four);
    struct cpuset targets = cpus_of(0xb2); /* 1, 4, 5, 7 */
    struct icr w[8];
    CU_ASSERT_EQUAL(apic_plan(b->apic, 0, &targets, 245, w, 8), 4);
    const uint32_t expected[] = {1, 4, 5, 7};
    for (unsigned i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(w[i].destination, expected[i]);
        CU_ASSERT_EQUAL(w[i].vector, 245);
        CU_ASSERT_EQUAL(w[i].shorthand, SHORTHAND_NONE);
        CU_ASSERT_FALSE(w[i].logical);
    }
    bench_destroy(b);
}

static void a1_xapic_uses_the_shorthand_for_exactly_everybody_else(void)
{
    struct bench *b = bench_create(APIC_XAPIC, two_by_four);
    struct icr w[8];
    struct cpuset others = cpus_of(0xf7), almost = cpus_of(0xf3), all = cpus_of(0xff);
    CU_ASSERT_EQUAL(apic_plan(b->apic, 3, &others, 245, w, 8), 1);
    CU_ASSERT_EQUAL(w[0].shorthand, SHORTHAND_OTHERS);
    CU_ASSERT_EQUAL(apic_plan(b->apic, 3, &almost, 245, w, 8), 6);
    CU_ASSERT_EQUAL(apic_plan(b->apic, 3, &all, 245, w, 8), 8);
    CU_ASSERT_EQUAL(apic_plan(b->apic, 0, &others, 245, w, 8), 7);
    bench_destroy(b);
}

static void a4_x2apic_takes_one_write_per_cluster_of_16(void)
{
    struct bench *b = bench_create(APIC_X2APIC, big);
    struct icr w[8];
    struct cpuset targets = cpus_of(UINT64_C(0x8000000100018001));
    CU_ASSERT_EQUAL(apic_plan(b->apic, 5, &targets, 245, w, 8), 4);
    const uint32_t expected[] = {0x8001, 0x10001, 0x20001, 0x38000};
    for (unsigned i = 0; i < 4; i++) {
        CU_ASSERT(w[i].logical);
        CU_ASSERT_EQUAL(w[i].destination, expected[i]);
    }
    bench_destroy(b);
}

static void a_plan_counts_the_writes_that_do_not_fit(void)
{
    struct bench *b = bench_create(APIC_XAPIC, two_by_four);
    struct cpuset targets = cpus_of(0x3e), none = cpus_of(0);
    struct icr w[3] = {[2] = {.vector = 9}};
    CU_ASSERT_EQUAL(apic_plan(b->apic, 0, &targets, 245, w, 2), 5);
    CU_ASSERT_EQUAL(w[2].vector, 9);
    CU_ASSERT_EQUAL(apic_plan(b->apic, 0, &none, 245, w, 2), 0);
    bench_destroy(b);
}

/* The writes of a plan reach the targets, each once, whatever the set. */
static void check_plan(struct bench *b, unsigned from, const struct cpuset *targets)
{
    struct icr w[CPU_MAX];
    struct cpuset reached = cpus_of(0), sum = cpus_of(0);
    unsigned n = apic_plan(b->apic, from, targets, 245, w, CPU_MAX), n_reached = 0;
    for (unsigned i = 0; i < n; i++) {
        apic_targets(b->apic, from, &w[i], &reached);
        n_reached += cpuset_count(&reached);
        for (unsigned k = 0; k < CPUSET_WORDS; k++)
            sum.word[k] |= reached.word[k];
    }
    CU_ASSERT_EQUAL(memcmp(&sum, targets, sizeof sum), 0);
    CU_ASSERT_EQUAL(n_reached, cpuset_count(targets));
}

static void a_plan_reaches_each_target_once(void)
{
    for (unsigned mode = APIC_XAPIC; mode <= APIC_X2APIC; mode++) {
        struct bench *b = bench_create((enum apic_mode)mode, two_by_four);
        for (unsigned mask = 0; mask < 256; mask++) {
            struct cpuset targets = cpus_of(mask);
            check_plan(b, mask % 8, &targets);
        }
        bench_destroy(b);
    }
}

static void a4_a_plan_reaches_the_last_of_1024(void)
{
    struct bench *b =
        bench_create(APIC_X2APIC, (struct topology_config){4, 4, 4, 8, 2});
    struct cpuset targets = cpus_of(1);
    cpuset_add(&targets, CPU_MAX - 1);
    check_plan(b, 7, &targets);
    struct icr w[2];
    CU_ASSERT_EQUAL(apic_plan(b->apic, 0, &targets, 245, w, 2), 2);
    CU_ASSERT_EQUAL(w[1].destination, 63u << 16 | 0x8000);
    bench_destroy(b);
}

/* A1, A4: destinations */

static uint64_t reached(struct bench *b, struct icr icr)
{
    struct cpuset targets;
    apic_targets(b->apic, 2, &icr, &targets);
    return targets.word[0];
}

static void a1_shorthands_name_self_all_and_others(void)
{
    struct bench *b = bench_create(APIC_XAPIC, two_by_four);
    CU_ASSERT_EQUAL(reached(b, (struct icr){.shorthand = SHORTHAND_SELF}), 0x04);
    CU_ASSERT_EQUAL(reached(b, (struct icr){.shorthand = SHORTHAND_ALL}), 0xff);
    CU_ASSERT_EQUAL(reached(b, (struct icr){.shorthand = SHORTHAND_OTHERS}), 0xfb);
    bench_destroy(b);
}

static void a4_broadcast_and_logical_destinations_depend_on_the_mode(void)
{
    struct bench *x = bench_create(APIC_XAPIC, two_by_four);
    struct bench *x2 = bench_create(APIC_X2APIC, two_by_four);
    CU_ASSERT_EQUAL(reached(x, (struct icr){.destination = 0xff}), 0xff);
    CU_ASSERT_EQUAL(reached(x2, (struct icr){.destination = 0xff}), 0);
    CU_ASSERT_EQUAL(reached(x2, (struct icr){.destination = UINT32_MAX}), 0xff);
    CU_ASSERT_EQUAL(reached(x, (struct icr){.logical = true, .destination = 0x81}),
                    0x81);
    CU_ASSERT_EQUAL(reached(x2, (struct icr){.logical = true, .destination = 0x1181}),
                    0x81); /* Members 8 and 12 do not exist. */
    CU_ASSERT_EQUAL(reached(x2, (struct icr){.logical = true, .destination = 0x10001}),
                    0);
    bench_destroy(x);
    bench_destroy(x2);
}

/* Sending */

static void a_message_says_who_to_whom_and_what_for(void)
{
    struct bench *b = bench_create(APIC_X2APIC, big);
    struct icr icr = {.vector = 245, .destination = 9};
    struct cpuset sent;
    apic_send(b->apic, 3, &icr, 77, 1000, &sent);
    CU_ASSERT_EQUAL(b->n_sent, 1);
    const struct msg *msg = &b->sent[0];
    CU_ASSERT_EQUAL(msg->kind, MSG_IPI);
    CU_ASSERT_EQUAL(msg->from, 1);
    CU_ASSERT_EQUAL(msg->to, 4);
    CU_ASSERT_EQUAL(msg->cpu, 9);
    CU_ASSERT_EQUAL(msg->a, 245 | 3 << 8);
    CU_ASSERT_EQUAL(msg->b, 77);
    CU_ASSERT(cpuset_has(&sent, 9) && cpuset_count(&sent) == 1);
    bench_destroy(b);
}

static cycle_t latency(struct bench *b, unsigned from, unsigned to)
{
    struct icr icr = {.vector = 245, .destination = to};
    b->n_sent = 0;
    apic_send(b->apic, from, &icr, 0, 1000, NULL);
    return b->sent[0].arrival - 1000;
}

static void delivery_takes_the_latency_of_the_distance(void)
{
    struct bench *b = bench_create(APIC_X2APIC, big);
    CU_ASSERT_EQUAL(latency(b, 0, 0), 1); /* Configured 0: still later. */
    CU_ASSERT_EQUAL(latency(b, 0, 1), 3);
    CU_ASSERT_EQUAL(latency(b, 0, 2), 100);
    CU_ASSERT_EQUAL(latency(b, 0, 16), 90);
    CU_ASSERT_EQUAL(latency(b, 0, 32), 400);
    bool jitter = false;
    for (unsigned i = 0; i < 50; i++) {
        cycle_t cycles = latency(b, 0, 8);
        CU_ASSERT(cycles >= 200 && cycles <= 250);
        jitter |= cycles != latency(b, 0, 8);
    }
    CU_ASSERT(jitter);
    bench_destroy(b);
}

static void no_interrupt_reaches_another_core_before_the_look_ahead(void)
{
    struct bench *b = bench_create(APIC_X2APIC, big);
    cycle_t least = apic_lookahead(&b->config, &b->topology);
    CU_ASSERT_EQUAL(least, 90);
    for (unsigned to = 2; to < 64; to++)
        CU_ASSERT(latency(b, 0, to) >= least);
    bench_destroy(b);
}

static void the_look_ahead_knows_only_distances_that_exist(void)
{
    struct bench *b = bench_create(APIC_X2APIC, two_by_four);
    struct topology_config clusters_of_one = {1, 1, 2, 1, 2};
    CU_ASSERT_EQUAL(apic_lookahead(&b->config, &two_by_four), 100);
    CU_ASSERT_EQUAL(apic_lookahead(&b->config, &clusters_of_one), 200);
    CU_ASSERT_EQUAL(apic_lookahead(&b->config, &one_cpu), CYCLE_NEVER);
    b->config.cluster.base = 0;
    CU_ASSERT_EQUAL(apic_lookahead(&b->config, &two_by_four), 1);
    bench_destroy(b);
}

static void a_shorthand_sends_one_message_to_each_other_cpu(void)
{
    struct bench *b = bench_create(APIC_XAPIC, two_by_four);
    struct icr icr = {.vector = 245, .shorthand = SHORTHAND_OTHERS};
    struct cpuset sent;
    apic_send(b->apic, 2, &icr, 5, 0, &sent);
    CU_ASSERT_EQUAL(b->n_sent, 7);
    CU_ASSERT_EQUAL(sent.word[0], 0xfb);
    for (unsigned i = 0; i < b->n_sent; i++)
        CU_ASSERT(b->sent[i].cpu != 2 && cpuset_has(&sent, b->sent[i].cpu));
    bench_destroy(b);
}

static void an_nmi_travels_as_its_vector(void)
{
    struct bench *b = bench_create(APIC_XAPIC, two_by_four);
    struct icr icr = {.delivery = DELIVERY_NMI, .destination = 1};
    apic_send(b->apic, 0, &icr, 0, 0, NULL);
    CU_ASSERT_EQUAL(b->sent[0].a & 0xff, VECTOR_NMI);
    bench_destroy(b);
}

static void a4_xapic_mode_refuses_256_hardware_threads(void)
{
    struct ipi_config config = {.mode = APIC_XAPIC};
    struct topology_config t255 = {1, 1, 1, 255, 1}, t256 = {1, 1, 1, 128, 2};
    struct err err;
    CU_ASSERT_EQUAL(apic_check(&config, &t255, &err), STATUS_OK);
    CU_ASSERT_EQUAL(apic_check(&config, &t256, &err), STATUS_CONFIG);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "256"));
    config.mode = APIC_X2APIC;
    CU_ASSERT_EQUAL(apic_check(&config, &t256, &err), STATUS_OK);
}

static CU_TestInfo tests[] = {
    {"A6: a second interrupt collapses into the pending one",
     a6_a_second_interrupt_collapses_into_the_pending_one},
    {"A6: one in service and one pending", a6_one_in_service_and_one_pending},
    {"A7: the highest vector goes first", a7_the_highest_vector_goes_first},
    {"A7: the same class does not nest and the next class does",
     a7_the_same_class_does_not_nest_and_the_next_class_does},
    {"A7: the task priority holds its class back",
     a7_the_task_priority_holds_its_class_back},
    {"A8: interrupts off hold back all but the NMI",
     a8_interrupts_off_hold_back_all_but_the_nmi},
    {"A9: one NMI is latched and waits for IRET",
     a9_one_nmi_is_latched_and_waits_for_iret},
    {"local APICs do not share state", local_apics_do_not_share_state},
    {"A4: xAPIC takes one write per target in ascending order",
     a4_xapic_takes_one_write_per_target_in_ascending_order},
    {"A1: xAPIC uses the shorthand for exactly everybody else",
     a1_xapic_uses_the_shorthand_for_exactly_everybody_else},
    {"A4: x2APIC takes one write per cluster of 16",
     a4_x2apic_takes_one_write_per_cluster_of_16},
    {"a plan counts the writes that do not fit",
     a_plan_counts_the_writes_that_do_not_fit},
    {"a plan reaches each target once", a_plan_reaches_each_target_once},
    {"A4: a plan reaches the last of 1024", a4_a_plan_reaches_the_last_of_1024},
    {"A1: shorthands name self, all and others",
     a1_shorthands_name_self_all_and_others},
    {"A4: broadcast and logical destinations depend on the mode",
     a4_broadcast_and_logical_destinations_depend_on_the_mode},
    {"a message says who, to whom and what for",
     a_message_says_who_to_whom_and_what_for},
    {"delivery takes the latency of the distance",
     delivery_takes_the_latency_of_the_distance},
    {"no interrupt reaches another core before the look-ahead",
     no_interrupt_reaches_another_core_before_the_look_ahead},
    {"the look-ahead knows only distances that exist",
     the_look_ahead_knows_only_distances_that_exist},
    {"a shorthand sends one message to each other cpu",
     a_shorthand_sends_one_message_to_each_other_cpu},
    {"an NMI travels as its vector", an_nmi_travels_as_its_vector},
    {"A4: xAPIC mode refuses 256 hardware threads",
     a4_xapic_mode_refuses_256_hardware_threads},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {{"ipi_apic", NULL, NULL, NULL, NULL, tests},
                             CU_SUITE_INFO_NULL};
    CU_initialize_registry();
    CU_register_suites(suites);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return (int)failures;
}
