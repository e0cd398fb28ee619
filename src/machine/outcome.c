/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * outcome.c - how a run ended, in words and numbers.
 */
#include "machine/machine_internal.h"

#include <stdio.h>

static void add_core_stats(const struct machine *m, unsigned core,
                           struct machine_stats *s)
{
    struct mmu_stats mmu = mmu_stats_of(m->mmus[core]);
    struct mem_stats mem = mem_stats_of(m->mem, core);
    s->l1d_hits += mmu.tlb.l1d_hits;
    s->l1d_misses += mmu.tlb.l1d_misses;
    s->l1i_hits += mmu.tlb.l1i_hits;
    s->l1i_misses += mmu.tlb.l1i_misses;
    s->l2d_hits += mmu.tlb.l2d_hits;
    s->l2d_misses += mmu.tlb.l2d_misses;
    s->l2i_hits += mmu.tlb.l2i_hits;
    s->l2i_misses += mmu.tlb.l2i_misses;
    s->walks += mmu.walks;
    s->walk_cycles += mmu.walk_cycles;
    s->line_l1_hits += mem.l1_hits;
    s->line_l2_hits += mem.l2_hits;
    s->line_l3 += mem.from_l3;
    s->line_core += mem.from_core;
    s->line_dram += mem.from_dram;
}

static struct machine_stats stats_of(const struct machine *m)
{
    struct machine_stats s = {.cycles = m->now, .events = m->events};
    for (uint32_t t = 0; t < m->guest->n_threads; t++)
        s.ops += m->guest->n_done[t];
    for (unsigned c = 0; c < m->n_cores; c++)
        add_core_stats(m, c, &s);
    s.segvs = vm_n_segvs(m->vm);
    s.frames_used = vm_frames_used(m->vm);
    return s;
}

/* The last thread that wrote the lock word is who took it: its owner, or the last
 * of its readers. */
static void holder_of(struct machine *m, uint32_t tid, uint64_t va, char *text,
                      size_t n)
{
    pa_t pa;
    text[0] = '\0';
    if (!vm_pa_of(m->vm, tid, va, &pa))
        return;
    ver_t word = {*mem_word_of(mem_frame(m->mem, pa_frame(pa)), pa)};
    if (ver_value(word) == 0 || ver_thread(word) >= m->guest->n_threads)
        return;
    const struct trace_stream *holder = trace_stream(m->trace, ver_thread(word));
    snprintf(text, n, ", which thread %u \"%s\" took with operation %llu", holder->id,
             holder->name, (unsigned long long)ver_op(word));
}

/* What a thread that runs user code cannot get past: a lock. */
static bool spins_on(struct machine *m, uint32_t tid, char *text, size_t n)
{
    const struct op *op = guest_fetch(m->guest, tid);
    if (!op || (op->kind != OP_LOCK && op->kind != OP_TRYLOCK))
        return false;
    char symbol[120], holder[120];
    trace_symbol(m->trace, m->guest->threads[tid].process, op->addr, symbol,
                 sizeof symbol);
    holder_of(m, tid, op->addr, holder, sizeof holder);
    snprintf(text, n, "the lock %s (0x%llx)%s", symbol, (unsigned long long)op->addr,
             holder);
    return true;
}

/* "who waits for what", one line per live thread, as far as there is room. */
static void describe_waiting(struct machine *m, char *text, size_t n)
{
    size_t used = 0;
    for (uint32_t t = 0; t < m->guest->n_threads && used + 1 < n; t++) {
        char what[300];
        if (!vm_waits_for(m->vm, t, what, sizeof what) &&
            !(vm_is_live(m->vm, t) && spins_on(m, t, what, sizeof what)))
            continue;
        const struct trace_stream *stream = trace_stream(m->trace, t);
        int w =
            snprintf(text + used, n - used,
                     "\n  thread %u \"%s\", operation %llu, waits for %s", stream->id,
                     stream->name, (unsigned long long)m->guest->threads[t].op, what);
        if (w < 0)
            return;
        used += (size_t)w;
    }
}

void outcome_fill(struct machine *m, enum machine_end end,
                  struct machine_outcome *outcome)
{
    *outcome = (struct machine_outcome){.end = end, .stats = stats_of(m)};
    char waiting[1600] = "";
    switch (end) {
    case MACHINE_END_DONE:
        return;
    case MACHINE_END_DEADLOCK:
        describe_waiting(m, waiting, sizeof waiting);
        snprintf(outcome->message, sizeof outcome->message,
                 "deadlock: the guest's threads wait for each other%s", waiting);
        return;
    case MACHINE_END_SEGV:
        snprintf(outcome->message, sizeof outcome->message, "stopped at a SIGSEGV: %s",
                 vm_failure_sentence(VM_FAIL_SEGV));
        return;
    case MACHINE_END_LIMIT:
        if (vm_failed(m->vm) != VM_OK)
            snprintf(outcome->message, sizeof outcome->message, "%s",
                     vm_failure_sentence(vm_failed(m->vm)));
        else if (m->turns.schedule)
            snprintf(outcome->message, sizeof outcome->message,
                     "stopped at cycle %llu, behind the last move of the schedule",
                     (unsigned long long)m->now);
        else
            snprintf(outcome->message, sizeof outcome->message,
                     "stopped at cycle %llu, as asked", (unsigned long long)m->now);
        return;
    case MACHINE_END_INTERRUPTED:
        snprintf(outcome->message, sizeof outcome->message, "interrupted");
        return;
    case MACHINE_END_TRACE:
        snprintf(outcome->message, sizeof outcome->message, "%s",
                 m->guest->error.message);
        return;
    }
}
