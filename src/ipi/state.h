/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * state.h - what the files of src/ipi share; nobody else includes it.
 *
 * (C) fixed at creation; (A) architectural.
 */
#ifndef IPI_STATE_H
#define IPI_STATE_H

#include "ipi/apic.h"

#define VECTOR_WORDS      4u
#define APIC_FIRST_VECTOR 16u  /* A5 */
#define APIC_XAPIC_CPUS   255u /* Identifier 0xff is the broadcast (A4). */
#define APIC_BROADCAST_X2 UINT32_MAX

/* One bit per vector. */
struct vectors {
    uint64_t word[VECTOR_WORDS];
};

/* One hardware thread's. No padding: the explorer hashes it. */
struct local_apic {
    struct vectors irr; /* Pending. */
    struct vectors isr; /* In service. */
    uint8_t tpr_class;
    uint8_t nmi_latched;
    uint8_t nmi_blocked; /* Until IRET. */
    uint8_t zero[5];
};

_Static_assert(sizeof(struct local_apic) == 72, "a local APIC has no padding");

struct apic {
    struct ipi_config config;        /* (C) */
    struct topology_config topology; /* (C) */
    struct choice *choice;           /* (C) */
    struct post post;                /* (C) */
    unsigned n_cpus;                 /* (C) */
    struct local_apic *local;        /* (A) [n_cpus] */
};

#endif
