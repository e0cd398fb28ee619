/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * apic.h - local APICs: ICR writes, pending and in-service vectors.
 *
 * A6: a vector has one bit in IRR (pending) and one in ISR (in service);
 * further interrupts of the same vector collapse into the IRR bit, so a
 * handler must look for all its work.  A7: the highest pending vector is
 * taken if its class is above the processor priority.  A8: an interrupt is
 * taken at an operation boundary with IF=1.  A9: NMI ignores IF, one latched.
 *
 * Delivery.  apic_send() is one ICR write: it computes the targets of the
 * destination (A1, A4) and sends one MSG_IPI to each target core's unit,
 * arriving after a draw of the latency for its distance.  The receiving core
 * calls apic_accept() when the message arrives.
 *
 * Invariant APIC1: a vector in ISR is above every pending vector that could
 * not be delivered.
 * Not modelled: lowest-priority mode, SMI, INIT/SIPI, level triggers, x2APIC
 * interrupt remapping.
 */
#ifndef IPI_APIC_H
#define IPI_APIC_H

#include "base/arena.h"
#include "base/cpuset.h"
#include "ipi/ipi_config.h"
#include "ipi/topology.h"
#include "sim/choice.h"
#include "sim/msg.h"

/* Vectors of FreeBSD 2018: x86/include/apicvar.h, APIC_IPI_INTS = 243. */
enum vector {
    VECTOR_TIMER = 239,
    VECTOR_RENDEZVOUS = 243,
    VECTOR_INVLTLB = 244,
    VECTOR_INVLPG = 245,
    VECTOR_INVLRNG = 246,
    VECTOR_INVLOP = 248, /* freebsd2020: one vector for all. */
    VECTOR_RESCHED = 249,
    VECTOR_NMI = 2,
};

enum shorthand { SHORTHAND_NONE, SHORTHAND_SELF, SHORTHAND_ALL, SHORTHAND_OTHERS };
enum delivery { DELIVERY_FIXED, DELIVERY_NMI };

/* One ICR write, decoded (A1). */
struct icr {
    uint8_t vector;
    uint8_t delivery;     /* enum delivery */
    uint8_t shorthand;    /* enum shorthand */
    bool logical;         /* Destination mode. */
    uint32_t destination; /* Physical: CPU number. Logical x2APIC: cluster << 16
                           * | bit mask of 16 (A4). */
};

struct apic; /* All local APICs of the machine. */

/* Says whether local APICs in this mode can serve that many hardware threads:
 * xAPIC identifiers have 8 bits and 255 is the broadcast (A4). */
enum status apic_check(const struct ipi_config *config,
                       const struct topology_config *topology, struct err *err);

struct apic *apic_create(struct arena *arena, const struct ipi_config *config,
                         const struct topology_config *topology, struct choice *choice,
                         struct post post);

/* The smallest delivery latency to another core's unit. */
cycle_t apic_lookahead(const struct ipi_config *config,
                       const struct topology_config *topology);

/*
 * Splits 'targets' into ICR writes: one per target in xAPIC mode (or one
 * all-but-self shorthand if 'targets' is everybody else), one per x2APIC
 * cluster of 16 in x2APIC mode.  Fills up to 'max' entries of 'writes' and
 * returns how many there are.
 */
unsigned apic_plan(const struct apic *apic, unsigned from_cpu,
                   const struct cpuset *targets, uint8_t vector, struct icr *writes,
                   unsigned max);

/* One ICR write by 'cpu' at 'now'. 'tag' comes back in msg.b (shootdown
 * number).  MSG_IPI: to = target's core unit, cpu = target, a = vector |
 * from cpu << 8; an NMI has vector VECTOR_NMI.  msg.number is left to
 * 'post', because a unit sends other messages too.  Fills '*sent' (may be
 * null) with the targets. */
void apic_send(struct apic *apic, unsigned cpu, const struct icr *icr, uint64_t tag,
               cycle_t now, struct cpuset *sent);

/* The cpus an ICR write reaches. Pure. */
void apic_targets(const struct apic *apic, unsigned from_cpu, const struct icr *icr,
                  struct cpuset *targets);

/* An IPI arrived: sets the IRR bit (or latches the NMI). Returns false if it
 * collapsed into a pending one. */
bool apic_accept(struct apic *apic, unsigned cpu, uint8_t vector, bool nmi);

/* The vector that would be delivered now with IF='interrupts_on', or -1. */
int apic_pending(const struct apic *apic, unsigned cpu, bool interrupts_on);

/* Quick test: could anything be pending at all? */
bool apic_idle(const struct apic *apic, unsigned cpu);

/* Moves 'vector' from IRR to ISR. apic_pending() must have named it. */
void apic_take(struct apic *apic, unsigned cpu, uint8_t vector);

/* Could an NMI that arrives now make a difference: none is latched or served? */
bool apic_nmi_free(const struct apic *apic, unsigned cpu);

/* EOI: clears the highest bit of ISR. */
void apic_eoi(struct apic *apic, unsigned cpu);

/* IRET: a latched NMI may be delivered again (A9); until the first IRET after
 * apic_take(VECTOR_NMI) it is held back. */
void apic_iret(struct apic *apic, unsigned cpu);

/* TPR bits 7:4 (CR8). */
void apic_set_tpr(struct apic *apic, unsigned cpu, uint8_t priority_class);

/* Asserts APIC1 and A7 (in-service classes are strictly nested) for 'cpu'. */
void apic_assert(const struct apic *apic, unsigned cpu);

/* The latency distribution of a distance: shared with acknowledgements. */
const struct dist *apic_delivery(const struct ipi_config *config,
                                 enum distance distance);

#endif
