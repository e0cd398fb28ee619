/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core_config.c - the rows that fill struct core_config.
 *
 * Keys are field names.  Defaults are those of a Zen 1 core where a figure is known;
 * files in configs/ say for each machine what is measured and what is estimated.
 */
#include "core/core_config.h"

static const char *const lock_orders[] = {"recorded", "free", NULL};
static const char *const on_segvs[] = {"kill", "stop", "skip", NULL};

const struct param core_params[] = {
    {
        .key = "store_buffer",
        .type = PARAM_U32,
        .offset = offsetof(struct core_config, store_buffer),
        .min = 1,
        .max = 128,
        .def = "44",
        .unit = "entries",
        .help = "Store buffer of a hardware thread.",
    },
    {
        .key = "fence",
        .type = PARAM_CYCLES,
        .offset = offsetof(struct core_config, fence),
        .min = 0,
        .max = 100000,
        .def = "30",
        .unit = "cycles",
        .help = "MFENCE beyond draining the store buffer.",
    },
    {
        .key = "locked",
        .type = PARAM_CYCLES,
        .offset = offsetof(struct core_config, locked),
        .min = 0,
        .max = 100000,
        .def = "17",
        .unit = "cycles",
        .help = "Locked read-modify-write beyond its accesses.",
    },
    {
        .key = "fault_entry",
        .type = PARAM_CYCLES,
        .offset = offsetof(struct core_config, fault_entry),
        .min = 0,
        .max = 100000,
        .def = "715",
        .unit = "cycles",
        .help = "Page-fault exception entry.",
    },
    {
        .key = "syscall_entry",
        .type = PARAM_CYCLES,
        .offset = offsetof(struct core_config, syscall_entry),
        .min = 0,
        .max = 100000,
        .def = "75",
        .unit = "cycles",
        .help = "System-call entry.",
    },
    {
        .key = "kernel_exit",
        .type = PARAM_CYCLES,
        .offset = offsetof(struct core_config, kernel_exit),
        .min = 0,
        .max = 100000,
        .def = "200",
        .unit = "cycles",
        .help = "Return from the kernel to user mode: IRET or SYSRET.",
    },
    {
        .key = "spin_pause",
        .type = PARAM_CYCLES,
        .offset = offsetof(struct core_config, spin_pause),
        .min = 1,
        .max = 100000,
        .def = "40",
        .unit = "cycles",
        .help = "Time between two looks of a spinning thread at a lock word.",
    },
    {
        .key = "lookahead",
        .type = PARAM_U32,
        .offset = offsetof(struct core_config, lookahead),
        .min = 0,
        .max = 1000000,
        .def = "0",
        .unit = "cycles",
        .help = "How far a core may run ahead of the others; 0 is as far as the "
                "smallest latency allows. Changes speed, never results.",
    },
    {
        .key = "lock_order",
        .type = PARAM_CHOICE,
        .offset = offsetof(struct core_config, lock_order),
        .def = "\"recorded\"",
        .unit = "",
        .help = "Whether locks are taken in the order that the trace recorded, or "
                "by whoever comes first.",
        .choices = lock_orders,
    },
    {
        .key = "on_segv",
        .type = PARAM_CHOICE,
        .offset = offsetof(struct core_config, on_segv),
        .def = "\"kill\"",
        .unit = "",
        .help = "What an access outside every map does: kill the process, stop "
                "the run, or skip the operation.",
        .choices = on_segvs,
    },
    {
        .key = "start",
        .type = PARAM_DIST,
        .offset = offsetof(struct core_config, start),
        .min = 0,
        .max = 1e9,
        .def = "0",
        .unit = "cycles",
        .help = "When a root thread of the guest starts.",
    },
    {
        .key = "irq_off",
        .type = PARAM_DIST,
        .offset = offsetof(struct core_config, irq_off),
        .min = 0,
        .max = 1e9,
        .def = "0",
        .unit = "cycles",
        .help = "How long an arriving interrupt finds interrupts disabled on its "
                "target.",
    },
};
const size_t n_core_params = sizeof core_params / sizeof *core_params;
