/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fabric.c - from one ICR write to the messages that reach other cores.
 *
 * Asking is apart from acting: apic_plan() says which writes a set of targets
 * takes, apic_targets() whom a write reaches, and only apic_send() sends.
 *
 *   mode    destination            one write reaches
 *   xapic   physical               one hardware thread
 *           all-but-self shorthand everybody else
 *           logical, flat          any of the first 8 (A4)
 *   x2apic  physical               one hardware thread
 *           logical                any of 16 in one cluster: bits 31:16 are the
 *                                  identifier / 16, bits 15:0 the members (A4)
 *
 * Every target gets a message of its own with a latency of its own: interrupts
 * to different targets are not ordered (A11).
 */
#include "ipi/apic.h"

#include "ipi/state.h"

#include <assert.h>

#define X2APIC_CLUSTER 16u
#define XAPIC_FLAT     8u

const struct dist *apic_delivery(const struct ipi_config *config,
                                 enum distance distance)
{
    switch (distance) {
    case DIST_SELF:
        return &config->self;
    case DIST_SMT:
        return &config->smt;
    case DIST_CLUSTER:
        return &config->cluster;
    case DIST_DIE:
        return &config->die;
    case DIST_SOCKET:
        return &config->socket;
    case DIST_MACHINE:
        return &config->machine;
    case DIST_N:
        break;
    }
    assert(false); /* DIST_N is no distance. */
    return NULL;
}

/* A message takes time, or the look-ahead would be nothing. */
static cycle_t at_least_one(cycle_t cycles)
{
    return cycles ? cycles : 1;
}

cycle_t apic_lookahead(const struct ipi_config *config,
                       const struct topology_config *topology)
{
    const struct {
        uint32_t parts; /* The distance exists if there is more than one. */
        enum distance distance;
    } level[] = {
        {topology->cores, DIST_CLUSTER},
        {topology->clusters, DIST_DIE},
        {topology->dies, DIST_SOCKET},
        {topology->sockets, DIST_MACHINE},
    };
    cycle_t least = CYCLE_NEVER; /* One core: nothing ever comes. */
    for (unsigned i = 0; i < sizeof level / sizeof level[0]; i++) {
        cycle_t base = at_least_one(apic_delivery(config, level[i].distance)->base);
        if (level[i].parts > 1 && base < least)
            least = base;
    }
    return least;
}

static void add_all(const struct apic *apic, struct cpuset *targets)
{
    for (unsigned cpu = 0; cpu < apic->n_cpus; cpu++)
        cpuset_add(targets, cpu);
}

/* The members of a bit mask of 'n' hardware threads from 'first' on that the
 * machine has. */
static void add_mask(const struct apic *apic, unsigned first, uint32_t mask, unsigned n,
                     struct cpuset *targets)
{
    for (unsigned i = 0; i < n; i++)
        if ((mask >> i & 1) && first + i < apic->n_cpus)
            cpuset_add(targets, first + i);
}

static void add_destination(const struct apic *apic, const struct icr *icr,
                            struct cpuset *targets)
{
    bool x2 = apic->config.mode == APIC_X2APIC;
    uint32_t broadcast = x2 ? APIC_BROADCAST_X2 : APIC_XAPIC_CPUS;
    uint32_t d = icr->destination;
    if (d == broadcast)
        add_all(apic, targets);
    else if (icr->logical && x2)
        add_mask(apic, (d >> 16) * X2APIC_CLUSTER, d & 0xffff, X2APIC_CLUSTER, targets);
    else if (icr->logical)
        add_mask(apic, 0, d, XAPIC_FLAT, targets);
    else if (d < apic->n_cpus)
        cpuset_add(targets, d);
}

void apic_targets(const struct apic *apic, unsigned from_cpu, const struct icr *icr,
                  struct cpuset *targets)
{
    cpuset_zero(targets);
    switch ((enum shorthand)icr->shorthand) {
    case SHORTHAND_NONE:
        add_destination(apic, icr, targets);
        return;
    case SHORTHAND_SELF:
        cpuset_add(targets, from_cpu);
        return;
    case SHORTHAND_ALL:
        add_all(apic, targets);
        return;
    case SHORTHAND_OTHERS:
        add_all(apic, targets);
        cpuset_remove(targets, from_cpu);
        return;
    }
}

/* The writes that do not fit are counted only. */
struct plan {
    struct icr *writes;
    unsigned n, max;
};

static void plan_add(struct plan *plan, struct icr icr)
{
    if (plan->n < plan->max)
        plan->writes[plan->n] = icr;
    plan->n++;
}

static void plan_physical(struct plan *plan, const struct cpuset *targets,
                          uint8_t vector)
{
    for (unsigned cpu = cpuset_next(targets, 0); cpu != NO_CPU;
         cpu = cpuset_next(targets, cpu + 1))
        plan_add(plan, (struct icr){.vector = vector, .destination = cpu});
}

static void plan_clusters(struct plan *plan, const struct cpuset *targets,
                          uint8_t vector)
{
    for (unsigned first = 0; first < CPU_MAX; first += X2APIC_CLUSTER) {
        uint32_t mask = targets->word[first / 64] >> (first % 64) & 0xffff;
        uint32_t cluster = first / X2APIC_CLUSTER;
        if (mask)
            plan_add(plan, (struct icr){.vector = vector,
                                        .logical = true,
                                        .destination = cluster << 16 | mask});
    }
}

static bool is_everybody_else(const struct apic *apic, unsigned from_cpu,
                              const struct cpuset *targets)
{
    return apic->n_cpus > 1 && !cpuset_has(targets, from_cpu) &&
           cpuset_count(targets) == apic->n_cpus - 1;
}

unsigned apic_plan(const struct apic *apic, unsigned from_cpu,
                   const struct cpuset *targets, uint8_t vector, struct icr *writes,
                   unsigned max)
{
    struct plan plan = {.writes = writes, .max = max};
    if (apic->config.mode == APIC_X2APIC)
        plan_clusters(&plan, targets, vector);
    else if (is_everybody_else(apic, from_cpu, targets))
        plan_add(&plan, (struct icr){.vector = vector, .shorthand = SHORTHAND_OTHERS});
    else
        plan_physical(&plan, targets, vector);
    return plan.n;
}

/* Wire gives messages their numbers: a unit sends more than interrupts. */
static void send_one(struct apic *apic, unsigned from_cpu, unsigned to_cpu,
                     uint8_t vector, uint64_t tag, cycle_t now)
{
    unsigned smt = apic->topology.smt;
    enum distance distance = topology_cpu_distance(&apic->topology, from_cpu, to_cpu);
    cycle_t latency = choice_latency(apic->choice, from_cpu / smt, CHOICE_IPI,
                                     apic_delivery(&apic->config, distance));
    struct msg msg = {
        .arrival = now + at_least_one(latency),
        .from = from_cpu / smt,
        .to = to_cpu / smt,
        .kind = MSG_IPI,
        .cpu = (uint16_t)to_cpu,
        .a = vector | (uint64_t)from_cpu << 8,
        .b = tag,
    };
    apic->post.send(apic->post.context, &msg);
}

void apic_send(struct apic *apic, unsigned cpu, const struct icr *icr, uint64_t tag,
               cycle_t now, struct cpuset *sent)
{
    assert(cpu < apic->n_cpus);
    bool nmi = icr->delivery == DELIVERY_NMI;
    uint8_t vector = nmi ? (uint8_t)VECTOR_NMI : icr->vector;
    assert(nmi || vector >= APIC_FIRST_VECTOR); /* A5 */
    struct cpuset targets;
    apic_targets(apic, cpu, icr, &targets);
    for (unsigned to = cpuset_next(&targets, 0); to < apic->n_cpus;
         to = cpuset_next(&targets, to + 1))
        send_one(apic, cpu, to, vector, tag, now);
    if (sent)
        *sent = targets;
}
