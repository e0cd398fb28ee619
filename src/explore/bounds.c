/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bounds.c - what can be explored at all, and which pages it is about.
 */
#include "explore/explore.h"

#include "trace/trace.h"

#define CPUS_MAX 16u

enum status explore_check(const struct machine_config *config,
                          const struct trace *trace, struct err *err)
{
    uint32_t n_cpus = topology_n_cpus(&config->topology);
    if (n_cpus > CPUS_MAX)
        return err_set(err, STATUS_CONFIG,
                       "topology: exploration takes at most %u hardware threads, this "
                       "machine has %u; see configs/tiny",
                       CPUS_MAX, n_cpus);
    if (config->mmu.pde_cache || config->mmu.pdpte_cache || config->mmu.pml4e_cache)
        return err_set(err, STATUS_CONFIG,
                       "mmu: which entry a paging-structure cache replaces is not "
                       "explored; set pde_cache, pdpte_cache and pml4e_cache to 0");
    if (config->kernel.time_slice)
        return err_set(err, STATUS_CONFIG,
                       "kernel.time_slice_cycles: the end of a time slice is not "
                       "explored; set it to 0");
    if (trace_n_streams(trace) > MONITOR_THREADS)
        return err_set(err, STATUS_TRACE,
                       "exploration takes at most %u threads, the trace has %u",
                       MONITOR_THREADS, trace_n_streams(trace));
    return STATUS_OK;
}

static bool touches_data(const struct op *op)
{
    return op->kind == OP_LOAD || op->kind == OP_STORE || op->kind == OP_RMW ||
           op->kind == OP_LOCK || op->kind == OP_UNLOCK || op->kind == OP_TRYLOCK;
}

static enum status add_page(struct explore_pages *pages, uint64_t va, struct err *err)
{
    va_t page = {va & ~(uint64_t)(PAGE_BYTES - 1)};
    for (uint32_t i = 0; i < pages->n; i++)
        if (pages->va[i].v == page.v)
            return STATUS_OK;
    if (pages->n == EXPLORE_PAGES)
        return err_set(err, STATUS_TRACE,
                       "the threads use more than %u pages between their marks; name "
                       "those that fills and evictions are about",
                       EXPLORE_PAGES);
    pages->va[pages->n++] = page;
    return STATUS_OK;
}

static enum status pages_of_stream(struct trace *trace, uint32_t stream,
                                   struct explore_pages *pages, struct err *err)
{
    struct trace_window w = {0};
    unsigned marks = 0;
    uint64_t n_ops = trace_stream(trace, stream)->n_ops;
    for (uint64_t i = 0; i < n_ops && marks < 2; i++) {
        if (i - w.first >= w.n && trace_read(trace, stream, i, &w, err) != STATUS_OK)
            return err->status;
        const struct op *op = &w.ops[i - w.first];
        marks += op->kind == OP_MARK;
        if (marks == 1 && touches_data(op) && add_page(pages, op->addr, err))
            return err->status;
    }
    return STATUS_OK;
}

enum status explore_find_pages(struct trace *trace, struct explore_pages *pages,
                               struct err *err)
{
    pages->n = 0;
    err->status = STATUS_OK;
    for (uint32_t s = 0; s < trace_n_streams(trace) && !err->status; s++)
        pages_of_stream(trace, s, pages, err);
    return err->status;
}
