/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine_check.c - checks between sections. See machine_check.h.
 *
 * Also the place where the configuration refuses what is not modelled: a
 * switch that exists so that asking for it is an error with a sentence, and
 * not an unknown key.
 */
#include "machine/machine_check.h"

#include "vm/shootdown.h"

static bool is_power_of_two(uint32_t n)
{
    return n && !(n & (n - 1));
}

static enum status check_power(const struct config *config, const char *path,
                               uint32_t value, struct err *err)
{
    if (is_power_of_two(value))
        return STATUS_OK;
    return config_error(config, STATUS_CONFIG, path, err,
                        "must be a power of two (is %u)", value);
}

static enum status check_topology(const struct config *config,
                                  const struct machine_config *m, struct err *err)
{
    const struct topology_config *t = &m->topology;
    uint64_t n = (uint64_t)t->sockets * t->dies * t->clusters;
    n *= (uint64_t)t->cores * t->smt;
    if (n > CPU_MAX)
        return config_error(config, STATUS_CONFIG, "topology", err,
                            "%llu hardware threads in all; at most %u are modelled",
                            (unsigned long long)n, CPU_MAX);
    if (m->ipi.mode == APIC_XAPIC && n > 255)
        return config_error(
            config, STATUS_CONFIG, "ipi.mode", err,
            "xapic identifiers reach 255 hardware threads, the topology "
            "has %llu; use \"x2apic\"",
            (unsigned long long)n);
    return STATUS_OK;
}

static enum status check_caches(const struct config *config,
                                const struct machine_config *m, struct err *err)
{
    const struct {
        const char *path;
        uint32_t sets;
    } levels[] = {
        {"mem.l1_sets", m->mem.l1_sets},
        {"mem.l2_sets", m->mem.l2_sets},
        {"mem.l3_sets", m->mem.l3_sets},
    };
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof levels / sizeof *levels && !status; i++)
        status = check_power(config, levels[i].path, levels[i].sets, err);
    return status;
}

static enum status check_tlbs(const struct config *config,
                              const struct machine_config *m, struct err *err)
{
    const struct {
        const char *path;
        uint32_t sets;
        bool first;
    } tlbs[] = {
        {"tlb.l1d.sets", m->tlb.l1d.sets, true},
        {"tlb.l1i.sets", m->tlb.l1i.sets, true},
        {"tlb.l2d.sets", m->tlb.l2d.sets, false},
        {"tlb.l2i.sets", m->tlb.l2i.sets, false},
    };
    for (size_t i = 0; i < sizeof tlbs / sizeof *tlbs; i++) {
        if (tlbs[i].sets == 0 && tlbs[i].first)
            return config_error(config, STATUS_NOT_MODELLED, tlbs[i].path, err,
                                "a core without a first-level TLB is not modelled");
        if (tlbs[i].sets && !is_power_of_two(tlbs[i].sets))
            return check_power(config, tlbs[i].path, tlbs[i].sets, err);
    }
    return STATUS_OK;
}

static enum status check_not_modelled(const struct config *config,
                                      const struct machine_config *m, struct err *err)
{
    if (m->mmu.pcid)
        return config_error(config, STATUS_NOT_MODELLED, "mmu.pcid", err,
                            "process-context identifiers are not modelled yet; set "
                            "it to false");
    if (m->kernel.lazy_pmap)
        return config_error(config, STATUS_NOT_MODELLED, "kernel.lazy_pmap", err,
                            "lazy switching of address spaces is not modelled yet; set "
                            "it to false");
    return STATUS_OK;
}

/* vm_config.c names more algorithms than src/vm has. */
static enum status check_shootdown(const struct config *config,
                                   const struct machine_config *m, struct err *err)
{
    uint32_t n_modelled = 0;
    while (vm_shootdowns[n_modelled])
        n_modelled++;
    if (m->kernel.shootdown < n_modelled)
        return STATUS_OK;
    return config_error(config, STATUS_NOT_MODELLED, "kernel.shootdown", err,
                        "this algorithm is not modelled yet; use \"freebsd2018\" or "
                        "\"freebsd2020\"");
}

static enum status check_kernel(const struct config *config,
                                const struct machine_config *m, struct err *err)
{
    if (m->kernel.map_entries < m->kernel.spaces)
        return config_error(config, STATUS_CONFIG, "kernel.map_entries", err,
                            "%u address spaces need at least one map entry each",
                            m->kernel.spaces);
    return STATUS_OK;
}

enum status machine_check(const struct config *config, const struct machine_config *m,
                          struct err *err)
{
    static enum status (*const checks[])(
        const struct config *, const struct machine_config *, struct err *) = {
        check_not_modelled, check_shootdown, check_topology,
        check_caches,       check_tlbs,      check_kernel,
    };
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof checks / sizeof *checks && !status; i++)
        status = checks[i](config, m, err);
    return status;
}
