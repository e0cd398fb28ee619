/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fault.h - what the files of the page fault share: its steps and where it
 * stands.  For fault*.c only.
 */
#ifndef VM_FAULT_H
#define VM_FAULT_H

#include "vm/vm_internal.h"

enum fault_step {
    FAULT_ENTER,
    FAULT_MAP_LOCK,
    FAULT_LOOKUP,
    FAULT_SHADOW_UNLOCK,
    FAULT_SHADOW,
    FAULT_FAST,
    FAULT_SLOW,
    FAULT_ZERO,
    FAULT_INSTALL_LOCK,
    FAULT_INSTALL,
    FAULT_INSTALL_UNLOCK,
    FAULT_SLEEP,
    FAULT_AWAKE,
    FAULT_SEGV,
};

static inline struct space *space_of(const struct kctx *k)
{
    return &k->vm->spaces[k->thread->space];
}

static inline struct map_entry *entry_of(const struct kctx *k)
{
    return &k->vm->entries[k->act->entry];
}

static inline uint64_t page_index(const struct kctx *k)
{
    const struct map_entry *e = entry_of(k);
    return k->act->va - e->start + e->index;
}

static inline bool is_write(const struct kctx *k)
{
    return k->act->access == ACCESS_STORE;
}

/* fault_zero.c: the step of a first touch. */
void fault_zero(struct kctx *k);

#endif
