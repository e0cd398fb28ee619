/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ipi_config.h - parameters of local APICs and of interrupt delivery.
 */
#ifndef IPI_IPI_CONFIG_H
#define IPI_IPI_CONFIG_H

#include "base/param.h"

enum apic_mode { APIC_XAPIC, APIC_X2APIC };

struct ipi_config {
    uint32_t mode;           /* enum apic_mode; "xapic", "x2apic" */
    cycle_t icr_write;       /* One ICR write incl. status poll or fence. */
    struct dist self;        /* ICR write to handler possible: self. */
    struct dist smt;         /* ... sibling. */
    struct dist cluster;     /* ... core of the same cluster. */
    struct dist die;         /* ... other cluster, same die. */
    struct dist socket;      /* ... other die. */
    struct dist machine;     /* ... other socket. */
    cycle_t entry;           /* Handler entry: IDT, stub. */
    cycle_t eoi;             /* EOI write. */
    cycle_t iret;            /* IRET. */
    cycle_t idle_wake;       /* Extra when the target is halted. */
    struct dist broadcast;   /* INVLPGB: until a remote TLB is invalidated. */
    cycle_t broadcast_issue; /* INVLPGB: cost on the issuing core. */
};

extern const struct param ipi_params[];
extern const size_t n_ipi_params;

#endif
