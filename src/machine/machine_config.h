/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine_config.h - the configuration of one machine, as one plain struct.
 *
 * machine_config_load() merges files and overrides, checks them against the
 * tables of all components, checks what one component cannot see alone, and
 * resolves the protocol.  After it a configuration is complete: nothing in it
 * depends on where files were.
 *
 * Sections of a file: machine, topology, mem, tlb, tlb.l1d, tlb.l1i, tlb.l2d,
 * tlb.l2i, mmu, ipi, core, kernel, check, run; and "protocol", which is the
 * name of a protocol, a file, or an object with its steps.
 */
#ifndef MACHINE_MACHINE_CONFIG_H
#define MACHINE_MACHINE_CONFIG_H

#include "base/param.h"
#include "base/status.h"
#include "check/check_config.h"
#include "config/config.h"
#include "config/protocol.h"
#include "core/core_config.h"
#include "ipi/ipi_config.h"
#include "ipi/topology.h"
#include "mem/mem_config.h"
#include "mmu/mmu_config.h"
#include "tlb/tlb_config.h"
#include "vm/vm_config.h"

/* The machine itself. */
struct machine_id_config {
    char name[PARAM_STRING_BYTES];
    double clock_ghz;
};

/* How often and how long; none of it is part of the machine. */
struct run_config {
    uint64_t seed;   /* Of the first trial. */
    uint32_t trials; /* Trial i uses seed + i. */
    cycle_t until;   /* End a trial at this cycle; 0: no limit. */
};

struct machine_config {
    struct machine_id_config machine;
    struct topology_config topology;
    struct mem_config mem;
    struct tlb_hierarchy_config tlb;
    struct mmu_config mmu;
    struct ipi_config ipi;
    struct core_config core;
    struct vm_config kernel;
    struct check_config check;
    struct run_config run;
    struct protocol protocol;
};

/* What to load. Null pointers are empty lists. */
struct machine_config_sources {
    const char *const *files; /* Null-terminated; later ones win. A text that
                               * begins with '{' is the configuration itself. */
    const char *const *sets;  /* Null-terminated "key.path=value". */
    const char *protocol;     /* Name or path; null: what the files say. */
    const char *config_dir;   /* Where machines and protocols are found by name;
                               * may be null. */
};

/*
 * Loads a complete configuration into '*out'.  A file name without '/' and
 * ".json" that does not exist is the name of a machine in 'config_dir'.  '*effective'
 * (may be null) gets the configuration for config_show() and config_json(); the caller
 * destroys it.  Errors: STATUS_CONFIG, STATUS_NOT_MODELLED.
 */
enum status machine_config_load(const struct machine_config_sources *sources,
                                struct machine_config *out, struct config **effective,
                                struct err *err);

/* The same without a check of any value: what sources to come may complete.
 * config_json() may be called on '*out', config_fill() is for the caller. */
enum status machine_config_merge(const struct machine_config_sources *sources,
                                 struct config **out, struct err *err);

/* The tables alone, with no file merged: for references and schemas. */
struct config *machine_config_tables(void);

/* Writes the configuration reference, docs/configuration.md. */
void machine_config_markdown(struct text *out);

#endif
