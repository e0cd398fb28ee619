/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * walk.c - the page walk: one entry per step.  The machine is drawn in walk.h.
 *
 * Every step reads memory anew.  Between two steps a walk keeps only what a
 * real one has in its registers: the table it stands at and the permissions
 * it has gathered.  So when a line that it waited for is lost again before the
 * step comes, it asks again, and when the entry changed meanwhile, it sees the
 * new one.
 *
 * Race: the line of a leaf is not held between steps.  Suppose
 *
 *    walker                         another core
 *    reads leaf, A=0
 *    needs the line exclusively
 *                                   clears P under the line
 *    gets the line, sets A
 *
 * Were the old entry written back with A set, it would come back from the
 * dead.  Hence A and D are set by the same step that reads the leaf and finds
 * it good, with the line exclusive: a locked update (R17).
 *
 * After: Intel SDM vol. 3A, "4-Level Paging and 5-Level Paging" and "Accessed
 * and Dirty Flags"; AMD APM vol. 2, "TLB Management".
 */
#include "mmu/walk.h"

#include "mmu/invalidate.h"
#include "mmu/state.h"

#include <assert.h>
#include <string.h>

/* The state after an event; WALK_N_STATES = the pair breaks WALK3. */
static const uint8_t next_state[WALK_N_STATES][WALK_N_EVENTS] = {
    [WALK_IDLE] =
        {
            [WALK_EV_START] = WALK_READ,
            [WALK_EV_TABLE] = WALK_N_STATES,
            [WALK_EV_WAIT] = WALK_N_STATES,
            [WALK_EV_LEAF] = WALK_N_STATES,
            [WALK_EV_BAD] = WALK_N_STATES,
            [WALK_EV_RESTART] = WALK_IDLE, /* Nothing to restart. */
            [WALK_EV_CANCEL] = WALK_IDLE,  /* Nothing to give up. */
        },
    [WALK_READ] =
        {
            [WALK_EV_START] = WALK_N_STATES,
            [WALK_EV_TABLE] = WALK_READ,
            [WALK_EV_WAIT] = WALK_READ,
            [WALK_EV_LEAF] = WALK_IDLE,
            [WALK_EV_BAD] = WALK_IDLE,
            [WALK_EV_RESTART] = WALK_READ,
            [WALK_EV_CANCEL] = WALK_IDLE,
        },
};

static struct walk *walk_of(struct mmu *mmu, unsigned sibling)
{
    assert(sibling < mmu->n_smt);
    return &mmu->sibling[sibling].walk;
}

/* Every transition goes through here. */
static void walk_on(struct walk *walk, enum walk_event event)
{
    uint8_t next = next_state[walk->state][event];
    assert(next != WALK_N_STATES); /* WALK3 */
    if (next == WALK_IDLE)
        memset(walk, 0, sizeof *walk); /* WALK1 */
    walk->state = next;
}

void walk_assert(const struct mmu *mmu, unsigned sibling)
{
    static const struct walk none;
    const struct walk *walk = &mmu->sibling[sibling].walk;
    if (walk->state == WALK_IDLE) {
        assert(memcmp(walk, &none, sizeof none) == 0); /* WALK1 */
        return;
    }
    assert(walk->state == WALK_READ && walk->level < mmu->config.levels); /* WALK2 */
    if (walk->level + 1u == mmu->config.levels) {
        assert(walk->table == mmu_root(mmu, sibling).v && !walk->cached);
        assert(walk->perms.write && walk->perms.user && walk->perms.exec);
    }
}

static void stand_at_root(struct mmu *mmu, unsigned sibling, struct walk *walk)
{
    walk->level = (uint8_t)(mmu->config.levels - 1);
    walk->table = mmu_root(mmu, sibling).v;
    walk->perms = (struct perms){.write = 1, .user = 1, .exec = 1};
    walk->cached = 0;
}

/* Starts at the lowest table that a paging-structure cache knows (R5). */
static void stand_at_cached(struct mmu *mmu, unsigned sibling, struct walk *walk)
{
    unsigned level;
    const struct pwc_entry *entry =
        pwc_find(&mmu->pwc, mmu_key(mmu, sibling, walk->va), &level);
    if (!entry)
        return;
    mmu->timing->pwc_hits++;
    walk->level = (uint8_t)(level - 1);
    walk->table = entry->table;
    walk->perms = entry->perms;
    walk->cached = 1;
}

cycle_t walk_start(struct mmu *mmu, unsigned sibling, va_t va, enum access access,
                   cycle_t now)
{
    struct walk *walk = walk_of(mmu, sibling);
    walk_on(walk, WALK_EV_START);
    walk->va = va;
    walk->access = (uint8_t)access;
    stand_at_root(mmu, sibling, walk);
    stand_at_cached(mmu, sibling, walk);
    mmu->timing->walks++;
    mmu->timing->started_at[sibling] = now;
    return mmu->config.walk_start;
}

void walk_restart(struct mmu *mmu, unsigned sibling)
{
    struct walk *walk = walk_of(mmu, sibling);
    walk_on(walk, WALK_EV_RESTART);
    if (walk->state == WALK_READ)
        stand_at_root(mmu, sibling, walk);
}

void mmu_walk_cancel(struct mmu *mmu, unsigned sibling)
{
    walk_on(walk_of(mmu, sibling), WALK_EV_CANCEL);
}

/* The physical address of the entry that 'walk' reads next. */
static pa_t entry_pa(const struct walk *walk)
{
    unsigned index = pt_index(walk->va, walk->level);
    return (pa_t){frame_pa((pfn_t){walk->table}).v + index * sizeof(pte_t)};
}

static uint64_t *entry_word(struct mmu *mmu, const struct walk *walk)
{
    pa_t pa = entry_pa(walk);
    return mem_word_of(mem_frame(mmu->mem, pa_frame(pa)), pa);
}

static enum mmu_answer walk_need_line(struct walk *walk, enum line_want want,
                                      struct mmu_result *out)
{
    walk_on(walk, WALK_EV_WAIT);
    out->pa = entry_pa(walk);
    out->want = want;
    return MMU_NEED_LINE;
}

static void count_end(struct mmu *mmu, unsigned sibling, cycle_t now, cycle_t cost)
{
    mmu->timing->walk_cycles += now + cost - mmu->timing->started_at[sibling];
}

/* A walk that began at a cached entry may have met a stale one.  With
 * 'rewalk_on_permission_miss' such a fault is delivered only if the tables in
 * memory confirm it (R13, AMD). */
static enum mmu_answer walk_fault(struct mmu *mmu, unsigned sibling, bool present,
                                  cycle_t now, struct mmu_result *out)
{
    struct walk *walk = walk_of(mmu, sibling);
    if (walk->cached && mmu->config.rewalk_on_permission_miss) {
        pwc_drop_paths(&mmu->pwc, mmu_key(mmu, sibling, walk->va), 1);
        walk_restart(mmu, sibling);
        return MMU_WALK;
    }
    out->error_code = perm_error_code(present, (enum access)walk->access);
    count_end(mmu, sibling, now, out->cost);
    walk_on(walk, WALK_EV_BAD);
    return MMU_FAULT;
}

static struct perms perms_and(struct perms perms, pte_t pte)
{
    perms.write = perms.write && pte_has(pte, PTE_RW);
    perms.user = perms.user && pte_has(pte, PTE_US);
    perms.exec = perms.exec && !pte_has(pte, PTE_XD);
    return perms;
}

/* The kernel makes tables with A set, and no large pages (R2, R4). */
static enum mmu_answer walk_descend(struct mmu *mmu, unsigned sibling, pte_t pte)
{
    struct walk *walk = walk_of(mmu, sibling);
    assert(pte_has(pte, PTE_A) && !pte_has(pte, PTE_PS));
    walk->perms = perms_and(walk->perms, pte);
    walk->table = pte_frame(pte).v;
    pwc_fill(&mmu->pwc, mmu_key(mmu, sibling, walk->va), walk->level, pte_frame(pte),
             walk->perms);
    walk->level--;
    walk_on(walk, WALK_EV_TABLE);
    return MMU_WALK;
}

/* Sets in memory what this access must leave in the leaf.  The caller owns the
 * line exclusively. */
static pte_t set_bits(struct mmu *mmu, const struct walk *walk, pte_t pte,
                      uint64_t missing, struct mmu_result *out)
{
    out->wrote_leaf = true;
    out->leaf_before = pte;
    if (missing & PTE_A)
        out->cost += mmu->config.set_accessed;
    if (missing & PTE_D)
        out->cost += mmu->config.set_dirty;
    pte.bits |= missing;
    *entry_word(mmu, walk) = pte.bits;
    return pte;
}

static enum mmu_answer walk_fill(struct mmu *mmu, unsigned sibling, struct perms perms,
                                 pte_t pte, cycle_t now, struct mmu_result *out)
{
    struct walk *walk = walk_of(mmu, sibling);
    struct tlb_entry entry = {
        .vpn = mmu_key(mmu, sibling, walk->va),
        .frame = pte_frame(pte).v,
        .valid = 1,
        .write = perms.write,
        .user = perms.user,
        .exec = perms.exec,
        .dirty = pte_has(pte, PTE_D),
    };
    assert(pte_has(pte, PTE_P | PTE_A)); /* WALK4 */
    tlb_fill(mmu->tlb, walk->access == ACCESS_FETCH ? TLB_CODE : TLB_DATA, &entry, now,
             NULL);
    out->pa = frame_va_pa(pte_frame(pte), walk->va);
    out->filled_at = now;
    out->filled = true;
    out->leaf = pte;
    count_end(mmu, sibling, now, out->cost);
    walk_on(walk, WALK_EV_LEAF);
    return MMU_HIT;
}

static enum mmu_answer read_leaf(struct mmu *mmu, unsigned sibling, pte_t pte,
                                 cycle_t now, struct mmu_result *out)
{
    struct walk *walk = walk_of(mmu, sibling);
    struct perms perms = perms_and(walk->perms, pte);
    enum access access = (enum access)walk->access;
    if (!perm_allows(perms.write, perms.user, perms.exec, access))
        return walk_fault(mmu, sibling, true, now, out);
    uint64_t needed = PTE_A | (access == ACCESS_STORE ? PTE_D : 0);
    uint64_t missing = needed & ~pte.bits;
    if (missing) {
        cycle_t again; /* The locked update goes on with the line just read. */
        if (!mem_access(mmu->mem, mmu->core, entry_pa(walk), LINE_EXCLUSIVE, &again))
            return walk_need_line(walk, LINE_EXCLUSIVE, out);
        pte = set_bits(mmu, walk, pte, missing, out);
    }
    return walk_fill(mmu, sibling, perms, pte, now, out);
}

/* The line of the entry is there: reads it and acts on it. */
static enum mmu_answer read_entry(struct mmu *mmu, unsigned sibling, cycle_t now,
                                  struct mmu_result *out)
{
    const struct walk *walk = walk_of(mmu, sibling);
    pte_t pte = {*entry_word(mmu, walk)};
    if (!pte_has(pte, PTE_P))
        return walk_fault(mmu, sibling, false, now, out);
    if (walk->level > 0)
        return walk_descend(mmu, sibling, pte);
    return read_leaf(mmu, sibling, pte, now, out);
}

enum mmu_answer mmu_walk(struct mmu *mmu, unsigned sibling, cycle_t now,
                         struct mmu_result *out)
{
    struct walk *walk = walk_of(mmu, sibling);
    assert(walk->state == WALK_READ);
    *out = (struct mmu_result){.cost = 0};
    if (!mem_access(mmu->mem, mmu->core, entry_pa(walk), LINE_SHARED, &out->cost)) {
        out->cost = 0;
        return walk_need_line(walk, LINE_SHARED, out);
    }
    enum mmu_answer answer = read_entry(mmu, sibling, now, out);
    mmu->timing->walk_reads += answer != MMU_NEED_LINE;
    return answer;
}
