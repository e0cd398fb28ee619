/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * apic.c - one local APIC per hardware thread: what is pending, what is in
 * service, what may be delivered.
 *
 * Sending is fabric.c.  A vector's life, per hardware thread:
 *
 *   (nothing) --accept--> IRR --take--> ISR --eoi--> (nothing)
 *
 * accept while in IRR changes nothing (A6); accept while in ISR sets IRR
 * again, so the handler runs once more.  An NMI has neither bit: it is latched,
 * taken, and holds back the next one until IRET (A9).
 *
 * After: Intel SDM vol. 3A, "Advanced Programmable Interrupt Controller (APIC)",
 * "Handling Interrupts".
 */
#include "ipi/apic.h"

#include "ipi/state.h"

#include <assert.h>

enum status apic_check(const struct ipi_config *config,
                       const struct topology_config *topology, struct err *err)
{
    uint32_t n = topology_n_cpus(topology);
    if (config->mode == APIC_XAPIC && n > APIC_XAPIC_CPUS)
        return err_set(err, STATUS_CONFIG,
                       "ipi.mode: xapic identifiers reach %u hardware threads, the "
                       "topology has %u; use \"x2apic\" or a smaller topology",
                       APIC_XAPIC_CPUS, n);
    return STATUS_OK;
}

struct apic *apic_create(struct arena *arena, const struct ipi_config *config,
                         const struct topology_config *topology, struct choice *choice,
                         struct post post)
{
    struct apic *apic = arena_take(arena, ARENA_FIXED, 1, sizeof *apic);
    apic->config = *config;
    apic->topology = *topology;
    apic->choice = choice;
    apic->post = post;
    apic->n_cpus = topology_n_cpus(topology);
    assert(apic->n_cpus >= 1 && apic->n_cpus <= CPU_MAX);
    apic->local = arena_take(arena, ARENA_ARCH, apic->n_cpus, sizeof *apic->local);
    return apic;
}

static const struct local_apic *local_peek(const struct apic *apic, unsigned cpu)
{
    assert(cpu < apic->n_cpus);
    return &apic->local[cpu];
}

static struct local_apic *local(struct apic *apic, unsigned cpu)
{
    assert(cpu < apic->n_cpus);
    return &apic->local[cpu];
}

static bool bit_is_set(const struct vectors *set, unsigned vector)
{
    return (set->word[vector / 64] >> (vector % 64)) & 1;
}

static void bit_set(struct vectors *set, unsigned vector)
{
    set->word[vector / 64] |= UINT64_C(1) << (vector % 64);
}

static void bit_clear(struct vectors *set, unsigned vector)
{
    set->word[vector / 64] &= ~(UINT64_C(1) << (vector % 64));
}

/* The highest vector of 'set', or -1. */
static int highest(const struct vectors *set)
{
    for (int i = VECTOR_WORDS - 1; i >= 0; i--)
        if (set->word[i])
            return i * 64 + 63 - __builtin_clzll(set->word[i]);
    return -1;
}

/* Bits 7:4 of 'vector'; 0 for none. */
static int class_of(int vector)
{
    return vector < 0 ? 0 : vector >> 4;
}

/* PPR bits 7:4 (A7). */
static int processor_class(const struct local_apic *l)
{
    int in_service = class_of(highest(&l->isr));
    return in_service > l->tpr_class ? in_service : l->tpr_class;
}

bool apic_accept(struct apic *apic, unsigned cpu, uint8_t vector, bool nmi)
{
    struct local_apic *l = local(apic, cpu);
    if (nmi) {
        bool fresh = !l->nmi_latched;
        l->nmi_latched = 1;
        return fresh;
    }
    assert(vector >= APIC_FIRST_VECTOR); /* A5 */
    bool fresh = !bit_is_set(&l->irr, vector);
    bit_set(&l->irr, vector);
    return fresh;
}

bool apic_idle(const struct apic *apic, unsigned cpu)
{
    const struct local_apic *l = local_peek(apic, cpu);
    uint64_t any = l->nmi_latched;
    for (unsigned i = 0; i < VECTOR_WORDS; i++)
        any |= l->irr.word[i];
    return any == 0;
}

int apic_pending(const struct apic *apic, unsigned cpu, bool interrupts_on)
{
    const struct local_apic *l = local_peek(apic, cpu);
    if (l->nmi_latched && !l->nmi_blocked)
        return VECTOR_NMI;
    if (!interrupts_on)
        return -1;
    int vector = highest(&l->irr);
    return class_of(vector) > processor_class(l) ? vector : -1;
}

void apic_take(struct apic *apic, unsigned cpu, uint8_t vector)
{
    struct local_apic *l = local(apic, cpu);
    assert(apic_pending(apic, cpu, true) == vector);
    if (vector == VECTOR_NMI) {
        l->nmi_latched = 0;
        l->nmi_blocked = 1;
        return;
    }
    bit_clear(&l->irr, vector);
    bit_set(&l->isr, vector);
}

bool apic_nmi_free(const struct apic *apic, unsigned cpu)
{
    const struct local_apic *l = local_peek(apic, cpu);
    return !l->nmi_latched && !l->nmi_blocked;
}

void apic_eoi(struct apic *apic, unsigned cpu)
{
    struct local_apic *l = local(apic, cpu);
    int vector = highest(&l->isr);
    if (vector >= 0)
        bit_clear(&l->isr, (unsigned)vector);
}

void apic_iret(struct apic *apic, unsigned cpu)
{
    local(apic, cpu)->nmi_blocked = 0;
}

void apic_set_tpr(struct apic *apic, unsigned cpu, uint8_t priority_class)
{
    assert(priority_class < 16);
    local(apic, cpu)->tpr_class = priority_class;
}

/* A7: vectors of one class do not nest, so each class is in service once. */
static void assert_nesting(const struct local_apic *l)
{
    for (unsigned class = 0; class < 16; class ++) {
        uint64_t of_class = l->isr.word[class / 4] >> (class % 4 * 16) & 0xffff;
        assert(__builtin_popcountll(of_class) <= 1);
    }
}

void apic_assert(const struct apic *apic, unsigned cpu)
{
    const struct local_apic *l = local_peek(apic, cpu);
    assert_nesting(l);
    int blocked = highest(&l->irr);
    if (blocked < 0 || class_of(blocked) > processor_class(l))
        return;
    /* APIC1: what holds it back is in service above it, or the TPR. */
    assert(class_of(highest(&l->isr)) >= class_of(blocked) ||
           l->tpr_class >= class_of(blocked));
}
