/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vm_config.h - parameters of the kernel: limits, costs of steps, algorithms.
 */
#ifndef VM_VM_CONFIG_H
#define VM_VM_CONFIG_H

#include "base/param.h"

struct vm_config {
    uint32_t shootdown;       /* Index into vm_shootdowns[]: "freebsd2018",
                               * "freebsd2020". */
    uint32_t spaces;          /* Address spaces at a time. */
    uint32_t map_entries;     /* Map entries of all spaces together. */
    uint32_t objects;         /* VM objects. */
    uint32_t pv_entries;      /* Mappings of pages; 0: 4 per frame. */
    uint32_t lazy_pmap;       /* Bool; not modelled yet: must be false. */
    cycle_t time_slice;       /* Round robin; 0: never preempt. */
    cycle_t switch_cost;      /* Thread switch beyond MOV CR3. */
    cycle_t map_lookup;       /* vm_map_lookup. */
    cycle_t object_lookup;    /* One level of a shadow chain. */
    cycle_t page_alloc;       /* Free-list allocation. */
    cycle_t page_in;          /* First touch of a page of a file. */
    cycle_t lock;             /* Uncontended kernel lock or unlock. */
    cycle_t pte_update;       /* Beyond the line transfer. */
    cycle_t zero_line;        /* Per line of a zeroed page. */
    cycle_t copy_line;        /* Per line of a copied page. */
    cycle_t fork_entry;       /* Per map entry in fork. */
    cycle_t fork_pte;         /* Per page-table entry in fork. */
    cycle_t unmap_pte;        /* Per entry in munmap, exit. */
    cycle_t sched;            /* Enqueue, dequeue, wake-up. */
    cycle_t syscall;          /* A system call that the model knows only by cost. */
    cycle_t shootdown_prep;   /* Computing targets, filling the request. */
    cycle_t shootdown_ack;    /* Target: reading the request, writing the ack. */
    struct dist pv_lock_wait; /* Waiting for the PV-list lock (step pv_locks). */
};

extern const struct param vm_params[];
extern const size_t n_vm_params;

#endif
