/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * holders.c - which CPUs may hold translations of a space; see holders.h.
 */
#include "check/holders.h"

#include "base/pte.h"

void check_holders_reset(struct check_holders *holders)
{
    holders->n_cpus = 0;
    for (unsigned i = 0; i < CPU_MAX; i++)
        holders->space[i] = NO_SPACE;
}

void check_holders_note(struct check_holders *holders, uint32_t cpu, uint32_t space)
{
    if (cpu >= CPU_MAX || space == NO_SPACE)
        return;
    holders->space[cpu] = space;
    if (cpu >= holders->n_cpus)
        holders->n_cpus = cpu + 1;
}

void check_holders_flushed(struct check_holders *holders, const struct obs *record)
{
    if (record->c == OBS_INVAL_SWITCH && record->b == 0 && record->cpu < CPU_MAX)
        holders->space[record->cpu] = NO_SPACE;
}

struct cpuset check_holders_of(const struct check_holders *holders, uint32_t space)
{
    struct cpuset set;
    cpuset_zero(&set);
    for (unsigned i = 0; i < holders->n_cpus; i++)
        if (holders->space[i] == space)
            cpuset_add(&set, i);
    return set;
}

bool check_entry_lost(uint64_t old, uint64_t now)
{
    pte_t before = {old}, after = {now};
    if (!pte_has(before, PTE_P | PTE_A))
        return false;
    if (!pte_has(after, PTE_P) || pte_frame(before).v != pte_frame(after).v)
        return true;
    return pte_has(before, PTE_RW) && !pte_has(after, PTE_RW);
}

bool check_inval_covers(const struct obs *record, uint64_t page)
{
    uint64_t first = record->va >> PAGE_SHIFT;
    return record->b == 0 || (page >= first && page - first < record->b);
}
